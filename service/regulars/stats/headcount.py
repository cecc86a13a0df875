"""How many people keep reading, with the interval: measurement model, sections 2.6 and 2.7."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regulars.stats.cells import Cells, Floats
from regulars.stats.forecast import Forecast, forecast
from regulars.stats.interval import (
    FEWEST_DAYS,
    FEWEST_READS,
    METHOD,
    Headcount,
    Sums,
    fewest_opportunities,
    from_sums,
)

__all__ = [
    "FEWEST_DAYS",
    "FEWEST_READS",
    "METHOD",
    "Headcount",
    "Sums",
    "fewest_opportunities",
    "from_sums",
    "headcount",
    "issue_effect",
    "return_rate",
    "with_returns",
]

QUIET_BELOW = 0.2  # whoever is expected to keep reading less than this may return
_STEP = 0.1  # of the logit, for the slope of the headcount
_RETURN_PEOPLE = 20  # people without returns whom both back-tests are shrunk by
_FEWEST_PEOPLE, _FEWEST_UNITS, _MOST_UNITS = 5, 8, 26

Stratum = tuple[Cells, Floats]  # cells of people who count, and the weights (399,) they are under


@dataclass(frozen=True, slots=True)
class Returns:
    """How much more often than expected quiet people came back, at two back-tests; None: not run.

    r1: over the last ``of`` opportunities, r2: over the ``of`` before them.
    """

    r1: float | None = None
    r2: float | None = None

    @property
    def r(self) -> float:
        """Added to the chance of quiet people: the mean where both windows saw returns, else 0."""
        if self.r1 is None or self.r2 is None or min(self.r1, self.r2) <= 0:
            return 0.0
        return (self.r1 + self.r2) / 2

    @property
    def r_max(self) -> float:
        """The same for the upper end of the interval: the larger of the two windows."""
        if self.r1 is None or self.r2 is None:
            return 0.0
        return max(0.0, self.r1, self.r2)


def return_rate(p_sustained: Floats, came: Floats, weight: Floats) -> float:
    """r of one back-test: (came - expected) / (people + 20), among the quiet of that time.

    Arrays with an entry a cell of people who counted then: their forecast, how many of them kept
    to the rule since, how many they are.
    """
    quiet = p_sustained < QUIET_BELOW
    surplus = came[quiet].sum() - (p_sustained * weight)[quiet].sum()
    return float(surplus / (weight[quiet].sum() + _RETURN_PEOPLE))


def with_returns(p_sustained: Floats, r: float) -> Floats:
    """P': r is added to the chance of whoever is quiet."""
    return np.where(p_sustained < QUIET_BELOW, np.minimum(1.0, p_sustained + r), p_sustained)


def issue_effect(
    shares: npt.ArrayLike, people: npt.ArrayLike, reading: Forecast, weight: Floats
) -> float:
    """Sigma: how much the logit of reading varies from unit to unit beyond chance.

    shares: read share of each unit in order of time, among people of the main stratum with N_min
    earlier opportunities; people: how many they are. reading, weight: today's open people of the
    main stratum with N_min opportunities. Bursts and outlier units stay out of all four. The last
    26 units count, those with under 5 people do not, and under 8 units the answer is 0.
    """
    share, behind = np.asarray(shares, np.float64), np.asarray(people, np.float64)
    share, behind = share[-_MOST_UNITS:], behind[-_MOST_UNITS:]
    kept = behind >= _FEWEST_PEOPLE
    share, behind = share[kept], behind[kept]
    today = float(weight.sum())
    slope = float((reading.slope * weight).sum()) / today if today else 0.0
    if len(share) < _FEWEST_UNITS or slope <= 0:
        return 0.0
    moves = np.diff(share)
    # the median bears single units; the mean is taken where the median sees more
    robust = 1.5 * (1.4826 * float(np.median(np.abs(moves)))) ** 2
    variance = min(float(np.mean(moves**2)), robust) / 2 - float(np.mean(slope / behind))
    return math.sqrt(max(0.0, variance)) / slope


def headcount(
    strata: Sequence[Stratum],
    reads: int,
    of: int,
    *,
    returns: Returns | None = None,
    sigma: float = 0.0,
) -> Headcount:
    """S, the sum of P' over the people in ``strata``, and its 90 % interval.

    strata: cells of people who count (open, visible, N_min opportunities, 3 reads, 56 days) and
    their weights. The variance is that of the people's own chances plus that of the issue effect,
    sigma, averaged over ``of`` units. The upper end takes the larger return rate.
    """
    back = returns or Returns()
    value = most = variance = slope = people = 0.0
    for cells, weights in strata:
        if not len(cells):
            continue
        plain, up, down = (
            forecast(cells, weights, reads, of, shift=shift).p_sustained
            for shift in (0.0, _STEP, -_STEP)
        )
        chance = with_returns(plain, back.r)
        value += cells.total(chance)
        most += cells.total(with_returns(plain, back.r_max))
        variance += cells.total(chance * (1 - chance))
        moved = with_returns(up, back.r) - with_returns(down, back.r)
        slope += cells.total(moved) / (2 * _STEP)
        people += cells.people
    return from_sums(Sums(value, most, variance, slope, round(people)), of, sigma)
