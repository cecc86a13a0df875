"""Reads the histories of a publication into arrays: of now, and as they were some posts ago.

Two passes over the bit strings. The first counts people by unit, which shows the outliers and the
bursts of sign-ups. The second leaves the outliers out and counts each person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from regulars.stats.headcount import fewest_opportunities
from regulars.stats.hidden import Proofs, proofs
from regulars.stats.opportunities import Histories, UnitCounts, histories, with_first_look
from regulars.stats.outliers import Flag, read_share_outliers, sign_up_spikes
from regulars.stats.recurrence import Rule
from regulars.stats.rule_evidence import (
    Habit,
    RuleEvidence,
    habits,
    rule_evidence,
    visibility,
)
from regulars.stats.unit_bits import Bits, FirstBlock, Integers, UnitBits

from ..engine.bit_columns import bits_of, parts_of
from ..engine.facts import ask

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

A = TypeVar("A")
MAIN, OLD_BURSTS, FIRST_BURST = 0, 1, 2
OLD_AFTER = 52  # units after which bursts are one stratum
SETTLED_AFTER = 4  # opportunities since a first look at totals, after which recency is known


class Unit(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A post, or a week with posts; place 0 is the newest. Times are naive UTC."""

    place: int
    unit_no: int
    first_sent_at: datetime
    last_sent_at: datetime
    matured_at: datetime
    closes_at: datetime
    post_nos: list[int]


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The units, and what is set aside of them. Arrays by place, newest first.

    flags: high or low where a post was read by far more or fewer people than usual, else none.
    is_growing: a week that goes on, which whoever reads late in it would seem to have missed.
    bursts: where a burst of sign-ups began. people: sign-ups. is_open: whether anybody has an
    opportunity there, units that are left out aside.
    """

    all: Sequence[Unit]
    flags: tuple[Flag, ...]
    is_growing: Bits
    bursts: Bits
    sign_ups: Integers
    is_open: Bits

    @property
    def left_out(self) -> Bits:
        """Which units are nobody's opportunity, since they were far out or go on."""
        return np.array([flag != "none" for flag in self.flags], np.bool_) | self.is_growing

    def cut(self, back: int) -> int | None:
        """The place at which the past begins ``back`` opportunities ago; None before the first."""
        places = np.flatnonzero(self.is_open)
        if back == 0:
            return 0
        return int(places[back - 1]) + 1 if back < len(places) else None

    def at(self, cut: int) -> datetime:
        """When the first of the units that a cut leaves out went out (naive UTC)."""
        return self.all[cut - 1].first_sent_at

    def strata(self, first: Integers, cut: int) -> Integers:
        """The stratum of everybody by the unit of their first opportunity, as of a cut."""
        count = len(self.all)
        number = np.full(count + 1, MAIN, np.int64)
        places = np.flatnonzero(self.bursts)
        number[places] = np.where(
            places - cut >= OLD_AFTER, OLD_BURSTS, FIRST_BURST + count - 1 - places
        )
        return number[np.where(first >= 0, first, count)]


