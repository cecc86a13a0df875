"""One run of each experiment: a seed in, the figures that are summed up later out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from simulation.counting import Counted
from simulation.gather import OF, READS, History
from simulation.worlds import Lived, World, burst, live, reopened

from regulars.stats.cells import Cells
from regulars.stats.forecast import forecast
from regulars.stats.mixture import learn
from regulars.stats.ordinary import ordinary_readers

JUDGED_AT = 65
HALF_YEAR = 26
VIRAL = 60
LONG_UNITS = 96
OFFSETS = (0, 1, 3, 7, 11, 19)

Row: TypeAlias = dict[str, Any]


def forecast_run(world: World, people: int, seed: int) -> Row:
    """S and its interval against the truth, the tenths of P', and verdicts on half a year."""
    counted = Counted(live(world, people, seed), JUDGED_AT)
    head, printed = counted.headcount, counted.headcount.estimate()
    rows = counted.now.is_eligible
    chance, truth = counted.chances[rows], counted.truth[rows]
    tenth = np.minimum((chance * 10).astype(int), 9)
    low, high, judged = _verdicts(counted.now)
    return {
        "value": head.value,
        "low": head.low,
        "high": head.high,
        "n": head.n,
        "printed": [printed.low, printed.value, printed.high],
        "truth": int(truth.sum()),
        "tenths": {
            "people": np.bincount(tenth, minlength=10).tolist(),
            "expected": np.bincount(tenth, chance, 10).round(9).tolist(),
            "came": np.bincount(tenth, truth, 10).astype(int).tolist(),
        },
        "posts": judged,
        "unusually_low": low,
        "unusually_high": high,
        "fallback": counted.fitted.fallback,
    }


def _verdicts(now: History) -> tuple[int, int, int]:
    """Posts of the last half year called unusually low, unusually high, and judged at all."""
    readers, members = now.shares(now.at)
    verdicts = []
    for place in range(max(0, len(readers) - HALF_YEAR), len(readers)):
        past = slice(0, place)
        found = ordinary_readers(
            readers[past].tolist(), members[past].tolist(), int(members[place])
        )
        if found is not None:
            verdicts.append(found.verdict(int(readers[place])))
    return verdicts.count("unusually_low"), verdicts.count("unusually_high"), len(verdicts)


def half_year_run(world: World, people: int, seed: int) -> Row:
    """z of a lasting fall at each of 26 posts in a world where nothing changes."""
    lived = live(world, people, seed)
    counts = {at: Counted(lived, at) for at in range(JUDGED_AT - HALF_YEAR - OF, JUDGED_AT + 1)}
    falls = []
    for at in range(JUDGED_AT - HALF_YEAR + 1, JUDGED_AT + 1):
        then = int(counts[at].now.units_after(OF)[0])
        falls.append(counts[at].fall(counts.get(then, Counted(lived, then))))
    found = [fall for fall in falls if fall is not None]
    return {"z": [round(fall.z, 4) for fall in found], "fell": sum(fall.lasts for fall in found)}


def fall_run(world: World, people: int, seed: int) -> Row:
    """z of a fall of 0.4 on the logit, eight posts after it."""
    counted = Counted(live(world, people, seed, fall_from=JUDGED_AT - OF), JUDGED_AT)
    fall = counted.fall(counted.back_test(OF))
    return {"z": None if fall is None else fall.z, "fell": bool(fall is not None and fall.lasts)}


def burst_run(world: World, people: int, seed: int) -> Row:
    """What ten times as many one-time readers do to S and to the width of its interval."""
    calm = live(world, people, seed, units=LONG_UNITS)
    spiked = calm.with_others(_burst_of(calm, seed))
    moved = []
    for offset in OFFSETS:
        at = VIRAL + 1 + offset
        plain = Counted(calm, at)
        row: Row = {"offset": offset, "calm": plain.headcount.value, "width": _width(plain)}
        for name, flags in (("flagged", True), ("unflagged", False)):
            counted = Counted(spiked, at, flags)
            row[name] = [counted.headcount.value, _width(counted)]
        moved.append(row)
    return {"moved": moved, "others": _other_figures(calm, spiked)}


