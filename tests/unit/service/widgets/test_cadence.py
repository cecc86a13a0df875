"""The shown period: whole ISO weeks in the publication's zone, clock changes included."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from regulars.widgets.cadence import last_full_period

LISBON = ZoneInfo("Europe/Lisbon")
AUCKLAND = ZoneInfo("Pacific/Auckland")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_week_ends_on_sunday_and_moves_on_monday() -> None:
    period = last_full_period(at("2026-11-25T10:00"), LISBON, "weekly")
    assert period.name == "2026-W47"
    assert period.last_day == date(2026, 11, 22)
    assert period.end == at("2026-11-23T00:00")
    assert period.next_update == at("2026-11-30T00:00")


def test_the_whole_week_long_it_is_the_same() -> None:
    monday = last_full_period(at("2026-11-23T00:00"), LISBON, "weekly")
    sunday = last_full_period(at("2026-11-29T23:59:59"), LISBON, "weekly")
    assert monday == sunday
    assert last_full_period(at("2026-11-30T00:00"), LISBON, "weekly") != sunday


def test_the_zone_decides_where_the_week_ends() -> None:
    sunday_evening = at("2026-11-22T12:00")  # already Monday in Auckland
    assert last_full_period(sunday_evening, AUCKLAND, "weekly").name == "2026-W47"
    assert last_full_period(sunday_evening, LISBON, "weekly").name == "2026-W46"


def test_a_week_with_a_clock_change_is_one_week() -> None:
    period = last_full_period(at("2026-10-26T12:00"), LISBON, "weekly")
    assert period.end == at("2026-10-26T00:00")
    before = last_full_period(at("2026-10-20T12:00"), LISBON, "weekly")
    assert before.end == at("2026-10-18T23:00")
    assert before.next_update == period.end


def test_week_53_belongs_to_its_own_year() -> None:
    assert last_full_period(at("2027-01-04T12:00"), LISBON, "weekly").name == "2026-W53"


def test_daily_shows_yesterday() -> None:
    period = last_full_period(at("2026-11-25T10:00"), LISBON, "daily")
    assert (period.name, period.last_day) == ("2026-11-24", date(2026, 11, 24))
    assert period.next_update == at("2026-11-26T00:00")
