"""Times as the tables hold them: UTC, written without a zone."""

from __future__ import annotations

from datetime import UTC, datetime

from regulars_connectors.instants import Instant, from_datetime, to_datetime


def aware(moment: datetime) -> datetime:
    """A time of the tables with its zone, which is UTC."""
    return moment.replace(tzinfo=UTC)


def naive(moment: datetime) -> datetime:
    """An aware time as the tables write it."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def stored_moment(instant: Instant) -> datetime:
    """An instant as a table column wants it."""
    return naive(to_datetime(instant))


def instant_of(moment: datetime) -> Instant:
    """The instant that a table column holds."""
    return from_datetime(aware(moment))