def _burst_of(calm: Lived, seed: int, staying: float = 0.0) -> Lived:
    usual = calm.reads[:, VIRAL - OF : VIRAL].sum() / OF
    return burst(VIRAL, round(10 * usual), seed, units=LONG_UNITS, staying=staying)


def _width(counted: Counted) -> float:
    return counted.headcount.high - counted.headcount.low


def _other_figures(calm: Lived, spiked: Lived) -> Row:
    """Open rate of the viral post and people active in its month, with and without the burst."""
    found = {}
    for name, lived in (("calm", calm), ("spiked", spiked)):
        sent = lived.sent(LONG_UNITS)[:, VIRAL]
        active = lived.reads[:, VIRAL - 3 : VIRAL + 1].any(axis=1)
        found[name] = [float(lived.reads[sent, VIRAL].mean()), int(active.sum())]
    return found


def staying_run(world: World, people: int, seed: int) -> Row:
    """What a burst does of whom one in fifty becomes a reader, nine posts later."""
    calm = live(world, people, seed, units=LONG_UNITS)
    spiked = calm.with_others(_burst_of(calm, seed, staying=0.02))
    plain, counted = (Counted(lived, VIRAL + 10) for lived in (calm, spiked))
    return {
        "calm": plain.headcount.value,
        "spiked": counted.headcount.value,
        "true": [int(plain.truth.sum()), int(counted.truth.sum())],
    }


def reopening_run(world: World, people: int, seed: int) -> Row:
    """What one post does that nine in ten of all recipients open."""
    calm = live(world, people, seed, units=LONG_UNITS)
    opened = reopened(calm, VIRAL, seed)
    moved = []
    for offset in OFFSETS:
        at = VIRAL + 1 + offset
        counted = Counted(opened, at)
        flagged = bool(counted.now.set_aside[VIRAL])
        moved.append([offset, Counted(calm, at).headcount.value, counted.headcount.value, flagged])
    return {"moved": moved}


def first_look_run(world: World, people: int, seed: int) -> Row:
    """S from one look at running totals and four single posts after it, against all that was.

    A provider shows who is there: whoever left before the look is unknown.
    """
    counted = Counted(live(world, people, seed), JUDGED_AT)
    now, values = counted.now, {}
    for later in (0, 4):
        look = JUDGED_AT - later
        known = now.is_known & (counted.lived.left > look)
        cells = _seen_from(now, look)
        weights = learn(cells.take(known)).weights
        told = forecast(cells.take(now.is_eligible), weights, READS, OF).p_sustained
        values[f"after_{later}"] = float(told.sum())
    whole = counted.fitted.of_people(now.is_eligible, "p_sustained").sum()
    return {"whole": float(whole), **values}


def _seen_from(now: History, look: int) -> Cells:
    """Everybody's cell where all before unit ``look`` is one block."""
    size = now.opportunities[:, :look].sum(axis=1)
    reads = now.reads[:, :look].sum(axis=1)
    # A block that was read wholly or not at all has only one order, and so has a later read.
    is_open = (now.reads[:, look:].sum(axis=1) == 0) & (reads > 0) & (reads < size)
    t = np.where(now.reads[:, look:].any(axis=1), now.t, np.where(reads == size, size, 0))
    return Cells(
        x=now.x,
        t=np.where(is_open, 0, t),
        n=now.n,
        has_left=now.left,
        block_before=np.zeros(len(t)),
        block_size=np.where(is_open, size, 0),
        block_reads=np.where(is_open, reads, 0),
    )


EXPERIMENTS: dict[str, Callable[[World, int, int], Row]] = {
    "forecast": forecast_run,
    "half_year": half_year_run,
    "fall": fall_run,
    "burst": burst_run,
    "staying": staying_run,
    "reopening": reopening_run,
    "first_look": first_look_run,
}
