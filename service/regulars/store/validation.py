"""Checks the values of a part, column by column, because types alone let nonsense through.

A missing id, an unknown status or a time outside the calendar would be stored silently and break a
report later. The check costs a few calls for each part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from regulars_connectors.bounds import ID_FIELDS, MOST_ID_CHARS, WITHIN_TEXT_BYTES
from regulars_connectors.record_validation import (
    FIRST_DAY,
    LAST_DAY,
    has_id,
    instants_of,
    known_values,
    record_of,
)

if TYPE_CHECKING:
    import pyarrow as pa


class OutOfBounds(Exception):
    """A part has an unusable id, or a longer text than is kept. No fault of the connector."""


def validate_table(stream: str, table: pa.Table, *, is_bounded: bool = False) -> None:
    """Raise ValueError with the column's name for an invalid part.

    is_bounded: whether its records came out of ``bound_records``. Otherwise raises OutOfBounds for
    a part that it might change.
    """
    import pyarrow.compute as pc

    kind = record_of(stream)
    if has_id(kind) and table["id"].null_count:
        raise ValueError("id is missing")
    if not is_bounded:
        _require_bounds(table)
    for name, known in known_values(kind).items():
        if not known.issuperset(pc.unique(table[name]).to_pylist()):
            raise ValueError(f"{name} has an unknown value")
    for name in (*instants_of(kind), "seen_at"):
        ends = pc.min_max(table[name].cast("int64"))
        low, high = ends["min"].as_py(), ends["max"].as_py()
        if low is not None and not FIRST_DAY <= low <= high <= LAST_DAY:
            raise ValueError(f"{name} is outside the years 1 to 9999")


def _require_bounds(table: pa.Table) -> None:
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    if "id" in table.column_names and pc.any(pc.equal(table["id"], "")).as_py():
        raise OutOfBounds("id is empty")
    for name in table.column_names:
        if not kinds.is_string(table[name].type):
            continue
        # In UTF-8, an id of so many characters may be longer. The records themselves tell.
        most = MOST_ID_CHARS if name in ID_FIELDS else WITHIN_TEXT_BYTES
        if int(pc.max(pc.binary_length(table[name])).as_py() or 0) > most:
            raise OutOfBounds(f"{name} is too long")
