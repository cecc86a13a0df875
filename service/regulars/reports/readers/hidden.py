"""Judges the people whose reading nobody can see, as if they read like the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regulars.stats.cells import Floats
from regulars.stats.forecasts import Weights, alike
from regulars.stats.headcount import fewest_opportunities
from regulars.stats.hidden import (
    FEWEST_HIDDEN,
    FEWEST_VISIBLE,
    fit_proof_shares,
    forecast_hidden,
    leaving_share,
)
from regulars.stats.recurrence import Rule
from regulars.stats.unit_bits import Bits

from .gather import MAIN, Gathered


@dataclass(frozen=True, slots=True, eq=False)
class HiddenChances:
    """One entry a standing: is_known where there is an estimate, and what it is there."""

    is_known: Bits
    p_sustained: Floats
    moved: Floats


def judge_hidden(
    gathered: Gathered,
    rule: Rule,
    is_there: Bits,
    has_left: Bits,
    is_visible: Bits,
    weights: Weights,
) -> HiddenChances:
    """The chances of hidden people who had enough units, where enough others can be seen.

    is_there, has_left, is_visible: entries a standing, now. weights: what visible people taught.
    """
    count, now = len(is_there), gathered.then[0]
    nobody = HiddenChances(np.zeros(count, np.bool_), np.zeros(count), np.zeros(count))
    hidden = is_there & now.is_hidden
    seen = is_there & is_visible & (now.histories.n > 0)
    if hidden.sum() < FEWEST_HIDDEN or seen.sum() < FEWEST_VISIBLE:
        return nobody
    proofs = gathered.proofs
    which = np.flatnonzero(hidden & (proofs.n >= fewest_opportunities(rule.of)))
    if not len(which):
        return nobody
    teaches = is_visible & (gathered.units.strata(gathered.first, 0) == MAIN)
    main = weights.by_stratum[MAIN]
    still_there = alike(now.histories, has_left, np.flatnonzero(seen & teaches))[0]
    left = int((has_left & teaches & (now.histories.n > 0)).sum())
    shares = fit_proof_shares(proofs.reads[teaches], proofs.proved_reads[teaches])
    cells, place = alike(proofs.histories(), np.zeros(count, np.bool_), which)
    found = forecast_hidden(
        cells, main, shares, rule.reads, rule.of, leaving=leaving_share(still_there, left, main)
    )
    nobody.is_known[which] = True
    nobody.p_sustained[which] = found.p_sustained[place]
    nobody.moved[which] = found.moved[place]
    return nobody
