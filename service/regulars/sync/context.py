"""What the walks of one run share: the pages of a walk, in parts, and what they have to say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from regulars.connections.guarded import attributing_rows
from regulars.store import Store
from regulars.store.commit import Committed, PullContext, pull_folder
from regulars.store.incoming import PartNote, Pull, open_pull
from regulars.store.run_record import StreamOutcome, StreamRecord
from regulars_connectors.contract import Connector, Page, Runtime, Stream, Walk
from regulars_connectors.errors import ConnectorError
from regulars_connectors.plural import pluralize
from regulars_connectors.records import Quarantined, Record

from .progress import Interrupted, Progress
from .record import RunRequest, RunResult


@dataclass(frozen=True, slots=True)
class RunContext:
    """The parts of a run, handed to whoever walks its streams."""

    store: Store
    connector: Connector
    request: RunRequest
    runtime: Runtime
    result: RunResult
    progress: Callable[[Progress], None]
    should_stop: Callable[[], bool]

    def parts(self, walk: Walk, cursor: str | None, rows: int) -> Iterator[list[Page]]:
        """Pages of a walk from a cursor on, as many together as make a part.

        rows: how many were read before, for the progress.
        """
        pages: list[Page] = []
        held = 0
        part_rows = self.store.settings.part_rows
        try:
            for page in self.connector.pages(walk, cursor):
                pages.append(page)
                held += len(page.records)
                rows += len(page.records)
                self._show(walk, page, rows)
                if held >= part_rows or page.cursor is None or self.should_stop():
                    yield pages
                    pages, held = [], 0
        except ConnectorError:
            if pages:  # what had come is kept, and the next run goes on after it
                yield pages
            raise
        if pages:
            yield pages

    def open_pull(self, walk: Walk) -> Pull:
        """The parts of the walk that lie on disk; none where there are none."""
        return open_pull(self._folder(walk), walk.stream.name)

    def new_pull(self, walk: Walk) -> Pull:
        """A pull without parts; those that lie on disk are thrown away."""
        pull = Pull(self._folder(walk))
        pull.discard()
        return pull

    def append(self, pull: Pull, walk: Walk, pages: Sequence[Page]) -> None:
        """Write pages as a part of the pull. Raises ContractBroken for a record that cannot be."""
        records = [record for page in pages for record in page.records]
        with attributing_rows(self.request.connector_name, walk.stream.name, records):
            seen_at = [page.fetched_at for page in pages for _ in page.records]
            pull.append(walk.stream.name, records, seen_at, _part_note(walk, pages, records))

    def pull_context(
        self,
        stream: Stream,
        outcome: StreamOutcome,
        *,
        whole: bool = False,
        confirmed: bool = False,
    ) -> PullContext:
        """Which pull is committed, and what it may say."""
        request = self.request
        return PullContext(
            run_id=self.result.record.run_id,
            publication=request.publication,
            connection=request.connection,
            connector=request.connector_name,
            stream=stream.name,
            outcome=outcome,
            whole=whole,
            confirmed=confirmed,
            accept_removals=request.accept_removals,
            running_totals=stream.running_totals,
        )

    def empty_record(
        self, stream: Stream, outcome: StreamOutcome, reason: str | None = None
    ) -> StreamRecord:
        """What the run's record says of a stream of which nothing came."""
        now = self.runtime.clock()
        return StreamRecord(
            stream=stream.name,
            outcome=outcome,
            changed=0,
            gone=0,
            reason=reason,
            started_at=now,
            ended_at=now,
        )

    def note_repeats(self, walk: Walk, done: Committed) -> None:
        """Say it: a connector that shows rows twice may be paging wrongly."""
        if again := done.came_again:
            self.result.notice(
                f"{walk.stream.label}: {pluralize(again, 'row')} came again in the same walk;"
                " of each the later one counts."
            )

    def note_restart(self, walk: Walk) -> None:
        """Say that an interrupted walk cannot be resumed."""
        self.result.notice(
            f"{walk.stream.label}: the provider forgot the place, so it starts again."
        )

    def stop_if_asked(self) -> None:
        """Raise Interrupted where the owner asked to stop."""
        if self.should_stop():
            raise Interrupted

    def _folder(self, walk: Walk) -> Path:
        return pull_folder(self.store, self.request.connection, walk.stream.name, walk.parent)

    def _show(self, walk: Walk, page: Page, rows: int) -> None:
        self.progress(Progress(self.request.connection, walk.stream.label, rows, page.total))
        self.result.notices += page.notices


def _part_note(walk: Walk, pages: Sequence[Page], records: Sequence[Record]) -> PartNote:
    quarantined: list[Quarantined] = [row for page in pages for row in page.quarantined]
    totals = [page.total for page in pages if page.total is not None]
    return PartNote(
        coverage=walk.coverage,
        cursor=pages[-1].cursor,
        first_at=pages[0].fetched_at,
        last_at=pages[-1].fetched_at,
        rows=len(records),
        least_total=min(totals, default=None),
        most_total=max(totals, default=None),
        quarantined=quarantined,
        checkpoint=pages[-1].checkpoint,
    )
