"""Asks reports of the store: one cursor per call, the clock's now, answers kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from regulars.reports.engine.cache import CachedReport, ReportCache
from regulars.reports.engine.facts import Facts, gather
from regulars.reports.engine.names import names_of
from regulars.reports.engine.query import AnyEnvelope, AnyReport, Key, ReportQuery, Run, query_of
from regulars.reports.engine.report import Context, Parameters, run
from regulars.settings import PublicationSettings
from regulars.store.protocols import ReadableStore
from regulars_connectors.contract import Clock
from regulars_connectors.instants import SECOND, Instant, from_datetime, to_datetime

from .memory_cache import ResponseCache, Span
from .responses import CachedResponse, prepare

PRIVATE = {"Cache-Control": "private, no-store"}
HOUR: Instant = 3_600 * SECOND


class ReportService:
    """What routes use to get at figures. ``run`` is the reports' own; a test may pass another.

    An encoded answer stays in memory as long as the one that ``kept`` has in the store's folder
    stands, or until its hour ends where there is none; within that time only a new entry could
    change it, and that changes the key. What is made of several answers stands no longer than they.
    """

    def __init__(
        self,
        store: ReadableStore,
        clock: Clock,
        run: Run = run,
        kept: ReportCache | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._run = run
        self._answers = ResponseCache()
        self._kept = kept

    def now(self) -> datetime:
        """What time it is, as the clock has it."""
        return to_datetime(self._clock())

    def question(
        self,
        report: AnyReport,
        publication: PublicationSettings,
        parameters: Parameters,
        as_of: str | None,
    ) -> ReportQuery:
        """What a request asks. Raises UsageWrong for an instant that cannot be."""
        return query_of(report, publication, parameters, as_of, self.now())

    def envelope(self, question: ReportQuery, *, lasting: bool = False) -> AnyEnvelope:
        """The report's answer.

        lasting: it belongs to an answer about now, so it is kept in the store's folder as well.
        """
        if self._kept is not None and (question.as_of is None or lasting):
            with self._answers.turn(question.key(self._store)):
                return self._kept.ask(question, self.now())
        return question.answered(self._store, self.now(), self._run)

    def ready(self, question: ReportQuery) -> CachedResponse | None:
        """The encoded answer if it is in memory and stands; the store is not touched."""
        return self._answers.find(question.key(self._store), self._clock())

    def answer(self, question: ReportQuery) -> CachedResponse:
        """The encoded answer, from memory where nothing has changed since."""
        return self._answer(question.key(self._store), lambda: self._encoded(question))

    def keep(
        self,
        publication: PublicationSettings | None,
        what: str,
        make: Callable[[], CachedResponse],
        made_of: Sequence[ReportQuery] = (),
    ) -> CachedResponse:
        """What is kept under that name, or what ``make`` gives now.

        publication: None where it speaks of all of them. made_of: what it asks about now.
        """
        name = publication.name if publication else ""
        entry = self._store.standing(name) if publication else (self._store.version, "")

        def make_now() -> tuple[CachedResponse, Span]:
            begun, ends = self._this_hour()
            made = make()
            found = [self._found(question) for question in made_of]
            return made, (begun, min([ends, *(from_datetime(one.until) for one in found if one)]))

        return self._answer(Key(name, entry, what), make_now)

    def _answer(self, key: Key, make: Callable[[], tuple[CachedResponse, Span]]) -> CachedResponse:
        answer = self._answers.find(key, self._clock())
        if answer is not None:
            return answer
        with self._answers.turn(key):
            answer = self._answers.find(key, self._clock())
            if answer is None:
                answer, stands = make()
                self._answers.keep(key, answer, stands)
        return answer

    def _encoded(self, question: ReportQuery) -> tuple[CachedResponse, Span]:
        """The answer as bytes, and when it stands."""
        hour = self._this_hour()
        kept = self._found(question)
        if kept is None:
            made = self.envelope(question)
            kept = self._found(question)
            if kept is None:
                return prepare(made.model_dump_json().encode(), "application/json", PRIVATE), hour
        stands = from_datetime(kept.made_at), from_datetime(kept.until)
        return prepare(kept.body, "application/json", PRIVATE), stands

    def _found(self, question: ReportQuery) -> CachedReport | None:
        """The answer about now in the store's folder, if there is one that stands."""
        if self._kept is None or question.as_of is not None:
            return None
        return self._kept.find(question, self.now())

    def _this_hour(self) -> Span:
        begun = self._clock() // HOUR * HOUR
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
