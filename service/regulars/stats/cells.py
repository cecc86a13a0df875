"""Cells: people with the same history of reading, set down once with how many they are.

Three numbers say all that the model needs of a history: x reads, n opportunities (posts that
reached the person and could be judged), and t, how many of these lie up to the last read or the
last proof of life (Fader, Hardie, Shang 2010 call them frequency and recency). b counts posts
since then whose opens went unrecorded.

Running totals show several posts at a time. Where the last read lies in such a block, t is open:
the block follows ``block_before`` opportunities, holds ``block_size`` of them and ``block_reads``
reads in an unknown order. ``block_size`` 0 means that t is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

MOST_LEARNED_FROM = 30_000
_BLOCK = ("block_before", "block_size", "block_reads")


def _not_given() -> Any:
    return np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Equally long arrays, one entry a cell. What is left out is 0 everywhere, ``weight`` is 1.

    weight: people. has_left: their leaving is known. A spell that ended otherwise (a bounce, a
    removal) tells nothing of interest: it stands like an open one here, and in no sum of people.
    ValueError names the field that no history can have: reads after t, t after n, a block that
    holds more reads than posts.
    """

    x: Integers
    t: Integers
    n: Integers
    b: Integers = field(default_factory=_not_given)
    has_left: Booleans = field(default_factory=_not_given)
    weight: Floats = field(default_factory=_not_given)
    block_before: Integers = field(default_factory=_not_given)
    block_size: Integers = field(default_factory=_not_given)
    block_reads: Integers = field(default_factory=_not_given)

    def __post_init__(self) -> None:
        size = len(self.x)
        for one in fields(self):
            kind = {"has_left": np.bool_, "weight": np.float64}.get(one.name, np.int64)
            given = np.asarray(getattr(self, one.name))
            if not len(given) and size:
                given = np.full(size, 1 if one.name == "weight" else 0)
            if given.shape != (size,):
                raise ValueError(f"cells: {one.name} has shape {given.shape}, and x has {(size,)}")
            object.__setattr__(self, one.name, np.ascontiguousarray(given, dtype=kind))
        self._check()

    def _check(self) -> None:
        exact = self.block_size == 0
        before, size, reads = self.block_before, self.block_size, self.block_reads
        faults = {
            "x": (self.x < 0) | (self.x > np.where(exact, self.t, self.n)),
            "t": exact & (self.t > self.n),
            "b": self.b < 0,
            "weight": ~(np.isfinite(self.weight) & (self.weight >= 0)),
            "block_before": (before < 0) | (~exact & (before + size > self.n)),
            "block_size": size < 0,
            "block_reads": ~exact
            & ((reads < 1) | (reads > size) | (reads > self.x) | (self.x - reads > before)),
        }
        for name, wrong in faults.items():
            if wrong.any():
                at = int(np.flatnonzero(wrong)[0])
                raise ValueError(f"cells: {name} is impossible in entry {at}: {self._entry(at)}")

    def _entry(self, at: int) -> str:
        return ", ".join(f"{one.name}={getattr(self, one.name)[at]}" for one in fields(self))

    def __len__(self) -> int:
        return len(self.x)

    @property
    def people(self) -> float:
        """How many people all cells hold."""
        return float(self.weight.sum())

    @property
    def is_exact(self) -> Booleans:
        """Where t is known: the last read lies in no block."""
        exact: Booleans = self.block_size == 0
        return exact

    def total(self, values: Floats) -> float:
        """Sum over all people of a number that each cell has; one thread, whatever the size."""
        return float((values * self.weight).sum())

    def take(self, which: npt.NDArray[Any]) -> Self:
        """The cells of a mask or of places."""
        return type(self)(**{one.name: getattr(self, one.name)[which] for one in fields(self)})

    def weighted(self, weight: npt.ArrayLike) -> Self:
        """The same cells with other numbers of people."""
        return replace(self, weight=np.asarray(weight, np.float64))

    def collapsed(self) -> Self:
        """Each cell once, in order of its fields, with the people of all its copies."""
        plain = self._without_what_is_ignored()
        keys = [getattr(plain, one.name) for one in fields(self) if one.name != "weight"]
        keys = [key for key in keys if len(key) and key.min() != key.max()]
        if not len(plain):
            return plain
        order = np.lexsort(keys[::-1]) if keys else np.arange(len(plain))
        starts = np.zeros(len(plain), np.bool_)
        starts[0] = True
        for key in keys:
            ordered = key[order]
            starts[1:] |= ordered[1:] != ordered[:-1]
        places = np.flatnonzero(starts)
        return plain.take(order[places]).weighted(np.add.reduceat(plain.weight[order], places))

    def _without_what_is_ignored(self) -> Self:
        """t is 0 where a block leaves it open, the place of a block where there is none."""
        exact = self.is_exact
        blocks = {name: np.where(exact, 0, getattr(self, name)) for name in _BLOCK}
        return replace(self, t=np.where(exact, self.t, 0), **blocks)

    def last_reads(self) -> tuple[Integers, Integers, Floats]:
        """Each t that a cell allows: place of the cell, t, log of the number of orders.

        Within a block of d posts after a others the last of y reads may be any from a + y to
        a + d, in C(t - a - 1, y - 1) orders each (measurement model, section 1.6).
        """
        exact = self.is_exact
        spread = np.where(exact, 1, self.block_size - self.block_reads + 1)
        cell = np.repeat(np.arange(len(self)), spread)
        step = np.arange(len(cell)) - np.repeat(np.cumsum(spread) - spread, spread)
        first = np.where(exact, self.t, self.block_before + self.block_reads)
        chosen = np.where(exact, 0, self.block_reads - 1)[cell]
        return cell, first[cell] + step, log_choose(chosen + np.where(exact[cell], 0, step), chosen)

    def log_orders(self) -> Floats:
        """Log of the number of orders that the reads of each cell's block may have had."""
        return log_choose(self.block_size, np.where(self.is_exact, 0, self.block_reads))


def joined(parts: Sequence[Cells]) -> Cells:
    """The cells of all parts, one after the other."""
    if not parts:
        return Cells(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))
    return Cells(
        **{
            one.name: np.concatenate([getattr(part, one.name) for part in parts])
            for one in fields(Cells)
        }
    )


def log_choose(size: Integers, chosen: Integers) -> Floats:
    """Log of the number of ways to choose, entry by entry; ``0 <= chosen <= size``."""
    top = int(size.max()) if len(size) else 0
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, top + 1)))])
    found: Floats = log_factorial[size] - log_factorial[chosen] - log_factorial[size - chosen]
    return found


def learned_from(hashes: npt.ArrayLike, most: int = MOST_LEARNED_FROM) -> Booleans:
    """Who of all people teaches the weights: those with the ``most`` smallest hashes of their id.

    hashes: an integer a person that comes from the id alone, so the same people are chosen at each
    making, in whatever order the rows come. Equal hashes at the edge are all left out.
    """
    given = np.asarray(hashes)
    if len(given) <= most:
        return np.ones(len(given), np.bool_)
    chosen: Booleans = given < np.partition(given, most)[most]
    return chosen
