"""What the rule "at least k of the last n" looks at, and since when people keep to it.

All of it is counted from bit strings over units (``unit_bits.py``), newest first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .unit_bits import Bits, FirstBlock, Integers, Sequences, UnitBits, first_place

# How far visibility looks back, in posts that can be seen.
VISIBILITY_UNITS = 26
NEVER = -1


@dataclass(frozen=True, slots=True, eq=False)
class RuleEvidence:
    """One entry a person. reached, opportunities: units in their whole standing.

    judged: of the last ``of`` that can be judged, among the last 2 * ``of`` that reached them;
    reads_low, reads_high, opens, clicks, answers: of these. first_read: the oldest unit among
    these that was certainly read. seen, machine_only, seen_reads: of the last 26 that can be seen.
    is_settled: a click, an answer or an open by a person stands among these 26.
    """

    reached: Integers
    opportunities: Integers
    judged: Integers
    reads_low: Integers
    reads_high: Integers
    opens: Integers
    clicks: Integers
    answers: Integers
    first_read: Integers
    seen: Integers
    machine_only: Integers
    seen_reads: Integers
    is_settled: Bits


@dataclass(frozen=True, slots=True, eq=False)
class Visibility:
    """Whose opens may be a machine's, one entry a person (measurement model, section 1.2)."""

    is_hidden: Bits
    is_uncertain: Bits


def rule_evidence(bits: UnitBits, of: int) -> RuleEvidence:
    """The evidence of the last units of everybody; ``of``: units that the rule looks at."""
    reached_so_far = np.cumsum(bits.reached, axis=1, dtype=np.int16)
    judged_so_far = np.cumsum(bits.judged, axis=1, dtype=np.int16)
    looked = bits.judged & (judged_so_far <= of) & (reached_so_far <= 2 * of)
    read = looked & bits.low
    newer_seen = np.cumsum(bits.seen, axis=1, dtype=np.int16)
    newer_seen -= bits.seen
    recent = newer_seen < VISIBILITY_UNITS
    seen = bits.seen & recent
    seen_read = seen & bits.judged & bits.low
    oldest = first_place(read[:, ::-1], NEVER)
    return RuleEvidence(
        reached=_count(bits.reached),
        opportunities=_count(bits.judged),
        judged=_count(looked),
        reads_low=_count(read),
        reads_high=_count(looked & bits.high),
        opens=_count(looked & bits.opened),
        clicks=_count(looked & bits.clicked),
        answers=_count(looked & bits.answered),
        first_read=np.where(oldest == NEVER, NEVER, bits.units - 1 - oldest),
        seen=_count(seen),
        machine_only=_count(seen & ~bits.judged),
        seen_reads=_count(seen_read),
        is_settled=np.asarray(((seen_read & ~bits.plain) | (recent & bits.acted)).any(axis=1)),
    )


def visibility(evidence: RuleEvidence, look: FirstBlock | None = None) -> Visibility:
    """Hidden: at least half of the last 26 show nothing but machines. Uncertain: nearly all of at
    least eight were opened, nobody knows by whom, and nothing else was done.

    look: stands for those of the 26 that were sent before it. The rule passes it over.
    """
    machines, seen = evidence.machine_only, evidence.seen
    opened, is_settled = evidence.seen_reads, evidence.is_settled
    is_hidden = (machines > 0) & (2 * machines >= seen)
    if look is not None:
        before = look.of(seen < VISIBILITY_UNITS)
        seen, opened = seen + before.reached, opened + before.low
        is_settled = is_settled | (before.clicked > 0)
    nearly_all = (seen >= 8) & (machines == 0) & (20 * opened >= 19 * seen)
    return Visibility(is_hidden, nearly_all & ~is_settled & ~is_hidden)


def rule_states(
    evidence: RuleEvidence, is_unsure: Bits, reads: int, of: int
) -> npt.NDArray[np.object_]:
    """The state of everybody by "``reads`` of the last ``of``" alone, the first that fits.

    is_unsure: of whom it cannot be told whether they still stand.
    """
    who = visibility(evidence)
    states = [
        (who.is_hidden, "hidden"),
        (evidence.reached < of, "newcomer"),
        (who.is_uncertain, "uncertain"),
        ((evidence.reads_low >= reads) & ~is_unsure, "regular"),
        (evidence.reads_low >= reads, "cannot_tell"),
        (evidence.judged < of, "not_measured"),
        (evidence.reads_high >= reads, "cannot_tell"),
    ]
    conditions, names = zip(*states, strict=True)
    found: npt.NDArray[np.object_] = np.select(conditions, names, "occasional").astype(object)
    return found


def _count(bits: Bits) -> Integers:
    found: Integers = bits.sum(axis=1, dtype=np.int64)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Habit:
    """Units, or NEVER, one entry a person.

    held_since: the unit that completed the rule, unbroken from then on. held_until: the last unit
    at which they kept to it.
    """

    held_since: Integers
    held_until: Integers


def habits(bits: UnitBits, reads: int, of: int) -> Habit:
    """Since when everybody reads ``reads`` of their last ``of`` units, and until when they did.

    Only windows with certain bounds count, so the middle of a block of running totals neither
    makes nor breaks a habit.
    """
    places = Sequences.of(bits.judged)
    size = places.unit.shape[1]
    if size < of:
        never = np.full(bits.people, NEVER, np.int64)
        return Habit(never, never.copy())
    low = places.gather(bits.low)
    summed = np.zeros((bits.people, size + 1), np.int16)
    np.cumsum(low, axis=1, out=summed[:, 1:])
    held = summed[:, of:] - summed[:, :-of] >= reads  # windows that end at place 0, 1, …
    windows = size - of + 1
    asked = places.gather(bits.settled)[:, :windows]
    asked &= np.arange(windows) + of <= places.count[:, None]
    broken = first_place(asked & ~held, windows)
    kept = asked & held
    until = first_place(kept, NEVER)
    unbroken = kept & (np.arange(windows) < broken[:, None])
    since = first_place(unbroken[:, ::-1], NEVER)
    return Habit(
        _unit(places.unit, np.where(since == NEVER, NEVER, windows - 1 - since)),
        _unit(places.unit, until),
    )


def _unit(units: Integers, places: Integers) -> Integers:
    there = places != NEVER
    found = units[np.arange(len(units)), np.where(there, places, 0)]
    return np.where(there, found, NEVER)
