"""BG/BB, exact: read chance and stopping chance vary from reader to reader by two beta curves.

The model of Fader, Hardie, Shang 2010 (Marketing Science 29(6), 1086-1108) as written in the
measurement model, section 2.3. Here it is the base of the mixture, and its check: the published
figures of the donations data are in the tests.

The chance of x reads and then a stop after exactly j posts knows neither t nor n. So one table of
tail sums over j serves all cells, and an evaluation costs the square of the longest history,
however many people there are. All terms are positive, and the tail after n is never more than the
chance to be there still, so the difference of two tails costs no digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from regulars.stats.cells import Cells, Floats, Integers

# In the order: logit of the mean of p, log of its concentration, the same two of theta.
_PRIOR_MEAN = np.array([0.0, math.log(2.0), math.log(0.06 / 0.94), math.log(3.0)])
_PRIOR_SD = np.array([1.5, 1.0, 1.5, 1.0])
_BOUNDS = [(-8.0, 8.0), (-5.0, 8.0), (-10.0, 8.0), (-5.0, 8.0)]
STEPS = 500
_NEAR = 0.01  # a step of Newton's that goes further tells of no maximum nearby
_FLAT = 1e-6  # slope of the log-likelihood a person


@dataclass(frozen=True, slots=True)
class BetaGeometric:
    """p ~ Beta(alpha, beta) and theta ~ Beta(gamma, delta), with how the search for them ended."""

    alpha: float
    beta: float
    gamma: float
    delta: float
    log_likelihood: float = math.nan
    converged: bool = True


PRIOR = BetaGeometric(1.0, 1.0, 0.18, 2.82, 0.0)  # all four at the means of their priors


def log_likelihood(cells: Cells, model: BetaGeometric) -> Floats:
    """Log of the likelihood of one person of each cell; reads in their order (no binomial)."""
    return _Evaluation(_Places.of(cells), model).log_likelihood


def fit(cells: Cells, *, with_priors: bool = True, steps: int = STEPS) -> BetaGeometric:
    """The four numbers at the maximum of likelihood times weak priors, or of likelihood alone.

    Cells with n = 0 say nothing and are left out; without people the priors' means come back.
    ``converged`` is False where ``steps`` did not reach a maximum: the best numbers so far.
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    told = cells.take((cells.n > 0) & (cells.weight > 0)).collapsed()
    if not len(told):
        return PRIOR
    places, people = _Places.of(told), told.people

    def cost(u: Floats) -> tuple[float, Floats]:
        evaluation = _Evaluation(places, _model(u))
        off = (u - _PRIOR_MEAN) / _PRIOR_SD * with_priors
        value = evaluation.total() - 0.5 * float(off @ off)
        slope = evaluation.slope() @ _turned(u) - off / _PRIOR_SD
        return -value / people, -slope / people

    # tiny products in BLAS would wake every core, at five times the CPU
    with threadpool_limits(1, user_api="blas"):
        found = minimize(
            cost,
            _PRIOR_MEAN,
            jac=True,
            method="L-BFGS-B",
            bounds=_BOUNDS,
            options={"maxiter": steps, "ftol": 1e-12, "gtol": 1e-9},
        )
        u, slope = found.x, found.jac
        # a search that ran out of digits ends without success where it has arrived
        arrived = bool(found.success) or float(np.abs(slope).max()) < _FLAT
        if arrived:
            u = _polished(lambda moved: cost(moved)[1], u, slope)
    return _model(u, _Evaluation(places, _model(u)).total(), arrived)


def _polished(slope_at: Callable[[Floats], Floats], u: Floats, slope: Floats) -> Floats:
    """A step of Newton's, for the digits that a search by values leaves open.

    Values see the square of a distance, so a search by them ends some 1e-7 short, and where it ends
    hangs on the last digit of a sum. Numbers at their bounds stay there.
    """
    free = np.array([low < one < high for one, (low, high) in zip(u, _BOUNDS, strict=True)])
    for _ in range(2 * bool(free.any())):
        moves = np.eye(len(u))[free] * 1e-5
        bend = np.array([(slope_at(u + move) - slope)[free] for move in moves]) / 1e-5
        step = np.zeros(len(u))
        step[free] = np.linalg.lstsq(bend + bend.T, 2 * slope[free], rcond=1e-9)[0]
        after = u - step
        if np.abs(step).max(initial=0.0) > _NEAR:
            break
        at_end = slope_at(after)
        if np.abs(at_end[free]).max(initial=0.0) >= np.abs(slope[free]).max(initial=0.0):
            break
        u, slope = after, at_end
    return u


