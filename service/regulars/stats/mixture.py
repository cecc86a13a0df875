"""The mixture over read chance and stopping chance: a grid whose weights are learned.

A nonparametric empirical Bayes estimate (Laird 1978; Koenker, Mizera 2014) with smoothing towards
a base: measurement model, section 2.2. A short list leans on the base, a long one on its own
people. Read chance and stopping chance may go together, and a crowd of one-time readers gets a
corner of the grid to itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from regulars.stats import bgbb
from regulars.stats.bgbb import BetaGeometric
from regulars.stats.cells import Cells, Floats
from regulars.stats.likelihood import Likelihood

BASE_WEIGHT = 10.0  # people whom the base counts for
STRATUM_WEIGHT = 50.0  # the same where a cohort of its own leans on the main weights
ROUNDS = 300
_ENOUGH = 1e-6  # the weights moved by less in all: the rounds to come change nothing
_FLOOR = 1e-300  # keeps a point of the grid that nobody supports from being impossible


def _logit_spaced(low: float, high: float, points: int) -> Floats:
    ends = np.log([low / (1 - low), high / (1 - high)])
    spaced: Floats = 1 / (1 + np.exp(-np.linspace(ends[0], ends[1], points)))
    return spaced


P = np.concatenate([[0.003], _logit_spaced(0.01, 0.99, 19), [0.997]])
THETA = np.concatenate([[0.0005], np.geomspace(0.002, 0.5, 14), [0.7, 0.85, 0.97, 0.9999]])
SHAPE = (len(P), len(THETA))
POINTS = len(P) * len(THETA)  # 399; weights are flat, theta runs fastest


@dataclass(frozen=True, slots=True)
class Learned:
    """Weights (399,) with the base they started from; ``fallback``: they are that base."""

    weights: Floats
    base: Floats
    model: BetaGeometric
    fallback: bool


def learn(cells: Cells, *, steps: int = bgbb.STEPS) -> Learned:
    """Base and weights of the main stratum, from all its spells, those that ended too.

    Where the search for the base finds no maximum in ``steps``, the base alone stands.
    """
    model = bgbb.fit(cells, steps=steps)
    base = base_weights(model)
    if not model.converged:
        return Learned(base, base, model, fallback=True)
    return Learned(fit_weights(cells, base), base, model, fallback=False)


def base_weights(model: BetaGeometric) -> Floats:
    """The mass of both beta curves in the bin of each point, (399,); bins split at midpoints."""
    from scipy.special import betainc

    by_p = np.diff(betainc(model.alpha, model.beta, _edges(P)))
    by_theta = np.diff(betainc(model.gamma, model.delta, _edges(THETA)))
    return np.outer(by_p, by_theta).reshape(-1)


def _edges(points: Floats) -> Floats:
    return np.concatenate([[0.0], (points[1:] + points[:-1]) / 2, [1.0]])


def fit_weights(
    cells: Cells, base: Floats, base_weight: float = BASE_WEIGHT, rounds: int = ROUNDS
) -> Floats:
    """Weights (399,) that sum to 1, learned by EM from the cells' people.

    base: what the weights lean on (399,); base_weight: how many people it counts for. The rounds
    belong to the definition, since EM still drifts after them. Without people the base comes back.
    No step can fail: the first weights leave no point out, so every history stays possible.
    """
    told = cells.take((cells.n > 0) & (cells.weight > 0))
    told = replace(told, b=np.zeros(len(told), np.int64)).collapsed()  # b has no part in it
    base = np.asarray(base, np.float64).reshape(SHAPE)
    if not len(told):
        return base.reshape(-1)
    likelihood, people = Likelihood(told, P, THETA), told.people
    weights = base + 1e-12
    for _ in range(rounds):
        share = likelihood.spread(told.weight / likelihood.totals(weights))
        moved = (weights * share + base_weight * base) / (people + base_weight)
        change = float(np.abs(moved - weights).sum())
        weights = moved
        if change < _ENOUGH:
            break
    return weights.reshape(-1)


def log_likelihood(cells: Cells, weights: Floats) -> float:
    """Log-likelihood of all people under the weights."""
    likelihood = Likelihood(cells, P, THETA)
    return cells.total(np.log(likelihood.totals(usable(weights))) + likelihood.scale)


def usable(weights: Floats) -> Floats:
    """Weights (p, theta) that leave every history possible."""
    return np.maximum(np.asarray(weights, np.float64).reshape(SHAPE), _FLOOR)
