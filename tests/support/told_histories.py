"""Kept histories as plain Python: sets of unit numbers instead of bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from support.histories_by_hand import Cell, Histories, Standing
from support.mails_by_hand import Rule

from regulars.reports.engine.histories import prepare_histories
from regulars.reports.engine.partitions import materialise_posts
from regulars.reports.readers.gather import gather
from regulars.settings import PublicationSettings
from regulars.stats import recurrence
from regulars.store import Store

if TYPE_CHECKING:
    import duckdb
    from support.histories_by_hand import Name

BITS = ("reached", "seen", "judged", "low", "high", "settled", "plain", "opened", "clicked")
BITS += ("answered", "blind")
FACTS = ("since_at", "until_at", "end_kind", "is_dated", "is_unsure", "last_read_at")
FACTS += ("last_answer_at", "last_reply_at")
_UNITS = "SELECT place, unit_no FROM units_of($publication, $as_of) ORDER BY unit_no"
_HISTORIES = "SELECT * FROM histories_of($publication, $as_of)"
_PEOPLE = "SELECT person_id, connection, subscription_id FROM people"
_UNIT = {False: "post", True: "week"}
Key = tuple[frozenset["Name"], int]
"""A standing: all subscriptions of the person, and its number."""


@dataclass(frozen=True)
class Told:
    """What the product knows of every standing; units are counted from the oldest, 0.

    cells: what the model takes of it. left_out: units that are nobody's opportunity.
    """

    rows: dict[Key, dict[str, Any]]
    cells: dict[Key, Cell]
    left_out: set[int]


def told_histories(
    store: Store, publication: PublicationSettings, as_of: datetime, by_hand: Rule
) -> Told:
    """Histories and cells as of an instant in UTC without a zone."""
    rule = recurrence.Rule(by_hand.needed, by_hand.last, _UNIT[by_hand.by_week], None)
    values = {"publication": publication.name, "as_of": as_of}
    with store.read() as cursor:
        cursor.execute("BEGIN")
        materialise_posts(cursor, publication.name, as_of)
        prepare_histories(cursor, publication, as_of.replace(tzinfo=UTC), rule)
        rows = _rows(cursor.execute(_HISTORIES, values))
        units = cursor.execute(_UNITS, values).fetchall()
        found = gather(cursor, values, rule, ())
        owned: dict[str, set[Name]] = {}
        for person, connection, subscription in cursor.execute(_PEOPLE).fetchall():
            owned.setdefault(person, set()).add((connection, subscription))
        cursor.execute("ROLLBACK")
    number = {place: oldest for oldest, (place, _) in enumerate(units)}
    told = {
        (frozenset(owned[row["person_id"]]), row["standing_no"]): _told(row, number) for row in rows
    }
    keys = zip(found.column("person_id"), found.column("standing_no"), strict=True)
    then = found.then[0].histories
    cells = {
        (frozenset(owned[person]), int(standing)): Cell(
            *(int(getattr(then, name)[place]) for name in ("x", "t", "n", "b"))
        )
        for place, (person, standing) in enumerate(keys)
    }
    left_out = {number[int(place)] for place in found.units.left_out.nonzero()[0] if number}
    return Told(told, cells, left_out)


def _rows(found: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _told(row: Mapping[str, Any], number: Mapping[int, int]) -> dict[str, Any]:
    sets = {name: _numbers(str(row[name]), number) for name in BITS}
    return {name: row[name] for name in FACTS} | sets


def _numbers(bits: str, number: Mapping[int, int]) -> set[int]:
    return {number[place] for place, bit in enumerate(bits) if bit == "1"}


def right_histories(counted: Histories) -> dict[Key, dict[str, Any]]:
    """The same from the count by hand."""
    place = {number: place for place, number in enumerate(counted.numbers)}
    return {(one.names, one.number): _right(one, counted, place) for one in counted.standings}


def _right(one: Standing, counted: Histories, place: Mapping[int, int]) -> dict[str, Any]:
    words = [word for word in counted.words if word.name in one.names]
    words = [word for word in words if one.until is None or word.at < one.until]
    judged = _units(one, place, "outcome", 1)
    return {
        "since_at": one.since,
        "until_at": one.until,
        "end_kind": one.end_kind,
        "is_dated": int(one.is_dated),
        "is_unsure": int(one.is_unsure),
        "last_read_at": max((unit.read_at for unit in one.units if unit.read_at), default=None),
        "last_answer_at": max((word.at for word in words), default=None),
        "last_reply_at": max((word.at for word in words if word.kind == "reply"), default=None),
        "reached": {place[unit.number] for unit in one.units},
        "seen": judged | _units(one, place, "outcome", 0),
        "judged": judged,
        "low": _units(one, place, "is_read", True),
        "high": _units(one, place, "is_read", True),
        "settled": judged,
        "plain": _units(one, place, "is_plain", True),
        "opened": _units(one, place, "opens", 1),
        "clicked": _units(one, place, "clicks", 1),
        "answered": _units(one, place, "answers", 1),
        "blind": _units(one, place, "is_blind", True),
    }


def _units(one: Standing, place: Mapping[int, int], fact: str, wanted: object) -> set[int]:
    units: Sequence[Any] = one.units
    return {place[unit.number] for unit in units if getattr(unit, fact) == wanted}
