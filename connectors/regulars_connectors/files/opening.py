"""A file of the folder as rows of a table, whichever form it has."""

from __future__ import annotations

from typing import Protocol

from ..instants import Instant
from ..records import Record
from ..tabular.columns import Columns
from ..tabular.header import read_header
from ..tabular.parquet import ParquetTable
from ..tabular.reader import Place, Rejected, RowReader
from ..tabular.source import Source, check_structure, open_source
from ..tabular.table import Table
from .folder import FileOf


class Rows(Protocol):
    """What reads rows from a place on; ``offset`` and ``line`` say where it stands."""

    @property
    def offset(self) -> int: ...

    @property
    def line(self) -> int: ...

    def read(self, limit: int, now: Instant) -> tuple[list[Record], list[Rejected]]:
        """Read up to ``limit`` rows: records, and rows that were not taken."""
        ...


class OpenTable(Protocol):
    """An open file. first: the place of its first row. place_word: how a place is called."""

    source: Source
    columns: Columns
    place_word: str

    @property
    def first(self) -> Place: ...

    def check(self) -> None:
        """Prove the file sound before a row is taken from it. Raises InvalidFile."""
        ...

    def estimate_rows(self) -> int:
        """About how many rows it has."""
        ...

    def rows(self, place: Place) -> Rows:
        """A reader from ``place`` on."""
        ...


class CsvTable:
    """A CSV file as rows of ``table``. Raises InvalidFile for a header that is wrong."""

    place_word = "line"

    def __init__(self, source: Source, table: Table, file: FileOf) -> None:
        source.as_text()
        self.source = source
        self._table = table
        self._header = read_header(source, table, file.mapped)
        self.columns = self._header.columns
        self.first = Place(self._header.end, self._header.lines)

    def check(self) -> None:
        """Read the file once through: do its rows have ends?"""
        check_structure(self.source, self._header.delimiter, self._header.end, self._header.lines)

    def estimate_rows(self) -> int:
        """About how many rows there are, from the size and the first rows."""
        return self.source.estimate_rows(self._header.end)

    def rows(self, place: Place) -> Rows:
        """A reader from ``place`` on."""
        return RowReader(self.source, self._header, self._table, place)


def open_table(file: FileOf, table: Table) -> OpenTable:
    """Open a file; the caller closes ``source``. Raises InvalidFile."""
    source = open_source(file.source)
    try:
        if file.name.lower().endswith(".parquet"):
            return ParquetTable(source, table, file.mapped)
        return CsvTable(source, table, file)
    except BaseException:
        source.close()
        raise
