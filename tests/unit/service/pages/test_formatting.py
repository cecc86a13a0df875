"""Dates, counts, lists and names as English readers write them."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from regulars.pages.formatting import (
    LocalTime,
    display_name,
    format_day,
    local_time,
    number,
    spelled,
)

MONTHS = [
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def test_every_day_of_a_leap_year() -> None:
    for place in range(366):
        day = date(2028, 1, 1) + timedelta(days=place)
        plain = f"{day.day} {MONTHS[day.month - 1]}"
        assert format_day(day) == f"{plain} 2028"
        assert format_day(day, year=False) == plain
        assert format_day(day, weekday=True) == f"{DAYS[day.weekday()]}, {plain} 2028"
        assert format_day(day, weekday=True, year=False) == f"{DAYS[day.weekday()]}, {plain}"


def test_an_instant_is_told_in_its_zone() -> None:
    instant = datetime(2026, 11, 22, 23, 5, tzinfo=UTC)
    zone = ZoneInfo("Europe/Berlin")
    exact = "2026-11-22T23:05:00Z"
    assert local_time(instant, zone) == LocalTime(exact, "23 November 2026")
    assert local_time(instant, zone, hour=True) == LocalTime(exact, "23 November 2026, 00:05")


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (7, "7"),
        (999, "999"),
        (1_000, "1,000"),
        (12_345, "12,345"),
        (1_234_567, "1,234,567"),
        (2_400.4, "2,400"),
        (2.5, "2"),
        (3.5, "4"),
        (-1_200, "-1,200"),
    ],
)
def test_thousands_are_parted(count: float, text: str) -> None:
    assert number(count) == text


def test_small_numbers_are_spelled() -> None:
    said = [spelled(count) for count in range(13)]
    assert " ".join(said) == "no one two three four five six seven eight nine ten eleven twelve"
    assert [spelled(count) for count in (13, 2_000, -1)] == ["13", "2,000", "-1"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Ada  Lovelace", "Ada Lovelace"),
        ("two\nlines", "two lines"),
        ("turned\u202eround", "turned\ufffdround"),
        ("bell\x07", "bell\ufffd"),
        ("x" * 201, "x" * 200 + "…"),
    ],
)
def test_a_name_stays_on_its_line(given: str, shown: str) -> None:
    assert display_name(given) == shown


@pytest.mark.parametrize(
    "module", ["regulars.cli", "regulars.pages.home", "regulars.reports.prepare"]
)
def test_babel_is_loaded_by_the_first_page_and_not_before(module: str) -> None:
    program = f"import sys, {module}; sys.exit('babel' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
