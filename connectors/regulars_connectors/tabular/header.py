"""The header of a CSV file: where it begins and ends, its delimiter and its columns.

A header may stand behind blank lines and Excel's ``sep=;``, and run over several lines, since a
column's name may hold a line break.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from ..errors import InvalidFile
from .column_map import TableMap, folded
from .columns import Columns, ColumnsWrong, columns_of
from .source import HEADER_BYTES, EmptyFile, Source, fault, still_open
from .table import Table

DELIMITERS = (",", ";", "\t")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TOLD = re.compile(rb'^"?sep=(\\t|[^\r\n"])"?[;,\t]*\r?\n?$', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says. end: the byte where the first row begins; lines: those before it."""

    delimiter: str
    columns: Columns
    end: int
    lines: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """The header as one delimiter parts it. extent: its bytes."""

    names: list[str]
    extent: int
    lines: int


def read_header(source: Source, table: Table, mapped: TableMap | None = None) -> Header:
    """Find the header, its delimiter and the columns. Raises InvalidFile, EmptyFile if none."""
    source.handle.seek(0)
    start = source.handle.read(HEADER_BYTES + 1)
    at, before, told = _beginning(source, start, table)
    readings = _readings(source, start[at:], before, (told,) if told else DELIMITERS)
    known = _known_names(table, mapped)
    delimiter = max(
        readings,
        key=lambda one: (
            len(known.intersection(map(folded, readings[one].names))),
            len(readings[one].names),
        ),
    )
    best = readings[delimiter]
    if len(best.names) == 1 and any(
        one not in readings and one.encode() in start[at:].partition(b"\n")[0] for one in DELIMITERS
    ):
        raise _unpaired(source, before)
    try:
        columns = columns_of(table, best.names, mapped)
    except ColumnsWrong as wrong:
        over = f" (it runs over {best.lines} lines: is a quote missing?)" if best.lines > 1 else ""
        raise fault(source.name, before + 1, wrong.what + over, wrong.to_do) from None
    return Header(delimiter, columns, at + best.extent, before + best.lines)


def _known_names(table: Table, mapped: TableMap | None) -> set[str]:
    names = set(table.columns)
    if mapped is not None:
        names |= {folded(name) for name in mapped.skip}
        names |= {folded(name) for taken in mapped.columns.values() for name in taken.column}
    return names


def _beginning(source: Source, start: bytes, table: Table) -> tuple[int, int, str | None]:
    """Where the header begins, the lines before it, and the delimiter that a line tells."""
    at = len(_BYTE_ORDER_MARK) if start.startswith(_BYTE_ORDER_MARK) else 0
    lines, told = 0, None
    while at < len(start):
        line = start[at : start.find(b"\n", at) + 1 or len(start)]
        if told is None and (found := _TOLD.match(line)):
            told = "\t" if found[1] == b"\\t" else found[1].decode(errors="replace")
        elif line.strip(b" \t\r\n\0"):
            return at, lines, told if told and len(told.encode()) == 1 else None
        at += len(line)
        lines += 1
    columns = ", ".join(table.required or table.optional)
    expected = f"Make the first line name the columns {columns}."
    if len(start) > HEADER_BYTES:
        raise fault(source.name, 1, "its first 64 KiB are blank", expected)
    raise EmptyFile(
        f"{source.name}, line 1: the file is empty.",
        to_do=expected,
        safe=f"Nothing was imported from {source.name}. Everything stored before is untouched.",
    )


def _readings(
    source: Source, start: bytes, before: int, delimiters: tuple[str, ...]
) -> dict[str, _Reading]:
    """The header by each delimiter under which its quotes pair. Raises InvalidFile."""
    first = start.partition(b"\n")[0].rstrip(b"\r")
    if len(first) >= HEADER_BYTES:
        raise fault(
            source.name, before + 1, "the first line is longer than 64 KiB",
            "Make the first line name the columns.",
        )  # fmt: skip
    if b"\r" in first:
        raise fault(
            source.name, before + 1, "lines end with a carriage return alone",
            "Save the file with the line ends of Unix or Windows and import the folder again.",
        )  # fmt: skip
    if b"\0" in first:
        raise fault(
            source.name, before + 1, "there is a NUL byte, so this is not text",
            "Save the file as CSV in UTF-8 and import the folder again.",
        )  # fmt: skip
    readings = {one: _reading(start, one) for one in delimiters}
    found = {one: reading for one, reading in readings.items() if reading is not None}
    if not found:
        raise _unpaired(source, before)
    return found


def _unpaired(source: Source, before: int) -> InvalidFile:
    return fault(
        source.name,
        before + 1,
        "the quotes of the header do not pair",
        "Write each column's name in the header, with its quotes in pairs.",
    )


def _reading(start: bytes, delimiter: str) -> _Reading | None:
    lines: list[bytes] = []
    at, is_open = 0, True
    while is_open:
        line = start[at : start.find(b"\n", at) + 1 or len(start)]
        if not line:
            return None
        is_open = still_open(line, delimiter.encode(), is_open=is_open and bool(lines))
        lines.append(line)
        at += len(line)
    texts = [line.decode(errors="replace") for line in lines]
    try:
        names = next(csv.reader(texts, delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        return None
    return _Reading([" ".join(name.split()) for name in names], at, len(lines))
