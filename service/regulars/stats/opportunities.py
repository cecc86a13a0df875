"""Histories of reading for the model: reads, opportunities, the last sign of life, blocks.

See section 1.4 to 1.6 of the measurement model. Everything is counted from bit strings over units
(``unit_bits.py``), newest first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .cells import Cells
from .unit_bits import Bits, FirstBlock, Integers, Sequences, UnitBits, first_place


@dataclass(frozen=True, slots=True, eq=False)
class Histories:
    """One entry a person, the fields of ``Cells``; first: unit of the first opportunity, or -1."""

    x: Integers
    t: Integers
    n: Integers
    b: Integers
    block_before: Integers
    block_size: Integers
    block_reads: Integers
    first: Integers

    def cells(self, has_left: Bits, which: Bits) -> Cells:
        """The histories of ``which`` people that hold an opportunity, one cell each."""
        taken = which & (self.n > 0)
        names = ("x", "t", "n", "b", "block_before", "block_size", "block_reads")
        parts = {name: getattr(self, name)[taken] for name in names}
        return Cells(has_left=has_left[taken], **parts)


def opportunities(bits: UnitBits, left_out: Bits) -> Bits:
    """Which units are somebody's opportunity: they can be judged, their opens were recorded.

    left_out: (units,) units that say nothing about anybody.
    """
    return bits.judged & ~bits.blind & ~left_out


def histories(bits: UnitBits, left_out: Bits) -> Histories:
    """The history of everybody.

    Where running totals leave open how many of a block were read, its middle is taken, half a read
    up. A click that running totals show dates from its block, so it fixes no order within that.
    """
    chosen = opportunities(bits, left_out)
    places = Sequences.of(chosen)
    low, high = places.gather(bits.low), places.gather(bits.high)
    n = places.count
    life = first_place(bits.acted, bits.units)
    newest = first_place(chosen, bits.units)
    past = np.arange(bits.units) < np.minimum(newest, life)[:, None]
    found = _exact(low, n) if not (low != high).any() else _mixed(bits, places, low, high)
    alive = n - (chosen & (np.arange(bits.units) < life[:, None])).sum(axis=1)
    alive = np.where(life < bits.units, alive, 0)
    return _with_life(found, alive, (bits.blind & ~left_out & past).sum(axis=1), places)


def _with_life(found: _Reads, alive: Integers, blind: Integers, places: Sequences) -> Histories:
    """A sign of life after the last read fixes t, also where that read lies in a block."""
    latest = np.where(found.size > 0, found.before + found.size, found.t)
    is_fixed = alive > latest
    first = np.full(len(alive), -1, np.int64)
    there = np.flatnonzero(places.count)
    first[there] = places.unit[there, places.count[there] - 1]
    return Histories(
        x=found.x,
        t=np.where(is_fixed, alive, latest),
        n=places.count,
        b=blind,
        block_before=np.where(is_fixed, 0, found.before),
        block_size=np.where(is_fixed, 0, found.size),
        block_reads=np.where(is_fixed, 0, found.reads),
        first=first,
    )


def with_first_look(found: Histories, look: FirstBlock) -> Histories:
    """The same histories with a block before all of them: the first look at running totals."""
    reached = look.reached
    reads = np.minimum((look.low + look.high + 1) // 2, reached)
    is_silent = found.t == 0  # nothing since: the last read lies in the block, if anywhere
    is_open = is_silent & (reads > 0) & (reads < reached)
    return Histories(
        x=found.x + reads,
        t=np.where(is_silent, np.where(reads > 0, reached, 0), found.t + reached),
        n=found.n + reached,
        b=found.b,
        block_before=np.where(found.block_size > 0, found.block_before + reached, 0),
        block_size=np.where(is_open, reached, found.block_size),
        block_reads=np.where(is_open, reads, found.block_reads),
        first=np.where(reached > 0, -1, found.first),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Reads:
    """Reads of everybody, t, and the block of the last read (before, size, reads: 0 without)."""

    x: Integers
    t: Integers
    before: Integers
    size: Integers
    reads: Integers


def _exact(low: Bits, n: Integers) -> _Reads:
    none = np.zeros_like(n)
    last = first_place(low, low.shape[1])
    t = np.where(low.any(axis=1), n - last, 0)
    return _Reads(low.sum(axis=1, dtype=np.int64), t, none, none.copy(), none.copy())


def _mixed(bits: UnitBits, places: Sequences, low: Bits, high: Bits) -> _Reads:
    """The same where some people have blocks, which are put together from their parts."""
    has_block = (low != high).any(axis=1)
    found = _exact(low, places.count)
    settled = places.gather(bits.settled)[has_block]
    there = places.is_there[has_block]
    parts = _blocks(low[has_block], high[has_block], settled, there, places.count[has_block])
    for name in ("x", "t", "before", "size", "reads"):
        getattr(found, name)[has_block] = getattr(parts, name)
    return found


def _blocks(low: Bits, high: Bits, settled: Bits, there: Bits, n: Integers) -> _Reads:
    """Reads of people with blocks. A block runs from a settled place to the next older one.

    Weeks are settled each. So open weeks that follow each other are one block, as the totals that
    leave them open are.
    """
    begins = settled & there
    begins[:, 0] = there[:, 0]
    older = np.ones_like(begins)
    older[:, :-1] = begins[:, 1:] | ~there[:, 1:]
    is_open = begins & older & (low != high)
    begins[:, 1:] &= ~(is_open[:, 1:] & is_open[:, :-1])
    people, width = begins.shape
    block = np.cumsum(begins, axis=1) - 1
    key = (np.arange(people)[:, None] * width + block)[there]
    shape = (people, width)
    sums = [
        np.bincount(key, part[there], people * width).reshape(shape).astype(np.int64)
        for part in (low.astype(np.float64), high.astype(np.float64), np.ones(low.shape))
    ]
    reads = np.minimum((sums[0] + sums[1] + 1) // 2, sums[2])
    x = reads.sum(axis=1)
    at = first_place(reads > 0, width)
    has_read = at < width
    row, at = np.arange(people), np.where(has_read, at, 0)
    size, read = sums[2][row, at], reads[row, at]
    newer = np.where(np.arange(width) < at[:, None], sums[2], 0).sum(axis=1)
    is_block = has_read & (read < size)
    return _Reads(
        x=x,
        t=np.where(has_read, n - newer, 0),
        before=np.where(is_block, n - newer - size, 0),
        size=np.where(is_block, size, 0),
        reads=np.where(is_block, read, 0),
    )


@dataclass(slots=True, eq=False)
class UnitCounts:
    """Counts of people by the unit of their first opportunity (rows) and by unit (columns).

    people, reads: people with enough earlier opportunities, and who of them read. Only places
    that are certain count. By unit alone: all with an opportunity, of these those whose place is
    certain and who of them read, and everybody whom it reached.
    """

    people: Integers
    reads: Integers
    all: Integers
    certain: Integers
    certain_reads: Integers
    reached: Integers

    @classmethod
    def empty(cls, units: int) -> UnitCounts:
        """Counts of nobody."""
        square = [np.zeros((units, units), np.int64) for _ in range(2)]
        return cls(*square, *(np.zeros(units, np.int64) for _ in range(4)))

    def add(
        self,
        bits: UnitBits,
        chosen: Bits,
        earlier: int,
        first: Integers,
        *,
        before: Integers,
        left_out: Bits | None = None,
    ) -> None:
        """Count these people too. chosen: their opportunities. first: their first one, or -1.

        earlier: how many opportunities must lie before; those of units ``left_out`` count for none.
        before: opportunities that a first look at totals tells of. Such people came before all
        units, so they count with those of the oldest one.
        """
        counted = chosen if left_out is None else chosen & ~left_out
        so_far = np.cumsum(counted, axis=1, dtype=np.int16)
        certain = chosen & (bits.low == bits.high)
        able = certain & (so_far[:, -1:] - so_far + before[:, None] >= earlier)
        read = able & bits.low
        self.all += chosen.sum(axis=0)
        self.certain += certain.sum(axis=0)
        self.certain_reads += (certain & bits.low).sum(axis=0)
        came = np.where(before > 0, chosen.shape[1] - 1, first)
        order = np.argsort(came, kind="stable")
        order = order[came[order] >= 0]
        if not len(order):
            return
        cohorts, starts = np.unique(came[order], return_index=True)
        self.people[cohorts] += np.add.reduceat(able[order], starts, axis=0, dtype=np.int64)
        self.reads[cohorts] += np.add.reduceat(read[order], starts, axis=0, dtype=np.int64)
