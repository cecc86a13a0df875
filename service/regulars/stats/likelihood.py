"""The likelihood of histories where read chance and stopping chance are given.

A reader reads each post with chance p and has stopped for good before each one with chance theta:
the story of the BG/BB model (Fader, Hardie, Shang 2010, Marketing Science 29). With q = 1 - p and
s = 1 - theta a history (x, t, n) has two parts (measurement model, section 2.1):

    alive = p^x q^(n-x) s^n                                          there after all n posts
    gone  = p^x q^(t-x) s^t * theta (1 - (qs)^(n-t)) / (1 - qs)      stopped in between
    likelihood = alive + gone, and alive * theta + gone where the leaving is known

Each power splits into a factor of p and one of theta. With D = theta / (1 - qs) the likelihood is
(1 - D) times the factors of (x, n) plus D times those of (x, t). So a sum over the whole grid costs
two small products for each pair of numbers that occurs, and no array of cells by grid is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from regulars.stats.cells import Booleans, Cells, Floats, Integers

# OpenBLAS runs a product of up to 2^18 multiplications in one thread: 512 * 21 * 19 is fewer. A
# product of all rows at once would wake every core and cost several times the CPU.
_STACK = 512
_SLAB = 64  # stacks at a time, which bounds what a pass needs beside its rows to a few MiB


@dataclass(frozen=True, slots=True)
class _Rows:
    """Factors of pairs of numbers: ``scale`` is taken out of them as a log, so none underflows."""

    by_p: Floats  # (stacks, points of p, up to 512)
    by_theta: Floats  # (stacks, points of theta, up to 512)
    scale: Floats  # (rows,)

    def sums(self, matrix: Floats) -> Floats:
        """For each row the sum over the grid of its factors times ``matrix`` (p, theta)."""
        found = np.empty((len(self.by_p), self.by_p.shape[2]))
        turned = np.ascontiguousarray(matrix.T)
        for start in range(0, len(found), _SLAB):
            slab = slice(start, start + _SLAB)
            product = np.matmul(turned, self.by_p[slab])
            product *= self.by_theta[slab]
            product.sum(axis=1, out=found[slab])
        return found.reshape(-1)[: len(self.scale)]

    def spread(self, amounts: Floats) -> Floats:
        """The other way round: for each point of the grid the rows' factors times ``amounts``."""
        total = np.zeros((self.by_p.shape[1], self.by_theta.shape[1]))
        padded = np.zeros(self.by_p.shape[::2])
        padded.reshape(-1)[: len(amounts)] = amounts
        stacks = padded[:, None, :]
        for start in range(0, len(stacks), _SLAB):
            slab = slice(start, start + _SLAB)
            turned = self.by_theta[slab].transpose(0, 2, 1)
            total += np.matmul(self.by_p[slab] * stacks[slab], turned).sum(axis=0)
        return total


def _rows(reads: Integers, of: Integers, lasted: Integers, p: Floats, theta: Floats) -> _Rows:
    """p^reads q^(of - reads) and s^lasted on both axes."""
    by_p = np.outer(np.log(p), reads) + np.outer(np.log1p(-p), of - reads)
    by_theta = np.outer(np.log1p(-theta), lasted)
    most_p = by_p.max(axis=0, initial=-np.inf)
    most_theta = by_theta.max(axis=0, initial=-np.inf)
    stacked = _stacked(by_p - most_p), _stacked(by_theta - most_theta)
    return _Rows(*stacked, most_p + most_theta)


