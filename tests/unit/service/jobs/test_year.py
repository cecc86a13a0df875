"""A simulated year: forty connections of twelve accounts in three zones, crashes, a month of sleep.

The process that follows the schedule is played here, event by event: it asks ``next_run``, runs
take a while one after the other within an account, and a crash loses every run without a record.
What should have happened is counted by reading a clock on the wall (``support.times_by_hand``).
"""

from __future__ import annotations

import heapq
import random
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
from support.times_by_hand import MINUTE, each_of, times_of_day, weekly

from regulars.jobs.schedule import (
    HOUR,
    JITTER,
    QUIET,
    SHORTEST_HEAD_START,
    Plan,
    spread,
    usual_minute,
)
from regulars.jobs.table import Run, next_run
from regulars.settings import parse_rule
from regulars_connectors.instants import DAY, SECOND, Instant, from_iso, to_iso

ZONES = ("Europe/Lisbon", "America/New_York", "Australia/Lord_Howe")
PATIENCE = 10 * MINUTE
"""Within which a run begins once its time has come and the process is up."""
POSTS_AROUND = 8 * DAY


@dataclass
class Connection:
    """One connection, what it did, and the moments at which it should have."""

    plan: Plan
    account: int
    duration: Instant
    posts: list[Instant]
    expected: list[Instant]
    done: list[Run] = field(default_factory=list)
    is_under_way: bool = False

    def plan_at(self, now: Instant) -> Plan:
        """The plan with the posts near ``now``: those since the last look are still planned."""
        if not self.posts:
            return self.plan
        low = bisect_left(self.posts, now - POSTS_AROUND)
        high = bisect_right(self.posts, now + POSTS_AROUND)
        seen = self.done[-1].started_at if self.done else 0
        near = self.posts[low:high]
        return replace(
            self.plan,
            planned=tuple(post for post in near if post > seen),
            sent=tuple(post for post in near if post <= seen),
        )


def forty(start: Instant, end: Instant) -> list[Connection]:
    """Every kind of rule in every zone, four connections at most for each of twelve accounts."""
    made = []
    for number in range(40):
        name, zone = f"letters-{number}", ZONES[number % 3]
        # The wall's first date has begun already, so it is read from earlier on.
        text, times, posts = _rule(number, name, zone, start - 2 * DAY, end)
        expected = {time for time in times if time >= start}
        rule = parse_rule(text)
        if rule.kind == "before posts":
            rule = replace(rule, minute=usual_minute(name))
        plan = Plan(name, rule, zone)
        made.append(Connection(plan, number % 12, (20 + number) * SECOND, posts, sorted(expected)))
    return made


