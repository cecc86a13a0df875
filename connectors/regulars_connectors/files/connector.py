"""The connector of a folder of CSV files."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from ..contract import (
    ConnectionSettings,
    Finding,
    FirstLook,
    Known,
    Page,
    Push,
    Stream,
    Tools,
    Walk,
)
from ..errors import BadSource, FeatureUnavailable
from ..records import Hint, Quarantined, Record
from .reader import Place, Rejected, RowReader, place_of
from .rejected import RejectedList
from .source import Header, Source, check_structure, open_source, read_header, unreadable
from .tables import TABLES, Table

ROWS_PER_SECOND = 100_000
_log = logging.getLogger(__name__)


class FilesSettings(ConnectionSettings):
    """Where the files lie, and whether they are everything."""

    folder: Path = Field(
        description="folder with posts.csv, subscriptions.csv and signals.csv, or some of them"
    )
    complete: bool = Field(
        default=False,
        description="the files hold everything: who is missing in them counts as removed",
    )


class FilesConnector:
    """A folder with posts.csv, subscriptions.csv and signals.csv; each may be absent."""

    name: ClassVar[str] = "files"
    Settings: ClassVar[type[ConnectionSettings]] = FilesSettings
    page_rows: ClassVar[int] = 5000

    def __init__(self, settings: FilesSettings, tools: Tools) -> None:
        self._folder = settings.folder.expanduser()
        self._complete = settings.complete
        self._tools = tools

    def streams(self) -> Sequence[Stream]:
        """Posts and people before what people did with posts."""
        return [table.stream for table in TABLES.values()]

    def walks(self, stream: Stream, known: Known) -> Sequence[Walk]:
        """One walk where the file is there, none where it is not. Raises BadSource.

        ``complete`` is the owner's word, so it takes no second import to confirm who is gone.
        """
        if TABLES[stream.name] not in self._present():
            return ()
        coverage: Literal["whole", "window"] = "whole" if self._complete else "window"
        return (Walk(stream, coverage, confirmed=self._complete),)

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        """Yield the pages of a file. Rejected rows are quarantined and listed beside the file.

        Raises BadSource before the first page when the file is wrong as a whole, and
        CursorExpired when it changed since ``cursor`` was given or while it is read.
        """
        table = TABLES[walk.stream.name]
        path = self._folder / table.file
        try:
            with open_source(path) as source:
                yield from self._read(source, path, table, cursor)
        except OSError as error:
            raise unreadable(table.file, error) from error
        except UnicodeDecodeError as error:
            raise BadSource(f"{table.file} was changed while it was being read.") from error

    def look(self) -> FirstLook:
        """Which files are there, about how many rows they hold, whether their headers are right."""
        try:
            present = self._present()
        except BadSource as error:
            return FirstLook([Finding("folder", "broken", error.happened, error.to_do)])
        looks = [self._look_at(table, table in present) for table in TABLES.values()]
        rows = sum(count for _, count in looks)
        return FirstLook([finding for finding, _ in looks], seconds=rows / ROWS_PER_SECOND)

    def receive(self, push: Push) -> Sequence[Record | Hint]:
        """Nothing pushes to a folder. Raises FeatureUnavailable."""
        raise FeatureUnavailable("A folder of files has no hook.", to_do="Import the folder.")

    def close(self) -> None:
        """Nothing is held open between calls."""

    def _present(self) -> list[Table]:
        """The tables whose file is there. Raises BadSource when the folder holds none."""
        files = ", ".join(table.file for table in TABLES.values())
        to_do = f"Name a folder that holds {files}, or some of them."
        try:
            names = {path.name for path in self._folder.iterdir()}
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise BadSource(f"{self._folder} cannot be read: {reason}.", to_do=to_do) from error
        present = [table for table in TABLES.values() if table.file in names]
        if not present:
            raise BadSource(f"{self._folder} holds none of {files}.", to_do=to_do)
        return present

    def _read(self, source: Source, path: Path, table: Table, cursor: str | None) -> Iterator[Page]:
        header = read_header(source, table)
        if cursor is None:
            place = Place(header.end, line=1)
            _tell_surplus(table, header)
            check_structure(source, header)
        else:
            place = place_of(cursor, source, header)
        rejected = RejectedList(path, place.listed)
        try:
            yield from self._pages_from(source, RowReader(source, header, table, place), rejected)
        finally:
            rejected.close()

    def _pages_from(
        self, source: Source, reader: RowReader, rejected: RejectedList
    ) -> Iterator[Page]:
        is_last = False
        while not is_last:
            now = self._tools.clock()
            records, refused = reader.read(self.page_rows, now)
            source.refuse_if_changed()
            is_last = reader.offset >= source.size
            place = Place(reader.offset, reader.line, rejected.add(refused))
            if is_last:
                rejected.finish()
            yield Page(
                records=records,
                cursor=None if is_last else place.to_cursor(source.mark),
                fetched_at=now,
                quarantined=[_quarantined(row) for row in refused],
            )

    def _look_at(self, table: Table, is_there: bool) -> tuple[Finding, int]:
        if not is_there:
            return Finding(
                table.file,
                "look",
                f"{table.file} is not there; no {table.stream.label} will be imported.",
                f"Add {table.file} unless they are known already.",
            ), 0
        try:
            with open_source(self._folder / table.file) as source:
                header = read_header(source, table)
                rows = source.estimate_rows(header)
        except BadSource as error:
            return Finding(table.file, "broken", error.happened, error.to_do), 0
        return Finding(table.file, "fine", f"about {rows:,} rows{_extras(header)}."), rows


def _extras(header: Header) -> str:
    said = ""
    if header.absent:
        said += f"; without the optional {', '.join(header.absent)}"
    if header.surplus:
        said += f"; {len(header.surplus)} more columns, which are ignored"
    return said


def _tell_surplus(table: Table, header: Header) -> None:
    if header.surplus:
        _log.info(
            "files.columns_ignored", extra={"file": table.file, "columns": list(header.surplus)}
        )


def _quarantined(row: Rejected) -> Quarantined:
    return Quarantined(reason=row.reason, id=row.id, line=row.line)
