"""A Parquet file on disk: opened, proven to be sound, and read in batches from any row on.

Its typed cells become the text that a CSV file would hold, so that both pass the same checks.
Memory holds one batch and the distinct texts of one row group: texts are read as dictionaries,
since a small file may say "this megabyte, five thousand times".
"""

from __future__ import annotations

import csv
import io
import math
import struct
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..errors import InvalidFile
from ..instants import Instant, to_iso
from ..records import Record
from .column_map import TableMap
from .columns import Columns, ColumnsWrong, RowSkipped, columns_of, find_column
from .reader import FIELD_BYTES, PAGE_BYTES, TOO_LONG, Place, Rejected
from .source import Source
from .table import RowRefused, Table

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH_ROWS = 5_000
FOOTER_BYTES = 16 * 1024 * 1024
ROW_GROUP_BYTES = 512 * 1024 * 1024
_MAGIC, _MAGIC_ENCRYPTED = b"PAR1", b"PARE"
_READ_BYTES = 64 * 1024
_WRITE_AGAIN = "Write the file again as Parquet without encryption, or as CSV, and import it again."
_EARLY, _LATE = "0001-01-01", "9999-12-31"
_MICROSECONDS_IN: dict[str, float] = {"s": 1e6, "ms": 1e3, "us": 1, "ns": 1e-3}


def parquet_fault(name: str, what: str, to_do: str = _WRITE_AGAIN) -> InvalidFile:
    """The error for a file that is wrong as a whole."""
    return InvalidFile(
        f"{name}: {what}.",
        to_do=to_do,
        safe=f"Nothing was imported from {name}. Everything stored before is untouched.",
    )


class ParquetTable:
    """An open Parquet file as rows of ``table``. Raises InvalidFile when it is none of ours."""

    place_word = "row number"
    first = Place(0, 0)

    def __init__(self, source: Source, table: Table, mapped: TableMap | None) -> None:
        self.source = source
        self._table = table
        _refuse_other_formats(source)
        with _own_errors(source.name):
            self._file = _open(source)
        names = self._file.schema_arrow.names
        self.columns = self._columns(names, mapped)
        self._texts = [names[place] for place in self.columns.places if self._is_text(names[place])]
        self._makers = [self._maker_of(names[place], mapped) for place in self.columns.places]
        self._refuse_absurd_groups()
        source.size = self._file.metadata.num_rows
        if self._texts:
            with _own_errors(source.name):
                self._file = _open(source, self._texts)

    def check(self) -> None:
        """Read the file once through, keeping nothing: are its pages whole, its texts UTF-8?"""
        import pyarrow.compute as pc

        rows = 0
        with _own_errors(self.source.name):
            for batch in self._batches(0):
                for column in batch.columns:
                    if hasattr(column, "dictionary"):
                        used = pc.unique(column.indices.drop_null())
                        column.dictionary.take(used).validate(full=True)
                rows += batch.num_rows
        if rows != self.source.size:
            raise parquet_fault(self.source.name, "its rows differ from the count in its footer")

    def estimate_rows(self) -> int:
        """How many rows it says to have."""
        return self.source.size

    def rows(self, place: Place) -> ParquetRows:
        """A reader from ``place`` on."""
        return ParquetRows(self._cells_from(place.offset), self._table, self.columns, place)

    def _columns(self, names: Sequence[str], mapped: TableMap | None) -> Columns:
        try:
            columns = columns_of(self._table, names, mapped)
        except ColumnsWrong as wrong:
            raise parquet_fault(self.source.name, wrong.what, wrong.to_do) from None
        double = {names[place] for place in columns.places if names.count(names[place]) > 1}
        if double:
            raise parquet_fault(
                self.source.name,
                f"it has {', '.join(sorted(double))} twice",
                "Give the two columns different names and import the folder again.",
            )
        return columns

    def _field(self, name: str) -> pa.Field:
        return self._file.schema_arrow.field(name)

    def _is_text(self, name: str) -> bool:
        import pyarrow as pa

        kind = self._field(name).type
        return _is_text(kind.value_type if pa.types.is_dictionary(kind) else kind)

    def _maker_of(self, name: str, mapped: TableMap | None) -> Callable[[Any], list[str]]:
        kind = self._field(name).type
        maker = _maker(kind)
        if maker is None:
            raise parquet_fault(
                self.source.name,
                f"the column {name} has the type {kind}, which is not a single readable value",
                f"Write {name} as text, number, boolean, date or time and import the folder again.",
            )
        names = self._file.schema_arrow.names
        if _is_time(kind) and mapped is not None:
            for ours, taken in mapped.columns.items():
                columns = [found for one in taken.column for found in find_column(one, names)]
                if taken.format and names.index(name) in columns:
                    raise parquet_fault(
                        self.source.name,
                        f"{ours} has a format, but the column {name} holds times, not text",
                        f"Leave the format of {ours} out of the column map.",
                    )
        return maker

    def _refuse_absurd_groups(self) -> None:
        # Not column by column: asking for an encrypted one ends the whole process (Arrow 26).
        facts = self._file.metadata
        rows = 0
        for number in range(facts.num_row_groups):
            group = facts.row_group(number)
            rows += group.num_rows
            if group.num_rows < 0 or group.total_byte_size < 0:
                raise parquet_fault(self.source.name, f"row group {number + 1} has a size below 0")
            if group.total_byte_size > ROW_GROUP_BYTES:
                raise parquet_fault(
                    self.source.name,
                    f"row group {number + 1} holds {group.total_byte_size // 2**20} MiB",
                    "Write the file with row groups of at most 100,000 rows and import it again.",
                )
        if rows != facts.num_rows:
            raise parquet_fault(self.source.name, "its row groups do not add up to its rows")

    def _cells_from(self, row: int) -> Iterator[Sequence[Sequence[str]]]:
        """Rows as text, a batch at a time; each as wide as the file, with an empty last cell."""
        width = len(self.columns.names)
        with _own_errors(self.source.name):
            for batch in self._batches(row):
                found: list[Sequence[str]] = [[""] * batch.num_rows] * (width + 1)
                for place, make in zip(self.columns.places, self._makers, strict=True):
                    found[place] = make(batch.column(self.columns.names[place]))
                yield list(zip(*found, strict=True))

    def _batches(self, row: int) -> Iterator[pa.RecordBatch]:
        """Batches from ``row`` on; row groups before it are not read."""
        facts = self._file.metadata
        before, group = 0, 0
        while group < facts.num_row_groups and before + facts.row_group(group).num_rows <= row:
            before += facts.row_group(group).num_rows
            group += 1
        surplus = row - before
        for batch in self._file.iter_batches(
            BATCH_ROWS,
            row_groups=range(group, facts.num_row_groups),
            columns=[self.columns.names[place] for place in self.columns.places],
            use_threads=False,
        ):
            if surplus >= batch.num_rows:
                surplus -= batch.num_rows
                continue
            yield batch.slice(surplus)
            surplus = 0


