"""What a part may hold, looked at in whole columns: types alone do not keep nonsense out.

An id that is missing, a status that is no word of ours, a time that no calendar has: any of these
would be stored without complaint and break a report later. Looking costs a few calls for a part.
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
    """Raise ValueError, naming the column, for a part that no reader of the tables expects."""
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
            raise ValueError(f"{name} is a time that no calendar has")
