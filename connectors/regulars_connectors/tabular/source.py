"""A file on disk, and one of CSV: recognised, and proven sound before a row is taken from it.

Faults of the whole file (encoding, header, quotes that never close) are found here and raised as
InvalidFile, so that such a file leaves no trace. Faults of one row are found in ``reader`` and
``tables``.
"""

from __future__ import annotations

import csv
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from ..errors import CursorExpired, InvalidFile
from .column_map import TableMap, folded
from .columns import Columns, ColumnsWrong, columns_of
from .table import Table

HEADER_BYTES = 64 * 1024
ROW_BYTES = 1024 * 1024
SAMPLE_BYTES = 256 * 1024
DELIMITERS = (",", ";", "\t")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SAVE_AS_UTF_8 = "Save the file as CSV in UTF-8 and import the folder again."


@dataclass(frozen=True, slots=True)
class Header:
    """What the first line says, and where it ends."""

    delimiter: str
    columns: Columns
    end: int


class Source:
    """An open file. ``mark`` is a digest by which the same, unchanged file is known again."""

    def __init__(self, name: str, handle: BinaryIO) -> None:
        self.name = name
        self.handle = handle
        self._stamp = _stamp(handle)
        self.size = self._stamp[0]
        self.mark = self._digest()

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.handle.close()

    def _digest(self) -> str:
        start = self.handle.read(HEADER_BYTES)
        self.handle.seek(0)
        stamp = f"{self.name} {self._stamp[0]} {self._stamp[1]} ".encode()
        return hashlib.sha256(stamp + start).hexdigest()[:32]

    def refuse_if_changed(self) -> None:
        """Raise CursorExpired when the file was written to since it was opened."""
        if _stamp(self.handle) != self._stamp:
            raise CursorExpired(
                f"{self.name} was changed while it was being read.",
                to_do="Wait until the file is complete, then import the folder again.",
            )

    def estimate_rows(self, header: Header) -> int:
        """About how many rows there are, from the size and the first rows."""
        self.handle.seek(header.end)
        sample = self.handle.read(SAMPLE_BYTES)
        lines = sample.count(b"\n") + (bool(sample) and not sample.endswith(b"\n"))
        rest = self.size - header.end
        return lines if len(sample) >= rest else round(lines * rest / len(sample))


