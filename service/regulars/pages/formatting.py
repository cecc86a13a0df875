"""Dates, counts and names as a person reads them, by Babel.

Babel loads with the first page that needs it: its 60 ms and 10 MiB would slow a sync or
``regulars --version``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from regulars_connectors.foreign_text import one_line

LOCALE = "en_GB"
# Babel does not spell numbers. For zero a sentence says "no".
SPELLED_NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class LocalTime:
    """An instant for a time element: ``exact`` in UTC, ``words`` in the publication's zone."""

    exact: str
    words: str


@lru_cache(maxsize=512)
def format_day(day: date, *, weekday: bool = False, year: bool = True) -> str:
    """A date: ``22 November 2026``, with its weekday or without its year where wanted."""
    from babel.dates import format_date, format_skeleton

    if year:
        text = format_date(day, "long", locale=LOCALE)
    else:
        text = format_skeleton("MMMMd", day, locale=LOCALE)
    return f"{format_date(day, 'EEEE', locale=LOCALE)}, {text}" if weekday else text


def local_time(instant: datetime, zone: ZoneInfo, *, hour: bool = False) -> LocalTime:
    """The instant in the zone, as a day or as a day with the time."""
    local = instant.astimezone(zone)
    words = format_day(local.date())
    if hour:
        words = f"{words}, {local:%H:%M}"
    return LocalTime(instant.isoformat().replace("+00:00", "Z"), words)


@lru_cache(maxsize=512)
def number(count: float) -> str:
    """A whole number with its thousands separated."""
    from babel.numbers import format_decimal

    return format_decimal(round(count), locale=LOCALE)


def spelled(count: int) -> str:
    """Numbers up to twelve in letters, as in running text."""
    is_small = 0 <= count < len(SPELLED_NUMBERS)
    return SPELLED_NUMBERS[count] if is_small else number(count)


def display_name(name: str) -> str:
    """A name made safe to show: one line, at most 200 characters, invisible ones marked."""
    line = one_line(name)
    return f"{line[:LONGEST_NAME]}…" if len(line) > LONGEST_NAME else line
