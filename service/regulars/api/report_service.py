"""Reports for the routes: from memory, from cached files, or computed now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from regulars.reports.engine.cache import ReportCache
from regulars.reports.engine.facts import Facts, gather
from regulars.reports.engine.names import names_of
from regulars.reports.engine.query import AnyEnvelope, AnyReport, Key, ReportQuery, Run, query_of
from regulars.reports.engine.report import Context, Parameters, run
from regulars.settings import PublicationSettings
from regulars.store.protocols import ReadableStore
from regulars_connectors.contract import Clock
from regulars_connectors.instants import SECOND, Instant, from_datetime, to_datetime

from .memory_cache import CacheEntry, ResponseCache
from .responses import CachedResponse, prepare

PRIVATE = {"Cache-Control": "private, no-store"}
HOUR: Instant = 3_600 * SECOND


class ReportService:
    """Reports for the routes, looked up in memory, then as a cached file, and computed last.

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

    def response(self, query: ReportQuery) -> CachedResponse:
        """The encoded report. Threads that ask for the same one share one computation."""
        return self._entry(query).response

    def envelope(self, query: ReportQuery, *, lasting: bool = False) -> AnyEnvelope:
        """The report as a model.

        lasting: it belongs to a page about now. The page itself stays in memory and needs the
        report again only after a restart, so the report is cached as a file alone.
        """
        if lasting and query.as_of is not None and self._files is not None:
            return self._files.ask(query, self.now(), run=self._run)
        return query.report.envelope.model_validate_json(self.response(query).body)

    def page(
        self,
        publication: PublicationSettings | None,
        name: str,
        make: Callable[[], CachedResponse],
        shows: Sequence[ReportQuery],
    ) -> CachedResponse:
        """The page in memory under that name, or the one that ``make`` returns now.

        publication: None if the page shows all of them. shows: the reports about now on it.
        """
        whose = publication.name if publication else ""
        entry = self._store.standing(whose) if publication else (self._store.version, "")

        def make_entry() -> CacheEntry:
            since, until = self._this_hour()
            page = make()
            return CacheEntry(page, since, min([until, *(self._entry(one).until for one in shows)]))

        return self._memory.get_or_make(Key(whose, entry, name), make_entry).response

    def _entry(self, query: ReportQuery) -> CacheEntry:
        return self._memory.get_or_make(
            query.key(self._store), lambda: self._stored_or_computed(query)
        )

    def _stored_or_computed(self, query: ReportQuery) -> CacheEntry:
        if self._files and query.as_of is None and query.report.is_cached:
            report = self._files.get(query, self.now(), run=self._run)
            since, until = from_datetime(report.made_at), from_datetime(report.until)
            return CacheEntry(_encoded(report.body), since, until)
        since, until = self._this_hour()
        envelope = query.answered(self._store, self.now(), self._run)
        return CacheEntry(_encoded(envelope.model_dump_json().encode()), since, until)

    def _this_hour(self) -> tuple[Instant, Instant]:
        begun = self.clock() // HOUR * HOUR
        return begun, begun + HOUR

    def names(self, publication: PublicationSettings, people: Sequence[str]) -> dict[str, str]:
        """Names or addresses by person id, for pages that only the writer sees."""
        with self._store.read() as cursor:
            return names_of(cursor, publication.name, people)

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


def _encoded(body: bytes) -> CachedResponse:
    return prepare(body, "application/json", PRIVATE)