def _rule(
    number: int, name: str, zone: str, start: Instant, end: Instant
) -> tuple[str, list[Instant], list[Instant]]:
    """The text of a rule, its moments counted on the wall, and the moments of posts."""
    delay = spread(name, JITTER)
    kind = number % 8
    if kind == 0:  # in the hour that is skipped and doubled in Europe, and in New York
        minute = (90, 150)[number % 2]
        return (
            f"daily {minute // 60:02}:{minute % 60:02}",
            [at + delay for at in times_of_day(zone, (minute,), start, end)],
            [],
        )
    if kind == 1:
        days = times_of_day(zone, (135,), start, end, lambda day: day.weekday() < 5)
        return "15 2 * * MON-FRI", [at + delay for at in days], []
    if kind == 2:
        minutes = tuple(hour * 60 + half for hour in (1, 2) for half in (0, 30))
        return "*/30 1-2 * * *", [at + delay for at in times_of_day(zone, minutes, start, end)], []
    if kind == 3:
        period = (30 * MINUTE, HOUR, 6 * HOUR, 7 * HOUR, 25 * HOUR)[number // 8]
        first = -(-(start - spread(name, period)) // period) * period + spread(name, period)
        return f"every {period // MINUTE} minutes", [*each_of(first, period, end)], []
    if kind == 4:
        minute = usual_minute(name)
        return (
            f"daily {minute // 60:02}:{minute % 60:02}",
            [at + delay for at in times_of_day(zone, (minute,), start, end)],
            [],
        )
    posts = weekly(zone, (1, 4), 20, start, end + POSTS_AROUND)
    daily = times_of_day(zone, (usual_minute(name),), start, end)
    looks = [post - SHORTEST_HEAD_START - head_start_beside(number) for post in posts]
    return "before posts", daily + [look for look in looks if start < look < end], posts


def head_start_beside(number: int) -> Instant:
    """Half as much again as a run takes."""
    return (20 + number) * SECOND * 3 // 2


@dataclass
class Process:
    """What is up from each start to each crash."""

    starts: list[Instant]
    ends: list[Instant]

    def next_long_enough(self, at: Instant) -> Instant | None:
        """The first moment from ``at`` on from which the process stays up for ``PATIENCE``."""
        for start, end in zip(self.starts, self.ends, strict=True):
            begin = max(start, at)
            if begin + PATIENCE < end:
                return begin
        return None


def play(connections: list[Connection], process: Process) -> None:
    """Follow the schedule through every stretch in which the process is up."""
    for start, end in zip(process.starts, process.ends, strict=True):
        _play_stretch(connections, start, end)


def _play_stretch(connections: list[Connection], start: Instant, end: Instant) -> None:
    free_at = dict.fromkeys(range(12), start)
    events: list[tuple[Instant, int, int]] = []
    for number, connection in enumerate(connections):
        connection.is_under_way = False
        heapq.heappush(events, (start, number, -1))
    while events:
        now, number, began = heapq.heappop(events)
        if now >= end:
            return  # the crash: what is under way leaves no record
        one = connections[number]
        if began >= 0:
            one.done.append(Run(began, now, "complete", saw_people=True))
        plan = one.plan_at(now)
        if one.done:
            taken = one.duration
            plan = replace(plan, head_start=SHORTEST_HEAD_START + taken + taken // 2)
        following = next_run(plan, one.done[:-21:-1], now)
        if following.at is None:
            continue
        if following.at <= now:
            begins = max(now, free_at[one.account])
            free_at[one.account] = begins + one.duration
            heapq.heappush(events, (begins + one.duration, number, begins))
        else:
            heapq.heappush(events, (following.at, number, -1))


def crashes(
    random_: random.Random, start: Instant, end: Instant, many: int, sleep: tuple[Instant, Instant]
) -> Process:
    """So many crashes at random moments, each with a pause, and one long sleep."""
    starts, ends = [start], []
    for moment in sorted(random_.randrange(start + HOUR, end - DAY) for _ in range(many)):
        if moment <= starts[-1] or sleep[0] <= moment < sleep[1]:
            continue
        ends.append(moment)
        starts.append(moment + random_.randrange(SECOND, 20 * MINUTE))
    # The sleep: the stretches that it covers end and begin around it.
    ends.append(end)
    cut = [
        (begin, stop)
        for a, b in zip(starts, ends, strict=True)
        for begin, stop in ((a, min(b, sleep[0])), (max(a, sleep[1]), b))
        if begin < stop
    ]
    return Process([begin for begin, _ in cut], [stop for _, stop in cut])


def check(one: Connection, process: Process, start: Instant, end: Instant) -> int:
    """Every time was served, in time, and no run came without one. Returns how many runs."""
    ends = [run.ended_at for run in one.done]
    for time in one.expected:
        place = bisect_left(ends, time)
        due = process.next_long_enough(time)
        if due is None or due + PATIENCE + QUIET > end:
            continue
        limit = due + PATIENCE
        if one.posts and due > time:  # made up later, outside of the hours after a post
            limit = _outside_quiet(one, due) + PATIENCE
            again = process.next_long_enough(limit - PATIENCE)
            limit = max(limit, (again or limit) + PATIENCE)
        assert place < len(ends), f"{one.plan.name}: {to_iso(time)} was never served"
        assert one.done[place].started_at <= limit, (
            f"{one.plan.name}: {to_iso(time)} was served at {to_iso(one.done[place].started_at)}"
        )
    for before, run in pairwise(one.done):
        first = bisect_right(one.expected, before.ended_at)
        assert first < len(one.expected), f"{one.plan.name}: {to_iso(run.started_at)} is one more"
        assert one.expected[first] <= run.started_at, (
            f"{one.plan.name}: {to_iso(run.started_at)} came before its time,"
            f" after {to_iso(before.ended_at)}"
        )
    return len(one.done)


def _outside_quiet(one: Connection, at: Instant) -> Instant:
    place = bisect_right(one.posts, at)
    if place and at < one.posts[place - 1] + QUIET:
        return one.posts[place - 1] + QUIET
    return at


def simulate(start: str, end: str, many: int, sleep: tuple[str, str]) -> list[Connection]:
    first, last = from_iso(start), from_iso(end)
    connections = forty(first, last)
    process = crashes(random.Random(4), first, last, many, (from_iso(sleep[0]), from_iso(sleep[1])))
    play(connections, process)
    for one in connections:
        assert check(one, process, first, last) > 0
    return connections


@pytest.mark.long
def test_the_end_of_summer() -> None:
    """Europe's change and New York's. The year has the other ones."""
    connections = simulate(
        "2026-10-21T00:00:00Z",
        "2026-11-05T00:00:00Z",
        25,
        ("2026-10-27T00:00:00Z", "2026-10-29T07:00:00Z"),
    )
    assert len({one.plan.zone for one in connections}) == 3


def test_undisturbed_every_time_has_its_run() -> None:
    """Without a crash the count is as long as the list that was read from the wall."""
    start, end = from_iso("2026-10-20T00:00:00Z"), from_iso("2026-11-04T00:00:00Z")
    connections = forty(start, end)
    play(connections, Process([start], [end]))
    for one in connections:
        due = [time for time in one.expected if time + PATIENCE < end]
        first = one.done[0]
        assert first.started_at < start + PATIENCE  # the first sync, which comes at once
        served = [time for time in due if time > first.ended_at]
        late = [run for run in one.done[1:] if run.started_at > end - PATIENCE]
        assert len(one.done) - 1 - len(late) == len(served), one.plan.name


@pytest.mark.long
def test_a_year() -> None:
    connections = simulate(
        "2026-01-01T00:00:00Z",
        "2027-01-01T00:00:00Z",
        500,
        ("2026-07-03T04:00:00Z", "2026-08-02T09:00:00Z"),
    )
    assert sum(len(one.done) for one in connections) > 20_000
