"""From the house report to what a widget may show of it: its declared projection, nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from regulars.reports.engine.envelope import Envelope
from regulars.reports.engine.facts import STALE_AFTER
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
        known_until=_known_until(envelope, zone),
    )


def _known_until(envelope: Envelope[House], zone: ZoneInfo) -> date | None:
    """The day when a source last came in whole; None where that is recent enough to go unsaid.

    A week in which nothing came in would else be dated as if it had been looked at.
    """
    came = [one.last_complete_sync for one in envelope.sources if one.last_complete_sync]
    newest = max(came, default=None)
    if newest is None or envelope.window.end - newest <= STALE_AFTER:
        return None
    return newest.astimezone(zone).date()