def open_source(path: Path) -> Source:
    """Open a file of the folder. Raises InvalidFile when it is no file or may not be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InvalidFile(
                f"{path.name} is not a file.", to_do=f"Replace {path.name} with a CSV file."
            )
        handle = path.open("rb")
    except OSError as error:
        raise unreadable(path.name, error) from error
    try:
        return Source(path.name, handle)
    except OSError as error:
        handle.close()
        raise unreadable(path.name, error) from error


def unreadable(name: str, error: OSError) -> InvalidFile:
    """The error for a file that the operating system does not let us read."""
    return InvalidFile(
        f"{name} cannot be read: {error.strerror or type(error).__name__}.",
        to_do=f"Check that {name} exists and that your user may read it, then import again.",
    )


def fault(name: str, line: int, what: str, to_do: str) -> InvalidFile:
    """The error for a file that is wrong as a whole, with the line that shows it."""
    return InvalidFile(
        f"{name}, line {line}: {what}.",
        to_do=to_do,
        safe=f"Nothing was imported from {name}. Everything stored before is untouched.",
    )


def read_header(source: Source, table: Table, mapped: TableMap | None = None) -> Header:
    """Read the first line, find the delimiter and the columns. Raises InvalidFile."""
    source.handle.seek(0)
    raw = source.handle.readline(HEADER_BYTES + 1)
    if raw.startswith(_UTF_16_MARKS):
        raise fault(source.name, 1, "the file is in UTF-16, not UTF-8", _SAVE_AS_UTF_8)
    line = _first_line(source, raw.removeprefix(_BYTE_ORDER_MARK), table)
    delimiter, names = _columns(source, line, _known_names(table, mapped))
    try:
        columns = columns_of(table, names, mapped)
    except ColumnsWrong as wrong:
        raise fault(source.name, 1, wrong.what, wrong.to_do) from None
    return Header(delimiter, columns, len(raw))


def _known_names(table: Table, mapped: TableMap | None) -> set[str]:
    names = set(table.columns)
    if mapped is not None:
        names |= {folded(name) for name in mapped.skip}
        names |= {folded(name) for taken in mapped.columns.values() for name in taken.column}
    return names


def _first_line(source: Source, raw: bytes, table: Table) -> str:
    expected = (
        f"Make the first line name the columns {', '.join(table.required or table.optional)}."
    )
    if source.size == 0:
        raise fault(source.name, 1, "the file is empty", expected)
    if len(raw) > HEADER_BYTES:
        raise fault(source.name, 1, "the first line is longer than 64 KiB", expected)
    _refuse_bytes(source.name, 1, raw)
    line = raw.decode().rstrip("\r\n")
    if not line.strip():
        raise fault(source.name, 1, "the first line is blank", expected)
    if "\r" in line:
        raise fault(
            source.name,
            1,
            "lines end with a carriage return alone",
            "Save the file with the line ends of Unix or Windows and import the folder again.",
        )
    return line


def _columns(source: Source, line: str, known: set[str]) -> tuple[str, list[str]]:
    """The delimiter is the one under which most columns are known, else the one with most."""
    readings = {delimiter: _split(line, delimiter) for delimiter in DELIMITERS}
    if not any(readings.values()):
        raise fault(
            source.name,
            1,
            "the quotes of the first line do not pair",
            "Write each column's name on the one first line, without quotes.",
        )
    best = max(
        DELIMITERS,
        key=lambda delimiter: (
            len(known.intersection(map(folded, readings[delimiter]))),
            len(readings[delimiter]),
        ),
    )
    return best, readings[best]


def _split(line: str, delimiter: str) -> list[str]:
    try:
        names = next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        return []
    return [name.strip() for name in names]


def check_structure(source: Source, header: Header) -> None:
    """Read the file once through, keeping nothing: is it text, and do its rows have ends?

    This pass costs a fraction of the import and is why a broken file leaves no trace: signals
    are committed part by part, so a fault at the end must be known before the first part.
    """
    delimiter = header.delimiter.encode()
    source.handle.seek(header.end)
    line, began, extent, is_open = 1, 1, 0, False
    while raw := source.handle.readline(ROW_BYTES + 1):
        line += 1
        if not is_open:
            began, extent = line, 0
        extent += len(raw)
        _refuse_bytes(source.name, line, raw)
        if is_open or b'"' in raw:
            is_open = still_open(raw, delimiter, is_open=is_open)
        if extent > ROW_BYTES:
            raise _endless(source.name, began, "the row is longer than 1 MiB")
    if is_open:
        raise _endless(source.name, began, "a quote opens in this row and never closes")


def _endless(name: str, line: int, what: str) -> InvalidFile:
    return fault(name, line, what, f"Look for a stray or missing quote in line {line} of {name}.")


def _refuse_bytes(name: str, line: int, raw: bytes) -> None:
    if b"\0" in raw:
        raise fault(name, line, "there is a NUL byte, so this is not UTF-8 text", _SAVE_AS_UTF_8)
    if raw.isascii():
        return
    try:
        raw.decode()
    except UnicodeDecodeError:
        raise fault(name, line, "the text is not UTF-8", _SAVE_AS_UTF_8) from None


def still_open(line: bytes, delimiter: bytes, *, is_open: bool) -> bool:
    """Whether a quoted field is open after ``line``, which began in one or at a row's start.

    Follows the csv module: a quote opens only at the start of a cell, two inside are one.
    """
    at = 0
    if not is_open and line.startswith(b'"'):
        is_open, at = True, 1
    while True:
        at = line.find(b'"' if is_open else delimiter + b'"', at)
        if at < 0:
            return is_open
        if not is_open:
            is_open, at = True, at + 2
        elif line[at + 1 : at + 2] == b'"':
            at += 2
        else:
            is_open, at = False, at + 1


def _stamp(handle: BinaryIO) -> tuple[int, int]:
    status = os.fstat(handle.fileno())
    return status.st_size, status.st_mtime_ns
