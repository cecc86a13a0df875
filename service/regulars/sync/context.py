"""What the walks of one run share: reading pages in parts, and notices for the owner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from pathlib import Path

from regulars.connections.guarded import attributing_rows
from regulars.store import Store
from regulars.store.commit import pull_folder
from regulars.store.committed import Committed, PullContext
from regulars.store.forgotten_filter import ForgottenFilter, note_new_ids
from regulars.store.incoming import PartNote, Pull, open_pull
from regulars.store.run_record import StreamOutcome, StreamRecord
from regulars.store.validation import OutOfBounds
from regulars_connectors.bounds import MOST_TEXT_BYTES, bound_records, said, weigh
from regulars_connectors.contract import Connector, Page, Stream, Walk
from regulars_connectors.errors import ConnectorError
from regulars_connectors.instants import Instant
from regulars_connectors.plural import pluralize
from regulars_connectors.records import Quarantined, Record

from .clock import PageDates
from .progress import Interrupted, Progress
from .record import RunRequest, RunResult

_HEAVY_PAGE_BYTES = 1024 * 1024
"""A page over it is cut to its limits as it comes. Usual pages weigh a tenth."""
_MOST_FIELDS = 12
"""Of odd fields, in a notice."""
_PART_BYTES = 16 * 1024 * 1024
"""A part ends here even with few rows, because texts take up to four times their size."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """The parts of a run, shared by its state walks and event walks.

    cut: how many texts were too long, by the label of their stream. unread: how many rows had
    something odd in a field that was left out, by label and field.
    """

    store: Store
    connector: Connector
    request: RunRequest
    dates: PageDates
    result: RunResult
    progress: Callable[[Progress], None]
    should_stop: Callable[[], bool]
    forgotten: ForgottenFilter | None = None
    cut: Counter[str] = field(default_factory=Counter)
    unread: Counter[tuple[str, str]] = field(default_factory=Counter)

    def parts(self, walk: Walk, cursor: str | None, rows: int) -> Iterator[list[Page]]:
        """Pages of a walk from a cursor on, grouped into parts.

        rows: how many were read before, for the progress.
        """
        pages: list[Page] = []
        held = held_bytes = 0
        part_rows = self.store.settings.part_rows
        try:
            for undated in self.connector.pages(walk, cursor):
                page = self.dates.dated(undated)
                weight = weigh(page.records)
                if weight > _HEAVY_PAGE_BYTES:
                    page = self._lightened(walk, page)
                pages.append(page)
                for name, number in page.unread.items():
                    self.unread[walk.stream.label, name] += number
                held += len(page.records)
                held_bytes += min(weight, _HEAVY_PAGE_BYTES)
                rows += len(page.records)
                self._show(walk, page, rows)
                is_full = held >= part_rows or held_bytes >= _PART_BYTES
                if is_full or page.cursor is None or self.should_stop():
                    yield pages
                    pages, held, held_bytes = [], 0, 0
        except (ConnectorError, Interrupted):
            if pages:  # what came is kept, and the next run resumes after it
                yield pages
            raise
        if pages:
            yield pages

    def open_pull(self, walk: Walk) -> Pull:
        """The parts of the walk on disk, if any. Throws damaged ones away and says so."""
        pull = open_pull(self._folder(walk), walk.stream.name, self.store.journal)
        if damaged := pull.throw_away_rejected():
            parts = pluralize(damaged, "part", "parts")
            self.result.notice(
                f"{walk.stream.label}: {parts} of an interrupted pull could not be used, so they"
                " are pulled again."
            )
        return pull

    def new_pull(self, walk: Walk) -> Pull:
        """A new pull. Parts that are on disk are deleted."""
        pull = Pull(self._folder(walk), journal=self.store.journal)
        pull.discard()
        return pull

    def append(self, pull: Pull, walk: Walk, pages: Sequence[Page]) -> None:
        """Write pages as a part of the pull. Raises ContractBroken for an invalid record."""
        try:
            self._append(pull, walk, pages, is_bounded=False)
        except OutOfBounds:
            bounded = [self._bounded(walk, page) for page in pages]
            self._append(pull, walk, bounded, is_bounded=True)

    def _append(self, pull: Pull, walk: Walk, pages: Sequence[Page], *, is_bounded: bool) -> None:
        name = walk.stream.name
        records = [record for page in pages for record in page.records]
        seen_at = [instant for page in pages for instant in _seen_at(page)]
        note = _part_note(walk, pages, records)
        if self.forgotten is not None:
            records, seen_at, note = _without_forgotten(self.forgotten, records, seen_at, note)
        with attributing_rows(self.request.connector_name, name, records):
            pull.append(name, records, seen_at, note, is_bounded=is_bounded)
        if self.forgotten is not None:
            note_new_ids(self.store, self.request.publication, self.forgotten, self.dates.now())

    def _lightened(self, walk: Walk, page: Page) -> Page:
        """A heavy page within the limits. What is still marked as cut counts with its part."""
        before = self.cut[walk.stream.label]
        lighter = self._bounded(walk, page)
        marked = bound_records(lighter.records).cut
        self.cut[walk.stream.label] = max(before, self.cut[walk.stream.label] - marked)
        return lighter

    def _bounded(self, walk: Walk, page: Page) -> Page:
        """The page without rows that have unusable ids, its texts within the limits."""
        bounded = bound_records(page.records)
        self.cut[walk.stream.label] += bounded.cut
        quarantined = (*page.quarantined, *bounded.quarantined)
        as_of = [page.as_of[place] for place in bounded.places] if page.as_of else ()
        return replace(page, records=bounded.records, quarantined=quarantined, as_of=as_of)

    def note_cut_texts(self) -> None:
        """Note how many texts of each stream were too long, once for the whole run."""
        for label, number in (+self.cut).items():
            texts, were = pluralize(number, "text"), "was" if number == 1 else "were"
            self.result.notice(
                f"{label}: {texts} of more than {MOST_TEXT_BYTES >> 10} KiB {were} cut."
            )
        self.cut.clear()

    def note_unread_fields(self) -> None:
        """Note which fields of how many rows were left out, a line for each stream."""
        labels = dict.fromkeys(label for label, _ in self.unread)
        for label in labels:
            fields = [
                f"{said(name)} ({pluralize(number, 'row')})"
                for (of, name), number in sorted(self.unread.items())
                if of == label
            ]
            shown = fields[:_MOST_FIELDS]
            if len(fields) > len(shown):
                shown.append(f"{len(fields) - len(shown)} more")
            self.result.notice(
                f"{label}: fields that could not be read were left out: {', '.join(shown)}."
            )
        self.unread.clear()

    def pull_context(
        self,
        stream: Stream,
        outcome: StreamOutcome,
        *,
        whole: bool = False,
        confirmed: bool = False,
    ) -> PullContext:
        """The context in which a pull of this stream is committed."""
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
        """The record of a stream that brought nothing."""
        now = self.dates.now()
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
        """Note rows that came twice, which may mean that the connector pages wrongly."""
        if again := done.came_again:
            counts = "newest" if done.is_dated else "later"
            self.result.notice(
                f"{walk.stream.label}: {pluralize(again, 'row')} came twice in the same walk."
                f" The {counts} one counts."
            )
        if over := done.passed_over:
            rows = pluralize(over, "row differs", "rows differ")
            past = "It tells" if over == 1 else "They tell"
            self.result.notice(
                f"{walk.stream.label}: {rows} from a newer export that you imported before."
                f" {past} only how things stood then. If this export is the newer one, give its"
                " date with --as-exported."
            )

    def note_restart(self, walk: Walk) -> None:
        """Note that an interrupted walk starts again."""
        self.result.notice(
            f"{walk.stream.label}: the provider's cursor has expired, so this starts again."
        )

    def stop_if_asked(self) -> None:
        """Raise Interrupted if the owner asked to stop."""
        if self.should_stop():
            raise Interrupted

    def _folder(self, walk: Walk) -> Path:
        return pull_folder(self.store, self.request.connection, walk.stream.name, walk.parent)

    def _show(self, walk: Walk, page: Page, rows: int) -> None:
        self.progress(Progress(self.request.connection, walk.stream.label, rows, page.total))
        self.result.notices += page.notices
        self.result.unused += page.unused


def _seen_at(page: Page) -> Iterator[Instant]:
    """When each record of the page was so, never later than the page itself."""
    if not page.as_of:
        return repeat(page.fetched_at, len(page.records))
    return (min(instant, page.fetched_at) for instant in page.as_of)


def _without_forgotten(
    chosen: ForgottenFilter, records: Sequence[Record], seen_at: Sequence[int], note: PartNote
) -> tuple[list[Record], list[int], PartNote]:
    """The same rows without those of forgotten people, which count as seen."""
    places, kept, out = chosen.keep_out(records)
    quarantined, unreadable = chosen.keep_out_unreadable(note.quarantined)
    note.rows, note.quarantined, note.forgotten = len(kept), quarantined, [*out, *unreadable]
    return kept, [seen_at[place] for place in places], note


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
        computed_at=pages[-1].computed_at,
        oldest_as_of=min((min(_seen_at(page)) for page in pages if page.as_of), default=None),
        newest_as_of=max((max(_seen_at(page)) for page in pages if page.as_of), default=None),
    )
