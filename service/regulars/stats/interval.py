"""The figure with its interval, from sums over the people who count (measurement model, 2.7).

Apart from ``headcount.py``, since a kept fit is answered from sums alone, without arrays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .estimate import Estimate

METHOD = "sustained_readers/1"
FEWEST_READS = 3
FEWEST_DAYS = 56
_WIDTH = 1.6449  # standard deviations to each side of a 90 % interval


def fewest_opportunities(of: int) -> int:
    """N_min: opportunities before a person is counted, for a rule over ``of`` units."""
    return max(6, of)


@dataclass(frozen=True, slots=True)
class Headcount:
    """Expected number of people who keep reading: floats, low <= value <= high <= n."""

    value: float
    low: float
    high: float
    n: int

    def estimate(self, method: str = METHOD) -> Estimate:
        """In whole people: the value rounded, the interval rounded outwards."""
        value = math.floor(self.value + 0.5)
        low, high = math.floor(self.low + 1e-9), math.ceil(self.high - 1e-9)
        return Estimate(
            value=value, low=min(low, value), high=min(max(high, value), self.n), n=self.n,
            method=method,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over the people who count: P', P' under the larger return rate, P' (1 - P'), how P'
    moves with the logit of reading, and how many they are.
    """

    value: float
    most: float
    variance: float
    slope: float
    people: int


def from_sums(sums: Sums, of: int, sigma: float) -> Headcount:
    """S and its 90 % interval, for a rule over ``of`` units and the issue effect ``sigma``."""
    sd = math.sqrt(max(0.0, sums.variance) + sums.slope**2 * sigma**2 / of)
    value = min(sums.value, float(sums.people))
    low = max(0.0, value - _WIDTH * sd)
    high = min(float(sums.people), sums.most + _WIDTH * sd)
    return Headcount(value, min(low, value), max(high, value), sums.people)
