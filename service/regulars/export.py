"""`regulars export`: every table as CSV, NDJSON and Parquet, with a manifest.

A folder for each form has a file for each table. Rows are ordered by all columns, so equal stores
give equal files. Times are UTC in RFC 3339, in Parquet as timestamps. A missing value is an empty
cell, and an empty text is a quoted one. A folder holds ``.exporting`` until all is written.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from regulars.errors import SettingsWrong, UsageWrong
from regulars.files import (
    flush_file,
    flush_folder,
    make_folder,
    refusals,
    sha256_of,
    write_atomically,
)
from regulars.store import Store
from regulars.store.actions.access import TABLES as ACCESS_TABLES
from regulars.store.actions.publications import connections_of
from regulars.store.streams import TABLES
from regulars_connectors.foreign_text import table_cell
from regulars_connectors.instants import Instant, to_iso

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

FORMAT = 1
MANIFEST = "manifest.json"
FORMS = ("csv", "ndjson", "parquet")
BEGUN = ".exporting"
"""The file in a folder whose export was begun and has not ended."""
EXPORTED = tuple(name for name in TABLES if name not in ACCESS_TABLES)
"""Keys and sessions open this service alone, so they stay in it."""
_ROWS = 5_000


@dataclass(slots=True)
class ExportedTable:
    """A table of an export. columns: name and type. files: SHA-256 by path."""

    name: str
    columns: dict[str, str]
    rows: int = 0
    files: dict[str, str] = field(default_factory=dict)


def export_tables(
    store: Store, to: Path, now: Instant, *, publication: str | None = None, formula_safe: bool
) -> list[ExportedTable]:
    """Write every table to the empty folder ``to``. Raises UsageWrong, SettingsWrong, DiskFull.

    What an export that was cut off left there is written anew.

    publication: whose rows alone, None for all. formula_safe: put a single quote before texts that
    a spreadsheet would take for a formula, in CSV alone.
    """
    _require_empty(to, store)
    with _writable(to):
        _begin(to)
        with store.read() as cursor:
            cursor.execute("BEGIN")  # all tables as of one entry
            connections = None if publication is None else connections_of(cursor, publication)
            tables = [
                _export(cursor, name, to, publication, connections, formula_safe=formula_safe)
                for name in EXPORTED
            ]
            cursor.execute("ROLLBACK")
        manifest = {
            "format": FORMAT,
            "program": version("regulars"),
            "made_at": to_iso(now),
            "entries": store.version,
            "publication": publication,
            "formula_safe": formula_safe,
            "tables": tables,
        }
        content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        write_atomically(to / MANIFEST, content + b"\n")
        (to / BEGUN).unlink()
        flush_folder(to)
    return tables


def _begin(to: Path) -> None:
    """Mark the folder, and clear it of what an export that was cut off wrote."""
    (to / BEGUN).touch(mode=0o600)
    flush_folder(to)
    (to / MANIFEST).unlink(missing_ok=True)
    for form in FORMS:
        if (to / form).is_dir():
            shutil.rmtree(to / form)


def _export(
    cursor: duckdb.DuckDBPyConnection,
    name: str,
    to: Path,
    publication: str | None,
    connections: Sequence[str] | None,
    *,
    formula_safe: bool,
) -> ExportedTable:
    described = cursor.execute(f"DESCRIBE {name}").fetchall()
    columns = {str(row[0]): str(row[1]) for row in described}
    table = ExportedTable(name, columns)
    where, values = "", dict[str, Any]()
    if publication is not None:
        where, values = _rows_of(columns, publication, connections or ())
    query = f"SELECT {_selected(columns)} FROM {name}{where} ORDER BY ALL"  # noqa: S608 - our names
    cursor.execute(query, values)
    with ExitStack() as files:
        writers = _Writers(to, table, files, formula_safe=formula_safe)
        while rows := cursor.fetchmany(_ROWS):
            writers.write(rows)
            table.rows += len(rows)
    for form in FORMS:
        path = to / form / f"{name}.{form}"
        flush_file(path)
        table.files[str(path.relative_to(to))] = sha256_of(path)
    return table


def _rows_of(
    columns: dict[str, str], publication: str, connections: Sequence[str]
) -> tuple[str, dict[str, Any]]:
    """The condition for the rows of one publication, and its values."""
    if "publication" in columns:
        return " WHERE publication = $publication", {"publication": publication}
    if "connection" in columns:
        return (
            " WHERE connection IN (SELECT unnest($connections))",
            {"connections": list(connections)},
        )
    raise SettingsWrong("A table has neither a publication nor a connection.")


def _selected(columns: dict[str, str]) -> str:
    """Columns of the types that every form has, and others as texts."""
    return ", ".join(
        f'"{name}"' if kind in _arrow_types() else f'CAST("{name}" AS VARCHAR) AS "{name}"'
        for name, kind in columns.items()
    )


def _arrow_types() -> dict[str, pa.DataType]:
    import pyarrow as pa

    return {
        "VARCHAR": pa.string(),
        "BIGINT": pa.int64(),
        "INTEGER": pa.int32(),
        "BOOLEAN": pa.bool_(),
        "DOUBLE": pa.float64(),
        "TIMESTAMP": pa.timestamp("us"),
    }


class _Writers:
    """The files of one table, in each form."""

    def __init__(
        self, to: Path, table: ExportedTable, files: ExitStack, *, formula_safe: bool
    ) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        types = _arrow_types()
        self._schema = pa.schema(
            [(name, types.get(kind, pa.string())) for name, kind in table.columns.items()]
        )
        self._formula_safe = formula_safe
        paths = {form: to / form / f"{table.name}.{form}" for form in FORMS}
        for path in paths.values():
            make_folder(path.parent)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        self._csv = files.enter_context(_text(paths["csv"]))
        self._ndjson = files.enter_context(paths["ndjson"].open("wb"))
        parquet = pq.ParquetWriter(paths["parquet"], self._schema, compression="zstd")
        self._parquet = files.enter_context(parquet)
        self._csv.write(_csv_line(table.columns, formula_safe=formula_safe))

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        import pyarrow as pa

        names = self._schema.names
        by_column = [list(column) for column in zip(*rows, strict=True)]
        arrays = [
            pa.array(column, type=self._schema.field(number).type)
            for number, column in enumerate(by_column)
        ]
        self._parquet.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        for row in rows:
            texts = [_plain(value) for value in row]
            self._csv.write(_csv_line(texts, formula_safe=self._formula_safe))
            self._ndjson.write(msgspec.json.encode(dict(zip(names, texts, strict=True))) + b"\n")


def _text(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", newline="")


def _plain(value: Any) -> Any:
    """A value as JSON has it: times in RFC 3339."""
    return f"{value.isoformat()}Z" if isinstance(value, datetime) else value


def _csv_line(values: Sequence[Any] | dict[str, str], *, formula_safe: bool) -> str:
    """A line of RFC 4180. Texts are quoted, so that an empty one differs from a missing value."""
    return ",".join(_cells(values, formula_safe=formula_safe)) + "\r\n"


def _cells(values: Sequence[Any] | dict[str, str], *, formula_safe: bool) -> Iterator[str]:
    for value in values:
        if value is None:
            yield ""
        elif isinstance(value, bool):
            yield "true" if value else "false"
        elif isinstance(value, str):
            shown = table_cell(value) if formula_safe else value
            yield '"' + shown.replace('"', '""') + '"'
        else:
            yield str(value)


def _require_empty(to: Path, store: Store) -> None:
    here, there = store.root.resolve(), to.resolve()
    if there == here or here in there.parents:
        raise UsageWrong(f"{to} lies inside the store.", to_do="Name a folder elsewhere.")
    if to.is_dir() and any(to.iterdir()) and not (to / BEGUN).is_file():
        raise UsageWrong(
            f"{to} is not empty.", to_do="Name an empty folder, or one that does not exist yet."
        )


@contextmanager
def _writable(to: Path) -> Iterator[None]:
    to_do = "Make the folder writable for you, or name another one."
    happened = f"The export cannot be written to {to}"
    with refusals(to, happened, to_do=to_do, safe="The store is untouched."):
        make_folder(to)
        yield
