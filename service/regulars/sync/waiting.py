"""Waits of a run that end when the owner asks to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from regulars_connectors.contract import Runtime

from .progress import Interrupted

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
