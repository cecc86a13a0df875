"""Judges everybody by the model: now, and at each back-test.

What comes out is one row for each standing that is open, or was at the first back-test, and a
summary of the publication. Both hold until the histories change: what moves with the hour alone,
such as who has been there for 56 days, is left to whoever asks (``readers.sql``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from regulars.stats.cells import Floats
from regulars.stats.forecast import Forecast
from regulars.stats.forecasts import (
    Forecasts,
    People,
    Recall,
    Weights,
    forecast_people,
    learn_weights,
)
from regulars.stats.headcount import (
    FEWEST_DAYS,
    FEWEST_READS,
    Returns,
    fewest_opportunities,
    issue_effect,
    return_rate,
    with_returns,
)
from regulars.stats.recurrence import Rule
from regulars.stats.unit_bits import Bits

from .gather import MAIN, Gathered, Then
from .hidden import HiddenChances, judge_hidden

TENURE = timedelta(days=FEWEST_DAYS)


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """Everybody at one instant: now, or a back-test. Arrays with one entry a standing.

    is_there: the standing was open. is_visible: neither hidden nor uncertain. is_established: long
    enough there, with enough opportunities and reads. weights: what they were scored under.
    """

    at: datetime
    then: Then
    is_there: Bits
    has_left: Bits
    is_visible: Bits
    is_established: Bits
    forecasts: Forecasts
    weights: Weights

    @property
    def counts(self) -> Bits:
        """Who counts in the headcount."""
        return self.is_there & self.is_visible & self.is_established


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What came after a back-test. is_known: they left, or all that was forecast came to them.

    is_there: whoever was there then. kept: read at least as many as the rule wants.
    """

    is_known: Bits
    kept: Bits


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """moments[0] is now, kept[k] and returns[k] belong to moments[k + 1] and moments[k]."""

    gathered: Gathered
    rule: Rule
    moments: list[Moment]
    kept: list[Kept]
    returns: list[Returns]
    sigma: float
    hidden: HiddenChances

    def chances(self, back: int) -> Floats:
        """P' of everybody at that moment."""
        return with_returns(self.moments[back].forecasts.p_sustained, self.returns[back].r)


def judge(gathered: Gathered, rule: Rule, as_of: datetime, known: Recall) -> Judged:
    """Fit, score and test. ``as_of`` is naive UTC; ``known`` gives weights that are kept."""
    moments = []
    for place, then in enumerate(gathered.then):
        at = as_of if place == 0 else gathered.units.at(then.cut)
        moments.append(_moment(gathered, rule, then, at, known))
    kept = [
        _kept(gathered, rule, place, moment, moments[place])
        for place, moment in enumerate(moments[1:])
    ]
    rates = [_return_rate(moment, one) for moment, one in zip(moments[1:], kept, strict=True)]
    rates += [None, None]
    returns = [
        Returns(rates[place], rates[place + 1]) if place + 1 < len(rates) else Returns()
        for place in range(len(moments))
    ]
    now = moments[0]
    hidden = judge_hidden(gathered, rule, now.is_there, now.has_left, now.is_visible, now.weights)
    return Judged(gathered, rule, moments, kept, returns, _sigma(gathered, rule, now), hidden)


def _moment(gathered: Gathered, rule: Rule, then: Then, at: datetime, known: Recall) -> Moment:
    since, until = gathered.column("since_at"), gathered.column("until_at")
    moment = np.datetime64(at, "us")
    has_begun = since <= moment
    has_ended = until <= moment  # NaT, an open end, is not
    has_left = has_ended & gathered.column("is_left")
    is_visible = ~then.is_hidden & ~then.is_uncertain
    is_there = has_begun & ~has_ended
    people = People(
        histories=then.histories,
        has_left=has_left,
        teaches=has_begun & is_visible,
        is_forecast=is_there & ~then.is_hidden,
        stratum=np.where(is_visible, gathered.units.strata(gathered.first, then.cut), MAIN),
        hashes=gathered.column("id_hash"),
    )
    weights = learn_weights(people, known)
    return Moment(
        at=at,
        then=then,
        is_there=is_there,
        has_left=has_left,
        is_visible=is_visible,
        is_established=(then.histories.n >= fewest_opportunities(rule.of))
        & (then.histories.x >= FEWEST_READS)
        & (since <= np.datetime64(at - TENURE, "us")),
        forecasts=forecast_people(people, weights, rule.reads, rule.of),
        weights=weights,
    )


def _kept(gathered: Gathered, rule: Rule, place: int, then: Moment, after: Moment) -> Kept:
    window = gathered.windows[place]
    left_since = then.is_there & after.has_left
    # An unknown read is no missing one: whoever got fewer that can be judged stays outside.
    return Kept(
        is_known=left_since | (window.opportunities >= rule.of),
        kept=window.reads >= rule.reads,
    )


def _return_rate(moment: Moment, kept: Kept) -> float | None:
    counted = moment.counts & kept.is_known
    if not counted.any():
        return None
    people = np.ones(int(counted.sum()))
    came = kept.kept[counted].astype(np.float64)
    return return_rate(moment.forecasts.p_sustained[counted], came, people)


def _sigma(gathered: Gathered, rule: Rule, now: Moment) -> float:
    main = gathered.units.strata(np.arange(len(gathered.units.flags)), 0) == MAIN
    taken = np.flatnonzero(gathered.units.is_open)[::-1]
    people = gathered.counts.people[main].sum(axis=0)[taken]
    reads = gathered.counts.reads[main].sum(axis=0)[taken]
    stratum = gathered.units.strata(gathered.first, 0)
    who = now.is_there & now.is_visible & (stratum == MAIN)
    who &= now.then.histories.n >= fewest_opportunities(rule.of)
    reading, none = now.forecasts.reading[who], np.zeros(int(who.sum()))
    shares = np.divide(reads, people, out=np.zeros(len(taken)), where=people > 0)
    return issue_effect(
        shares, people, Forecast(none, none, none, none, reading), np.ones(len(none))
    )
