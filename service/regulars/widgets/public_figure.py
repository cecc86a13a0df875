"""Makes the public figure of a report, by its declared projection alone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from regulars.reports.engine.facts import STALE_AFTER
from regulars.reports.engine.projection import Projection
from regulars.reports.engine.query import AnyEnvelope
from regulars.settings import PublicationSettings

from .document import PublicFigure

# A window excludes its end: a week that ends at midnight ends on Sunday.
INSTANT = timedelta(microseconds=1)


def public_figure(
    shown: Projection[Any],
    envelope: AnyEnvelope,
    publication: PublicationSettings,
    second: AnyEnvelope | None = None,
) -> PublicFigure:
    """The figure of the report for a document, with days in the publication's zone.

    second: the answer of the report that the second figure is made from, where there is one.
    """
    zone = ZoneInfo(publication.time_zone)
    ends = (envelope.window.end - INSTANT).astimezone(zone).date()
    value = shown.value(envelope)
    start = value.since or envelope.window.start
    beside = None if shown.second is None or second is None else shown.second.value(second)
    return PublicFigure(
        shown=shown,
        value=value,
        second=beside,
        starts=start.astimezone(zone).date() if start else ends,
        ends=ends,
        definition=envelope.definition,
        known_until=_known_until(envelope, zone),
    )


def _known_until(envelope: AnyEnvelope, zone: ZoneInfo) -> date | None:
    """The day of the last complete sync if it is stale, else None.

    With it, a week without any sync is dated honestly.
    """
    came = [one.last_complete_sync for one in envelope.sources if one.last_complete_sync]
    newest = max(came, default=None)
    if newest is None or envelope.window.end - newest <= STALE_AFTER:
        return None
    return newest.astimezone(zone).date()
