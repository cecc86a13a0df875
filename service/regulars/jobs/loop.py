"""The thread that starts what is due: it sleeps until the next moment, or until it is woken.

Between two moments it asks nothing of the store. It looks at the clock a few times a minute, since
a machine that slept, or a clock that was set, moves time without a word.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from regulars_connectors.contract import Clock
from regulars_connectors.instants import SECOND, Instant

from .planner import Standing
from .schedule import MINUTE

logger = logging.getLogger(__name__)

SLICE_SECONDS = 30.0
"""How long it sleeps in one piece."""
LONGEST_SILENCE_SECONDS = 600.0
"""A thread that has not moved for so long stands still."""
LONGEST_SLEEP: Instant = 60 * MINUTE
AFTER_AN_ERROR: Instant = 5 * MINUTE
_SET_BACK: Instant = 2 * SECOND
_LONGEST_JOIN_SECONDS = 5.0
Chore: TypeAlias = Callable[[], Instant | None]
"""Work beside the schedule, in its thread. Returns when it wants to be called again, if soon."""


@dataclass(frozen=True, slots=True)
class Scheduling:
    """How the thread sleeps. slice_seconds: in one piece."""

    slice_seconds: float = SLICE_SECONDS
    monotonic: Callable[[], float] = time.monotonic


class ScheduleLoop:
    """Starts due runs in the server.

    standings: how connections stand now. begin: starts a run of each, and returns at once.
    chores: called after each run and at least hourly, in this thread. Each bounds its own waits.
    """

    def __init__(
        self,
        standings: Callable[[], list[Standing]],
        begin: Callable[[list[Standing]], object],
        clock: Clock,
        scheduling: Scheduling,
        chores: Sequence[Chore] = (),
    ) -> None:
        self._standings = standings
        self._begin = begin
        self._clock = clock
        self._chores = chores
        self._slice = scheduling.slice_seconds
        self._monotonic = scheduling.monotonic
        self._changed = threading.Condition()
        self._is_woken = self._is_stopping = False
        self._beat = self._monotonic()
        self._thread = threading.Thread(target=self._work, name="schedule", daemon=True)

    def start(self) -> None:
        """Begin. What is due by now is started at once."""
        self._thread.start()

    def wake(self) -> None:
        """Look again now: a run has ended, one was started by hand, or a hint has come."""
        with self._changed:
            self._is_woken = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Start nothing any more. Returns at once."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()

    def join(self) -> None:
        """Wait until the thread has ended, or for a few seconds if a chore is under way."""
        if self._thread.is_alive():
            self._thread.join(_LONGEST_JOIN_SECONDS)

    def faults(self) -> list[str]:
        """What is wrong with the schedule, in words that follow "the service is not ready:"."""
        if self._is_stopping:
            return []
        silent = self._monotonic() - self._beat
        if not self._thread.is_alive() or silent > LONGEST_SILENCE_SECONDS:
            return ["the schedule stands still"]
        return []

    def _work(self) -> None:
        while not self._is_stopping:
            moment = self._step()
            self._sleep_until(min([moment, *self._do_chores()]))

    def _do_chores(self) -> list[Instant]:
        """Do them. Returns the moments at which they want to be done again."""
        moments = []
        for chore in self._chores:
            if self._is_stopping:
                break
            try:
                moments.append(chore())
            except Exception:
                # One that breaks leaves the others and the schedule alone.
                logger.exception("a chore of the schedule broke")
            self._beat = self._monotonic()
        return [moment for moment in moments if moment is not None]

    def _step(self) -> Instant:
        """Start what is due. Returns the moment of the next step."""
        self._beat = self._monotonic()
        try:
            standings = self._standings()
            due = [standing for standing in standings if standing.is_due]
            if due and not self._is_stopping:
                self._begin(due)
                standings = self._standings()
        except Exception:
            # The thread's edge: whatever broke, the schedule goes on.
            logger.exception("the schedule could not be worked out")
            return self._clock() + AFTER_AN_ERROR
        now = self._clock()
        moments = [
            # What is still due could not be started, as when its run ends at this very moment.
            now + MINUTE if one.is_due else one.next.at
            for one in standings
            if one.next.at is not None
        ]
        return min([*moments, now + LONGEST_SLEEP])

    def _sleep_until(self, moment: Instant) -> None:
        before = self._clock()
        while True:
            with self._changed:
                now = self._clock()
                was_set_back = now < before - _SET_BACK
                if self._is_stopping or self._is_woken or now >= moment or was_set_back:
                    self._is_woken = False
                    return
                self._changed.wait(min(self._slice, (moment - now) / SECOND))
            before = now
            self._beat = self._monotonic()
