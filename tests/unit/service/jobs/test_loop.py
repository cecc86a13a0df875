"""The thread that starts what is due: when it moves, and that it rests otherwise."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from support.schedule_rig import START, ScheduleRig

from regulars.jobs.loop import LONGEST_SILENCE_SECONDS, ScheduleLoop, Scheduling
from regulars.jobs.planner import Standing
from regulars.jobs.schedule import HOUR, MINUTE
from regulars.jobs.table import Next
from regulars.settings import ConnectionConfig, PublicationSettings, parse_rule
from regulars_connectors.instants import SECOND, Instant

QUICK = Scheduling(slice_seconds=0.005)


@dataclass
class Clock:
    """A clock of the test. ``asked`` is released whenever somebody asks."""

    now: Instant = START
    asked: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __call__(self) -> Instant:
        self.asked.release()
        return self.now

    def let_it_ask(self, times: int) -> None:
        """Wait until the loop has looked at the clock so often."""
        for _ in range(times):
            assert self.asked.acquire(timeout=30)


@dataclass
class Table:
    """One connection that is due at a moment, and how often that was asked."""

    clock: Clock
    at: Instant
    started: list[Instant] = field(default_factory=list)
    asked: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)
    fault: Exception | None = None

    def standings(self) -> list[Standing]:
        with self.changed:
            self.asked += 1
            self.changed.notify_all()
        if self.fault is not None:
            raise self.fault
        return [
            Standing(
                publication=PublicationSettings(name="letters"),
                config=ConnectionConfig(name="a", connector="scripted"),
                rule=parse_rule("every 5 minutes"),
                is_default=False,
                last=None,
                last_look=None,
                trouble=None,
                next=Next(self.at, "regular"),
                is_due=self.at <= self.clock.now,
            )
        ]

    def begin(self, due: list[Standing]) -> None:
        with self.changed:
            self.started.append(self.clock.now)
            self.at = self.clock.now + 5 * MINUTE
            self.changed.notify_all()

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(is_so, timeout=30)


def loop_of(table: Table, scheduling: Scheduling = QUICK) -> ScheduleLoop:
    return ScheduleLoop(table.standings, table.begin, table.clock, scheduling)


def test_it_starts_what_is_due_and_sleeps_until_the_next_moment() -> None:
    clock = Clock()
    table = Table(clock, START)
    loop = loop_of(table)
    loop.start()
    table.wait_until(lambda: len(table.started) == 1)
    asked = table.asked
    clock.let_it_ask(50)  # it looks at the clock, and asks nothing else
    assert table.asked <= asked + 1
    clock.now = START + 5 * MINUTE
    table.wait_until(lambda: len(table.started) == 2)
    loop.stop()
    loop.join()
    assert table.started == [START, START + 5 * MINUTE]


def test_a_clock_that_jumps_ahead_is_seen_within_a_slice() -> None:
    clock = Clock()
    table = Table(clock, START + HOUR)
    loop = loop_of(table)
    loop.start()
    clock.let_it_ask(20)
    assert table.started == []
    clock.now = START + 3 * HOUR
    table.wait_until(lambda: len(table.started) == 1)
    loop.stop()
    loop.join()


def test_a_clock_that_is_set_back_makes_it_look_again() -> None:
    clock = Clock(START + HOUR)
    table = Table(clock, START + 2 * HOUR)
    loop = loop_of(table)
    loop.start()
    clock.let_it_ask(20)
    asked = table.asked
    clock.now = START
    table.wait_until(lambda: table.asked > asked)
    loop.stop()
    loop.join()
    assert table.started == []


def test_it_is_woken_and_stopped_at_once() -> None:
    """Its slice is an hour here: only a word moves it."""
    clock = Clock()
    table = Table(clock, START + HOUR)
    loop = loop_of(table, Scheduling(slice_seconds=3600))
    loop.start()
    table.wait_until(lambda: table.asked == 1)
    table.at = START
    loop.wake()
    table.wait_until(lambda: len(table.started) == 1)
    loop.stop()
    loop.join()


def test_whatever_breaks_it_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    table = Table(clock, START, fault=RuntimeError("the store is torn"))
    loop = loop_of(table)
    loop.start()
    table.wait_until(lambda: table.asked == 1)
    clock.let_it_ask(20)
    assert table.asked == 1  # no storm of attempts
    assert loop.faults() == []
    table.fault = None
    clock.now += 5 * MINUTE
    table.wait_until(lambda: len(table.started) == 1)
    loop.stop()
    loop.join()
    assert "the schedule could not be worked out" in caplog.text


def test_chores_are_done_after_each_run_and_break_nothing(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    table = Table(clock, START + HOUR)
    done: list[int] = []

    def broken() -> None:
        raise RuntimeError("no mail server")

    def chore() -> None:
        with table.changed:
            done.append(table.asked)
            table.changed.notify_all()

    loop = ScheduleLoop(table.standings, table.begin, clock, QUICK, [broken, chore])
    loop.start()
    table.wait_until(lambda: done == [1])
    loop.wake()  # a run has ended
    table.wait_until(lambda: done == [1, 2])
    loop.stop()
    loop.join()
    assert "a chore of the schedule broke" in caplog.text


def test_a_schedule_that_stands_still_is_known() -> None:
    clock = Clock()
    seconds = 0.0
    table = Table(clock, START + HOUR)
    loop = loop_of(table, Scheduling(slice_seconds=3600, monotonic=lambda: seconds))
    assert loop.faults() == ["the schedule stands still"]  # it was never started
    loop.start()
    table.wait_until(lambda: table.asked == 1)
    assert loop.faults() == []
    seconds = LONGEST_SILENCE_SECONDS + 1
    assert loop.faults() == ["the schedule stands still"]
    loop.wake()
    table.wait_until(lambda: table.asked == 2)
    assert loop.faults() == []
    loop.stop()
    loop.join()
    assert loop.faults() == []  # the server ends


def test_at_rest_it_costs_next_to_nothing() -> None:
    """A day at rest has 2,880 slices of 30 seconds: less than a CPU second for each hour."""
    clock = Clock()
    table = Table(clock, START + 24 * HOUR)
    loop = loop_of(table, Scheduling(slice_seconds=0.0001))
    before = time.process_time()
    loop.start()
    clock.let_it_ask(2_880)
    used = time.process_time() - before
    loop.stop()
    loop.join()
    assert table.asked == 1
    assert used < 24 / 10


def test_the_loop_over_a_real_store(rig: ScheduleRig) -> None:
    jobs = rig.jobs(rig.write("a: every 5 minutes"), QUICK)
    jobs.start()
    end = time.monotonic() + 30
    for number in range(1, 4):
        while len(jobs.runs.list()) < number or jobs.runs.under_way():
            assert time.monotonic() < end
            time.sleep(0.005)
        rig.now += 5 * MINUTE + SECOND
    assert jobs.faults() == []
    jobs.stop()
    assert {run.outcome for run in jobs.runs.list()} == {"complete"}
