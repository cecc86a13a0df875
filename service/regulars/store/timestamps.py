"""Times as the tables hold them: UTC, written without a zone."""

from __future__ import annotations

from datetime import UTC, datetime

from regulars_connectors.instants import Instant, from_datetime, to_datetime


def stored_moment(instant: Instant) -> datetime:
    """An instant as a table column wants it."""
    return to_datetime(instant).replace(tzinfo=None)


def instant_of(moment: datetime) -> Instant:
    """The instant that a table column holds."""
    return from_datetime(moment.replace(tzinfo=UTC))
