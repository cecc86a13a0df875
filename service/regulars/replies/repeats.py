"""Letters that bring the same words of the same person again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from .attribution import Tie
from .stored import StoredLetter

_WITHIN: Final = timedelta(days=1)
_LAST_NAMING_RUNG: Final = 8


@dataclass(slots=True)
class _Copies:
    """Letters that are one. post: the one that they name; None: none so far."""

    since: datetime
    post: str | None = None
    ranked: list[tuple[bool, int, int]] = field(default_factory=list)

    def takes(self, at: datetime, post: str | None) -> bool:
        return at - self.since <= _WITHIN and (None in (post, self.post) or post == self.post)


def repeated(
    letters: Sequence[StoredLetter], ties: Sequence[Tie], whose: Sequence[str]
) -> list[str | None]:
    """Of each letter the id of the one that it repeats, None for most.

    One person's letters with equal words are one within a day, unless they name two posts: a short
    thanks may be meant twice. The one that is tied best stands for all, else the earliest, and none
    of junk or of an unsure sender before others. letters: in the order of arrival. whose: the
    person, else the address; empty for neither.
    """
    groups: dict[tuple[str, str], list[_Copies]] = defaultdict(list)
    for place, (letter, tie, who) in enumerate(zip(letters, ties, whose, strict=True)):
        row = letter.row
        words, arrived_at = row["own_words"], row["arrived_at"]
        if not (words and who) or row["kind"] != "human" or letter.is_own:
            continue
        post = tie.post if tie.rung <= _LAST_NAMING_RUNG else None
        group = groups[who, words]
        copies = next((one for one in group if one.takes(arrived_at, post)), None)
        if copies is None:
            copies = _Copies(arrived_at)
            group.append(copies)
        copies.post = copies.post or post
        is_doubtful = row["is_junk"] or not row["sender_certain"]
        copies.ranked.append((is_doubtful, tie.rung, place))
    found: list[str | None] = [None] * len(letters)
    for group in groups.values():
        for copies in group:
            *_, first = min(copies.ranked)
            for *_, place in copies.ranked:
                found[place] = None if place == first else letters[first].row["id"]
    return found