def _stacked(logs: Floats) -> Floats:
    """Columns of logs as stacks of at most 512 columns of numbers, filled up with zeros."""
    axis, size = logs.shape
    stack = min(size, _STACK) or 1
    stacks = -(-size // stack)
    padded = np.zeros((axis, stacks * stack))
    np.exp(logs, out=padded[:, :size])
    return np.ascontiguousarray(padded.reshape(axis, stacks, stack).transpose(1, 0, 2))


def _distinct(*numbers: Integers) -> tuple[list[Integers], Integers]:
    """The combinations that occur, each once, and for each entry the place of its own."""
    code = np.zeros(len(numbers[0]), np.int64)
    sizes = [int(one.max(initial=0)) + 1 for one in numbers]
    for one, size in zip(numbers, sizes, strict=True):
        code = code * size + one
    once, place = np.unique(code, return_inverse=True)
    found: list[Integers] = []
    for size in reversed(sizes):
        found.insert(0, once % size)
        once = once // size
    return found, place


class Likelihood:
    """The likelihood of cells over a grid of points ``p`` by points ``theta``.

    p, theta: the two axes, each strictly between 0 and 1. All results are relative to ``scale``,
    the log of the largest value that a cell's factors reach on the grid.
    """

    def __init__(self, cells: Cells, p: Floats, theta: Floats) -> None:
        self.cells, self.p, self.theta = cells, p, theta
        q, s = 1 - p[:, None], 1 - theta[None, :]
        through = 1 - q * s
        self._gone = theta[None, :] / through  # D
        self._stays = s * p[:, None] / through  # 1 - D, without a difference
        self._leaves = -self._gone * q * s  # theta - D
        self._left: Booleans = cells.has_left
        (reads, of), self._pair = _distinct(cells.x, cells.n)
        self._whole = _rows(reads, of, of, p, theta)
        cell, t, orders = cells.last_reads()
        (reads, of), self._last = _distinct(cells.x[cell], t)
        self._until = _rows(reads, of, of, p, theta)
        self._cell = cell
        log_last = self._until.scale[self._last] + orders
        self.scale: Floats = np.full(len(cells), -np.inf)
        np.maximum.at(self.scale, cell, log_last)
        self._last_factor = np.exp(log_last - self.scale[cell])
        self._pair_scale = cells.log_orders() - self.scale
        self._pair_factor = np.exp(self._whole.scale[self._pair] + self._pair_scale)

    def totals(self, weights: Floats) -> Floats:
        """The likelihood of each cell under weights (p, theta) of the grid, over exp(scale)."""
        gone = self._until.sums(weights * self._gone)[self._last] * self._last_factor
        alive = self._whole.sums(weights * self._stays)[self._pair]
        if self._left.any():
            leaves = self._whole.sums(weights * self._leaves)[self._pair]
            alive = np.where(self._left, leaves, alive)
        total: Floats = alive * self._pair_factor
        total += gone if len(gone) == len(total) else np.bincount(self._cell, gone, len(total))
        return total

    def spread(self, amounts: Floats) -> Floats:
        """Sum over cells of amount times likelihood at each point of the grid (p, theta)."""
        at_last = amounts[self._cell] * self._last_factor
        last = _summed(self._last, at_last, len(self._until.scale))
        found = self._until.spread(last) * self._gone
        here = amounts * self._pair_factor
        for rows, part in ((~self._left, self._stays), (self._left, self._leaves)):
            if rows.any():
                pairs = _summed(self._pair[rows], here[rows], len(self._whole.scale))
                found += self._whole.spread(pairs) * part
        return found

    def futures(self, matrices: Sequence[Floats], *, through_b: bool = True) -> list[Floats]:
        """Sum over the grid of each matrix times the part that is alive, over exp(scale).

        Alive through the b posts with unrecorded opens as well (measurement model, section 2.4),
        or after the n opportunities alone. 0 for whoever has left.
        """
        cells = self.cells
        (reads, of, lasted), place = _distinct(cells.x, cells.n, cells.b * through_b)
        rows = _rows(reads, of, of + lasted, self.p, self.theta)
        factor = np.exp(rows.scale[place] + self._pair_scale) * ~self._left
        return [rows.sums(matrix)[place] * factor for matrix in matrices]


def _summed(places: Integers, amounts: Floats, size: int) -> Floats:
    return np.bincount(places, amounts, size).astype(np.float64, copy=False)
