"""From the house report to what a widget may show of it: its declared projection, nothing else."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from regulars.reports.envelope import Envelope
from regulars.reports.house import METHOD, House, project
from regulars.settings import PublicationSettings

from .document import PublicFigure

# The window ends before its end: a week that ends at midnight ends on Sunday.
INSTANT = timedelta(microseconds=1)


def public_figure(envelope: Envelope[House], publication: PublicationSettings) -> PublicFigure:
    """The figure of the report as a document needs it; days are those of the publication."""
    shown = project(envelope)
    estimate = shown.sustained_readers
    zone = ZoneInfo(publication.time_zone)
    ends = (envelope.window.end - INSTANT).astimezone(zone).date()
    start = envelope.window.start
    return PublicFigure(
        value=estimate.value if estimate else None,
        low=estimate.low if estimate else None,
        high=estimate.high if estimate else None,
        method=estimate.method if estimate else METHOD,
        reason=shown.reason,
        starts=start.astimezone(zone).date() if start else ends,
        ends=ends,
        issues=shown.posts,
        unit="issues" if shown.rule.unit == "post" else "weeks",
        house_size=shown.house_size,
        definition=envelope.definition,
    )
