"""Answers a report by its name, for the command line; the API has one that keeps answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from regulars.errors import NothingHere, UsageWrong
from regulars.settings import PublicationSettings
from regulars.store import Store
from regulars_connectors.validation_messages import describe

from .. import REPORTS
from .cache import ReportCache
from .query import AnyEnvelope, AnyReport, query_of


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
        said = describe(error, report.parameters, "parameter")
        raise UsageWrong(f"Report {name}: {said}") from None
    question = query_of(report, publication, chosen, as_of, now)
    if question.as_of is None:
        return ReportCache(store).ask(question, now)
    return question.answered(store, now)
