"""What a publication's readers add up to: the part of a fit that is about nobody alone.

Without numpy: a kept fit is answered from this and a few sums.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec


class OutlierUnit(msgspec.Struct, frozen=True):
    """A unit that was read by far more or fewer people than usual. Times are naive UTC."""

    sent_at: datetime
    flag: Literal["high", "low"]
    post_nos: list[int]


class Burst(msgspec.Struct, frozen=True):
    """Far more sign-ups than usual, whose first post went out then (naive UTC)."""

    sent_at: datetime
    people: int


class Tenth(msgspec.Struct, frozen=True):
    """People of one tenth of P': how many, how many were expected to keep reading, how many did."""

    people: int
    expected: float
    came: int


class WindowTest(msgspec.Struct, frozen=True):
    """A forecast of the past and what came. back: opportunities ago. at: naive UTC.

    people: who counted then and whose reading since is known.
    """

    back: int
    at: datetime
    people: int
    expected: float
    low: float
    high: float
    came: int
    tenths: list[Tenth]


class UnitReaders(msgspec.Struct, frozen=True):
    """Readers of a unit among people: visible people of the main stratum who had had enough
    opportunities by then. flag: none, high or low.

    delivered: everybody whom it reached. recipients, recipients_read: visible people of whom it is
    certain whether they read it. others, others_read: of these, who had had enough opportunities.
    """

    unit_no: int
    sent_at: datetime
    post_nos: list[int]
    readers: int
    people: int
    flag: Literal["none", "high", "low"]
    delivered: int
    recipients: int
    recipients_read: int
    others: int
    others_read: int


class FallTest(msgspec.Struct, frozen=True):
    """Reads of the last units against the forecast at the first back-test.

    people: who had enough opportunities then and whose reading since is known. expected, variance:
    of their reads in sum. slope: how expected moves with the logit of reading. began_at: when the
    first of the units went out.
    """

    people: int
    expected: float
    variance: float
    slope: float
    reads: int
    began_at: datetime


class Before(msgspec.Struct, frozen=True):
    """What ``readers_before`` speaks of: ``back`` opportunities ago, before ``at`` (naive UTC)."""

    back: int
    at: datetime


class Readership(msgspec.Struct, frozen=True):
    """A fit of a publication at an instant. units: that can be judged, outliers left out.

    most_opportunities: of any person. fewest: opportunities before somebody counts.
    has_plain_opens: most reads are opens of unknown making.
    """

    reads: int
    of: int
    unit: Literal["post", "week"]
    fewest: int
    units: int
    most_opportunities: int
    sigma: float
    r: float
    r_max: float
    outliers: list[OutlierUnit]
    bursts: list[Burst]
    windows: list[WindowTest]
    shares: list[UnitReaders]
    fall: FallTest | None
    has_fallen_back: bool
    has_plain_opens: bool
    is_provisional: bool
    before: Before | None = None
