"""The times of each rule, beside changes of clocks, posts and the names that spread them.

Right values are worked out by hand from the zones' published changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from regulars.jobs.schedule import (
    HOUR,
    JITTER,
    MINUTE,
    NEAR,
    QUIET,
    SHORTEST_HEAD_START,
    Plan,
    head_start_of,
    instant_at,
    last_time,
    next_time,
    quiet_until,
    spread,
    usual_minute,
)
from regulars.settings import parse_rule
from regulars_connectors.instants import DAY, Instant, from_iso, to_iso

# The change to summer: 29 March 2026 in Europe, 8 March in New York, 4 October on Lord Howe.
# Back: 25 October in Europe, 1 November in New York, 5 April on Lord Howe.


def at(text: str) -> Instant:
    return from_iso(text + "Z")


def times(plan: Plan, start: str, end: str) -> list[str]:
    """The times after ``start`` up to ``end``, by asking for one after the other."""
    found, now = [], at(start)
    while (following := next_time(plan, now)) is not None and following.at <= at(end):
        assert last_time(plan, following.at) == following
        before = last_time(plan, following.at - 1)
        assert before is None or before.at <= now
        found.append(to_iso(following.at - delay_of(plan)).removesuffix("Z"))
        now = following.at
    return found


def delay_of(plan: Plan) -> Instant:
    return spread(plan.name, JITTER) if plan.rule.kind in ("daily", "cron") else 0


@pytest.mark.parametrize(
    ("zone", "local", "expected"),
    [
        pytest.param("Europe/Lisbon", "2026-03-29T01:30", "2026-03-29T01:00:00", id="a gap"),
        pytest.param("America/New_York", "2026-03-08T02:00", "2026-03-08T07:00:00", id="its start"),
        pytest.param("America/New_York", "2026-03-08T03:00", "2026-03-08T07:00:00", id="its end"),
        pytest.param("Australia/Lord_Howe", "2026-10-04T02:10", "2026-10-03T15:30:00", id="half"),
        pytest.param("Pacific/Apia", "2011-12-30T05:15", "2011-12-30T10:00:00", id="a whole day"),
        pytest.param("Europe/Lisbon", "2026-10-25T01:30", "2026-10-25T00:30:00", id="twice"),
        pytest.param("Asia/Tokyo", "2026-10-25T01:30", "2026-10-24T16:30:00", id="no change"),
    ],
)
def test_where_a_local_time_lies(zone: str, local: str, expected: str) -> None:
    assert instant_at(datetime.fromisoformat(local), ZoneInfo(zone)) == at(expected)


def test_a_time_that_does_not_exist_comes_once_at_the_end_of_the_gap() -> None:
    plan = Plan("a", parse_rule("daily 01:30"), "Europe/Lisbon")
    assert times(plan, "2026-03-27T12:00:00", "2026-03-31T12:00:00") == [
        "2026-03-28T01:30:00",
        "2026-03-29T01:00:00",
        "2026-03-30T00:30:00",
        "2026-03-31T00:30:00",
    ]


def test_a_time_that_exists_twice_comes_once() -> None:
    plan = Plan("a", parse_rule("daily 01:30"), "Europe/Lisbon")
    assert times(plan, "2026-10-23T12:00:00", "2026-10-27T12:00:00") == [
        "2026-10-24T00:30:00",
        "2026-10-25T00:30:00",
        "2026-10-26T01:30:00",
        "2026-10-27T01:30:00",
    ]


def test_cron_text_keeps_to_the_clock_on_the_wall() -> None:
    plan = Plan("a", parse_rule("*/30 1-2 * * *"), "Europe/Lisbon")
    # 01:00 and 01:30 do not exist on the 29th: both lie at 02:00, which comes once.
    assert times(plan, "2026-03-29T00:00:00", "2026-03-29T12:00:00") == [
        "2026-03-29T01:00:00",
        "2026-03-29T01:30:00",
    ]
    # On the 25th of October the hour from 01:00 comes twice, and its times once.
    assert times(plan, "2026-10-24T23:00:00", "2026-10-25T12:00:00") == [
        "2026-10-25T00:00:00",
        "2026-10-25T00:30:00",
        "2026-10-25T02:00:00",
        "2026-10-25T02:30:00",
    ]


def test_a_period_counts_elapsed_time() -> None:
    plan = Plan("a", parse_rule("every 15 minutes"), "Europe/Lisbon")
    found = times(plan, "2026-10-25T00:00:00", "2026-10-25T03:00:00")
    assert len(found) == 12
    assert len(set(found)) == 12


def test_off_never_comes() -> None:
    plan = Plan("a", parse_rule("off"), "UTC")
    assert next_time(plan, 0) is None
    assert last_time(plan, 0) is None


def test_names_spread_connections_of_one_time() -> None:
    delays = {spread(f"letters-{number}", JITTER) for number in range(40)}
    assert len(delays) > 35
    assert all(0 <= delay < JITTER for delay in delays)
    assert spread("letters", JITTER) == spread("letters", JITTER)
    minutes = {usual_minute(f"letters-{number}") for number in range(40)}
    assert len(minutes) > 30
    assert min(minutes) >= 120
    assert max(minutes) < 480


def test_a_look_begins_early_enough_to_end_before_the_post() -> None:
    assert head_start_of(None) == SHORTEST_HEAD_START == 15 * MINUTE
    assert head_start_of(40 * MINUTE) == 75 * MINUTE
    assert head_start_of(DAY) == 6 * HOUR


# Before posts. The daily time of these plans is 04:00 UTC.


def before_posts(planned: Sequence[str] = (), sent: Sequence[str] = ()) -> Plan:
    from dataclasses import replace

    rule = replace(parse_rule("before posts"), minute=240)
    return Plan("a", rule, "UTC", tuple(map(at, planned)), tuple(map(at, sent)))


def test_before_posts_is_daily_without_posts() -> None:
    assert times(before_posts(), "2026-11-01T00:00:00", "2026-11-03T23:00:00") == [
        "2026-11-01T04:00:00",
        "2026-11-02T04:00:00",
        "2026-11-03T04:00:00",
    ]


def test_a_look_precedes_each_planned_post() -> None:
    plan = before_posts(["2026-11-02T12:00:00", "2026-11-02T17:00:00"])
    assert times(plan, "2026-11-02T00:00:00", "2026-11-03T23:00:00") == [
        "2026-11-02T04:00:00",
        "2026-11-02T11:45:00",
        "2026-11-02T16:45:00",
        "2026-11-03T04:00:00",
    ]


def test_the_look_before_a_post_takes_the_place_of_a_daily_one_near_it() -> None:
    plan = before_posts(["2026-11-02T06:00:00"])
    assert NEAR == 3 * HOUR
    assert times(plan, "2026-11-02T00:00:00", "2026-11-03T23:00:00") == [
        "2026-11-02T05:45:00",
        "2026-11-03T04:00:00",
    ]


def test_no_look_comes_in_the_hours_after_a_post() -> None:
    plan = before_posts(sent=["2026-11-02T03:00:00"])
    assert QUIET == 6 * HOUR
    assert times(plan, "2026-11-02T00:00:00", "2026-11-03T23:00:00") == [
        "2026-11-02T09:00:00",
        "2026-11-03T04:00:00",
    ]


def test_the_quiet_hours_end_where_the_look_before_the_next_post_begins() -> None:
    plan = before_posts(["2026-11-02T08:00:00"], ["2026-11-02T03:00:00"])
    assert quiet_until(plan, at("2026-11-02T02:59:59")) == at("2026-11-02T02:59:59")
    assert quiet_until(plan, at("2026-11-02T03:00:00")) == at("2026-11-02T07:45:00")
    # The one in between leaves it to the look at 07:45.
    assert times(plan, "2026-11-02T00:00:00", "2026-11-02T23:00:00") == ["2026-11-02T07:45:00"]


def test_a_post_every_day_has_one_look_between_every_two() -> None:
    posts = [f"2026-11-{day:02}T07:00:00" for day in range(1, 29)]
    # Only posts near a moment are asked for: those of the store's window.
    found = []
    for day in range(10, 20):
        near = posts[day - 6 : day + 5]
        planned = [post for post in near if post > f"2026-11-{day:02}"]
        sent = [post for post in near if post not in planned]
        plan = before_posts(planned, sent)
        start, end = f"2026-11-{day:02}T00:00:00", f"2026-11-{day + 1:02}T00:00:00"
        found += times(plan, start, end)
    assert found == [f"2026-11-{day:02}T06:45:00" for day in range(10, 20)]
