"""Dates, counts and short lists as a person would say them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SMALL_NUMBERS = (
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
_MARK = "\ufffd"
# Whoever writes these into a name turns the line around in which it stands.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant for a time element: the exact form, and words in the publication's zone."""

    exact: str
    words: str


def day_words(day: date, *, weekday: bool = False, year: bool = True) -> str:
    """A date: ``22 November 2026``, with its weekday or without its year where wanted."""
    words = f"{day.day} {MONTHS[day.month - 1]}"
    if year:
        words = f"{words} {day.year}"
    return f"{DAYS[day.weekday()]}, {words}" if weekday else words


def moment(instant: datetime, zone: ZoneInfo, *, hour: bool = False) -> Moment:
    """The instant in the zone, as a day or as a day with the time."""
    local = instant.astimezone(zone)
    words = day_words(local.date())
    if hour:
        words = f"{words}, {local:%H:%M}"
    return Moment(instant.isoformat().replace("+00:00", "Z"), words)


def number(count: float) -> str:
    """A whole number with its thousands parted."""
    return f"{round(count):,}"


def small(count: int) -> str:
    """Small numbers in letters, as in running text."""
    return SMALL_NUMBERS[count] if 0 <= count < len(SMALL_NUMBERS) else number(count)


def as_called(name: str) -> str:
    """A name as a stranger gave it: on one line, not too long, marks for what cannot be seen."""
    line = " ".join(name.split())
    if len(line) > LONGEST_NAME:
        line = f"{line[:LONGEST_NAME]}…"
    return "".join(
        _MARK if letter in _TURNING or unicodedata.category(letter) == "Cc" else letter
        for letter in line
    )


def listed(things: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(things) < 2:
        return "".join(things)
    return f"{', '.join(things[:-1])} and {things[-1]}"
