"""Engagements: what happened to a publication's mails on each day, over all people.

They are fetched in steps of at most 31 days, from today backwards. A trailing window is read again
each time, since opens of old mails still come in and the current day is partial.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Literal, NamedTuple, TypeAlias

from msgspec import Raw

from ..contract import Clock, Page, Stream, SyncState, Walk
from ..errors import CursorExpired
from ..http import Params, StatusError
from ..instants import Instant, from_datetime, to_datetime
from ..loose import LooseDecoder
from ..records import Day, Record
from ..rows import WrongRow
from . import mapping, wire
from .reading import Reading, RowMapper

DAYS = Stream("days", "state", "days")
STEP_DAYS = 31
"""The most that one request may ask for, and so the window that is always read again."""
EMPTY_STEPS = 6
"""A first walk goes back until half a year lies empty: before that there was no newsletter."""
MOST_STEPS = 240

Mail: TypeAlias = Literal["post", "message"]
Fetch: TypeAlias = Callable[[Params, RowMapper], Page]
_MAILS: tuple[Mail, ...] = ("post", "message")
_DAY = LooseDecoder(wire.DayRow)


class _Step(NamedTuple):
    """One request: the mails asked for and the last day of it. empty: steps before it in a row."""

    mail: Mail
    last: date
    empty: int = 0

    @property
    def first(self) -> date:
        return self.last - timedelta(days=STEP_DAYS - 1)


def requests_back_to(begun: Instant | None, now: Instant) -> int:
    """How many requests a first walk takes at most, if all mails go back so far."""
    since = 0 if begun is None else max(0, (to_datetime(now) - to_datetime(begun)).days + 1)
    return len(_MAILS) * min(MOST_STEPS // len(_MAILS), ceil(since / STEP_DAYS) + EMPTY_STEPS)


def walk(state: SyncState) -> Walk:
    """A window: the trailing days, or back to where the last sync stopped, or everything.

    The checkpoint is the newest known day, so that a pause leaves no gap. Without one the walk
    finds its end by itself.
    """
    newest = max(
        (day_id.partition("/")[2] for day_id in state.parents.get("days", {})), default=None
    )
    return Walk(DAYS, "window", checkpoint=None if state.full else newest)


def pages(fetch: Fetch, planned: Walk, cursor: str | None, clock: Clock) -> Iterator[Page]:
    """Yield a page for each step with days, newest first, newsletters before other mails."""
    today = to_datetime(clock()).date()
    wanted = None if planned.checkpoint is None else date.fromisoformat(planned.checkpoint)
    step: _Step | None = _Step("post", today) if cursor is None else _place(cursor)
    for _ in range(MOST_STEPS):
        if step is None:
            return
        try:
            page = fetch(_params(step), _mapper(step))
        except StatusError as error:
            if error.status != 400 or wanted is not None or step.last == today:
                raise
            # Days before the publication began may be refused: what came until then is all.
            page = Page((), None, clock())
            step = step._replace(empty=EMPTY_STEPS)
        is_empty = not page.records and not page.quarantined
        step = _after(step, today, wanted, is_empty=is_empty)
        if not is_empty or step is None:
            yield replace(page, cursor=_cursor(step))


def _after(step: _Step, today: date, wanted: date | None, *, is_empty: bool) -> _Step | None:
    """The step after this one, or the first one of the other mails, or none."""
    empty = step.empty + 1 if is_empty else 0
    goes_on = empty < EMPTY_STEPS if wanted is None else step.first > wanted
    if goes_on:
        return _Step(step.mail, step.first - timedelta(days=1), empty)
    return _Step("message", today) if step.mail == "post" else None


def _params(step: _Step) -> Params:
    return (
        ("start_date", step.first.isoformat()),
        ("number_of_days", str(STEP_DAYS)),
        ("granularity", "day"),
        ("email_type", step.mail),
        ("direction", "asc"),
    )


def _mapper(step: _Step) -> RowMapper:
    def to_record(raw: Raw, reading: Reading) -> Record:
        return _day(wire.read_row(raw, _DAY, reading.unread)[0], step)

    return to_record


def _day(row: wire.DayRow, step: _Step) -> Day:
    """A day. Raises WrongRow for one outside the request: it would be filed wrongly."""
    try:
        day = date.fromisoformat(row.date)
    except ValueError:
        raise WrongRow("`date` is not written YYYY-MM-DD") from None
    if not step.first <= day <= step.last:
        raise WrongRow("`date` is outside the requested days")
    return Day(
        id=f"{step.mail}/{day.isoformat()}",
        starts_at=from_datetime(datetime(day.year, day.month, day.day, tzinfo=UTC)),
        mail=step.mail,
        opens=mapping.count(row.total_opens),
        unique_opens=mapping.count(row.unique_opens),
        clicks=mapping.count(row.total_clicks),
        unique_clicks=mapping.count(row.unique_clicks),
        verified_clicks=mapping.count(row.total_verified_clicks),
        unique_verified_clicks=mapping.count(row.unique_verified_clicks),
    )


def _cursor(step: _Step | None) -> str | None:
    return None if step is None else f"{step.mail}/{step.last.isoformat()}/{step.empty}"


def _place(cursor: str) -> _Step:
    mail, _, rest = cursor.partition("/")
    day, _, empty = rest.partition("/")
    try:
        found = next(known for known in _MAILS if known == mail)
        return _Step(found, date.fromisoformat(day), int(empty))
    except (StopIteration, ValueError):
        raise CursorExpired("The stored place in the walk of days is unreadable.") from None