class ParquetRows:
    """Reads rows from ``place`` on, as ``RowReader`` does those of a CSV file."""

    def __init__(
        self,
        batches: Iterator[Sequence[Sequence[str]]],
        table: Table,
        columns: Columns,
        place: Place,
    ) -> None:
        self._rows = (row for batch in batches for row in batch)
        self._table = table
        self._columns = columns
        self.offset = place.offset

    @property
    def line(self) -> int:
        """How many rows lie before; a row is known by its number as a line is."""
        return self.offset

    def read(self, limit: int, now: Instant) -> tuple[list[Record], list[Rejected]]:
        """Read up to ``limit`` rows; fewer at the end of the file, or where rows are long."""
        records: list[Record] = []
        rejected: list[Rejected] = []
        drawn = 0
        take, to_record = self._columns.take, self._table.to_record
        for row in self._rows:
            self.offset += 1
            size = sum(map(len, row))
            drawn += size
            try:
                if size > FIELD_BYTES:
                    _refuse_long(row, self._columns.long)
                records.append(to_record(take(row), now))
            except RowSkipped:
                pass
            except RowRefused as refusal:
                if any(row):
                    rejected.append(self._rejected(str(refusal), row))
            if len(records) + len(rejected) >= limit or drawn >= PAGE_BYTES:
                break
        return records, rejected

    def _rejected(self, reason: str, row: Sequence[str]) -> Rejected:
        text = io.StringIO(newline="")
        csv.writer(text).writerow([row[place][:FIELD_BYTES] for place in self._columns.places])
        try:
            known_by = self._columns.id_of(row).strip() or None
        except RowRefused:
            known_by = None
        return Rejected(self.offset, reason, text.getvalue().encode(), known_by)


def _refuse_long(row: Sequence[str], long: frozenset[int]) -> None:
    for place, cell in enumerate(row):
        is_long = len(cell) > FIELD_BYTES or len(cell.encode()) > FIELD_BYTES
        if is_long and place not in long:
            raise RowRefused(TOO_LONG)


