"""When a public figure moves: once a week or once a day, in the publication's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Cadence = Literal["weekly", "daily"]


@dataclass(frozen=True, slots=True)
class Period:
    """The whole week or day that is shown until ``next_update``.

    name: such as 2026-W47, which also keys the rounding. end: the first instant after it, in UTC.
    last_day: its last day, in the zone.
    """

    name: str
    last_day: date
    end: datetime
    next_update: datetime


def last_full_period(now: datetime, zone: ZoneInfo, cadence: Cadence) -> Period:
    """The newest week (ISO, Monday to Sunday) or day that is over."""
    today = now.astimezone(zone).date()
    if cadence == "daily":
        return _period(today, timedelta(days=1), zone, (today - timedelta(days=1)).isoformat())
    monday = today - timedelta(days=today.weekday())
    year, week, _ = (monday - timedelta(days=1)).isocalendar()
    return _period(monday, timedelta(days=7), zone, f"{year}-W{week:02d}")


def _period(first_day_after: date, length: timedelta, zone: ZoneInfo, name: str) -> Period:
    return Period(
        name=name,
        last_day=first_day_after - timedelta(days=1),
        end=_midnight(first_day_after, zone),
        next_update=_midnight(first_day_after + length, zone),
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
