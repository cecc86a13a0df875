"""From what invented people did to what a forecast asks: reads, opportunities, flags, strata.

This is what the reports read from the store, taken from arrays. Every unit is a weekly post.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from simulation.worlds import Lived

from regulars.stats.outliers import read_share_outliers, sign_up_spikes

READS, OF, FEWEST, FEWEST_READS = 4, 8, 8, 3
OLD_UNITS = 52

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class History:
    """Everybody as they stood when ``at`` units had matured. One entry a person.

    x, t, n: reads, own opportunities up to the last of them, opportunities. left: whether they
    unsubscribed. stratum: 0, or the number of the spike they came with. opportunities, reads:
    (people, at). is_known: whether they were there yet.
    """

    at: int
    x: Array
    t: Array
    n: Array
    left: Array
    stratum: Array
    opportunities: Array
    reads: Array
    set_aside: Array

    @property
    def is_known(self) -> Array:
        """Whether the person has had an opportunity."""
        return self.n > 0

    @property
    def is_eligible(self) -> Array:
        """Whom the headline speaks of. With weekly posts eight of them are 56 days."""
        return ~self.left & (self.n >= FEWEST) & (self.x >= FEWEST_READS)

    def units_after(self, ago: int) -> Array:
        """The last ``ago`` units that were not set aside; fewer than that is a ValueError."""
        kept = np.flatnonzero(~self.set_aside)[-ago:]
        if len(kept) < ago:
            raise ValueError(f"fewer than {ago} units have matured")
        return kept

    def shares(self, units: int = 26) -> tuple[Array, Array]:
        """Readers and members, main stratum with eight earlier opportunities, of the last units."""
        earlier = np.cumsum(self.opportunities, axis=1) - self.opportunities
        counts = self.opportunities & (earlier >= FEWEST) & (self.stratum == 0)[:, None]
        kept = np.flatnonzero(~self.set_aside)[-units:]
        return (counts & self.reads).sum(axis=0)[kept], counts.sum(axis=0)[kept]


def history(lived: Lived, at: int, *, flags: bool = True) -> History:
    """What is known when ``at`` units have matured, by the flags of that time.

    flags: whether spikes of sign-ups become strata of their own.
    """
    stratum = _strata(lived, at) if flags else np.zeros(len(lived.first), int)
    sent, read = lived.sent(at), lived.reads[:, :at]
    set_aside = _outliers(sent, read, stratum)
    opportunities = sent & ~set_aside
    reads = read & opportunities
    so_far = np.cumsum(opportunities, axis=1)
    return History(
        at=at,
        x=reads.sum(axis=1),
        t=(so_far * reads).max(axis=1, initial=0),
        n=opportunities.sum(axis=1),
        left=lived.left <= at,
        stratum=stratum,
        opportunities=opportunities,
        reads=reads,
        set_aside=set_aside,
    )


def _strata(lived: Lived, at: int) -> Array:
    """0, or one more than the unit of the spike somebody came with; older ones are one."""
    counts = np.bincount(lived.first[lived.first < at], minlength=at)
    # Whoever was there at the first post came over years, as an import does.
    judged = sign_up_spikes(counts[1:].tolist())
    spikes = [unit for unit, one in enumerate(judged, start=1) if one.flag == "high"]
    stratum = np.zeros(len(lived.first), int)
    for unit in spikes:
        stratum[lived.first == unit] = max(unit + 1, at - OLD_UNITS)
    return stratum


def _outliers(sent: Array, read: Array, stratum: Array) -> Array:
    """The units that are nobody's opportunity, by the people who came with no spike."""
    earlier = np.cumsum(sent, axis=1) - sent
    counts = sent & (earlier > 0) & (stratum == 0)[:, None]
    readers, members = (counts & read).sum(axis=0), counts.sum(axis=0)
    judged = read_share_outliers(readers.tolist(), members.tolist())
    return np.array([one.flag != "none" for one in judged], bool)
