"""Waits of a run that end when the owner asks to stop, and how long a run may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from regulars_connectors.contract import Clock, Runtime
from regulars_connectors.instants import SECOND, Instant

from .progress import Interrupted
from .record import cut_reason

GRACE: Instant = 600 * SECOND
"""How long after its time a run may take to end, before it counts as hanging."""
STEP_SECONDS = 0.25
"""How long a wait goes on after the owner asked to stop, at most."""


def interruptible(runtime: Runtime, should_stop: Callable[[], bool]) -> Runtime:
    """The runtime, with waits that raise Interrupted once ``should_stop`` returns True.

    Pacing and Retry-After may ask for an hour in one piece, so a wait is cut into short ones.
    """

    def sleep(seconds: float) -> None:
        left = seconds
        while left > 0:
            if should_stop():
                raise Interrupted
            runtime.sleep(min(left, STEP_SECONDS))
            left -= STEP_SECONDS

    return replace(runtime, sleep=sleep, should_stop=should_stop)


class TimeLimit:
    """How long a run may take, from now on. reason: in a sentence, once it was too long."""

    def __init__(self, clock: Clock, hours: int) -> None:
        self.reason: str | None = None
        self._clock = clock
        self._hours = hours
        self._end = clock() + hours * 3600 * SECOND

    def is_over(self) -> bool:
        """Whether the time is up. Once it was, it stays so."""
        if self.reason is None and self._clock() > self._end:
            self.reason = cut_reason(self._hours)
        return self.reason is not None

    def is_ignored(self, now: Instant) -> bool:
        """Whether the time was up a while ago, and the run has not ended."""
        return now > self._end + GRACE