def p_alive(cells: Cells, model: BetaGeometric, ahead: int = 1) -> Floats:
    """Chance to be there still ``ahead`` posts from now (appendix A10); 0 for who has left."""
    here, survive = _here(cells, model, ahead)
    found: Floats = here * np.exp(survive[cells.n + cells.b + ahead])
    return found


def expected_reads(cells: Cells, model: BetaGeometric, of: int) -> Floats:
    """Expected reads in the next ``of`` posts: equation 13 as a sum, which holds at gamma = 1."""
    here, survive = _here(cells, model, of)
    posts = cells.n + cells.b
    times = np.concatenate([[0.0], np.cumsum(np.exp(survive))])
    chance = (model.alpha + cells.x) / (model.alpha + model.beta + cells.n)
    found: Floats = here * chance * (times[posts + of + 1] - times[posts + 1])
    return found


def _here(cells: Cells, model: BetaGeometric, ahead: int) -> tuple[Floats, Floats]:
    """Per cell the chance of its reads over its likelihood; log chances to outlive 0, 1, … posts.

    Their product at n is the chance to be there after all n posts.
    """
    evaluation = _Evaluation(_Places.of(cells), model)
    logs = evaluation.reads + cells.log_orders() - evaluation.log_likelihood
    longest = int((cells.n + cells.b).max(initial=0)) + ahead
    return np.exp(logs) * ~cells.has_left, _log_outliving(model, longest)


def _log_outliving(model: BetaGeometric, longest: int) -> Floats:
    """Log of the chance to outlive 0, 1, … ``longest`` posts."""
    total = model.gamma + model.delta + np.arange(longest)
    return np.concatenate([[0.0], np.cumsum(np.log1p(-model.gamma / total))])


def _model(u: Floats, value: float = math.nan, converged: bool = True) -> BetaGeometric:
    alpha, beta = _shapes(float(u[0]), float(u[1]))
    gamma, delta = _shapes(float(u[2]), float(u[3]))
    return BetaGeometric(alpha, beta, gamma, delta, value, converged)


def _shapes(logit_mean: float, log_size: float) -> tuple[float, float]:
    size = math.exp(log_size)
    return size / (1 + math.exp(-logit_mean)), size / (1 + math.exp(logit_mean))


def _turned(u: Floats) -> Floats:
    """How alpha, beta, gamma, delta (down) move with the four numbers of the search (across)."""
    model, found = _model(u), np.zeros((4, 4))
    for at, one, other in ((0, model.alpha, model.beta), (2, model.gamma, model.delta)):
        both = one * other / (one + other)
        found[at : at + 2, at : at + 2] = [[both, one], [-both, other]]
    return found


@dataclass(frozen=True, slots=True)
class _Places:
    """Where in a table over (unread, reads) each cell looks; a block has an entry for each t."""

    cells: Cells
    cell: Integers
    log_orders: Floats
    end_orders: Floats  # per cell
    last: Integers  # place of (t - x, x)
    end: Integers  # place of (n - x, x)
    shape: tuple[int, int]

    @classmethod
    def of(cls, cells: Cells) -> _Places:
        cell, last, orders = cells.last_reads()
        wide = int(cells.x.max(initial=0)) + 1
        high = int((cells.n - cells.x).max(initial=0)) + 1
        at_last = (last - cells.x[cell]) * wide + cells.x[cell]
        at_end = (cells.n - cells.x) * wide + cells.x
        return cls(cells, cell, orders, cells.log_orders(), at_last, at_end, (high, wide))


