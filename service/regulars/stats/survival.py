"""How long something takes, where some still wait: the Kaplan-Meier curve.

E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations", Journal of the
American Statistical Association 53 (1958), with Greenwood's variance and the interval of log(-log)
of the curve (J. D. Kalbfleisch and R. L. Prentice, "The Statistical Analysis of Failure Time Data",
section 1.4).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Z_90: Final = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class Step:
    """The share that still waits from ``time`` on, between low and high. at_risk: just before."""

    time: float
    share: float
    low: float
    high: float
    at_risk: int
    ended: int


@dataclass(frozen=True, slots=True)
class Curve:
    """Steps in the order of time, of n observations, of which ``ended`` came to an end."""

    steps: tuple[Step, ...]
    n: int
    ended: int
    longest: float

    def at(self, time: float) -> Step | None:
        """The step that holds at a time. None where nobody was observed for so long, unless all
        had ended by then."""
        if time > self.longest and (not self.steps or self.steps[-1].share > 0):
            return None
        found = [step for step in self.steps if step.time <= time]
        if found:
            return found[-1]
        return Step(0.0, 1.0, 1.0, 1.0, self.n, 0) if self.n else None

    @property
    def median(self) -> float | None:
        """The time by which half had ended. None while more than half wait."""
        # A product of fractions misses one half by a few bits.
        return next((step.time for step in self.steps if step.share <= 0.5 + 1e-12), None)


def kaplan_meier(times: Sequence[float], ended: Sequence[bool], z: float = Z_90) -> Curve:
    """The curve of observations: how long each lasted, and whether it ended then or goes on.

    times: 0 or more, in one unit, of equal length with ``ended``. Raises ValueError otherwise.
    """
    if len(times) != len(ended):
        raise ValueError("as many times as ends are needed")
    if any(not math.isfinite(one) or one < 0 for one in times):
        raise ValueError("a time is a finite number of 0 or more")
    ends = Counter(time for time, is_end in zip(times, ended, strict=True) if is_end)
    ordered = sorted(times)
    share, greenwood = 1.0, 0.0
    steps: list[Step] = []
    gone, place = 0, 0
    for time in sorted(ends):
        while place < len(ordered) and ordered[place] < time:
            place += 1
            gone += 1
        at_risk, count = len(times) - gone, ends[time]
        share *= 1 - count / at_risk
        if at_risk > count:
            greenwood += count / (at_risk * (at_risk - count))
        low, high = _interval(share, greenwood, z)
        steps.append(Step(time, share, low, high, at_risk, count))
    return Curve(tuple(steps), len(times), sum(ends.values()), max(times, default=0.0))


@dataclass(frozen=True, slots=True)
class Bounds:
    """Curves of observations whose ends are known to lie between two times: as if each had come at
    the first of them, and at the last.

    Where some still wait, an end at some time between can move the curve a little out of both, so
    ask them for the spread, and the curve of exact times for the rest.
    """

    earliest: Curve
    latest: Curve

    @property
    def median(self) -> tuple[float | None, float | None]:
        """The least and the largest time by which half had ended. None while more than half may
        wait."""
        first, last = self.earliest.median, self.latest.median
        if first is None or last is None:
            return (last if first is None else first), None
        return min(first, last), max(first, last)


def bound_curves(intervals: Sequence[tuple[float, float, bool]], z: float = Z_90) -> Bounds:
    """The curves of ends between two times each. ended: False for what goes on at the second time.

    intervals: (first, last, ended), in one unit. Raises ValueError where the first is later.
    """
    if any(first > last for first, last, _ in intervals):
        raise ValueError("an interval ends before it begins")
    ended = [is_end for _, _, is_end in intervals]
    firsts = [first if is_end else last for first, last, is_end in intervals]
    return Bounds(
        kaplan_meier(firsts, ended, z), kaplan_meier([last for _, last, _ in intervals], ended, z)
    )


def _interval(share: float, greenwood: float, z: float) -> tuple[float, float]:
    """Around the curve, on the scale of log(-log), which keeps it between 0 and 1."""
    if share <= 0.0:
        return 0.0, 0.0
    if share >= 1.0:
        return 1.0, 1.0
    spread = z * math.sqrt(greenwood) / abs(math.log(share))
    return share ** math.exp(spread), share ** math.exp(-spread)