def _refuse_other_formats(source: Source) -> None:
    """Look at the marks at both ends before a library does: what is wrong can be named."""
    handle, size = source.handle, source.size
    if size == 0:
        raise parquet_fault(source.name, "the file is empty")
    start = handle.read(4)
    if start == _MAGIC_ENCRYPTED:
        raise parquet_fault(source.name, "the file is encrypted")
    if start != _MAGIC:
        raise parquet_fault(source.name, "the file is not Parquet")
    handle.seek(max(0, size - 8))
    end = handle.read(8)
    handle.seek(0)
    if size < 12 or end[4:] != _MAGIC:
        raise parquet_fault(source.name, "the file is cut short: its end is missing")
    (footer,) = struct.unpack("<I", end[:4])
    if footer > min(size - 12, FOOTER_BYTES):
        raise parquet_fault(source.name, "its footer is damaged or over 16 MiB")


def _open(source: Source, texts: Sequence[str] = ()) -> pq.ParquetFile:
    import pyarrow.parquet as pq

    return pq.ParquetFile(
        source.handle,
        read_dictionary=list(texts) or None,
        buffer_size=_READ_BYTES,
        pre_buffer=False,
        thrift_string_size_limit=FOOTER_BYTES,
        thrift_container_size_limit=1_000_000,
    )


class _own_errors:  # noqa: N801 - used as a statement
    """What Arrow says of a damaged file, as an error that names the file."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: object) -> None:
        import pyarrow as pa

        if isinstance(error, OSError) and error.errno is not None:
            return  # the disk, not the file
        if isinstance(error, pa.ArrowException | OSError):
            word = " ".join(str(error).split())[:120].rstrip(".")
            what = "it is encrypted" if "crypt" in word.lower() else f"it is damaged ({word})"
            raise parquet_fault(self._name, what) from error


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _is_time(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def _maker(kind: pa.DataType) -> Callable[[Any], list[str]] | None:
    """How the cells of a column of that type become text; None where they cannot."""
    import pyarrow as pa

    types = pa.types
    if _is_text(kind):
        return _texts
    if types.is_dictionary(kind):
        return _texts if _is_text(kind.value_type) else None
    if types.is_timestamp(kind):
        return lambda column: _times(column, kind)
    makers: tuple[tuple[Callable[[Any], bool], Callable[[Any], str]], ...] = (
        (types.is_boolean, lambda cell: "true" if cell else "false"),
        (types.is_integer, str),
        (types.is_floating, _number),
        (types.is_decimal, _decimal),
        (types.is_date, date.isoformat),
        (types.is_null, str),
        (_is_uuid, _uuid),
    )
    for is_of, write in makers:
        if is_of(kind):
            return _each(write)
    return None


def _each(write: Callable[[Any], str]) -> Callable[[Any], list[str]]:
    return lambda column: ["" if c is None else write(c) for c in column.to_pylist()]


def _texts(column: Any) -> list[str]:
    """Only the texts that the rows use are made, each once."""
    import pyarrow.compute as pc

    used = pc.unique(column.indices.drop_null())
    made = dict(zip(used.to_pylist(), column.dictionary.take(used).to_pylist(), strict=True))
    return [made.get(index) or "" for index in column.indices.to_pylist()]


def _times(column: Any, kind: pa.TimestampType) -> list[str]:
    """Whole microseconds; without a zone in the file there is none in the text."""
    import pyarrow as pa

    factor = _MICROSECONDS_IN[kind.unit]
    has_zone = kind.tz is not None

    def write(value: int) -> str:
        instant = value // 1000 if factor < 1 else value * int(factor)
        try:
            text = to_iso(instant)
        except OverflowError:
            return _EARLY if value < 0 else _LATE
        return text if has_zone else text.removesuffix("Z")

    return ["" if v is None else write(v) for v in column.cast(pa.int64()).to_pylist()]


def _number(cell: float) -> str:
    """Ids turn into floating numbers where a table of numbers had gaps."""
    if math.isnan(cell):
        return ""
    return str(int(cell)) if cell.is_integer() else repr(cell)


def _decimal(cell: Decimal) -> str:
    return f"{cell.normalize():f}"


def _is_uuid(kind: Any) -> bool:
    return getattr(kind, "extension_name", "") == "arrow.uuid"


def _uuid(cell: Any) -> str:
    return str(cell if isinstance(cell, uuid.UUID) else uuid.UUID(bytes=cell))
