"""The times of schedules by reading a clock on the wall, minute after minute.

It shares nothing with the scheduler: no time is converted back, each minute of UTC is looked at
once, in order. A time of day counts at the first minute of its date at which the wall clock shows
it or more: that is the end of a gap, and the first of two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from regulars_connectors.instants import SECOND, Instant, to_datetime

MINUTE = 60 * SECOND


@dataclass(frozen=True)
class Wall:
    """One minute: its instant, and the date and minute of the day that the wall clock shows."""

    at: Instant
    day: date
    minute: int


@cache
def wall(zone: str, start: Instant, end: Instant) -> tuple[Wall, ...]:
    """Every minute from ``start`` to ``end``."""
    there, found = ZoneInfo(zone), []
    moment = to_datetime(start)
    while (at := start + len(found) * MINUTE) < end:
        local = moment.astimezone(there)
        found.append(Wall(at, local.date(), local.hour * 60 + local.minute))
        moment += timedelta(minutes=1)
    return tuple(found)


def times_of_day(
    zone: str,
    minutes: tuple[int, ...],
    start: Instant,
    end: Instant,
    on: Callable[[date], bool] = lambda _: True,
) -> list[Instant]:
    """The moments of so many minutes of the day, on the dates that ``on`` says."""
    found: set[Instant] = set()
    day: date | None = None
    waiting: list[int] = []
    for minute in wall(zone, start, end):
        if minute.day != day:
            if day is not None and minute.day > day:
                day, waiting = minute.day, sorted(minutes) if on(minute.day) else []
            elif day is None:  # the first date has begun before
                day = minute.day
        while waiting and waiting[0] <= minute.minute:
            waiting.pop(0)
            found.add(minute.at)
    return sorted(found)


def weekly(zone: str, days: tuple[int, ...], hour: int, start: Instant, end: Instant) -> list[int]:
    """Moments of posts: at that hour of those days of the week, Monday being 0."""
    return times_of_day(zone, (hour * 60,), start, end, lambda day: day.weekday() in days)


def each_of(begin: Instant, period: Instant, end: Instant) -> Iterator[Instant]:
    """Moments that follow each other at one distance."""
    while begin < end:
        yield begin
        begin += period


def parsed(text: str) -> datetime:
    """A moment for a test's table."""
    return datetime.fromisoformat(text)
