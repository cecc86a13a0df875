"""Fields asked for by ``expand[]`` that beehiiv refuses: each costs itself alone, and you are told.

Which values it knows has changed several times. A refusal names the unknown one, lists the known
ones, or says neither, so the likely ones are left out first. What was refused is remembered for a
week, so that runs in between ask without it. Statistics are asked for in every run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..errors import ConnectorError
from ..http import Params
from ..instants import DAY, Instant

NAME = "expand[]"
_LISTS_THE_KNOWN = re.compile(
    r"\b(one of|allowed|valid values|expected|supported)\b", re.IGNORECASE
)
_NEEDED = "stats"
_REMEMBERED_FOR = 7 * DAY
_ALL = "all"
_CHECKPOINT = re.compile(r"without ([\w,]+) since (\d{1,18})")


@dataclass(slots=True)
class Expands:
    """What was refused in this run, or lately, by the kind of list."""

    _left_out: dict[str, frozenset[str]] = field(default_factory=dict)
    _guesses: dict[str, Iterator[frozenset[str]]] = field(default_factory=dict)
    _untold: dict[str, str] = field(default_factory=dict)
    _known: dict[str, tuple[frozenset[str], Instant]] = field(default_factory=dict)

    def remember(self, kind: str, checkpoint: str | None, now: Instant, *, full: bool) -> None:
        """Take up what an earlier run noted. full: whether everything is asked for again."""
        noted = _CHECKPOINT.fullmatch(checkpoint or "")
        if noted is None:
            return
        fields, since = frozenset(noted[1].split(",")), int(noted[2])
        self._known[kind] = (fields, since)
        if not full and 0 <= now - since < _REMEMBERED_FOR:
            self._left_out.setdefault(kind, fields)

    def checkpoint(self, kind: str, now: Instant) -> str | None:
        """What the next run should know of this kind, None if there never was anything."""
        left_out = self._left_out.get(kind, frozenset()) - {_NEEDED}
        fields, since = self._known.get(kind, (frozenset(), now))
        if not left_out:
            return _ALL if fields else None
        is_fresh = left_out == fields and 0 <= now - since < _REMEMBERED_FOR
        return f"without {','.join(sorted(left_out))} since {since if is_fresh else now}"

    def accepted(self, kind: str, params: Params) -> Params:
        """The parameters without those that were refused."""
        left_out = self._left_out.get(kind, frozenset())
        return tuple(pair for pair in params if pair[0] != NAME or pair[1] not in left_out)

    def leave_out(self, kind: str, params: Params, error: ConnectorError) -> bool:
        """Whether to ask again with fewer. params: all that are wanted. error: the refusal."""
        words = error.provider_said or ""
        wanted = [value for name, value in params if name == NAME]
        if "expand" not in words.lower() or not wanted:
            return False
        if kind not in self._guesses:
            self._guesses[kind] = _guesses(wanted, words)
        self._left_out[kind] = next(self._guesses[kind], frozenset())
        if not self._left_out[kind]:
            return False
        self._untold[kind] = words
        return True

    def notices(self, ended: str | None = None) -> tuple[str, ...]:
        """A sentence about each kind that is refused otherwise than before, since the last call.

        ended: a kind of which everything has come by now, so what was refused before is back.
        """
        told = []
        for kind, words in self._untold.items():
            left_out = self._left_out[kind]
            if left_out == self._known.get(kind, (frozenset(), 0))[0]:
                continue
            fields = ", ".join(sorted(left_out))
            told.append(f'beehiiv refuses {fields} of its {kind}, so they came without. "{words}"')
        self._untold.clear()
        if ended in self._known and not self._left_out.get(ended):
            fields = ", ".join(sorted(self._known[ended][0]))
            told.append(f"beehiiv shows {fields} of its {ended} again.")
        return tuple(told)


def _guesses(wanted: list[str], words: str) -> Iterator[frozenset[str]]:
    """What to leave out, the likeliest first: what is named, one, all but the totals."""
    named = {value for value in wanted if re.search(rf"(?<!\w){re.escape(value)}(?!\w)", words)}
    if _LISTS_THE_KNOWN.search(words) and named:
        named = set(wanted) - named
    least_needed = sorted(wanted, key=lambda value: value == _NEEDED)
    optional = {value for value in wanted if value != _NEEDED}
    every = [named, *({value} for value in least_needed), optional, {*wanted}]
    seen: set[frozenset[str]] = set()
    for guess in map(frozenset, every):
        if guess and guess not in seen:
            seen.add(guess)
            yield guess
