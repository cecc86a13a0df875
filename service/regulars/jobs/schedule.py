"""The times of a rule: pure functions of the rule, the zone, the posts and a moment.

A local time that a change of clocks skips counts at the first moment after the gap. One that comes
twice counts the first time. "every" counts elapsed time, so a change of clocks is nothing to it.
All instants are whole microseconds UTC.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from regulars.settings import SyncRule
from regulars_connectors.instants import DAY, SECOND, Instant, from_datetime, to_datetime

MINUTE: Instant = 60 * SECOND
HOUR: Instant = 60 * MINUTE

JITTER: Instant = 5 * MINUTE
"""Most delay of a time that the owner wrote, so that connections of one time spread."""
QUIET: Instant = 6 * HOUR
"""How long a post is still being delivered and first read: a look then sees it with some."""
NEAR: Instant = 3 * HOUR
"""A look so shortly before the one that precedes a post would only double it."""
SHORTEST_HEAD_START: Instant = 15 * MINUTE
LONGEST_HEAD_START: Instant = 6 * HOUR
"""How long before a post the look begins, beside the time that it takes."""

_LONGEST_FOLD = timedelta(hours=3)
_FIRST_MINUTE, _SPREAD_MINUTES = 120, 360
"""The daily times of connections without a rule lie between 02:00 and 08:00."""
_AROUND: Instant = 4 * DAY
"""How far from a moment the times of "before posts" are worked out: a day at least has one."""

Why: TypeAlias = Literal["regular", "before_post"]


@dataclass(frozen=True, slots=True)
class Plan:
    """The rule of one connection and what its times depend on.

    zone: of the publication. planned: moments of posts that the provider shows as scheduled.
    sent: moments of posts that have gone out. head_start: how long before a post its look begins.
    """

    name: str
    rule: SyncRule
    zone: str
    planned: Sequence[Instant] = ()
    sent: Sequence[Instant] = ()
    head_start: Instant = SHORTEST_HEAD_START

    @property
    def avoids_sends(self) -> bool:
        """Whether it looks shortly before posts and rests after them."""
        return self.rule.kind == "before posts"


@dataclass(frozen=True, slots=True, order=True)
class Time:
    """A time of a plan. post: the moment of the post that it precedes."""

    at: Instant
    why: Why = "regular"
    post: Instant | None = None


def spread(name: str, span: Instant) -> Instant:
    """A fixed part of ``span`` for a name, in whole seconds: names share a span evenly."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return number % (span // SECOND) * SECOND


def usual_minute(name: str) -> int:
    """The minute of the day at which a connection without a time of its own syncs."""
    return _FIRST_MINUTE + spread(name, _SPREAD_MINUTES * MINUTE) // MINUTE


