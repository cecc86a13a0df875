"""What ``sync =`` may say, and how what it may not say is refused."""

from __future__ import annotations

from typing import Any

import pytest

from regulars.errors import SettingsWrong
from regulars.settings import Settings, build_settings, parse_rule


def settings_with(sync: Any, **publication: Any) -> Settings:
    connection = {"name": "a", "connector": "beehiiv", "sync": sync}
    return build_settings(
        {"publications": [{"name": "letters", "connections": [connection]} | publication]}, None
    )


@pytest.mark.parametrize(
    ("text", "kind", "minute", "period"),
    [
        ("daily 05:15", "daily", 315, 0),
        ("Daily  5:15 ", "daily", 315, 0),
        ("daily 00:00", "daily", 0, 0),
        ("daily 23:59", "daily", 1439, 0),
        ("every 5 minutes", "every", 0, 5),
        ("every 15 minutes", "every", 0, 15),
        ("every hour", "every", 0, 60),
        ("every 1 hour", "every", 0, 60),
        ("every 6 hours", "every", 0, 360),
        ("before posts", "before posts", 0, 0),
        ("off", "off", 0, 0),
        ("15 5 * * *", "cron", 0, 0),
        ("*/5 * * * *", "cron", 0, 0),
        ("0 6 29 2 *", "cron", 0, 0),
    ],
)
def test_what_it_may_say(text: str, kind: str, minute: int, period: int) -> None:
    rule = parse_rule(text)
    assert (rule.kind, rule.minute, rule.period) == (kind, minute, period)
    assert settings_with(text).connections()[0][1].sync == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("daily 05:15 every 15 minutes", "names two schedules", id="two words"),
        pytest.param("daily 05:15, before posts", "names two schedules", id="two with a comma"),
        pytest.param("daily 05:15 and 17:15", "names two schedules", id="two times"),
        pytest.param("daily 05:15 15 5 * * *", "names two schedules", id="a word and cron text"),
        pytest.param("0 15 5 * * *", "has 6 fields: cron text has five", id="cron of six fields"),
        pytest.param("15 5 * *", "has 4 fields: cron text has five", id="cron of four fields"),
        pytest.param("0 0 31 2 *", "a wrong day of month", id="31 February"),
        pytest.param("0 0 31 FEB MON", "a wrong day of month", id="31 February on a Monday"),
        pytest.param("0 0 31 4,6,9,11 *", "a wrong day of month", id="31 of short months"),
        pytest.param("15 5 * * FUN", "a wrong day of week", id="an unknown name"),
        pytest.param("60 5 * * *", "a wrong minute", id="minute 60"),
        pytest.param("* * * * *", "is too often", id="cron each minute"),
        pytest.param("0,58 5,6 * * *", "is too often", id="cron two minutes apart over the hour"),
        pytest.param("every 4 minutes", "is too often", id="every 4 minutes"),
        pytest.param("every minute", "is too often", id="every minute"),
        pytest.param("every 0 minutes", "is too often", id="every 0 minutes"),
        pytest.param("every 169 hours", "is too seldom", id="every 169 hours"),
        pytest.param("every 2 days", "is no period", id="every 2 days"),
        pytest.param("daily", "lacks a time of day", id="no time"),
        pytest.param("daily 24:00", "names no time of day", id="24:00"),
        pytest.param("daily 05:60", "names no time of day", id="05:60"),
        pytest.param("@daily", "is no schedule", id="a nickname of cron"),
        pytest.param("nightly", "is no schedule", id="another word"),
        pytest.param("", "an empty text is no schedule", id="nothing"),
    ],
)
def test_bad_input(text: str, says: str) -> None:
    with pytest.raises(SettingsWrong, match=says) as caught:
        settings_with(text)
    assert "sync" in caught.value.happened


def test_a_zone_that_the_system_lacks() -> None:
    with pytest.raises(SettingsWrong, match="'Mars/Olympus' is not a time zone"):
        settings_with("daily 05:15", time_zone="Mars/Olympus")


def test_cron_names_are_read_as_people_mean_them() -> None:
    """Monday is 1, as for cron. Some readers begin at 0, and run a day late."""
    from regulars.jobs.schedule import Plan, next_time
    from regulars_connectors.instants import from_iso, to_datetime

    for text in ("0 6 * * MON", "0 6 * * mon", "0 6 * * 1"):
        plan = Plan("a", parse_rule(text), "UTC")
        found = next_time(plan, from_iso("2026-11-26T00:00:00Z"))
        assert found is not None
        assert to_datetime(found.at).date().isoformat() == "2026-11-30"  # a Monday


def test_the_longest_run_is_a_setting() -> None:
    assert Settings().schedule.longest_run_hours == 12
    assert build_settings({"schedule": {"longest_run_hours": 2}}, None).schedule == (
        Settings(schedule={"longest_run_hours": 2}).schedule  # type: ignore[arg-type]
    )
    with pytest.raises(SettingsWrong, match="longest_run_hours"):
        build_settings({"schedule": {"longest_run_hours": 0}}, None)
