"""Reports for the routes: from memory, or computed now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias, TypeVar

import anyio.to_thread
from starlette.types import Receive

from regulars.replies.listing import answer_links
from regulars.reports.engine.facts import STALE_AFTER, Facts, gather, statement
from regulars.reports.engine.names import names_of
from regulars.reports.engine.query import AnyEnvelope, AnyReport, Key, ReportQuery, Run, query_of
from regulars.reports.engine.report import Context, Parameters, run
from regulars.settings import PublicationSettings
from regulars.store.mending import asked_again
from regulars.store.protocols import WritableStore
from regulars.store.timestamps import naive
from regulars_connectors.contract import Clock
from regulars_connectors.instants import SECOND, Instant, from_datetime, to_datetime

from .memory_cache import CacheEntry, ResponseCache
from .report_queue import ReportQueue
from .responses import CachedResponse, prepare

PRIVATE = {"Cache-Control": "private, no-store"}
T = TypeVar("T")
HOUR: Instant = 3_600 * SECOND


Ask: TypeAlias = Callable[..., AnyEnvelope]
"""``ReportService.envelope``, bound to whether and how it computes."""


class NotAtHand(Exception):
    """A report must be computed, which needs a turn."""


class ReportService:
    """Reports for the routes, looked up in memory, and computed otherwise.

    What must be computed waits in a queue without a thread. Methods with a ``run`` block, so call
    them in a thread. With None for it they take what is at hand, and raise NotAtHand otherwise.

    A response stays in memory until the end of the hour, or until the next moment that changes it
    without a sync. Within that time only a new journal entry could change it, and that changes the
    key. A page expires with the first of its reports.

    run: computes a report. A test may pass another function.
    """

    def __init__(self, store: WritableStore, clock: Clock, run: Run = run) -> None:
        self._store = store
        self.clock = clock
        self._run = run
        self._memory = ResponseCache(clock)
        self._queue = ReportQueue(run)

    def now(self) -> datetime:
        """The current time by the clock."""
        return to_datetime(self.clock())

    def query(
        self,
        report: AnyReport,
        publication: PublicationSettings,
        parameters: Parameters,
        as_of: str | None,
    ) -> ReportQuery:
        """The query of a request. Raises UsageWrong for an invalid instant."""
        return query_of(report, publication, parameters, as_of, self.now())

    def find(self, query: ReportQuery) -> CachedResponse | None:
        """The encoded report if memory has a valid one. Leaves the store alone."""
        entry = self._memory.find(query.key(self._store))
        return entry.response if entry else None

    async def response(self, query: ReportQuery, receive: Receive) -> CachedResponse:
        """The encoded report. receive: of its request. Raises TooManyWaiting, ClientGone."""
        found = self.find(query)
        if found is None:
            found = await self._queue.compute(
                query.key(self._store),
                partial(self.find, query),
                lambda run: self._entry(query, run).response,
                receive,
            )
        return found

    def envelope(
        self, query: ReportQuery, *, lasting: bool = False, run: Run | None
    ) -> AnyEnvelope:
        """The report as a model.

        lasting: it belongs to a page about now. The page itself stays in memory, so the report
        need not.
        """
        if lasting and query.as_of is not None:
            if run is None:
                raise NotAtHand
            return query.answered(self._store, self.now(), run)
        return query.report.envelope.model_validate_json(self._entry(query, run).response.body)

    def computed(self, query: ReportQuery) -> AnyEnvelope:
        """The report as a model, for a caller with a thread of its own."""
        return self.envelope(query, run=self._run)

    async def page(
        self,
        publication: PublicationSettings | None,
        name: str,
        make: Callable[[Ask], CachedResponse],
        shows: Sequence[ReportQuery],
        receive: Receive,
    ) -> CachedResponse:
        """The page in memory under that name, or the one that ``make`` returns now.

        publication: None if the page shows all of them. make: asks its reports by its argument.
        shows: the reports about now on it. receive: of its request.
        """
        whose = publication.name if publication else ""
        entry = self._store.standing(whose) if publication else (self._store.version, "")
        key = Key(whose, entry, name)

        def find() -> CachedResponse | None:
            kept = self._memory.find(key)
            return kept.response if kept else None

        def make_entry(run: Run | None) -> CacheEntry:
            since, until = self._this_hour()
            page = make(partial(self.envelope, run=run))
            expires = min([until, *(self._entry(one, run).until for one in shows)])
            return CacheEntry(page, since, expires)

        def make_at_hand() -> CachedResponse:
            made = make_entry(None)
            self._memory.add(key, made)
            return made.response

        def make_now(run: Run) -> CachedResponse:
            return self._memory.get_or_make(key, lambda: make_entry(run)).response

        page = find() or await _unless_computed(make_at_hand)
        if page is None:
            page = await self._queue.compute(key, find, make_now, receive, is_page=True)
        return page

    async def in_turn(self, key: str, work: Callable[[Run | None], T], receive: Receive) -> T:
        """What ``work`` makes, in a thread: of what is at hand, or once it is its turn."""
        found = await _unless_computed(partial(work, None))
        if found is None:
            found = await self._queue.compute(key, lambda: None, work, receive, is_page=True)
        return found

    def _entry(self, query: ReportQuery, run: Run | None) -> CacheEntry:
        key = query.key(self._store)
        if run is not None:
            computing = run
            return self._memory.get_or_make(key, lambda: self._made(query, computing))
        found = self._memory.find(key)
        if found is None:
            raise NotAtHand
        return found

    def _made(self, query: ReportQuery, run: Run) -> CacheEntry:
        since, until = self._this_hour()
        envelope = query.answered(self._store, self.now(), run)
        if query.as_of is None:
            until = min([until, *map(from_datetime, self._changes(envelope))])
        return CacheEntry(_encoded(envelope.model_dump_json().encode()), since, until)

    @asked_again
    def _changes(self, envelope: AnyEnvelope) -> list[datetime]:
        """The moments that change a report about now without a sync."""
        values = {"publication": envelope.publication, "as_of": naive(envelope.as_of)}
        with self._store.read() as cursor:
            rows = cursor.execute(statement("histories_hold"), values).fetchall()
        moments = [row[0].replace(tzinfo=UTC) for row in rows if row[0] is not None]
        moments += [
            source.last_complete_sync + STALE_AFTER
            for source in envelope.sources
            if source.last_complete_sync is not None and not source.is_stale
        ]
        # What is paused is never stale, however long ago its last sync.
        return [moment for moment in moments if moment > envelope.as_of]

    def _this_hour(self) -> tuple[Instant, Instant]:
        begun = self.clock() // HOUR * HOUR
        return begun, begun + HOUR

    @asked_again
    def names(self, publication: PublicationSettings, people: Sequence[str]) -> dict[str, str]:
        """Names or addresses by person id, for pages that only the writer sees."""
        with self._store.read() as cursor:
            return names_of(cursor, publication.name, people)

    @asked_again
    def answer_links(
        self, publication: PublicationSettings, letters: Sequence[str]
    ) -> dict[str, str]:
        """Where letters can be answered, for pages that only the writer sees."""
        with self._store.read() as cursor:
            return answer_links(cursor, publication.name, letters)

    @asked_again
    def facts(self, publication: PublicationSettings) -> Facts:
        """Posts, rule and sources of a publication as of now."""
        now = self.now()
        with self._store.read() as cursor:
            return gather(cursor, publication, now, now)

    def definition(self, report: AnyReport, publication: PublicationSettings, facts: Facts) -> str:
        """How the report counts, with the rule in force for this publication."""
        now = self.now()
        context = Context(publication, report.parameters(), now, now, facts)
        return report.definition(context)


async def _unless_computed(work: Callable[[], T]) -> T | None:
    """What ``work`` returns in a thread, or None if that needs a computation."""
    try:
        return await anyio.to_thread.run_sync(work)
    except NotAtHand:
        return None


def _encoded(body: bytes) -> CachedResponse:
    return prepare(body, "application/json", PRIVATE)