def head_start_of(duration: Instant | None) -> Instant:
    """How long before a post the look begins, if the last one took ``duration``."""
    taken = duration or 0
    return min(LONGEST_HEAD_START, SHORTEST_HEAD_START + taken + taken // 2)


def last_time(plan: Plan, now: Instant) -> Time | None:
    """The newest time that has come by ``now``. None for a rule that never comes."""
    if plan.rule.kind == "off":
        return None
    if plan.rule.kind == "every":
        return Time(_every(plan, now))
    if plan.avoids_sends:
        return max((time for time in _around(plan, now) if time.at <= now), default=None)
    delay = _delay(plan)
    at = _first(_instants_back(plan, now - delay), lambda one: one <= now - delay)
    return None if at is None else Time(at + delay)


def next_time(plan: Plan, now: Instant) -> Time | None:
    """The first time after ``now``. None for a rule that never comes."""
    if plan.rule.kind == "off":
        return None
    if plan.rule.kind == "every":
        return Time(_every(plan, now) + plan.rule.period * MINUTE)
    if plan.avoids_sends:
        return min((time for time in _around(plan, now) if time.at > now), default=None)
    delay = _delay(plan)
    at = _first(_instants_on(plan, now - delay), lambda one: one > now - delay)
    return None if at is None else Time(at + delay)


def quiet_until(plan: Plan, at: Instant) -> Instant:
    """The first moment from ``at`` on that lies outside the hours after a post.

    They end early where the look before the next post begins.
    """
    if not plan.avoids_sends:
        return at
    sends = sorted({*plan.planned, *plan.sent})
    while (place := bisect_right(sends, at)) and at < sends[place - 1] + QUIET:
        end = sends[place - 1] + QUIET
        begins = [post - plan.head_start for post in plan.planned if post > at]
        if any(at < moment <= end for moment in begins):
            return min(moment for moment in begins if moment > at)
        at = end
    return at


# A local time of day, and where it lies


def instant_at(local: datetime, zone: ZoneInfo) -> Instant:
    """The moment of a local time, the first of two. One in a gap lies at the end of the gap."""
    first = local.replace(tzinfo=zone, fold=0)
    moment = first.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local:
        return from_datetime(moment)
    # Before the gap the clock says less than the local time, after it more.
    low, high = local.replace(tzinfo=zone, fold=1).astimezone(UTC), moment
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).replace(tzinfo=None) < local:
            low = middle
        else:
            high = middle
    return from_datetime(high)


def local_at(instant: Instant, zone: ZoneInfo) -> datetime:
    """What a clock on the wall shows, without a zone."""
    return to_datetime(instant).astimezone(zone).replace(tzinfo=None)


# The times of each kind of rule


def _every(plan: Plan, now: Instant) -> Instant:
    """The newest time of a period by ``now``. Each name has a beginning of its own."""
    period = plan.rule.period * MINUTE
    begin = spread(plan.name, period)
    return (now - begin) // period * period + begin


def _delay(plan: Plan) -> Instant:
    """A written time is spread by the name, one that came from the name is spread already."""
    return spread(plan.name, JITTER)


def _instants_back(plan: Plan, now: Instant) -> Iterator[Instant]:
    """Times of day or of cron text, the newest first, beginning at or after ``now``."""
    zone = ZoneInfo(plan.zone)
    for local in _local_times(plan.rule, local_at(now, zone) + _LONGEST_FOLD, back=True):
        yield instant_at(local, zone)


def _instants_on(plan: Plan, now: Instant) -> Iterator[Instant]:
    zone = ZoneInfo(plan.zone)
    for local in _local_times(plan.rule, local_at(now, zone) - timedelta(seconds=1), back=False):
        yield instant_at(local, zone)


def _local_times(rule: SyncRule, begin: datetime, *, back: bool) -> Iterator[datetime]:
    """Local times of a rule from ``begin`` on, in one direction. Those of a day may lie before."""
    if rule.kind == "cron":
        from cronsim import CronSim

        yield from CronSim(rule.cron, begin, reverse=back)
        return
    step = timedelta(days=-1 if back else 1)
    day = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    while True:
        yield day + timedelta(minutes=rule.minute)
        day += step


def _first(moments: Iterator[Instant], fits: Callable[[Instant], bool]) -> Instant | None:
    return next((moment for moment in moments if fits(moment)), None)


def _around(plan: Plan, now: Instant) -> Iterator[Time]:
    """Times of "before posts" near ``now``: one a day, and one before each planned post.

    A daily one in the hours after a post moves to their end. One that comes shortly before a look
    that precedes a post leaves it to that look.
    """
    for post in plan.planned:
        if abs(post - now) < _AROUND:
            yield Time(post - plan.head_start, "before_post", post)
    zone = ZoneInfo(plan.zone)
    day = local_at(now - _AROUND, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(2 * _AROUND // DAY + 1):
        at = quiet_until(plan, instant_at(day + timedelta(minutes=plan.rule.minute), zone))
        if not any(post - plan.head_start - NEAR <= at < post for post in plan.planned):
            yield Time(at)
        day += timedelta(days=1)
