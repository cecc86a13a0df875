"""What each cell is expected to do with the posts to come, under the weights of its stratum.

Measurement model, section 2.4: the past weighs the grid, and only the part that is alive has a
future.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regulars.stats.cells import Cells, Floats
from regulars.stats.likelihood import Likelihood
from regulars.stats.mixture import THETA, P, usable


@dataclass(frozen=True, slots=True)
class Forecast:
    """One entry a cell, for one person of it; 0 for who has left.

    p_here: there for the next post. expected_reads, variance_reads: reads in the next ``of``.
    p_sustained: at least ``reads`` of these. slope: how the chance to read the last post moved with
    the logit of p, the posterior mean of p (1 - p) while alive.
    """

    p_here: Floats
    expected_reads: Floats
    variance_reads: Floats
    p_sustained: Floats
    slope: Floats


def forecast(cells: Cells, weights: Floats, reads: int, of: int, *, shift: float = 0.0) -> Forecast:
    """The forecast of each cell for ``reads`` of the next ``of`` opportunities.

    weights: (399,) of the cells' stratum. shift is added to the logit of p for the posts to come
    alone: as if all of them drew more readers, or fewer.
    """
    likelihood = Likelihood(cells, P, THETA)
    weighed = usable(weights)
    p, stay = shifted(P, shift)[:, None], 1 - THETA[None, :]
    ahead = [
        stay,
        p * stay_sums(stay, of),
        p**2 * stay_sums(stay, of, pairs=True),
        sustained(p, THETA[None, :], reads, of),
    ]
    total = likelihood.totals(weighed)
    here, first, second, enough = (
        one / total for one in likelihood.futures([weighed * future for future in ahead])
    )
    slope = likelihood.futures([weighed * p * (1 - p)], through_b=False)[0] / total
    variance = np.maximum(second + first - first**2, 0.0)
    return Forecast(np.minimum(here, 1.0), first, variance, np.minimum(enough, 1.0), slope)


def shifted(p: Floats, shift: float) -> Floats:
    """p with ``shift`` added to its logit."""
    found: Floats = p / (p + (1 - p) * np.exp(-shift))
    return found


def stay_sums(stay: Floats, of: int, *, pairs: bool = False) -> Floats:
    """Expected posts outlived of the next ``of``; with ``pairs`` the ordered pairs of them."""
    total = np.zeros_like(stay)
    for post in range(1, of + 1):
        total += stay**post * (2 * (post - 1) if pairs else 1)
    return total


def sustained(p: Floats, theta: Floats, reads: int, of: int) -> Floats:
    """G: the chance of at least ``reads`` reads in the next ``of`` posts, at points of the grid.

    p and theta broadcast. Whoever outlives exactly i posts reads a binomial number of them, so G
    is the sum over i of that chance times the one that the binomial is large enough. 1 <= reads.
    """
    enough = p**reads  # of i posts, at first all of them
    short_by_one = reads * p ** (reads - 1) * (1 - p)
    total = np.zeros(np.broadcast_shapes(np.shape(p), np.shape(theta)))
    for outlived in range(reads, of + 1):
        stops = theta if outlived < of else 1.0
        total = total + (1 - theta) ** outlived * stops * enough
        enough = enough + p * short_by_one
        short_by_one = short_by_one * (1 - p) * ((outlived + 1) / (outlived + 2 - reads))
    return total
