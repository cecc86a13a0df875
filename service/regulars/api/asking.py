"""Asks reports of the store: one cursor per call, the clock's now, answers kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from regulars.kept import KeptAnswers
from regulars.reports.as_of import parse_as_of
from regulars.reports.base import Context, Parameters, Report, run
from regulars.reports.envelope import Envelope
from regulars.reports.facts import Facts, gather
from regulars.reports.names import names_of
from regulars.settings import PublicationSettings
from regulars_connectors.contract import Clock
from regulars_connectors.instants import to_datetime

from .answers import Answer, Answers, Question, hour_of
from .store_access import ReadableStore

AnyReport: TypeAlias = Report[Any, Any, Any]
AnyEnvelope: TypeAlias = Envelope[Any]
Run: TypeAlias = Callable[..., AnyEnvelope]


class Asker:
    """What routes use to get at figures. ``run`` is the reports' own; a test may pass another."""

    def __init__(
        self,
        store: ReadableStore,
        clock: Clock,
        run: Run = run,
        kept: KeptAnswers | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._run = run
        self._answers = Answers()
        self._kept = kept

    def now(self) -> datetime:
        """What time it is, as the clock has it."""
        return to_datetime(self._clock())

    def envelope(
        self,
        report: AnyReport,
        publication: PublicationSettings,
        parameters: Parameters | None = None,
        as_of: datetime | None = None,
        *,
        lasting: bool = False,
    ) -> AnyEnvelope:
        """The report's answer; as of now where no instant is given.

        lasting: it belongs to an answer about now, so it is kept in the store's folder as well.
        """
        if self._kept is not None and (as_of is None or lasting):
            return self._kept.ask(report, publication, parameters, as_of, self.now())
        with self._store.read() as cursor:
            return self._run(report, cursor, publication, parameters, as_of=as_of, now=self.now())

    def answer(
        self,
        report: AnyReport,
        publication: PublicationSettings,
        parameters: Parameters,
        as_of: str | None,
    ) -> Answer:
        """The encoded answer, from those kept where nothing has changed since."""
        moment = parse_as_of(as_of, publication.time_zone, self.now()) if as_of else None
        return self._answers.get(
            self._question(publication, report, parameters, moment),
            lambda: self._encoded(report, publication, parameters, moment),
        )

    def ready(
        self,
        report: AnyReport,
        publication: PublicationSettings,
        parameters: Parameters,
        as_of: str | None,
    ) -> Answer | None:
        """The encoded answer if it is in memory; the store is not touched."""
        moment = parse_as_of(as_of, publication.time_zone, self.now()) if as_of else None
        return self._answers.ready(self._question(publication, report, parameters, moment))

    def _question(
        self,
        publication: PublicationSettings,
        report: AnyReport,
        parameters: Parameters,
        moment: datetime | None,
    ) -> Question:
        when = moment.isoformat() if moment else hour_of(self._clock())
        version = self._store.version
        asked = parameters.model_dump_json()
        return Question(publication.name, f"report {report.name}", asked, when, version)

    def _encoded(
        self,
        report: AnyReport,
        publication: PublicationSettings,
        parameters: Parameters,
        as_of: datetime | None,
    ) -> bytes:
        if self._kept is not None and as_of is None:
            body = self._kept.find(report, publication, parameters, None, self.now())
            if body is not None:
                return body
        return self.envelope(report, publication, parameters, as_of).model_dump_json().encode()

    def keep(
        self,
        publication: PublicationSettings | None,
        what: str,
        make: Callable[[], bytes],
    ) -> Answer:
        """The kept bytes of that name, or those that ``make`` gives now.

        publication: None where the bytes speak of all of them.
        """
        name = publication.name if publication else ""
        question = Question(name, what, "", hour_of(self._clock()), self._store.version)
        return self._answers.get(question, make)

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
