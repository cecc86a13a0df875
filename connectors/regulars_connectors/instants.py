"""Instants: whole microseconds since 1970-01-01T00:00:00Z, as plain integers.

Records are made by the hundred thousand. Integers are cheap to make, to compare and to
hand to Arrow. Providers' own forms (Unix seconds, ISO text) are converted here, once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Instant: TypeAlias = int

SECOND: Instant = 1_000_000
DAY: Instant = 86_400 * SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def from_datetime(moment: datetime) -> Instant:
    """Turn an aware datetime into an instant. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be placed")
    return (moment - _EPOCH) // _MICROSECOND


def to_datetime(instant: Instant) -> datetime:
    """Turn an instant into an aware datetime in UTC."""
    return _EPOCH + instant * _MICROSECOND


def from_iso(text: str) -> Instant:
    """Read an ISO 8601 time. Without a zone it is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip())
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def to_iso(instant: Instant) -> str:
    """Write an instant as RFC 3339 in UTC, whole seconds where it has no fraction."""
    return to_datetime(instant).isoformat().replace("+00:00", "Z")


def check_zone(name: str) -> str:
    """The name of an existing zone (IANA). Raises ValueError for another."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone: write one like Europe/Lisbon") from error
    return name


EARLIEST: Instant = from_iso("1990-01-01")
LATEST: Instant = from_iso("2101-01-01")
"""No newsletter's time lies outside; what does is mostly given in another unit."""
