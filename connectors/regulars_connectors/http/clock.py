"""What a response tells about the provider's clock."""

from __future__ import annotations

from collections.abc import Mapping

from ..instants import SECOND, Instant
from .headers import http_date


def response_date(headers: Mapping[str, str]) -> Instant | None:
    """When the provider made the response, by its own clock, in whole seconds.

    None without a Date, or with one that no newsletter can have. None also for a response that a
    cache had kept (``Age``), because its Date is that of the first reader.
    """
    if headers.get("age", "0").strip() != "0":
        return None
    return http_date(headers.get("date"))


def seconds_ahead(date: Instant, asked_at: Instant, answered_at: Instant) -> float:
    """By how many seconds the provider's clock is ahead of ours, the least that fits.

    Its Date is cut to the second, and was written at some moment between request and answer.
    """
    least, most = date - answered_at, date + SECOND - asked_at
    return (max(least, 0) + min(most, 0)) / SECOND
