"""The columns of parts and tables, and Arrow tables of records.

Each column is made by one pass over the records. Building row tuples first was measured to cost
more than three times as much.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

import msgspec

from regulars.errors import StoreDamaged
from regulars_connectors.record_validation import instants_of, record_of
from regulars_connectors.records import Record

from .sql_files import sql_text

if TYPE_CHECKING:
    import pyarrow as pa

_TEXT, _COUNT, _TIME, _TRUTH = "text", "count", "time", "truth"
_KINDS: Mapping[Any, str] = {str: _TEXT, int: _COUNT, bool: _TRUTH}

# History keeps the former names of renamed fields.
_FORMER_NAMES = {"attributes": "words"}

_TABLE = re.compile(r"^CREATE TABLE (\w+) \([^\n]*\n(.*?)^\);", re.MULTILINE | re.DOTALL)
_COLUMN = re.compile(r"^ +(\w+) +([A-Z]+)", re.MULTILINE)
_LIKE = re.compile(r"^CREATE TABLE (\w+) AS\b[^;]*\bFROM (\w+) LIMIT 0;", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of parts. field: of the record. within: the field of the outer record, for a record
    in another."""

    name: str
    kind: str
    within: str | None
    field: str


def columns_of(stream: str) -> tuple[str, ...]:
    """The columns of a stream's parts: the fields of its record, and of a record in it."""
    return tuple(column.name for column in _columns(record_of(stream)))


def part_columns(stream: str) -> frozenset[str]:
    """All columns of a stream's parts, with those that ``table_of`` adds."""
    return frozenset((*columns_of(stream), "seen_at", "ordinal"))


@cache
def _columns(record: type[msgspec.Struct], within: str | None = None) -> tuple[_Column, ...]:
    instants = instants_of(record)
    found: list[_Column] = []
    for field in msgspec.structs.fields(record):
        promised = _besides_none(field.type)
        if isinstance(promised, type) and issubclass(promised, msgspec.Struct):
            found += _columns(promised, field.name)
            continue
        kind = _TIME if field.name in instants else _KINDS.get(promised)
        if get_origin(promised) is Literal:
            kind = _TEXT
        if kind is None:
            raise TypeError(
                f"{record.__name__}.{field.name}: no column holds {field.type}."
                " Use str, int, bool, Instant, a Literal of texts, or another record."
            )
        column = _FORMER_NAMES.get(field.name, field.name)
        found.append(_Column(column, kind, within, field.name))
    return tuple(found)


def _besides_none(promised: Any) -> Any:
    """The type of a field that may also be None."""
    if get_origin(promised) not in (Union, UnionType):
        return promised
    parts = [part for part in get_args(promised) if part is not NoneType]
    return parts[0] if len(parts) == 1 else promised


@cache
def schema_text() -> str:
    """The text of schema.sql."""
    return sql_text("schema", "store")


def table_columns(table: str) -> Mapping[str, str]:
    """The columns of a table of the store and their types, as schema.sql declares them."""
    return _tables_in(schema_text())[table]


def declared_tables() -> tuple[str, ...]:
    """The names of the store's tables, as schema.sql declares them."""
    return tuple(_tables_in(schema_text()))


@cache
def _tables_in(schema: str) -> Mapping[str, Mapping[str, str]]:
    tables = {name: dict(_COLUMN.findall(body)) for name, body in _TABLE.findall(schema)}
    return tables | {name: tables[like] for name, like in _LIKE.findall(schema)}


def arrow() -> Any:
    """pyarrow, imported at its first use, which takes a tenth of a second and 30 MB."""
    import pyarrow

    return pyarrow


def release_memory() -> None:
    """Release Arrow's reserve, 25 MB after a part, which DuckDB needs next.

    The system's allocator has no reserve, but makes columns cost 1.3 to 1.6 times as much.
    """
    arrow().default_memory_pool().release_unused()


def table_of(
    stream: str, records: Sequence[Record], seen_at: Sequence[int], first_ordinal: int
) -> pa.Table:
    """Build the Arrow table of a part.

    seen_at: for each record the instant of its page. Every row also gets its ordinal within the
    walk, so that a row seen twice counts once, the later one.
    """
    pa = arrow()
    types = _arrow_types()
    columns = {
        column.name: _array(pa, types, column.kind, _values(column, records))
        for column in _columns(record_of(stream))
    }
    columns["seen_at"] = pa.array(seen_at, types[_TIME])
    columns["ordinal"] = pa.array(range(first_ordinal, first_ordinal + len(records)), types[_COUNT])
    return pa.table(columns)


def _values(column: _Column, records: Sequence[Record]) -> list[Any]:
    if column.within is None:
        return list(map(attrgetter(column.field), records))
    held = map(attrgetter(column.within), records)
    return [getattr(inner, column.field) if inner else None for inner in held]


def _array(pa: Any, types: dict[str, Any], kind: str, values: list[Any]) -> pa.Array:
    """An Arrow array. Times go by way of numbers: Arrow would take a date without zone for UTC."""
    if kind != _TIME:
        return pa.array(values, types[kind])
    return pa.array(values, types[_COUNT]).view(types[_TIME])


def columns_in_file(path: Path) -> list[str]:
    """The columns of a Parquet file. Raises StoreDamaged for one that cannot be read."""
    import pyarrow.parquet as pq

    with parquet_errors(path):
        return list(pq.read_schema(path).names)


@contextmanager
def parquet_errors(path: Path) -> Iterator[None]:
    """Turn what Arrow says of a missing or damaged file into StoreDamaged.

    An error of the system, such as a full disk, stays as it is.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise StoreDamaged(f"The file {path.name} of the store is missing.") from error
    except (arrow().ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise StoreDamaged(f"The file {path.name} of the store cannot be read.") from error


def ids_in(table: pa.Table) -> int | None:
    """How many different ids a part has, None for rows without ids."""
    import pyarrow.compute as pc

    return int(pc.count_distinct(table["id"]).as_py()) if "id" in table.column_names else None


@cache
def _arrow_types() -> dict[str, Any]:
    pa = arrow()
    return {
        _TEXT: pa.string(),
        _COUNT: pa.int64(),
        _TIME: pa.timestamp("us"),
        _TRUTH: pa.bool_(),
    }