@dataclass(frozen=True, slots=True, eq=False)
class Then:
    """Everybody as they were when the newest ``cut`` units were still to come.

    is_provisional: running totals tell of their past, and little has been seen since.
    """

    cut: int
    histories: Histories
    is_hidden: Bits
    is_uncertain: Bits
    reached: Integers
    is_provisional: Bits


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """What everybody did in the units between a cut and the one after it: opportunities, reads."""

    opportunities: Integers
    reads: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Arrays with one entry a standing. then[0] is now; windows[k] is what came after then[k + 1].

    rows: what is known of each besides bits. proofs: their clicks and answers. counts: people and
    reads of visible people. plain_reads, reads: of visible people, how many reads are opens of
    unknown making.
    """

    rows: pa.Table
    units: Units
    first: Integers
    evidence: RuleEvidence
    habit: Habit
    then: list[Then]
    windows: list[Window]
    proofs: Proofs
    counts: UnitCounts
    plain_reads: int
    reads: int

    def column(self, name: str) -> npt.NDArray[Any]:
        """A column of rows as an array."""
        found: npt.NDArray[Any] = self.rows.column(name).to_numpy()
        return found


def gather(
    connection: duckdb.DuckDBPyConnection,
    values: dict[str, Any],
    rule: Rule,
    backs: Sequence[int],
) -> Gathered:
    """Everything about the people of a publication. values: publication and as_of (naive UTC).

    backs: how many opportunities ago each back-test begins, as far as there were so many.
    """
    units = _units(connection, values)
    cuts = [0]
    for back in backs:
        cut = units.cut(back)
        if cut is None:
            break
        cuts.append(cut)
    parts = _Parts(rule, units, cuts)
    for part in parts_of(connection, "cells", values):
        parts.add(part)
    return parts.gathered()


def _units(connection: duckdb.DuckDBPyConnection, values: dict[str, Any]) -> Units:
    known = ask(connection, "units", values, Unit)
    count = max(len(known), 1)
    counts, sign_ups = UnitCounts.empty(count), np.zeros(count, np.int64)
    for part in parts_of(connection, "cells", values):
        bits = bits_of(part, count)
        chosen = bits.judged & ~bits.blind
        first = _first(chosen)
        before = part.column("block_reached").to_numpy()
        counts.add(bits, chosen, 1, first, before=before)
        # An old list that moves in is no burst, nor is whoever was there before anybody looked.
        came = part.column("is_arrival").to_numpy(zero_copy_only=False) & (first >= 0)
        came &= before == 0
        sign_ups += np.bincount(first[came], minlength=count)
    people, reads = counts.people.sum(axis=0), counts.reads.sum(axis=0)
    growing = np.zeros(count, np.bool_)
    growing[: len(known)] = [unit.closes_at > values["as_of"] for unit in known]
    flags: list[Flag] = ["none"] * count
    closed = np.flatnonzero(~growing)[::-1]
    for place, one in zip(
        closed, read_share_outliers(reads[closed].tolist(), people[closed].tolist()), strict=True
    ):
        flags[place] = one.flag
    bursts = [one.flag == "high" for one in sign_up_spikes(sign_ups[::-1].tolist())][::-1]
    far = np.array([flag != "none" for flag in flags])
    is_open = (counts.all > 0) & ~far & ~growing
    return Units(known, tuple(flags), growing, np.array(bursts, np.bool_), sign_ups, is_open)


def _first(chosen: Bits) -> Integers:
    """Place of the oldest opportunity of each person, or -1."""
    oldest = chosen.shape[1] - 1 - chosen[:, ::-1].argmax(axis=1)
    return np.where(chosen.any(axis=1), oldest, -1)


class _Parts:
    """The second pass: people part by part."""

    def __init__(self, rule: Rule, units: Units, cuts: list[int]) -> None:
        self._rule, self._units, self._cuts = rule, units, cuts
        self._count = len(units.flags)
        self._counts = UnitCounts.empty(self._count)
        self._rows: list[pa.RecordBatch] = []
        self._first: list[Integers] = []
        self._evidence: list[RuleEvidence] = []
        self._habits: list[Habit] = []
        self._proofs: list[Proofs] = []
        self._then: list[list[Then]] = [[] for _ in cuts]
        self._windows: list[list[Window]] = [[] for _ in cuts[1:]]
        self._plain_reads = self._reads = 0

    def add(self, part: pa.RecordBatch) -> None:
        """Count the people of these rows."""
        bits, rule = bits_of(part, self._count), self._rule
        self._rows.append(part.select(ROW_COLUMNS))
        plain = bits.judged & ~bits.blind
        look = FirstBlock(
            *(part.column(f"block_{one.name}").to_numpy() for one in fields(FirstBlock))
        )
        first = np.where(look.reached > 0, -1, _first(plain))
        self._first.append(first.astype(np.int32))
        self._habits.append(_small(habits(bits, rule.reads, rule.of)))
        for place, cut in enumerate(self._cuts):
            evidence = self._add_then(bits.before(cut), place, cut, look)
            if cut == 0:
                self._evidence.append(_small(evidence))
                who = self._then[place][-1]
                seen = ~(who.is_hidden | who.is_uncertain)
                self._proofs.append(_small(proofs(bits, self._units.left_out, who.is_hidden)))
                earlier = fewest_opportunities(rule.of)
                self._counts.reached += bits.reached.sum(axis=0)
                self._counts.add(
                    bits.rows(seen),
                    plain[seen],
                    earlier,
                    first[seen],
                    before=look.reached[seen],
                    left_out=self._units.left_out,
                )
                read = plain[seen] & bits.low[seen]
                self._reads += int(read.sum())
                self._plain_reads += int((read & bits.plain[seen]).sum())
        for place, (newer, older) in enumerate(zip(self._cuts, self._cuts[1:], strict=False)):
            self._windows[place].append(self._window(bits, newer, older))

    def _add_then(self, bits: UnitBits, place: int, cut: int, look: FirstBlock) -> RuleEvidence:
        evidence = rule_evidence(bits, self._rule.of)
        left_out = self._units.left_out[cut:]
        found = histories(bits, left_out)
        since, reached = found.n, (bits.reached & ~left_out).sum(axis=1)
        if look.reached.any():
            # Before a unit had followed it, nobody had looked.
            look = look.of(np.asarray(bits.reached.any(axis=1)) | (cut == 0))
            found = with_first_look(found, look)
        seen = visibility(evidence, look)
        self._then[place].append(
            Then(
                cut=cut,
                histories=_small(found),
                is_hidden=seen.is_hidden,
                is_uncertain=seen.is_uncertain,
                reached=(reached + look.reached).astype(np.int16),
                is_provisional=(look.reached > 0) & (since < SETTLED_AFTER),
            )
        )
        return evidence

    def _window(self, bits: UnitBits, newer: int, older: int) -> Window:
        between = slice(newer, older)
        open_ = (bits.judged & ~bits.blind & ~self._units.left_out)[:, between]
        sums = [(open_ & one[:, between]).sum(axis=1) for one in (bits.low, bits.high)]
        reads = np.minimum((sums[0] + sums[1] + 1) // 2, open_.sum(axis=1))
        return Window(open_.sum(axis=1).astype(np.int16), reads.astype(np.int16))

    def gathered(self) -> Gathered:
        """All parts, one after the other."""
        import pyarrow as pa

        rows = pa.Table.from_batches(self._rows) if self._rows else _no_rows()
        no_look = FirstBlock(*(np.zeros(0, np.int64) for _ in fields(FirstBlock)))
        nobody = UnitBits(*(np.zeros((0, self._count), np.bool_) for _ in fields(UnitBits)))
        if not self._rows:
            for place, cut in enumerate(self._cuts):
                self._add_then(nobody.before(cut), place, cut, no_look)
            for place, (newer, older) in enumerate(zip(self._cuts, self._cuts[1:], strict=False)):
                self._windows[place].append(self._window(nobody, newer, older))
        return Gathered(
            rows=rows,
            units=self._units,
            first=np.concatenate([*self._first, np.zeros(0, np.int32)]),
            evidence=_joined(self._evidence or [rule_evidence(nobody, self._rule.of)]),
            habit=_joined(self._habits or [habits(nobody, self._rule.reads, self._rule.of)]),
            then=[_joined_then(parts) for parts in self._then],
            windows=[_joined(parts) for parts in self._windows],
            proofs=_joined(
                self._proofs or [proofs(nobody, self._units.left_out, np.zeros(0, np.bool_))]
            ),
            counts=self._counts,
            plain_reads=self._plain_reads,
            reads=self._reads,
        )


ROW_COLUMNS = [
    "person_id", "standing_no", "id_hash", "since_at", "until_at", "end_kind", "is_left",
    "is_dated", "is_unsure",
    "last_read_at", "last_answer_at", "last_reply_at",
]  # fmt: skip


def _no_rows() -> pa.Table:
    import pyarrow as pa

    at, yes, word = pa.timestamp("us"), pa.bool_(), pa.string()
    kinds = [word, pa.int32(), pa.uint64(), at, at, word, yes, yes, yes, at, at, at]
    return pa.table(
        {name: pa.array([], kind) for name, kind in zip(ROW_COLUMNS, kinds, strict=True)}
    )


def _small(part: A) -> A:
    """The same with numbers of 16 bits: units are counted in hundreds, people in millions."""
    arrays = {one.name: getattr(part, one.name) for one in fields(part)}  # type: ignore[arg-type]
    return type(part)(
        **{
            name: array if array.dtype == np.bool_ else array.astype(np.int16)
            for name, array in arrays.items()
        }
    )


def _joined(parts: list[A]) -> A:
    names = [one.name for one in fields(parts[0])]  # type: ignore[arg-type]
    return type(parts[0])(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    )


def _joined_then(parts: list[Then]) -> Then:
    found = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("is_hidden", "is_uncertain", "reached", "is_provisional")
    }
    return Then(parts[0].cut, _joined([part.histories for part in parts]), **found)
