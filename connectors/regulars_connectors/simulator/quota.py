"""A token bucket for a whole account, told in headers on every response."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from ..instants import SECOND, Instant
from .handler import Handler, Request, Response

_UNLIMITED = 1_000_000


class Quota:
    """Wraps a face so that it answers 429 beyond ``per_minute`` requests.

    per_minute: None means no limit, and the headers then name one that is never reached.
    tick: the clock by which the bucket refills. refuse: makes the 429 that lacks its headers.
    Every other refusal has Retry-After, the rest only RateLimit-Reset.
    """

    def __init__(
        self,
        inner: Handler,
        per_minute: int | None,
        tick: Callable[[], Instant],
        refuse: Callable[[], Response],
    ) -> None:
        if per_minute is not None and per_minute < 1:
            raise ValueError("a quota is at least one request a minute")
        self.inner = inner
        self.capacity = float(per_minute or _UNLIMITED)
        self.limited = per_minute is not None
        self.tick = tick
        self.refuse = refuse
        self.tokens = self.capacity
        self.refilled_at = tick()
        self.refused = 0

    def __call__(self, request: Request) -> Response:
        now = self.tick()
        self._refill(now)
        if self.limited and self.tokens < 1:
            return self._refuse(now)
        self.tokens -= self.limited
        response = self.inner(request)
        full_after = (self.capacity - self.tokens) * 60 / self.capacity
        return response.with_headers(*self._headers(now, full_after))

    def _refill(self, now: Instant) -> None:
        passed = max(0, now - self.refilled_at) / SECOND
        self.refilled_at = max(now, self.refilled_at)
        self.tokens = min(self.capacity, self.tokens + passed * self.capacity / 60)

    def _refuse(self, now: Instant) -> Response:
        wait = (1 - self.tokens) * 60 / self.capacity
        self.refused += 1
        response = self.refuse().with_headers(*self._headers(now, wait))
        if self.refused % 2:
            return response.with_headers(("Retry-After", str(max(1, ceil(wait)))))
        return response

    def _headers(self, now: Instant, wait: float) -> tuple[tuple[str, str], ...]:
        return (
            ("RateLimit-Limit", str(int(self.capacity))),
            ("RateLimit-Remaining", str(int(self.tokens))),
            ("RateLimit-Reset", str(ceil(now / SECOND + wait))),
        )
