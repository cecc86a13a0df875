"""The columns of parts and tables. From records to Arrow tables: one declared schema for each
stream of parts.

Columns are made by one pass over the records each; building row tuples first was measured to
cost more than three times as much.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulars_connectors.records import Record, Subscription

if TYPE_CHECKING:
    import pyarrow as pa

_TEXT, _COUNT, _TIME, _TRUTH = "text", "count", "time", "truth"

_FIELDS: dict[str, dict[str, str]] = {
    "publications": {
        "id": _TEXT, "name": _TEXT, "created_at": _TIME, "active_subscriptions": _COUNT,
        "extra": _TEXT,
    },
    "posts": {
        "id": _TEXT, "title": _TEXT, "status": _TEXT, "form": _TEXT, "sent_at": _TIME,
        "created_at": _TIME, "web_url": _TEXT, "audience": _TEXT, "opens_tracked": _TRUTH,
        "delivered": _COUNT, "unique_opens": _COUNT, "unique_clicks": _COUNT,
        "verified_clicks": _COUNT, "unsubscribes": _COUNT, "extra": _TEXT,
    },
    "questions": {
        "id": _TEXT, "kind": _TEXT, "name": _TEXT, "text": _TEXT, "choices": _TEXT,
        "created_at": _TIME, "responses": _COUNT, "extra": _TEXT,
    },
    "subscriptions": {
        "id": _TEXT, "spell": _TEXT, "status": _TEXT, "email": _TEXT, "name": _TEXT,
        "provider_status": _TEXT, "joined_at": _TIME, "left_at": _TIME, "tier": _TEXT,
        "channel": _TEXT, "source": _TEXT, "medium": _TEXT, "campaign": _TEXT, "words": _TEXT,
    },
    "signals": {
        "kind": _TEXT, "id": _TEXT, "subscription_id": _TEXT, "post_id": _TEXT, "at": _TIME,
        "machine": _TRUTH, "url": _TEXT, "question_id": _TEXT, "answer": _TEXT, "text": _TEXT,
    },
    "days": {
        "id": _TEXT, "starts_at": _TIME, "mail": _TEXT, "opens": _COUNT, "unique_opens": _COUNT,
        "clicks": _COUNT, "unique_clicks": _COUNT, "verified_clicks": _COUNT,
        "unique_verified_clicks": _COUNT,
    },
    "lists": {
        "id": _TEXT, "name": _TEXT, "status": _TEXT, "created_at": _TIME, "subscribers": _COUNT,
        "extra": _TEXT,
    },
    "list_standings": {
        "id": _TEXT, "list_id": _TEXT, "subscription_id": _TEXT, "status": _TEXT,
        "provider_status": _TEXT, "joined_at": _TIME, "left_at": _TIME,
    },
    "segments": {
        "id": _TEXT, "name": _TEXT, "status": _TEXT, "means": _TEXT, "post_id": _TEXT,
        "calculated_at": _TIME, "results": _COUNT,
    },
    "departures": {
        "email": _TEXT, "connector": _TEXT, "joined_at": _TIME, "left_at": _TIME,
    },
}  # fmt: skip
# A column that is not called as the field of its record: history has had it since before the field.
_ATTRIBUTE_OF = {("subscriptions", "words"): "attributes"}
_FIELDS["segment_results"] = _FIELDS["signals"]
_COUNTERS = {"received": _COUNT, "opened": _COUNT, "clicked": _COUNT, "rounded": _TRUTH}

_TABLE = re.compile(r"^CREATE TABLE (\w+) \([^\n]*\n(.*?)^\);", re.MULTILINE | re.DOTALL)
_COLUMN = re.compile(r"^ +(\w+) +([A-Z]+)", re.MULTILINE)
_LIKE = re.compile(r"^CREATE TABLE (\w+) AS\b[^;]*\bFROM (\w+) LIMIT 0;", re.MULTILINE)


def columns_of(stream: str) -> tuple[str, ...]:
    """The columns of a stream's parts, as its records name them."""
    return tuple(_FIELDS[stream])


def part_columns(stream: str) -> frozenset[str]:
    """All columns of a stream's parts, those that ``table_of`` adds too."""
    counters = _COUNTERS if stream == "subscriptions" else {}
    return frozenset((*columns_of(stream), *counters, "seen_at", "ordinal"))


@cache
def schema_text() -> str:
    """The text of schema.sql."""
    return (resources.files("regulars.store") / "schema.sql").read_text("utf-8")


def table_columns(table: str) -> Mapping[str, str]:
    """The columns of a table of the store and their types, as schema.sql declares them."""
    return _tables_in(schema_text())[table]


@cache
def _tables_in(schema: str) -> Mapping[str, Mapping[str, str]]:
    tables = {name: dict(_COLUMN.findall(body)) for name, body in _TABLE.findall(schema)}
    return tables | {name: tables[like] for name, like in _LIKE.findall(schema)}


def arrow() -> Any:
    """pyarrow, imported when it is first needed: that takes a tenth of a second and 30 MB."""
    import pyarrow

    return pyarrow


def release_memory() -> None:
    """Give back what Arrow keeps in reserve: 25 MB after a part, which DuckDB needs next.

    The system's allocator keeps none, but columns were measured to cost 1.3 to 1.6 times with it.
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
        name: _column(pa, types, kind, _values(stream, name, records))
        for name, kind in _FIELDS[stream].items()
    }
    if stream == "subscriptions":
        columns |= _counter_columns(records)
    columns["seen_at"] = pa.array(seen_at, types[_TIME])
    columns["ordinal"] = pa.array(range(first_ordinal, first_ordinal + len(records)), types[_COUNT])
    return pa.table(columns)


def _values(stream: str, column: str, records: Sequence[Record]) -> list[Any]:
    return list(map(attrgetter(_ATTRIBUTE_OF.get((stream, column), column)), records))


def _column(pa: Any, types: dict[str, Any], kind: str, values: list[Any]) -> pa.Array:
    """Times by way of numbers: Arrow would take a date of no zone for one of UTC."""
    if kind != _TIME:
        return pa.array(values, types[kind])
    return pa.array(values, types[_COUNT]).view(types[_TIME])


def columns_in_file(path: Path) -> list[str]:
    """The columns of a Parquet file."""
    import pyarrow.parquet as pq

    return list(pq.read_schema(path).names)


def ids_in(table: pa.Table) -> int | None:
    """How many different ids a part has; None where its rows have none."""
    import pyarrow.compute as pc

    return int(pc.count_distinct(table["id"]).as_py()) if "id" in table.column_names else None


def _counter_columns(records: Sequence[Any]) -> dict[str, pa.Array]:
    pa = arrow()
    types = _arrow_types()
    totals = [record.counters for record in records if isinstance(record, Subscription)]
    return {
        name: pa.array([getattr(total, name) if total else None for total in totals], types[kind])
        for name, kind in _COUNTERS.items()
    }


@cache
def _arrow_types() -> dict[str, Any]:
    pa = arrow()
    return {
        _TEXT: pa.string(),
        _COUNT: pa.int64(),
        _TIME: pa.timestamp("us"),
        _TRUTH: pa.bool_(),
    }
