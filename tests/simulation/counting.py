"""The headline of invented people, by the product's own statistics.

This is what the reports do between the store and an answer: fit now and at both back-tests, score
everybody, and see whether a fall lasts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from simulation.gather import FEWEST, OF, READS, History, history
from simulation.worlds import Lived

from regulars.stats.cells import Cells
from regulars.stats.forecast import Forecast, forecast
from regulars.stats.headcount import (
    Headcount,
    Returns,
    headcount,
    issue_effect,
    return_rate,
    with_returns,
)
from regulars.stats.mixture import STRATUM_WEIGHT, fit_weights, learn
from regulars.stats.ordinary import Fall, lasting_fall

Array = npt.NDArray[Any]
_STEP = 0.1


def cells_of(now: History, rows: Array) -> tuple[Cells, Array]:
    """The cells of the people of a mask, and for each of these people the place of their cell."""
    numbers = np.stack([now.x, now.t, now.n, now.left])[:, rows].astype(np.int64)
    base = now.at + 1
    code = ((numbers[0] * base + numbers[1]) * base + numbers[2]) * 2 + numbers[3]
    _, first, place, people = np.unique(
        code, return_index=True, return_inverse=True, return_counts=True
    )
    x, t, n, left = numbers[:, first]
    cells = Cells(x=x, t=t, n=n, has_left=left.astype(bool), weight=people.astype(float))
    return cells, place


class Fitted:
    """The weights of each stratum, as they are learned from what was known at one time."""

    def __init__(self, now: History) -> None:
        self.now = now
        self.weights: dict[int, Array] = {}
        main, _ = cells_of(now, now.is_known & (now.stratum == 0))
        learned = learn(main)
        self.weights[0], self.fallback = learned.weights, learned.fallback
        for stratum in np.unique(now.stratum[now.is_known & (now.stratum > 0)]).tolist():
            cells, _ = cells_of(now, now.is_known & (now.stratum == stratum))
            self.weights[stratum] = fit_weights(cells, learned.weights, STRATUM_WEIGHT)

    def strata(self, rows: Array) -> list[tuple[Cells, Array]]:
        """The cells of a mask by stratum, with their weights."""
        return [
            (cells_of(self.now, rows & (self.now.stratum == stratum))[0], weights)
            for stratum, weights in self.weights.items()
        ]

    def of_people(self, rows: Array, name: str, shift: float = 0.0) -> Array:
        """One field of the forecast, a person each; 0 outside the mask."""
        found = np.zeros(len(rows))
        for stratum, weights in self.weights.items():
            here = rows & (self.now.stratum == stratum)
            cells, place = cells_of(self.now, here)
            if len(cells):
                told = getattr(forecast(cells, weights, READS, OF, shift=shift), name)
                found[here] = told[place]
        return found


@dataclass(frozen=True)
class Counted:
    """Everything that is said when ``at`` units have matured."""

    lived: Lived
    at: int
    flags: bool = True

    @cached_property
    def now(self) -> History:
        """Who had read what by then."""
        return history(self.lived, self.at, flags=self.flags)

    @cached_property
    def fitted(self) -> Fitted:
        """The weights of now."""
        return Fitted(self.now)

    @cached_property
    def sigma(self) -> float:
        """The standard deviation of a post's own effect, on the logit."""
        readers, members = self.now.shares()
        main = ~self.now.left & (self.now.n >= FEWEST) & (self.now.stratum == 0)
        cells, _ = cells_of(self.now, main)
        reading: Forecast = forecast(cells, self.fitted.weights[0], READS, OF)
        shares = readers / np.maximum(members, 1)
        return issue_effect(shares, members, reading, cells.weight)

    @cached_property
    def returns(self) -> Returns:
        """How many who were written off came back, at both back-tests."""
        return Returns(self._returned(OF), self._returned(2 * OF))

    def back_test(self, ago: int) -> Counted:
        """What was said ``ago`` opportunities before, by what was known then."""
        return Counted(self.lived, int(self.now.units_after(ago)[0]), self.flags)

    def _returned(self, ago: int) -> float:
        then = self.back_test(ago)
        rows = then.now.is_eligible
        chance = then.fitted.of_people(rows, "p_sustained")[rows]
        units = self.now.units_after(ago)[:OF]
        came = self.now.reads[:, units].sum(axis=1)[rows] >= READS
        return return_rate(chance, came.astype(float), np.ones(len(chance)))

    @cached_property
    def headcount(self) -> Headcount:
        """S and its interval before rounding."""
        strata = self.fitted.strata(self.now.is_eligible)
        return headcount(strata, READS, OF, returns=self.returns, sigma=self.sigma)

    @cached_property
    def chances(self) -> Array:
        """P', a person each; 0 for those of whom the headline does not speak."""
        rows = self.now.is_eligible
        chance = with_returns(self.fitted.of_people(rows, "p_sustained"), self.returns.r)
        return np.where(rows, chance, 0.0)

    @cached_property
    def truth(self) -> Array:
        """Of these people, who really read half of the posts that come next."""
        return self.lived.really_read(self.at, READS, OF) & self.now.is_eligible

    def fall(self, then: Counted) -> Fall | None:
        """What the reads since ``then``, eight opportunities before, say about a lasting fall."""
        rows = ~then.now.left & (then.now.n >= FEWEST)
        units = self.now.units_after(OF)
        less, more = (
            then.fitted.of_people(rows, "expected_reads", shift).sum() for shift in (-_STEP, _STEP)
        )
        return lasting_fall(
            float(self.now.reads[:, units][rows].sum()),
            float(then.fitted.of_people(rows, "expected_reads").sum()),
            float(then.fitted.of_people(rows, "variance_reads").sum()),
            slope=float(more - less) / (2 * _STEP),
            sigma=self.sigma,
            units=OF,
        )
