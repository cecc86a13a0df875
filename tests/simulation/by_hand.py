"""The model of readers a second time, written densely and straight from its formulas.

Slow and short. It shares no code with `regulars.stats`, so that the two can be held against each
other (measurement model, sections 2.1 to 2.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats
from simulation.gather import FEWEST, OF, READS, History, history
from simulation.worlds import Lived

Array = npt.NDArray[Any]

POINTS_P = np.array([0.003, *special.expit(np.linspace(*special.logit([0.01, 0.99]), 19)), 0.997])
POINTS_THETA = np.array([0.0005, *np.geomspace(0.002, 0.5, 14), 0.7, 0.85, 0.97, 0.9999])
P, THETA = (axis.ravel() for axis in np.meshgrid(POINTS_P, POINTS_THETA, indexing="ij"))
_MEANS = np.array([0, np.log(2), special.logit(0.06), np.log(3)])
_SPREADS = np.array([1.5, 1, 1.5, 1])
_BOUNDS = [(-8, 8), (-5, 8), (-10, 8), (-5, 8)]


def log_parts(x: Array, t: Array, n: Array) -> tuple[Array, Array]:
    """Logs of the alive and the gone part, (cells, 399)."""
    x, t, n = (one[:, None].astype(float) for one in (x, t, n))
    log_p, log_q, log_s = np.log(P), np.log1p(-P), np.log1p(-THETA)
    alive = x * log_p + (n - x) * log_q + n * log_s
    through = np.exp(log_q + log_s)
    with np.errstate(divide="ignore"):
        stopped = np.log(THETA * (1 - through ** (n - t)) / (1 - through))
    return alive, x * log_p + (t - x) * log_q + t * log_s + stopped


def likelihood(x: Array, t: Array, n: Array, left: Array) -> tuple[Array, Array]:
    """(alive, whole) parts over the grid, each row in units of its largest entry."""
    alive, gone = log_parts(x, t, n)
    leaving = np.where(left[:, None], np.log(THETA), 0)
    scale = np.maximum(alive + leaving, gone).max(axis=1, keepdims=True)
    here = np.exp(alive - scale)
    return here, np.exp(alive + leaving - scale) + np.exp(gone - scale)


def log_likelihood(u: Array, x: Array, t: Array, n: Array, left: Array) -> Array:
    """Log-likelihood of each cell under the BG/BB model, with the numbers of section 2.3."""
    (a, b), (c, d) = _shapes(u[0], u[1]), _shapes(u[2], u[3])
    whole = special.betaln(a + x, b + n - x) + special.betaln(c + left, d + n)
    steps = np.arange(n.max())
    terms = special.betaln((a + x)[:, None], np.maximum(b + steps - x[:, None], 1e-9))
    terms = terms + special.betaln(c + 1, d + steps)
    inside = (steps >= t[:, None]) & (steps < n[:, None])
    terms = np.where(inside, terms, -np.inf)
    everything = np.concatenate([whole[:, None], terms], axis=1)
    found: Array = special.logsumexp(everything, axis=1) - special.betaln(a, b)
    return found - special.betaln(c, d)


def _shapes(mean: float, size: float) -> tuple[float, float]:
    share = special.expit(mean)
    return share * np.exp(size), (1 - share) * np.exp(size)


def fit(
    x: Array, t: Array, n: Array, left: Array, weight: Array, *, priors: bool = True
) -> tuple[float, float, float, float]:
    """alpha, beta, gamma, delta at the maximum."""

    def loss(u: Array) -> float:
        penalty = 0.5 * (((u - _MEANS) / _SPREADS) ** 2).sum() if priors else 0
        return float(penalty - weight @ log_likelihood(u, x, t, n, left))

    found = optimize.minimize(loss, _MEANS, method="L-BFGS-B", bounds=_BOUNDS).x
    return (*_shapes(found[0], found[1]), *_shapes(found[2], found[3]))


def base_weights(shapes: tuple[float, float, float, float]) -> Array:
    """The mass of the BG/BB model on the grid, (399,)."""
    alpha, beta, gamma, delta = shapes
    by_p = _masses(POINTS_P, alpha, beta)
    by_theta = _masses(POINTS_THETA, gamma, delta)
    return np.outer(by_p, by_theta).ravel()


def _masses(points: Array, alpha: float, beta: float) -> Array:
    edges = np.array([0, *((points[1:] + points[:-1]) / 2), 1])
    found: Array = np.diff(stats.beta.cdf(edges, alpha, beta))
    return found


def learn(
    whole: Array, weight: Array, base: Array, base_weight: float = 10, rounds: int = 300
) -> Array:
    """Weights of the grid by EM, from the whole likelihood (cells, 399)."""
    weights = base + 1e-12
    for _ in range(rounds):
        shares = weight / (whole @ weights)
        after = (weights * (shares @ whole) + base_weight * base) / (weight.sum() + base_weight)
        change = np.abs(after - weights).sum()
        weights = after
        if change < 1e-6:
            break
    return weights


def future(
    alive: Array, whole: Array, weights: Array, reads: int, of: int, shift: float = 0
) -> dict[str, Array]:
    """Per cell: chance to be here for the next post, reads among the next, to reach ``reads``."""
    p = special.expit(special.logit(P) + shift)
    stays = (1 - THETA) ** np.arange(1, of + 1)[:, None]
    ends = np.where(np.arange(1, of + 1)[:, None] < of, THETA, 1)
    reach = stats.binom.sf(reads - 1, np.arange(1, of + 1)[:, None], p)
    mean = p * stays.sum(axis=0)
    # X given that exactly i posts are lived through is binomial; its square has mean ip(1-p)+i²p².
    i = np.arange(1, of + 1)[:, None]
    square = (stays * ends * (i * p * (1 - p) + (i * p) ** 2)).sum(axis=0)
    below = whole @ weights
    found = {
        "here": alive @ (weights * (1 - THETA)) / below,
        "expected": alive @ (weights * mean) / below,
        "sustained": alive @ (weights * (stays * ends * reach).sum(axis=0)) / below,
        "spread": alive @ (weights * p * (1 - p)) / below,
    }
    found["variance"] = alive @ (weights * square) / below - found["expected"] ** 2
    return found


@dataclass(frozen=True)
class Headline:
    """S with its interval before rounding, and what it rests on."""

    value: float
    low: float
    high: float
    chances: Array  # P', a person each; 0 for those who are not eligible
    returns: float
    sigma: float


def headline(lived: Lived, at: int, *, flags: bool = True) -> Headline:
    """Sustained readers when ``at`` units have matured (sections 2.6, 2.7 and 4.2)."""
    now = history(lived, at, flags=flags)
    model = _Fitted(now)
    chance, less, more = (model.future(now, by)["sustained"] for by in (0, -0.1, 0.1))
    slope = (more - less)[now.is_eligible].sum() / 0.2
    first, second = (_returns(lived, now, ago, flags=flags) for ago in (OF, 2 * OF))
    mean = (first + second) / 2 if min(first, second) > 0 else 0.0
    sigma = _sigma(now, model.future(now))
    chances = np.where(now.is_eligible, _returned(chance, mean), 0)
    most = np.where(now.is_eligible, _returned(chance, max(0.0, first, second)), 0).sum()
    spread = np.sqrt((chances * (1 - chances)).sum() + slope**2 * sigma**2 / OF)
    return Headline(
        value=chances.sum(),
        low=max(0.0, chances.sum() - 1.645 * spread),
        high=min(float(now.is_eligible.sum()), most + 1.645 * spread),
        chances=chances,
        returns=mean,
        sigma=sigma,
    )


def _returned(chance: Array, returns: float) -> Array:
    return np.where(chance < 0.2, np.minimum(1, chance + returns), chance)


class _Fitted:
    """The weights of each stratum, learned from everybody known at that time."""

    def __init__(self, now: History) -> None:
        self.weights: dict[int, Array] = {}
        for stratum in np.unique(now.stratum[now.is_known]).tolist():
            rows = now.is_known & (now.stratum == stratum)
            x, t, n, left, weight = _collapsed(now, rows)
            whole = likelihood(x, t, n, left)[1]
            if stratum == 0:
                base = base_weights(fit(x, t, n, left, weight))
                self.weights[0] = learn(whole, weight, base)
            else:
                self.weights[stratum] = learn(whole, weight, self.weights[0], 50)

    def future(self, now: History, shift: float = 0) -> dict[str, Array]:
        """What is forecast for each person; 0 for leavers and those who are not there yet."""
        found = {name: np.zeros(len(now.x)) for name in _FORECAST}
        for stratum, weights in self.weights.items():
            rows = now.is_known & (now.stratum == stratum) & ~now.left
            alive, whole = likelihood(now.x[rows], now.t[rows], now.n[rows], now.left[rows])
            told = future(alive, whole, weights, READS, OF, shift)
            for name in _FORECAST:
                found[name][rows] = told[name]
        return found


_FORECAST = ("here", "expected", "sustained", "spread", "variance")


def _collapsed(now: History, rows: Array) -> tuple[Array, Array, Array, Array, Array]:
    people = np.stack([now.x, now.t, now.n, now.left], axis=1)[rows]
    cells, weight = np.unique(people, axis=0, return_counts=True)
    return cells[:, 0], cells[:, 1], cells[:, 2], cells[:, 3].astype(bool), weight.astype(float)


def _returns(lived: Lived, now: History, ago: int, *, flags: bool) -> float:
    """By how much those written off then came to read after all, a person."""
    units = now.units_after(ago)
    then = history(lived, int(units[0]), flags=flags)
    chance = _Fitted(then).future(then)["sustained"]
    written_off = then.is_eligible & (chance < 0.2)
    came = now.reads[:, units[:OF]].sum(axis=1) >= READS
    return float((came[written_off] - chance[written_off]).sum() / (written_off.sum() + 20))


def _sigma(now: History, told: dict[str, Array]) -> float:
    readers, members = now.shares()
    enough = members >= 5
    readers, members = readers[enough], members[enough]
    if len(readers) < 8:
        return 0.0
    change = np.diff(readers / members)
    main = now.is_known & (now.stratum == 0) & ~now.left & (now.n >= FEWEST)
    spread = told["spread"][main].mean()
    typical = 1.5 * (1.4826 * np.median(np.abs(change))) ** 2
    variance = min((change**2).mean(), typical) / 2 - (spread / members).mean()
    return float(np.sqrt(max(0.0, variance)) / spread)