class _Evaluation:
    """The likelihood of all cells under one model, with all that its slope needs."""

    def __init__(self, places: _Places, model: BetaGeometric) -> None:
        self.places, self.model = places, model
        cells, (high, wide) = places.cells, places.shape
        log_reads = self._log_reads(high, wide)
        outlive = _log_outliving(model, high + wide)
        posts = np.arange(high)[:, None] + np.arange(wide)[None, :]
        stop = outlive + np.log(model.gamma / (model.gamma + model.delta + np.arange(len(outlive))))
        self.stops = log_reads + stop[posts]  # x reads in all and a stop after exactly these posts
        self.ratio = np.exp(np.diff(self.stops, axis=0))
        log_tail = (self.stops + np.log(self._tails())).reshape(-1)
        self.reads = log_reads.reshape(-1)[places.end]
        here = self.reads + np.where(cells.has_left, stop[cells.n], outlive[cells.n])
        self.here = here + places.end_orders
        cell = places.cell
        lost = log_tail[places.end][cell] - log_tail[places.last]
        between = np.flatnonzero(places.last != places.end[cell])
        gone = (log_tail[places.last] + places.log_orders)[between]
        gone += np.log(-np.expm1(lost[between]))
        scale = self.here.copy()
        np.maximum.at(scale, cell[between], gone)
        summed = np.bincount(cell[between], np.exp(gone - scale[cell[between]]), len(cells))
        self.log_likelihood: Floats = scale + np.log(np.exp(self.here - scale) + summed)

    def _log_reads(self, high: int, wide: int) -> Floats:
        """Log of B(alpha + x, beta + unread) / B(alpha, beta), as a product of chances."""
        both = self.model.alpha + self.model.beta
        first = np.log1p(-self.model.beta / (both + np.arange(wide - 1)))
        x = np.arange(wide)[None, :]
        then = np.log1p(-(self.model.alpha + x) / (both + x + np.arange(high - 1)[:, None]))
        table = np.zeros((high, wide))
        np.cumsum(first, out=table[0, 1:])
        table[1:] = then
        found: Floats = np.cumsum(table, axis=0)
        return found

    def _tails(self) -> Floats:
        """Sum of the stops from a place on, over the stop at that place: at least 1."""
        tails: Floats = np.ones(self.stops.shape)
        for unread in range(len(tails) - 2, -1, -1):
            np.multiply(self.ratio[unread], tails[unread + 1], out=tails[unread])
            tails[unread] += 1
        return tails

    def total(self) -> float:
        """Log-likelihood of all people."""
        return self.places.cells.total(self.log_likelihood)

    def slope(self) -> Floats:
        """Of the total by alpha, beta, gamma, delta, from where people are thought to have stopped.

        The slope of a log of rising factorials is a sum of 1 / (alpha + i), so expected counts of
        reads, of unread posts and of posts outlived are all that is needed.
        """
        cells, (high, wide) = self.places.cells, self.places.shape
        stopped = self._stopped()
        here = cells.weight * np.exp(self.here - self.log_likelihood)
        by_reads = stopped.sum(axis=0) + np.bincount(cells.x, here, wide)
        by_unread = stopped.sum(axis=1) + np.bincount(cells.n - cells.x, here, high)
        posts = np.arange(high)[:, None] + np.arange(wide)[None, :]
        by_stop = np.bincount(posts.reshape(-1), stopped.reshape(-1), high + wide)
        by_stop += np.bincount(cells.n, here * cells.has_left, high + wide)
        by_stay = np.bincount(cells.n, here * ~cells.has_left, high + wide)
        alpha, beta, gamma, delta = (
            self.model.alpha, self.model.beta, self.model.gamma, self.model.delta,
        )  # fmt: skip
        seen = by_stop + by_stay
        trials = seen @ _rising(alpha + beta, len(seen))
        ends = by_stop @ _rising(gamma + delta, len(seen) + 1)[1:]
        ends += by_stay @ _rising(gamma + delta, len(seen))
        return np.array(
            [
                by_reads @ _rising(alpha, wide) - trials,
                by_unread @ _rising(beta, high) - trials,
                by_stop.sum() / gamma - ends,
                seen @ _rising(delta, len(seen)) - ends,
            ]
        )

    def _stopped(self) -> Floats:
        """People who are thought to have stopped at each place of the table."""
        places, weight = self.places, self.places.cells.weight
        size = self.stops.size
        stops = self.stops.reshape(-1)
        from_last = stops[places.last] + places.log_orders - self.log_likelihood[places.cell]
        from_end = stops[places.end] + places.end_orders - self.log_likelihood
        begun = np.bincount(places.last, weight[places.cell] * np.exp(from_last), size)
        ended = np.bincount(places.end, weight * np.exp(from_end), size)
        found = np.asarray(begun - ended, np.float64).reshape(places.shape)
        for unread in range(1, len(found)):
            found[unread] += self.ratio[unread - 1] * found[unread - 1]
        return found


def _rising(start: float, size: int) -> Floats:
    """Sum of 1 / (start + i) over i below 0, 1, … ``size`` - 1."""
    return np.concatenate([[0.0], np.cumsum(1 / (start + np.arange(size - 1)))])
