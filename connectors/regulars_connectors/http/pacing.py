"""Even pacing by the provider's quota, and what its headers say about waiting.

Every connection of one account shares one ``Pacer``, because the provider counts requests by
account. Requests leave at even distances (bursts draw refusals in a sliding window), and wait for
any moment that the provider names.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Mapping

from ..instants import SECOND, Instant
from .headers import date, number, seconds_or_date

LONGEST_WAIT = 3600.0
"""Seconds. If a provider wants more than an hour, a later run tries again."""

LONGEST_NAMED = 366 * 86_400.0
"""Seconds. A provider that names more than a year has named no time."""

__all__ = ["LONGEST_WAIT", "Pacer", "Pacers", "named_wait", "quota_gate"]

Monotonic = Callable[[], float]


class Pacer:
    """Schedules the requests of one account. Thread-safe."""

    def __init__(self, requests_per_minute: float, monotonic: Monotonic = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._monotonic = monotonic
        self._spacing = 60.0 / requests_per_minute
        self._next_slot = 0.0
        self._pause_until = 0.0

    def slow_down_to(self, requests_per_minute: float) -> None:
        """Lower the pace: the slowest setting among the connections of an account holds."""
        with self._lock:
            self._spacing = max(self._spacing, 60.0 / requests_per_minute)

    def wait(self, sleep: Callable[[float], None]) -> None:
        """Take the next slot and sleep until it comes."""
        with self._lock:
            now = self._monotonic()
            slot = max(now, self._next_slot, self._pause_until)
            self._next_slot = slot + self._spacing
        if slot > now:
            sleep(slot - now)

    def pause(self, seconds: float) -> None:
        """Hold back every request of the account for that many seconds."""
        with self._lock:
            until = self._monotonic() + min(seconds, LONGEST_WAIT)
            self._pause_until = max(self._pause_until, until)


class Pacers:
    """One pacer for each account. A process has one ``Pacers`` and lends it in ``Runtime``."""

    def __init__(self, monotonic: Monotonic = time.monotonic) -> None:
        self.monotonic = monotonic
        self._lock = threading.Lock()
        self._digest_key = secrets.token_bytes(32)
        self._pacers: dict[tuple[str, str], Pacer] = {}

    def of_account(
        self, provider: str, account: str | None, key: str, requests_per_minute: float
    ) -> Pacer:
        """The pacer of an account, or by default of all connections with the same key."""
        name = f"account {account}" if account else self._digest(key)
        with self._lock:
            pacer = self._pacers.get((provider, name))
            if pacer is None:
                pacer = Pacer(requests_per_minute, self.monotonic)
                self._pacers[provider, name] = pacer
        pacer.slow_down_to(requests_per_minute)
        return pacer

    def _digest(self, key: str) -> str:
        # A debugger or a log may print this table, so it holds a digest of the key.
        return hashlib.blake2b(key.encode(), key=self._digest_key, digest_size=16).hexdigest()


def named_wait(headers: Mapping[str, str], now: Instant) -> float | None:
    """Seconds to wait by the headers: Retry-After, else RateLimit-Reset, else None."""
    after = _retry_after(headers, now)
    return after if after is not None else _reset_after(headers, now)


def quota_gate(headers: Mapping[str, str], now: Instant) -> float | None:
    """Seconds to wait after a good response that used up the quota."""
    if headers.get("ratelimit-remaining") != "0":
        return None
    return _reset_after(headers, now)


def _retry_after(headers: Mapping[str, str], now: Instant) -> float | None:
    named = seconds_or_date(headers, "retry-after")
    if isinstance(named, int):
        return _seconds_until(named, headers, now)
    return named if named is None or named <= LONGEST_NAMED else None


def _reset_after(headers: Mapping[str, str], now: Instant) -> float | None:
    seconds = number(headers, "ratelimit-reset")
    if seconds is None or LONGEST_NAMED < seconds < 1e9:
        return None
    if seconds < 1e9:  # documented as Unix time, met in the wild as a delta
        return seconds
    return _seconds_until(int(seconds * SECOND), headers, now)


def _seconds_until(moment: Instant, headers: Mapping[str, str], now: Instant) -> float | None:
    """By the provider's clock if the response is dated, because ours may be wrong."""
    for present in (date(headers), now):
        if present is not None and 0 <= moment - present <= LONGEST_WAIT * SECOND:
            return (moment - present) / SECOND
    return 0.0 if moment < now else None
