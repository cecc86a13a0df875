"""Times of the tables: UTC, without a zone."""

from __future__ import annotations

from datetime import UTC, datetime

from regulars.errors import StoreDamaged
from regulars_connectors.instants import Instant, from_datetime, to_datetime


def aware(moment: datetime) -> datetime:
    """A time of the tables with its zone, UTC."""
    return moment.replace(tzinfo=UTC)


def naive(moment: datetime) -> datetime:
    """An aware time in the form of the tables."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def stored_moment(instant: Instant) -> datetime:
    """An instant in the form of the tables. Raises StoreDamaged for one outside the calendar."""
    try:
        return naive(to_datetime(instant))
    except OverflowError as error:
        raise StoreDamaged("A time in the journal lies outside the years 1 to 9999.") from error


def instant_of(moment: datetime) -> Instant:
    """The instant of a table's time."""
    return from_datetime(aware(moment))
