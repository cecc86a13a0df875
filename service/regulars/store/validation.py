"""Checks the values of a part, column by column, because types alone let nonsense through.

A missing id, an unknown status or a time outside the calendar would be stored silently and break a
report later. The check costs a few calls for each part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def validate_table(stream: str, table: pa.Table) -> None:
    """Raise ValueError with the column's name for an invalid part."""
    import pyarrow.compute as pc

    kind = record_of(stream)
    if has_id(kind) and (table["id"].null_count or pc.any(pc.equal(table["id"], "")).as_py()):
        raise ValueError("id is empty")
    for name, known in known_values(kind).items():
        if not known.issuperset(pc.unique(table[name]).to_pylist()):
            raise ValueError(f"{name} has an unknown value")
    for name in (*instants_of(kind), "seen_at"):
        ends = pc.min_max(table[name].cast("int64"))
        low, high = ends["min"].as_py(), ends["max"].as_py()
        if low is not None and not FIRST_DAY <= low <= high <= LAST_DAY:
            raise ValueError(f"{name} is outside the years 1 to 9999")
