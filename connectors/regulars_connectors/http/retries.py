"""When a request is retried, how long it waits, and when it gives up."""

from __future__ import annotations

from tenacity import RetryCallState, wait_random_exponential

from ..errors import ConnectorError, QuotaExceeded
from .pacing import LONGEST_WAIT

ATTEMPTS = 5
ATTEMPTS_OVER_QUOTA = 10
_jittered = wait_random_exponential(multiplier=1, max=60)


class Retryable(Exception):
    """This attempt failed for now. error: raised if no attempt succeeds."""

    def __init__(self, error: ConnectorError, wait: float | None = None) -> None:
        super().__init__(error.happened)
        self.error = error
        self.wait = wait


def wait_before(state: RetryCallState) -> float:
    """Seconds to wait: those that the provider named, else exponential with full jitter."""
    again = failure_of(state)
    if again is not None and again.wait is not None:
        return again.wait
    return _jittered(state)


def is_enough(state: RetryCallState) -> bool:
    """Whether to give up: after so many attempts, or when one request would wait too long."""
    again = failure_of(state)
    over_quota = again is not None and isinstance(again.error, QuotaExceeded)
    attempts = ATTEMPTS_OVER_QUOTA if over_quota else ATTEMPTS
    if state.attempt_number >= attempts:
        return True
    return state.idle_for + state.upcoming_sleep > LONGEST_WAIT


def failure_of(state: RetryCallState) -> Retryable | None:
    """The last failure, None if it is permanent."""
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, Retryable) else None
