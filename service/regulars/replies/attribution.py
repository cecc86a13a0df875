"""Which post does a letter answer? A ladder of evidence: the first rung that names one post.

A rung that names several posts names none. What a letter shows by itself is read when it is
added; ids and threads are followed once all letters are there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from regulars_connectors.mail.traces import Traces

from .marks import Marks, marks_of
from .posts import PostFacts, PostIndex, only
from .threads import Threads, parents_first

CONFIDENCE: Final[Mapping[int, float]] = {
    1: 1.0, 2: 1.0, 3: 0.98, 4: 0.95, 5: 0.95, 6: 0.9, 7: 0.8, 8: 0.8, 9: 0.5, 10: 0.0,
}  # fmt: skip
LAST_RUNG: Final = 10
# What a guess ties, ties nothing else.
PROBABLE: Final = 9
_BY_DATES = 6


@dataclass(frozen=True, slots=True)
class Tie:
    """A post and the rung that named it; post None and rung 10 where none did."""

    post: str | None = None
    rung: int = LAST_RUNG
    confidence: float = 0.0


NO_TIE = Tie()


class Ladder:
    """Ties letters to posts. Add every letter, then ask: letters see each other.

    own: addresses of the writer, in lower case, for letters in words. What stays of a letter is
    small: its ids and the post that its marks name.
    """

    def __init__(
        self,
        posts: Sequence[PostFacts],
        *,
        own: frozenset[str] = frozenset(),
    ) -> None:
        self._posts = PostIndex(posts)
        self._own = own
        self._letters: list[_Letter] = []

    def add(self, shown: Traces | Marks, *, is_own: bool = False) -> None:
        """Take a letter up. is_own: the writer wrote it, so it may be a copy of a post."""
        marks = marks_of(shown, self._own) if isinstance(shown, Traces) else shown
        if is_own:
            self._posts.take_copy(marks)
        parents = (*marks.returned, *marks.parents)
        alone = self._alone(marks)
        below = alone
        if alone.rung in (_BY_DATES, PROBABLE):
            below = self._alone(replace(marks, dates=(), to_writer=False))
        self._letters.append(_Letter(marks.message_id, parents, alone, below))

    def _alone(self, marks: Marks) -> Tie:
        """What a letter shows by itself: rungs 1, and 4 to 9."""
        posts, sent_at = self._posts, marks.sent_at
        rungs: tuple[tuple[int, Callable[[], str | None]], ...] = (
            (1, lambda: posts.by_tokens(marks.tokens)),
            (4, lambda: posts.by_links(marks.links, sent_at)),
            (5, lambda: posts.by_runs(marks.runs, sent_at)),
            (6, lambda: posts.by_dates(marks.dates, sent_at)),
            (7, lambda: posts.by_subjects(marks.subjects, sent_at)),
            (8, lambda: posts.by_subjects(marks.topics, sent_at)),
            (9, lambda: posts.by_time(sent_at) if marks.to_writer else None),
        )
        for rung, look in rungs:
            post = look()
            if post:
                return _tie(post, rung)
        return NO_TIE

    def ties(self) -> list[Tie]:
        """The tie of each letter, in the order in which they were added."""
        return _threaded(self._letters, self._posts)


@dataclass(frozen=True, slots=True)
class _Letter:
    """What stays of a letter. parents: ids, the nearest last; alone: its tie by itself; below:
    the same below another letter, where times tell nothing of posts."""

    message_id: str
    parents: tuple[str, ...]
    alone: Tie
    below: Tie


def _threaded(letters: Sequence[_Letter], posts: PostIndex) -> list[Tie]:
    by_id = {one.message_id: at for at, one in reversed(list(enumerate(letters))) if one.message_id}
    ties = [NO_TIE] * len(letters)
    for at in parents_first([one.parents for one in letters], by_id):
        letter = letters[at]
        named = posts.by_ids(letter.parents)
        if letter.alone.rung == 1:
            ties[at] = letter.alone
        elif named:
            ties[at] = _tie(named, 2)
        else:
            found = (by_id.get(one) for one in reversed(letter.parents))
            above = [one for one in found if one not in (None, at)]
            # The date above a quote is then that of a letter, and it comes soon after that one.
            alone = letter.below if above else letter.alone
            ties[at] = _inherited(ties[one] for one in above) or alone
    return _shared(letters, ties)


def _inherited(above: Iterable[Tie]) -> Tie | None:
    """The tie of the nearest parent that has one."""
    for tie in above:
        if tie.post is not None and tie.rung < PROBABLE:
            return Tie(tie.post, 3, min(CONFIDENCE[3], tie.confidence))
    return None


def _shared(letters: Sequence[_Letter], ties: list[Tie]) -> list[Tie]:
    """A thread whose ties name one post lends it to its letters without a tie."""
    threads = Threads()
    for letter in letters:
        threads.join([one for one in (*letter.parents, letter.message_id) if one])
    thread_of = [threads.of(one.message_id or next(iter(one.parents), "")) for one in letters]
    posts: dict[str, set[str]] = defaultdict(set)
    for thread, tie in zip(thread_of, ties, strict=True):
        if thread and tie.post is not None and tie.rung < PROBABLE:
            posts[thread].add(tie.post)
    lent = [only(posts.get(thread or "", set())) for thread in thread_of]
    return [
        _tie(post, 3) if post and tie.rung >= PROBABLE else tie
        for post, tie in zip(lent, ties, strict=True)
    ]


def _tie(post: str, rung: int) -> Tie:
    return Tie(post, rung, CONFIDENCE[rung])
