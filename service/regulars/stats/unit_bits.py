"""Bit strings over the units of a publication, as matrices of people and units.

A unit is a post, or a week with a post. Column 0 is the newest one, as in the table `histories`,
so leaving out the newest k columns is the past as it was k units ago.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class UnitBits:
    """What is known of people and units: matrices of the same shape (people, units).

    reached: it reached them. seen: their reading of it can be seen, a machine's alone included.
    judged: it can be judged. low, high: a read is proved, or possible. settled: a window that ends
    here has right bounds. plain: the read is an open of unknown making. opened, clicked, answered:
    what they did. acted: a click or an answer, also one that running totals show. blind: it reached
    them, and its opens went unrecorded.
    """

    reached: Bits
    seen: Bits
    judged: Bits
    low: Bits
    high: Bits
    settled: Bits
    plain: Bits
    opened: Bits
    clicked: Bits
    answered: Bits
    acted: Bits
    blind: Bits

    @property
    def people(self) -> int:
        """How many people (rows) there are."""
        return int(self.reached.shape[0])

    @property
    def units(self) -> int:
        """How many units (columns) there are."""
        return int(self.reached.shape[1])

    def before(self, newest: int) -> Self:
        """The same without the newest units: what was known that many units ago."""
        return type(self)(**{one.name: getattr(self, one.name)[:, newest:] for one in fields(self)})

    def rows(self, which: npt.NDArray[Any]) -> Self:
        """The same people of a mask or of places."""
        return type(self)(**{one.name: getattr(self, one.name)[which] for one in fields(self)})


@dataclass(frozen=True, slots=True, eq=False)
class FirstBlock:
    """What the first look at running totals tells of posts before all bits, one entry a person.

    reached: how many posts, 0 without such a look. low, high: how many of them were read, at least
    and at most. clicked: above 0 if anything in them was.
    """

    reached: Integers
    low: Integers
    high: Integers
    clicked: Integers

    def of(self, which: Bits) -> Self:
        """The same, and nothing of the other people."""
        return type(self)(
            **{
                one.name: np.where(which, getattr(self, one.name), 0).astype(np.int64)
                for one in fields(self)
            }
        )


NAMES: tuple[str, ...] = tuple(one.name for one in fields(UnitBits))


def unpacked(packed: npt.NDArray[np.uint8], units: int) -> Bits:
    """Bit strings as a matrix of (strings, units), the leftmost bit in column 0.

    packed: the bytes of all strings, one after the other, each of the same whole number of bytes
    and filled up on the left, as DuckDB casts BIT to BLOB. ``units``: above 0.
    """
    width = (units + 7) // 8
    spread = np.unpackbits(packed.reshape(-1, width), axis=1)
    return spread[:, width * 8 - units :].view(np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Sequences:
    """The chosen units of each person, moved together: column k is their k-th newest one.

    count: how many each has. unit: the unit of each (0 beyond count). Values beyond count are
    False or 0. Shape (people, most units of anybody).
    """

    count: Integers
    unit: Integers
    rows: Integers
    places: Integers

    @classmethod
    def of(cls, chosen: Bits) -> Self:
        """The units that ``chosen`` (people, units) marks."""
        count = chosen.sum(axis=1, dtype=np.int64)
        rows, columns = np.nonzero(chosen)
        starts = np.cumsum(count) - count
        places = np.arange(len(rows)) - np.repeat(starts, count)
        unit = np.zeros((len(chosen), int(count.max(initial=0))), np.int64)
        unit[rows, places] = columns
        return cls(count, unit, rows, places)

    def gather(self, bits: Bits) -> Bits:
        """The bits (people, units) of the chosen units, moved together in the same way."""
        found = np.zeros(self.unit.shape, np.bool_)
        found[self.rows, self.places] = bits[self.rows, self.unit[self.rows, self.places]]
        return found

    @property
    def is_there(self) -> Bits:
        """Which places hold a unit."""
        there: Bits = np.arange(self.unit.shape[1]) < self.count[:, None]
        return there


def first_place(bits: Bits, missing: int) -> Integers:
    """Column of the first True of each row, or ``missing`` where there is none."""
    if bits.shape[1] == 0:
        return np.full(len(bits), missing, np.int64)
    return np.where(bits.any(axis=1), bits.argmax(axis=1), missing)
