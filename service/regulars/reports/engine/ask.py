"""Answers a report by its name, for the command line. The API has its own report service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from regulars.errors import NothingHere, SettingsWrong, UsageWrong
from regulars.settings import PublicationSettings, Settings, WidgetSettings
from regulars.store import Store
from regulars_connectors.validation_messages import describe

from .. import REPORTS
from .query import AnyEnvelope, AnyReport, query_of


def find_report(name: str) -> AnyReport:
    """The report of that name. Raises NothingHere, listing those that exist."""
    for report in REPORTS:
        if report.name == name:
            return report
    known = ", ".join(report.name for report in REPORTS)
    raise NothingHere(
        f"There is no report named {name!r}. Known reports: {known}.",
        to_do="Run `regulars report` to see what each answers.",
    )


def public_reports(reports: Sequence[AnyReport] = REPORTS) -> tuple[AnyReport, ...]:
    """The reports with a public figure, which a widget may show."""
    return tuple(report for report in reports if report.project is not None)


def find_public_report(
    settings: Settings, widget: WidgetSettings, reports: Sequence[AnyReport] = REPORTS
) -> AnyReport:
    """The report that a widget shows. Raises SettingsWrong, listing its choices."""
    known = {report.name: report for report in public_reports(reports)}
    if widget.report not in known:
        raise SettingsWrong(
            f"{settings.source_file or 'Settings'}: the widget {widget.key} shows the report"
            f" {widget.report!r}, which has no public figure.",
            to_do=f"Name one of these: {', '.join(known)}.",
        )
    return known[widget.report]


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
    query = query_of(report, publication, chosen, as_of, now)
    return query.answered(store, now)
