"""Rows with bit strings over units, in parts, as arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from regulars.stats.unit_bits import NAMES, UnitBits, unpacked

from .facts import statement

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

# A matrix of as many people and 150 units takes 3 MiB.
ROWS = 20_000


def parts_of(
    connection: duckdb.DuckDBPyConnection, name: str, values: dict[str, Any]
) -> Iterator[pa.RecordBatch]:
    """The rows of the statement ``name``, up to ``ROWS`` at a time."""
    relation = connection.sql(statement(name), params=values)
    # The newer line of DuckDB has another name for it.
    read = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader
    yield from read(ROWS)


def bits_of(part: pa.RecordBatch, units: int) -> UnitBits:
    """The bit strings of the rows, in columns of the names of ``UnitBits``, cast to BLOB."""
    return UnitBits(**{name: unpacked(_bytes(part.column(name)), units) for name in NAMES})


def _bytes(column: pa.Array) -> npt.NDArray[np.uint8]:
    """The bytes of all values of a binary column without NULL, one after the other."""
    kind = np.int64 if str(column.type).startswith("large") else np.int32
    _, offsets, data = column.buffers()
    if data is None:
        return np.zeros(0, np.uint8)
    places = np.frombuffer(offsets, kind)[column.offset : column.offset + len(column) + 1]
    return np.frombuffer(data, np.uint8)[places[0] : places[-1]]
