"""Public counts are rounded, so that nobody can be read out of them.

Up or down is decided by a keyed coin, with the remainder as its probability: the mean error is
zero, and the same period always gives the same answer, so that asking again teaches nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import math

_COIN_BYTES = 8


def round_count(value: float, step: int, *, metric: str, period: str, secret: bytes) -> int:
    """The count rounded to a multiple of ``step``, up with probability remainder / step."""
    whole, remainder = divmod(value, step)
    up = _coin(metric, period, secret) < remainder / step
    return (int(whole) + up) * step


def round_outwards(low: float, high: float, step: int) -> tuple[int, int]:
    """The interval on the same step, never narrower than it was."""
    return math.floor(low / step) * step, math.ceil(high / step) * step


def _coin(metric: str, period: str, secret: bytes) -> float:
    """A number in [0, 1) that only the holder of the secret can tell beforehand."""
    # Lengths first, so that no two pairs of names make the same message.
    message = b"".join(
        len(part).to_bytes(4, "big") + part for part in (metric.encode(), period.encode())
    )
    digest = hmac.new(secret, message, hashlib.sha256).digest()
    return int.from_bytes(digest[:_COIN_BYTES], "big") / float(1 << 8 * _COIN_BYTES)
