"""Reads the instant that a report is asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from regulars.errors import UsageWrong
from regulars_connectors.bounds import said

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def parse_as_of(text: str | None, zone: str, now: datetime) -> datetime:
    """The instant that ``text`` means, in UTC; now without one.

    A date means the end of that day in ``zone``, today means now, and a time lies in ``zone``
    unless it names another. Raises UsageWrong for what it cannot read, and for the future.
    """
    if text is None or not text.strip():
        return now.astimezone(UTC)
    moment = _read(text.strip(), ZoneInfo(zone), now)
    if moment < _EARLIEST:
        raise UsageWrong(f"{said(text)!r} is before 1970, and reports begin there.")
    if moment > now:
        raise _in_the_future(text)
    return moment


def _read(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    try:
        if len(text) <= len("2026-01-31"):
            day = date.fromisoformat(text)
            if day == date.max:  # it ends with the day after it, which does not exist
                raise _in_the_future(text)
            return _end_of_day(day, zone, now)
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageWrong(
            f"{said(text)!r} is neither a date nor a time.",
            to_do="Write it like 2026-01-31 or 2026-01-31T18:00:00Z.",
        ) from error


def _in_the_future(text: str) -> UsageWrong:
    return UsageWrong(
        f"{said(text)!r} lies in the future. A report tells what has happened.",
        to_do="Ask for today or an earlier date.",
    )


def _end_of_day(day: date, zone: ZoneInfo, now: datetime) -> datetime:
    if day == now.astimezone(zone).date():
        return now.astimezone(UTC)
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)
