"""One deadline for a whole request, and an end to every wait when the owner asks to stop.

Timeouts of a socket begin again with every byte. A provider that drips its headers, sends interim
responses for ever or never finishes a handshake keeps each of them happy. So a request carries a
``Deadline`` from its first byte out, and each wait for the network is cut into short ones that ask
it in between.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..errors import Interrupted

STEP_SECONDS = 0.25
"""The longest wait in one piece. Within that time a request notices that it should end."""
GRACE_SECONDS = 1.0
"""How long a request under way may still take once the owner asked to stop."""

Monotonic = Callable[[], float]


class DeadlinePassed(Exception):
    """The request took too long as a whole."""


class Deadline:
    """When a request must have ended. Used by one thread."""

    def __init__(
        self,
        seconds: float,
        should_stop: Callable[[], bool] | None = None,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self._should_stop = should_stop or (lambda: False)
        self._monotonic = monotonic
        self._until = monotonic() + seconds
        self._stop_at: float | None = None

    def check(self) -> None:
        """Raise DeadlinePassed, or Interrupted some time after the owner asked to stop."""
        now = self._monotonic()
        if self._stop_at is None and self._should_stop():
            self._stop_at = now + GRACE_SECONDS
        if self._stop_at is not None and now >= self._stop_at:
            raise Interrupted
        if now > self._until:
            raise DeadlinePassed

    @contextmanager
    def applies(self) -> Iterator[None]:
        """Let the network of this thread ask this deadline while the block runs."""
        _of_thread.deadline = self
        try:
            yield
        finally:
            _of_thread.deadline = None


class _OfThread(threading.local):
    deadline: Deadline | None = None


_of_thread = _OfThread()


def check_deadline() -> None:
    """Check the deadline of this thread's request, if it has one."""
    if (deadline := _of_thread.deadline) is not None:
        deadline.check()


def wait_in_steps(attempt: Callable[[float], bool], seconds: float | None) -> bool:
    """Call ``attempt`` with a short time each until it returns True, and check in between.

    attempt: waits that long at most, and says whether it is done. seconds: in all, None for no
    limit of its own. Returns False when they have passed. Raises what ``check_deadline`` raises.
    """
    until = None if seconds is None else time.monotonic() + seconds
    while True:
        check_deadline()
        left = STEP_SECONDS if until is None else until - time.monotonic()
        if left <= 0:
            return False
        if attempt(min(left, STEP_SECONDS)):
            return True
