"""From the bytes of a sound file to pages of records, from its start or from a cursor.

Memory holds one page: lines are drawn from the file as the csv module asks for them, and after
each row the file stands exactly at the row's end, which is what makes a cursor a byte offset.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import CursorExpired
from ..instants import Instant
from ..plural import pluralize
from ..records import Record
from .columns import RowSkipped
from .header import Header
from .source import ROW_BYTES, Source, still_open
from .table import RowRefused, Table

FIELD_BYTES = 64 * 1024
PAGE_BYTES = 8 * 1024 * 1024
_VERSION = "1"
TOO_LONG = "a cell is longer than 64 KiB"
csv.field_size_limit(ROW_BYTES)  # what is read has a limit of its own, FIELD_BYTES


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk stands: byte offset (in Parquet: row), lines before it, bytes of the list of
    rejected rows."""

    offset: int
    line: int
    listed: int = 0

    def to_cursor(self, mark: str) -> str:
        """The opaque text for the sync; ``mark`` ties it to the unchanged file."""
        return f"{_VERSION}.{self.offset}.{self.line}.{self.listed}.{mark}"


def place_of(cursor: str, source: Source, first: int) -> Place:
    """Where ``cursor`` points to, at ``first`` or after it.

    Raises CursorExpired when the file is not as it was.
    """
    version, *numbers, mark = cursor.split(".") if cursor.count(".") == 4 else ("", "")
    if version != _VERSION or mark != source.mark or not all(map(_is_number, numbers)):
        raise _expired(source)
    place = Place(*map(int, numbers))
    if not first <= place.offset <= source.size:
        raise _expired(source)
    return place


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def _expired(source: Source) -> CursorExpired:
    return CursorExpired(
        f"{source.name} has changed since the import was interrupted.",
        to_do="Import the folder again. Each row counts once.",
    )


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken. ``raw``: its text as it stands in the file."""

    line: int
    reason: str
    raw: bytes
    id: str | None


class RowReader:
    """Reads rows of ``table`` from ``place`` on."""

    def __init__(self, source: Source, header: Header, table: Table, place: Place) -> None:
        self._handle = source.handle
        self._handle.seek(place.offset)
        self._table = table
        self._header = header
        self._width = len(header.columns.names)
        self._lines_before = place.line
        self._seen: list[bytes] = []
        self._is_odd = False
        self._rows = csv.reader(self._lines(), delimiter=header.delimiter, strict=True)

    def _lines(self) -> Iterator[str]:
        seen = self._seen
        for raw in self._handle:
            seen.append(raw)
            try:
                text = raw.decode()
            except UnicodeDecodeError:
                text = raw.decode(errors="surrogateescape")
                self._is_odd = True
            if "\0" in text:
                self._is_odd = True
            yield text

    @property
    def offset(self) -> int:
        """Byte offset after the last row that was read."""
        return self._handle.tell()

    @property
    def line(self) -> int:
        """How many lines of the file lie before ``offset``."""
        return self._lines_before + self._rows.line_num

    def read(self, limit: int, now: Instant) -> tuple[list[Record], list[Rejected]]:
        """Read up to ``limit`` rows; fewer at the end of the file, or where rows are very long."""
        records: list[Record] = []
        rejected: list[Rejected] = []
        drawn = 0
        rows, seen, width = self._rows, self._seen, self._width
        take, to_record = self._header.columns.take, self._table.to_record
        while len(records) + len(rejected) < limit and drawn < PAGE_BYTES:
            seen.clear()
            self._is_odd = False
            row: list[str] = []
            try:
                row = next(rows)
                is_long = len(seen[0]) > FIELD_BYTES or len(seen) > 1
                if len(row) != width or is_long or self._is_odd:
                    self._check(row)
                row.append("")
                records.append(to_record(take(row), now))
            except StopIteration:
                break
            except RowSkipped:
                pass
            except csv.Error as error:
                rejected.append(self._unparsed(str(error)))
            except RowRefused as refusal:
                if any(row):  # spreadsheets leave blank rows behind; they say nothing
                    rejected.append(self._rejected(str(refusal), row))
            drawn += sum(map(len, seen))
        return records, rejected

    def _check(self, row: list[str]) -> None:
        width, lines = self._width, len(self._seen)
        if not row:
            raise RowRefused("the line is blank")
        if len(row) != width:
            runs_on = f"; it runs over {lines} lines: is a quote missing?" if lines > 1 else ""
            columns = pluralize(len(row), "column")
            raise RowRefused(f"the row has {columns}, the header has {width}{runs_on}")
        read = self._header.columns
        for place in read.places:
            if place in read.long:
                continue
            cell = row[place]
            if _is_long(cell):
                raise RowRefused(TOO_LONG)
            if self._is_odd:
                self._check_letters(cell, read.names[place])

    def _check_letters(self, cell: str, column: str) -> None:
        if "\0" in cell:
            raise RowRefused(f"{column} holds a NUL byte, so it is not text")
        try:
            cell.encode()
        except UnicodeEncodeError:
            raise RowRefused(f"{column} holds bytes that are not UTF-8") from None

    def _rejected(self, reason: str, row: list[str]) -> Rejected:
        return Rejected(
            line=self.line - len(self._seen) + 1,
            reason=reason,
            raw=b"".join(self._seen),
            id=self._id_in(row),
        )

    def _id_in(self, row: list[str]) -> str | None:
        """The id even of a row that is not taken: whoever is named counts as seen."""
        try:
            return self._header.columns.id_of(_cut_or_filled(row, self._width)).strip() or None
        except RowRefused:
            return None

    def _unparsed(self, fault: str) -> Rejected:
        """The csv module gave a row up in mid-line; go on where the row really ends.

        Taking the next line for a row would let the words of a reader, who may write line
        breaks and quotes, pass for rows of ours.
        """
        delimiter = self._header.delimiter.encode()
        line, is_open = self.line - len(self._seen) + 1, False
        for raw in self._seen:
            is_open = still_open(raw, delimiter, is_open=is_open)
        while is_open and (raw := self._handle.readline()):
            self._seen.append(raw)
            self._lines_before += 1
            is_open = still_open(raw, delimiter, is_open=is_open)
        too_long = fault.startswith("field larger than")
        reason = TOO_LONG if too_long else "the quotes of the row do not pair"
        return Rejected(line, reason, b"".join(self._seen), self._id_in(self._loosely()))

    def _loosely(self) -> list[str]:
        first = self._seen[0][:FIELD_BYTES].decode(errors="replace").rstrip("\r\n")
        try:
            return next(csv.reader([first], delimiter=self._header.delimiter))
        except csv.Error:
            return []


def _is_long(cell: str) -> bool:
    return len(cell) > FIELD_BYTES or len(cell.encode(errors="replace")) > FIELD_BYTES


def _cut_or_filled(row: list[str], width: int) -> list[str]:
    """A row of the right width, with the empty cell that absent columns are taken from."""
    return row[:width] + [""] * (width + 1 - min(len(row), width))
