"""Adds a fit up to its summary."""

from __future__ import annotations

import numpy as np

from regulars.stats.cells import Floats
from regulars.stats.headcount import Sums, fewest_opportunities, from_sums, with_returns
from regulars.stats.unit_bits import Bits

from .gather import MAIN
from .judge import Judged
from .summary import (
    Burst,
    FallTest,
    OutlierUnit,
    Readership,
    Tenth,
    UnitReaders,
    WindowTest,
)

TENTHS = 10


def summarise(judged: Judged) -> Readership:
    """The summary of a fit."""
    gathered, rule, now = judged.gathered, judged.rule, judged.moments[0]
    units = gathered.units
    known = units.all
    return Readership(
        reads=rule.reads,
        of=rule.of,
        unit=rule.unit,
        fewest=fewest_opportunities(rule.of),
        units=int(units.is_open.sum()),
        most_opportunities=int(now.then.histories.n.max(initial=0)),
        sigma=judged.sigma,
        r=judged.returns[0].r,
        r_max=judged.returns[0].r_max,
        outliers=[
            OutlierUnit(unit.first_sent_at, flag, unit.post_nos)
            for unit, flag in zip(known, units.flags, strict=False)
            if flag != "none"
        ],
        bursts=[
            Burst(unit.first_sent_at, int(units.sign_ups[place]))
            for place, unit in enumerate(known)
            if units.bursts[place]
        ],
        windows=[_window(judged, back) for back in range(1, len(judged.moments))],
        shares=_shares(judged),
        fall=_fall(judged) if len(judged.moments) > 1 else None,
        has_fallen_back=now.weights.has_fallen_back,
        has_plain_opens=2 * gathered.plain_reads > gathered.reads,
        is_provisional=_is_provisional(judged),
    )


def _is_provisional(judged: Judged) -> bool:
    """Whether the figure rests on a first look at totals, for a tenth of its people or more."""
    now = judged.moments[0]
    people = now.is_there & now.is_visible
    people &= now.then.histories.n >= fewest_opportunities(judged.rule.of)
    provisional = int((now.then.is_provisional & people).sum())
    return 10 * provisional >= int(people.sum()) > 0


def _window(judged: Judged, back: int) -> WindowTest:
    moment, kept = judged.moments[back], judged.kept[back - 1]
    counted = moment.counts & kept.is_known
    chance, came = judged.chances(back)[counted], kept.kept[counted]
    found = from_sums(_sums(judged, back, counted), judged.rule.of, judged.sigma)
    return WindowTest(
        back=back * judged.rule.of,
        at=moment.at,
        people=int(counted.sum()),
        expected=found.value,
        low=found.low,
        high=found.high,
        came=int(came.sum()),
        tenths=_tenths(chance, came),
    )


def _sums(judged: Judged, back: int, counted: Bits) -> Sums:
    returns, forecasts = judged.returns[back], judged.moments[back].forecasts
    chance = judged.chances(back)[counted]
    most = with_returns(forecasts.p_sustained[counted], returns.r_max)
    return Sums(
        value=float(chance.sum()),
        most=float(most.sum()),
        variance=float((chance * (1 - chance)).sum()),
        slope=float(forecasts.moved[counted].sum()),
        people=int(counted.sum()),
    )


def _tenths(chance: Floats, came: Bits) -> list[Tenth]:
    place = np.minimum((chance * TENTHS).astype(np.int64), TENTHS - 1)
    people = np.bincount(place, minlength=TENTHS)
    expected = np.bincount(place, chance, TENTHS)
    kept = np.bincount(place, came.astype(np.float64), TENTHS)
    return [
        Tenth(int(one), float(two), int(three))
        for one, two, three in zip(people, expected, kept, strict=True)
    ]


def _shares(judged: Judged) -> list[UnitReaders]:
    gathered = judged.gathered
    units, counts = gathered.units, gathered.counts
    main = units.strata(np.arange(len(units.flags)), 0) == MAIN
    people, reads = counts.people[main].sum(axis=0), counts.reads[main].sum(axis=0)
    others, others_read = counts.people.sum(axis=0), counts.reads.sum(axis=0)
    return [
        UnitReaders(
            unit_no=unit.unit_no,
            sent_at=unit.first_sent_at,
            post_nos=unit.post_nos,
            readers=int(reads[place]),
            people=int(people[place]),
            flag=units.flags[place],
            delivered=int(counts.reached[place]),
            recipients=int(counts.certain[place]),
            recipients_read=int(counts.certain_reads[place]),
            others=int(others[place]),
            others_read=int(others_read[place]),
        )
        for place, unit in enumerate(units.all)
    ]


def _fall(judged: Judged) -> FallTest:
    moment, kept = judged.moments[1], judged.kept[0]
    counted = moment.is_there & moment.is_visible & kept.is_known
    counted &= moment.then.histories.n >= fewest_opportunities(judged.rule.of)
    forecasts, window = moment.forecasts, judged.gathered.windows[0]
    return FallTest(
        people=int(counted.sum()),
        expected=float(forecasts.expected_reads[counted].sum()),
        variance=float(forecasts.variance_reads[counted].sum()),
        slope=float(forecasts.moved_reads[counted].sum()),
        reads=int(window.reads[counted].sum(dtype=np.int64)),
        began_at=moment.at,
    )
