"""When a request is sent again, how long it waits, and when that ends."""

from __future__ import annotations

from tenacity import RetryCallState, wait_random_exponential

from ..errors import ConnectorError, QuotaExceeded
from .pacing import LONGEST_WAIT

ATTEMPTS = 5
ATTEMPTS_OVER_QUOTA = 10
_jittered = wait_random_exponential(multiplier=1, max=60)


class Retryable(Exception):
    """This attempt failed in a way that may pass. ``error`` is raised if none succeeds."""

    def __init__(self, error: ConnectorError, wait: float | None = None) -> None:
        super().__init__(error.happened)
        self.error = error
        self.wait = wait


def wait_before(state: RetryCallState) -> float:
    """By order of trust: what the provider named, else a doubling second with full jitter."""
    again = failure_of(state)
    if again is not None and again.wait is not None:
        return again.wait
    return _jittered(state)


def is_enough(state: RetryCallState) -> bool:
    """Bounded twice: by attempts, and by the time that one request may be waited for."""
    again = failure_of(state)
    over_quota = again is not None and isinstance(again.error, QuotaExceeded)
    attempts = ATTEMPTS_OVER_QUOTA if over_quota else ATTEMPTS
    if state.attempt_number >= attempts:
        return True
    return state.idle_for + state.upcoming_sleep > LONGEST_WAIT


def failure_of(state: RetryCallState) -> Retryable | None:
    """How the last attempt failed; None where it did so in a way that does not pass."""
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, Retryable) else None
