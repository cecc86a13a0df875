"""Reports for the routes: from memory, from cached files, or computed now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeAlias, TypeVar

import anyio.to_thread
from starlette.types import Receive

from regulars.reports.engine.cache import CachedReport, ReportCache
from regulars.reports.engine.facts import Facts, gather
from regulars.reports.engine.names import names_of
from regulars.reports.engine.query import AnyEnvelope, AnyReport, Key, ReportQuery, Run, query_of
from regulars.reports.engine.report import Context, Parameters, run
from regulars.settings import PublicationSettings
from regulars.store.mending import asked_again
from regulars.store.protocols import ReadableStore
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
    """Reports for the routes, looked up in memory, then as a cached file, and computed last.

    What must be computed waits in a queue without a thread. Methods with a ``run`` block, so call
    them in a thread. With None for it they take what is at hand, and raise NotAtHand otherwise.

    One key serves all three. A response stays in memory as long as its file is valid, or until
    the end of the hour if it has none. Within that time only a new journal entry could change it,
    and that changes the key. A page expires with the first of its reports.

    run: computes a report. A test may pass another function.
    report_cache: cached reports in the store's folder, if any.
    """

    def __init__(
        self,
        store: ReadableStore,
        clock: Clock,
        run: Run = run,
        report_cache: ReportCache | None = None,
    ) -> None:
        self._store = store
        self.clock = clock
        self._run = run
        self._memory = ResponseCache(clock)
        self._files = report_cache
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
        if found is None and self._may_be_a_file(query):
            found = await _unless_computed(partial(self._response_at_hand, query))
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

        lasting: it belongs to a page about now. The page itself stays in memory and needs the
        report again only after a restart, so the report is cached as a file alone.
        """
        model = query.report.envelope
        if lasting and query.as_of is not None and self._files is not None:
            if run is not None:
                return self._files.ask(query, self.now(), run=run)
            found = self._files.find(query, self.now())
            if found is None:
                raise NotAtHand
            return model.model_validate_json(found.body)
        return model.model_validate_json(self._entry(query, run).response.body)

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

    def _response_at_hand(self, query: ReportQuery) -> CachedResponse:
        return self._entry(query, None).response

    def _entry(self, query: ReportQuery, run: Run | None) -> CacheEntry:
        key = query.key(self._store)
        if run is not None:
            computing = run
            return self._memory.get_or_make(key, lambda: self._made(query, computing))
        found = self._memory.find(key)
        if found is None:
            # Beside the cache's own way, in which this thread might wait for one that computes.
            found = self._read(query)
            self._memory.add(key, found)
        return found

    def _may_be_a_file(self, query: ReportQuery) -> bool:
        return bool(self._files and query.as_of is None and query.report.is_cached)

    def _read(self, query: ReportQuery) -> CacheEntry:
        """The report's file. Raises NotAtHand."""
        if self._files is None or not self._may_be_a_file(query):
            raise NotAtHand
        report = self._files.find(query, self.now())
        if report is None:
            raise NotAtHand
        return _entry_of(report)

    def _made(self, query: ReportQuery, run: Run) -> CacheEntry:
        if self._files is not None and self._may_be_a_file(query):
            return _entry_of(self._files.get(query, self.now(), run=run))
        since, until = self._this_hour()
        envelope = query.answered(self._store, self.now(), run)
        return CacheEntry(_encoded(envelope.model_dump_json().encode()), since, until)

    def _this_hour(self) -> tuple[Instant, Instant]:
        begun = self.clock() // HOUR * HOUR
        return begun, begun + HOUR

    @asked_again
    def names(self, publication: PublicationSettings, people: Sequence[str]) -> dict[str, str]:
        """Names or addresses by person id, for pages that only the writer sees."""
        with self._store.read() as cursor:
            return names_of(cursor, publication.name, people)

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


def _entry_of(report: CachedReport) -> CacheEntry:
    since, until = from_datetime(report.made_at), from_datetime(report.until)
    return CacheEntry(_encoded(report.body), since, until)


def _encoded(body: bytes) -> CachedResponse:
    return prepare(body, "application/json", PRIVATE)
