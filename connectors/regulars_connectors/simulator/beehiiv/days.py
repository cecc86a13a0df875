"""Engagements: what happened on each day, over all people."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ..handler import Response
from ..schedule import DAY_S
from ..snapshot_view import SnapshotView
from .context import Context
from .requests import ParsedRequest, Refusal, answer, bad

_MOST_DAYS = 31
_GRAINS = ("day", "week", "month")


class Days:
    """The endpoint ``/engagements``."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def many(self, asking: ParsedRequest) -> Response:
        """Figures for each day, week or month. Those without events are left out."""
        if not self.context.quirks.engagements_allowed:
            raise Refusal(403, "Engagements are not part of this plan", "FORBIDDEN")
        moment = self.context.moment()
        yesterday = _day(moment.at_s - DAY_S)
        start = _asked_day(asking.one("start_date")) or yesterday
        count = asking.number("number_of_days", 1, _MOST_DAYS)
        grain = asking.choice("granularity", _GRAINS)
        mail = asking.choice("email_type", ("all", "post", "message"))
        sums: dict[str, list[int]] = {}
        for offset in range(count):
            day = start + timedelta(days=offset)
            row = sums.setdefault(_label(day, grain), [0, 0, 0])
            for place, value in enumerate(self._happened(moment, day, mail)):
                row[place] += value
        rows = [_row(label, *row) for label, row in sums.items() if any(row)]
        return answer(
            {
                "data": rows[::-1] if asking.descending else rows,
                "publication_id": self.context.world.publication_id,
                "granularity": grain,
                "email_type": mail,
                "start_date": start.isoformat(),
                "number_of_days": count,
            }
        )

    def _happened(self, moment: SnapshotView, day: date, mail: str) -> tuple[int, int, int]:
        """Opens, clicks of people, clicks of scanners, until now."""
        start_s = _second(day)
        end_s = min(start_s + DAY_S, moment.at_s + 1)
        if end_s <= start_s:
            return 0, 0, 0
        opened = clicked = scanned = 0
        if mail in ("all", "post"):
            totals, world = self.context.world.totals, self.context.world
            for number, post in enumerate(world.schedule.emailed):
                opened += _within(totals.opens[number], start_s, end_s)
                clicked += _within(totals.clicks[number], start_s, end_s)
                if post.sent_s is not None and start_s <= post.sent_s < end_s:
                    scanned += world.scanner_clicks(number)
        if mail in ("all", "message"):
            opened += moment.welcomed(start_s, end_s)
        return opened, clicked, scanned


def _within(times: Sequence[int], start_s: int, end_s: int) -> int:
    return bisect_left(times, end_s) - bisect_left(times, start_s)


def _row(label: str, opened: int, clicked: int, scanned: int) -> dict[str, Any]:
    return {
        "date": label,
        "total_opens": opened * 9 // 5,
        "unique_opens": opened,
        "total_clicks": clicked + 2 * scanned,
        "unique_clicks": clicked + scanned,
        "total_verified_clicks": clicked,
        "unique_verified_clicks": clicked,
    }


def _label(day: date, grain: str) -> str:
    """Weeks bear their Monday, months their first day."""
    if grain == "week":
        day -= timedelta(days=day.weekday())
    elif grain == "month":
        day = day.replace(day=1)
    return day.isoformat()


def _asked_day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise bad("start_date must be written YYYY-MM-DD") from None


def _day(second: int) -> date:
    return datetime.fromtimestamp(second, UTC).date()


def _second(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
