"""Spikes of sign-ups, and posts read by far more or fewer people than those before.

The identifier is Hampel's (measurement model, section 4.1): the distance from the median of the
twelve values before, in units of their median absolute deviation. A floor keeps chance alone from
being far away. Values that were flagged stay in the window, since a median bears them.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

WINDOW = 12
FEWEST = 6
FAR = 5.0
# The median absolute deviation of a normal distribution, times this, is its standard deviation.
NORMAL = 1.4826

Flag = Literal["none", "high", "low"]


@dataclass(frozen=True, slots=True)
class Distance:
    """How far a value lies from those before it: ``z`` times ``scale`` from their ``median``."""

    median: float
    scale: float
    z: float


@dataclass(frozen=True, slots=True)
class Judged:
    """One value of a series. ``distance``: None where fewer than six came before."""

    flag: Flag
    distance: Distance | None


def hampel(value: float, past: Sequence[float], floor: float) -> Distance:
    """The distance of ``value`` from ``past``, which holds at least one value.

    floor: the least standard deviation that is believed, above 0, in the unit of the values.
    Source: Hampel 1974; Davies and Gather 1993.

    >>> hampel(140, (12, 9, 14, 11, 8, 13, 10, 12, 9, 15, 11, 10), 11**0.5).median
    11.0
    """
    median = float(statistics.median(past))
    spread = statistics.median(abs(other - median) for other in past)
    scale = max(NORMAL * spread, floor)
    return Distance(median, scale, (value - median) / scale)


def sign_up_spikes(counts: Sequence[int]) -> list[Judged]:
    """Which intervals between posts brought far more people than usual.

    counts: people per interval whose first opportunity it was, oldest first. Leave out whoever was
    imported: an old list that moves in is no spike. Few sign-ups are never flagged. Intervals
    before the first person are no part of any window: whoever was there at the first look at a list
    would be a spike beside them.
    """
    began = next((place for place, count in enumerate(counts) if count), len(counts))
    return [
        _sign_ups(count, counts[max(began, place - WINDOW) : place])
        for place, count in enumerate(counts)
    ]


def _sign_ups(count: int, past: Sequence[int]) -> Judged:
    if len(past) < FEWEST:
        return Judged("none", None)
    usual = max(statistics.median(past), 1.0)
    distance = hampel(count, past, math.sqrt(usual))
    far = distance.z > FAR and count >= 3 * usual and count - distance.median >= 10
    return Judged("high" if far else "none", distance)


def read_share_outliers(readers: Sequence[int], people: Sequence[int]) -> list[Judged]:
    """Which units were read by a share of people far from that of the units before.

    readers, people: per unit, oldest first, of the people with at least one earlier opportunity
    who came with no spike, how many read it and how many could. A unit without people has no
    share: it is neither judged nor part of a window. Raises ValueError where the two differ in
    length.

    The number of readers has to be as far from usual as the share. A dead list that moves in lowers
    the share of every post after it, and one that is cleaned raises it, yet as many read as before.
    """
    judged: list[Judged] = []
    past: list[tuple[int, int]] = []
    for read, of in zip(readers, people, strict=True):
        judged.append(_read_share(read, of, past[-WINDOW:]))
        if of > 0:
            past.append((read, of))
    return judged


def _read_share(read: int, of: int, past: Sequence[tuple[int, int]]) -> Judged:
    if of <= 0 or len(past) < FEWEST:
        return Judged("none", None)
    shares = [before / people for before, people in past]
    median = statistics.median(shares)
    # A share moves by one person at least: without this, whoever reads everything on a list of
    # their own could not miss a post.
    distance = hampel(read / of, shares, math.sqrt(max(median * (1 - median) * of, 1.0)) / of)
    usual = statistics.median(before for before, _ in past)
    if distance.z > FAR and read / of >= 1.3 * median and read >= 1.3 * usual:
        return Judged("high", distance)
    if distance.z < -FAR and read / of <= 0.3 * median and read <= 0.3 * usual:
        return Judged("low", distance)
    return Judged("none", distance)
