"""Which polls are asked for their answers again: beehiiv says how many there are, not what changed.

A poll is asked when its number of answers has moved, and for two weeks after that: an answer may
change without its number, and may be listed later than it is counted. If fewer came than beehiiv
counts, it is asked again each week for as long as that is so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ..contract import Page, SyncState, Walk
from ..instants import DAY, Instant

ASKED_AGAIN_FOR = 14 * DAY
_EVERY = 7 * DAY


@dataclass(frozen=True, slots=True)
class Asked:
    """What a finished walk through a poll's answers noted.

    total: how many there were by beehiiv's count. moved_at: when that number was new. came: how
    many the walk brought, None of one that was interrupted. asked_at: when it ended.
    """

    total: int
    moved_at: Instant
    came: int | None
    asked_at: Instant

    @classmethod
    def read(cls, checkpoint: str | None) -> Asked | None:
        """What a checkpoint says. Those of earlier versions hold the number alone."""
        match (checkpoint or "").split():
            case [total] if total.isdecimal():
                return cls(int(total), 0, int(total), 0)
            case [total, moved_at, came, asked_at]:
                every = None if came == "-" else int(came)
                return cls(int(total), int(moved_at), every, int(asked_at))
        return None

    def checkpoint(self) -> str:
        """The same as a text. asked_at moves only where it decides something, to spare the store
        a note of each run.
        """
        asked_at = self.moved_at if self.came == self.total else self.asked_at
        came = "-" if self.came is None else self.came
        return f"{self.total} {self.moved_at} {came} {asked_at}"


def is_asked(total: int | None, noted: str | None, now: Instant) -> bool:
    """Whether to walk through the answers of a poll. total: how many there are, None if unsaid."""
    before = Asked.read(noted)
    if total is None:
        return True
    if before is None:
        return total > 0
    if before.total != total or before.came is None:
        return True
    if now < before.moved_at + ASKED_AGAIN_FOR:
        return True
    return before.came < total and now >= before.asked_at + _EVERY


def walks(every: Sequence[Walk], state: SyncState, now: Instant) -> tuple[Walk, ...]:
    """Those of the walks, one for each poll, that are made now."""
    return tuple(
        one for one in every if state.full or is_asked(total_of(one), noted_of(one, state), now)
    )


def noted_of(walk: Walk, state: SyncState) -> str | None:
    """What was noted at the end of the walk before."""
    return state.checkpoints.get((walk.stream.name, walk.parent))


def total_of(walk: Walk) -> int | None:
    """How many answers the poll of this walk has, by beehiiv's count."""
    return None if walk.checkpoint is None else int(walk.checkpoint)


def with_ends(
    pages: Iterable[Page], walk: Walk, noted: str | None, cursor: str | None
) -> Iterator[Page]:
    """The pages of a walk from ``cursor`` on, with what to note on the last one."""
    came = 0
    total = total_of(walk)
    for page in pages:
        came += len(page.records) + len(page.quarantined)
        if page.cursor is None and total is not None:
            before, moved_at = Asked.read(noted), page.fetched_at
            if before is not None and before.total == total:
                moved_at = before.moved_at
            every = came if cursor is None else None
            ended = Asked(total, moved_at, every, page.fetched_at)
            yield replace(page, checkpoint=ended.checkpoint())
        else:
            yield page
