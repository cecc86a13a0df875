"""When a connection syncs: the words of ``sync =``, and the section ``[schedule]``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from regulars_connectors.bounds import said

RuleKind: TypeAlias = Literal["daily", "every", "cron", "before posts", "off"]

FORMS = (
    '"daily 05:15", "every 15 minutes", "before posts", "off", or cron text such as "15 5 * * 1-5"'
)
LEAST_MINUTES = 5
MOST_MINUTES = 7 * 24 * 60

_DAILY = re.compile(r"daily (\d{1,2}):(\d{2})")
_EVERY = re.compile(r"every (?:(\d{1,9}) )?(minute|hour)s?")
_WORDS = re.compile(r"\b(?:daily|every|before posts?|off)\b")
_CRON_FIELDS = 5
_SOME_SUNDAY = datetime.fromisoformat("2023-01-01")
"""Local time has no zone here: whatever the zone, cron text is right or wrong."""
_LOOKED_AT = 64
"""How many times of cron text are compared with each other: minutes and hours repeat before."""


@dataclass(frozen=True, slots=True)
class SyncRule:
    """What ``sync =`` says.

    minute: of the day, for "daily". period: minutes, for "every". cron: the text, for "cron".
    text: the rule as the settings have it.
    """

    kind: RuleKind
    text: str
    minute: int = 0
    period: int = 0
    cron: str = ""


def parse_rule(text: str) -> SyncRule:
    """The rule that a text names. Raises ValueError, which says how to write one."""
    plain = " ".join(text.split()).lower()
    if plain == "off":
        return SyncRule("off", plain)
    if plain == "before posts":
        return SyncRule("before posts", plain)
    if found := _DAILY.fullmatch(plain):
        return SyncRule("daily", plain, minute=_minute_of_day(text, *map(int, found.groups())))
    if found := _EVERY.fullmatch(plain):
        return SyncRule("every", plain, period=_period(text, *found.groups()))
    _refuse_two(text, plain)
    if plain.startswith("daily"):
        raise ValueError(f'{said(text)} lacks a time of day: write it as in "daily 05:15"')
    if plain.startswith("every"):
        raise ValueError(f'{said(text)} is no period: write one like "every 15 minutes"')
    return _cron_rule(text, plain)


def _minute_of_day(text: str, hour: int, minute: int) -> int:
    if hour > 23 or minute > 59:
        raise ValueError(f"{said(text)} names no time of day: write one from 00:00 to 23:59")
    return hour * 60 + minute


def _period(text: str, number: str | None, unit: str) -> int:
    minutes = int(number or 1) * (60 if unit == "hour" else 1)
    if minutes < LEAST_MINUTES:
        raise ValueError(f"{said(text)} is too often: every {LEAST_MINUTES} minutes is the most")
    if minutes > MOST_MINUTES:
        raise ValueError(f"{said(text)} is too seldom: every 168 hours is the least")
    return minutes


def _refuse_two(text: str, plain: str) -> None:
    """Two schedules in one text, such as a time and a period, are refused: which one counts?"""
    words = _WORDS.findall(plain)
    rest = _WORDS.sub(" ", plain)
    has_cron = "*" in rest or any(mark in plain for mark in (",", ";", " and ", " or "))
    if len(words) > 1 or (words and has_cron):
        raise ValueError(f"{said(text)} names two schedules: choose one of {FORMS}")


def _cron_rule(text: str, plain: str) -> SyncRule:
    fields = plain.split()
    if not fields:
        raise ValueError(f"an empty text is no schedule: write {FORMS}")
    if not re.match(r"[\d*]", plain):
        raise ValueError(f"{said(text)} is no schedule: write {FORMS}")
    if len(fields) != _CRON_FIELDS:
        raise ValueError(
            f"{said(text)} has {len(fields)} fields: cron text has five, which are minute, hour,"
            " day of the month, month and day of the week"
        )
    _require_times(text, plain)
    return SyncRule("cron", plain, cron=plain)


def _require_times(text: str, plain: str) -> None:
    """Raise ValueError for cron text that cronsim refuses, never comes, or comes too often."""
    from cronsim import CronSim, CronSimError

    minute, hour, day, month, _ = plain.split()
    before: datetime | None = None
    try:
        CronSim(f"{minute} {hour} {day} {month} *", _SOME_SUNDAY)  # 31 February by itself
        for number, moment in enumerate(CronSim(plain, _SOME_SUNDAY)):
            if before is not None and moment - before < timedelta(minutes=LEAST_MINUTES):
                raise ValueError(
                    f"{said(text)} is too often: leave {LEAST_MINUTES} minutes between two times"
                )
            before = moment
            if number == _LOOKED_AT:
                break
    except CronSimError as error:
        wrong = str(error).removeprefix("Bad ").replace("-", " ")
        raise ValueError(
            f"{said(text)} is cron text with a wrong {wrong}: write one like 15 5 * * 1-5"
        ) from None
    if before is None:
        raise ValueError(f"{said(text)} names a day that never comes")


def _checked(text: str) -> str:
    parse_rule(text)
    return text


RuleText: TypeAlias = Annotated[str, AfterValidator(_checked)]
"""The text of a rule that ``parse_rule`` reads."""


class ScheduleSettings(BaseModel):
    """How the schedule of `regulars serve` and `regulars sync --due` behaves."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    longest_run_hours: int = Field(
        default=12,
        ge=1,
        le=168,
        description="hours after which a sync that is still running is cut, and resumed later",
    )
