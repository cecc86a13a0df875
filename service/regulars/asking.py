"""Answers a report by its name, for the command line; the API has one that keeps answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from regulars_connectors.wrong_values import in_words

from .errors import NothingHere, UsageWrong
from .kept import KeptAnswers
from .question import AnyEnvelope, AnyReport, Question
from .reports import REPORTS
from .reports.as_of import parse_as_of
from .settings import PublicationSettings
from .store import Store


def find_report(name: str) -> AnyReport:
    """The report of that name. Raises NothingHere, listing those that exist."""
    for report in REPORTS:
        if report.name == name:
            return report
    known = ", ".join(report.name for report in REPORTS)
    raise NothingHere(
        f"There is no report named {name!r}; there are: {known}.",
        to_do="See `regulars report` for what each of them answers.",
    )


def ask_report(
    store: Store,
    publication: PublicationSettings,
    name: str,
    *,
    as_of: str | None,
    parameters: dict[str, Any],
    now: datetime,
) -> AnyEnvelope:
    """Answer a report. Raises NothingHere, UsageWrong for a wrong date or parameter."""
    report = find_report(name)
    try:
        chosen = report.parameters(**parameters)
    except ValidationError as error:
        said = in_words(error, report.parameters, "parameter")
        raise UsageWrong(f"Report {name}: {said}") from None
    if as_of is None:
        return KeptAnswers(store).ask(Question(report, publication, chosen), now)
    moment = parse_as_of(as_of, publication.time_zone, now)
    return Question(report, publication, chosen, moment).answered(store, now)
