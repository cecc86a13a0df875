"""Collects finished walks of state streams, so that small ones are committed together.

Most streams of a daily sync bring a few rows, and a journal entry with its transaction costs as
much for three rows as for three thousand. Waiting walks are on disk as parts. Together they have at
most the rows of one part, and wait at most until another walk has fetched a part, so a crash still
costs one part at most. See docs/decisions/0019.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from regulars.store import Store
from regulars.store.commit import asks_other_tables, commit_pulls
from regulars.store.committed import Committed, PullContext
from regulars.store.incoming import Pull
from regulars.store.run_record import RunRecord
from regulars_connectors.contract import Walk

from .counts import CountVerdict


@dataclass(frozen=True, slots=True)
class FinishedWalk:
    """A walk to commit. reason: why it is not proven whole, None if it is or need not be.

    set_aside: what the rows that could not be read mean, None if they need no attention.
    count: what the provider's own count says.
    is_broken_off: it ended in trouble. Its parts stay, so that the next run resumes after them.
    """

    walk: Walk
    pull: Pull
    what: PullContext
    reason: str | None
    set_aside: str | None = None
    count: CountVerdict = field(default_factory=CountVerdict)
    is_broken_off: bool = False


class CommitBatch:
    """The waiting walks of one run. on_commit: called with each walk and what it brought."""

    def __init__(self, store: Store, on_commit: Callable[[FinishedWalk, Committed], None]) -> None:
        self._store = store
        self._on_commit = on_commit
        self._finished: list[FinishedWalk] = []

    @property
    def rows(self) -> int:
        """Rows that wait."""
        return sum(one.pull.rows for one in self._finished)

    def flush_before(self, stream: str) -> None:
        """Commit everything that judging a walk of this stream depends on."""
        if asks_other_tables(stream) or any(one.what.stream == stream for one in self._finished):
            self.commit()

    def add(self, finished: FinishedWalk) -> None:
        """Add a walk, and commit all of them if they have many rows together."""
        self._finished.append(finished)
        if self.rows >= self._store.settings.part_rows:
            self.commit()

    def commit(self, record: Callable[[], RunRecord] | None = None) -> None:
        """Commit the waiting walks. record: makes the run's record, which becomes the entry."""
        waiting, self._finished = self._finished, []
        if not waiting and record is None:
            return

        def on_commit(found: Sequence[Committed]) -> RunRecord | None:
            for one, done in zip(waiting, found, strict=True):
                self._on_commit(one, done)
            return record() if record is not None else None

        commit_pulls(self._store, [(one.pull, one.what) for one in waiting], on_commit)
        for one in waiting:
            if not one.is_broken_off:
                one.pull.discard()
