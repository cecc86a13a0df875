"""Rounds public counts, so that they give nobody away.

A keyed coin rounds up with the remainder as its probability, so the mean error is zero. The same
period always gives the same result, so asking again reveals nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import math

_COIN_BYTES = 8


def round_count(value: float, step: int, *, metric: str, period: str, secret: bytes) -> int:
    """The count as a multiple of ``step``, rounded up with probability remainder / step."""
    whole, remainder = divmod(value, step)
    up = _coin(metric, period, secret) < remainder / step
    return (int(whole) + up) * step


def round_outwards(low: float, high: float, step: int) -> tuple[int, int]:
    """The interval in multiples of ``step``, as wide as before or wider."""
    return math.floor(low / step) * step, math.ceil(high / step) * step


def _coin(metric: str, period: str, secret: bytes) -> float:
    """A number in [0, 1) that only the holder of the secret can predict."""
    # Lengths first, so that different names make different messages.
    message = b"".join(
        len(part).to_bytes(4, "big") + part for part in (metric.encode(), period.encode())
    )
    digest = hmac.new(secret, message, hashlib.sha256).digest()
    return int.from_bytes(digest[:_COIN_BYTES], "big") / float(1 << 8 * _COIN_BYTES)
