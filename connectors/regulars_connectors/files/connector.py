"""The connector of a folder of CSV or Parquet files."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import ClassVar, Literal

from ..contract import (
    ConnectionSettings,
    Finding,
    Page,
    Preflight,
    Runtime,
    Stream,
    SyncState,
    Walk,
)
from ..errors import CursorExpired, InvalidFile
from ..plural import pluralize
from ..records import Quarantined
from ..tabular.columns import Columns
from ..tabular.reader import Place, Rejected, place_of
from ..tabular.rejected import RejectedList
from ..tabular.source import unreadable
from ..tabular.table import Table
from .folder import FileOf, files_of, mark_of, refuse_empty
from .opening import OpenTable, Rows, open_table
from .settings import ColumnMaps, FilesSettings
from .tables import TABLES

ROWS_PER_SECOND = 100_000
_log = logging.getLogger(__name__)


class FilesConnector:
    """A folder with files of posts, subscriptions and signals; each may be absent."""

    name: ClassVar[str] = "files"
    Settings: ClassVar[type[ConnectionSettings]] = FilesSettings
    page_rows: ClassVar[int] = 5000

    def __init__(self, settings: FilesSettings, runtime: Runtime) -> None:
        self._folder = settings.folder.expanduser()
        self._complete = settings.complete
        self._maps = settings.columns or ColumnMaps()
        self._runtime = runtime

    def streams(self) -> Sequence[Stream]:
        """Posts and people before what people did with posts."""
        return [table.stream for table in TABLES.values()]

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        """One walk where the file is there, none where it is not. Raises InvalidFile.

        ``complete`` is the owner's word, so it takes no second import to confirm who is gone.
        """
        refuse_empty(self._folder, self._maps)
        if not files_of(self._folder, TABLES[stream.name], self._maps):
            return ()
        coverage: Literal["whole", "window"] = "whole" if self._complete else "window"
        return (Walk(stream, coverage, confirmed=self._complete),)

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        """Yield the pages of a file. Rejected rows are quarantined and listed beside the file.

        Raises InvalidFile before the first page if the whole file is wrong, and CursorExpired if it
        changed after ``cursor`` was given or during the reading.
        """
        table = TABLES[walk.stream.name]
        files = files_of(self._folder, table, self._maps)
        if not files:
            raise InvalidFile(f"{table.files[0]} cannot be read: No such file or directory.")
        mark = mark_of(files)
        if cursor is None:
            number, inside = 0, None
            for file in files:
                _prove_sound(file, table)
        else:
            number, inside = _file_of(cursor, mark, files)
        for at in range(number, len(files)):
            following = f"{at + 1}/{mark}/" if at + 1 < len(files) else None
            for page in self._pages_of(files[at], table, inside):
                inner = page.cursor
                after = following if inner is None else f"{at}/{mark}/{inner}"
                yield replace(page, cursor=after)
            inside = None

    def preflight(self) -> Preflight:
        """Which files are there, about how many rows they hold, whether their headers are right."""
        try:
            refuse_empty(self._folder, self._maps)
        except InvalidFile as error:
            return Preflight([Finding("folder", "error", error.happened, error.to_do)])
        checked = [one for table in TABLES.values() for one in self._check(table)]
        rows = sum(count for _, count in checked)
        return Preflight([finding for finding, _ in checked], seconds=rows / ROWS_PER_SECOND)

    def close(self) -> None:
        """Nothing is held open between calls."""

    def _pages_of(self, file: FileOf, table: Table, cursor: str | None) -> Iterator[Page]:
        """The pages of one file, with cursors that are valid inside it."""
        with _opened(file, table) as opened:
            if cursor is None:
                place = Place(opened.first, line=1 if opened.first else 0)
                _report_surplus(file, opened.columns)
            else:
                place = place_of(cursor, opened.source, opened.first)
            rejected = RejectedList(file.path, place.listed, opened.place_word)
            try:
                yield from self._pages_from(opened, opened.rows(place), rejected)
            finally:
                rejected.close()

    def _pages_from(
        self, opened: OpenTable, reader: Rows, rejected: RejectedList
    ) -> Iterator[Page]:
        source = opened.source
        is_last = False
        while not is_last:
            now = self._runtime.clock()
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

    def _check(self, table: Table) -> Iterator[tuple[Finding, int]]:
        try:
            files = files_of(self._folder, table, self._maps)
        except InvalidFile as error:
            yield Finding(table.stream.name, "error", error.happened, error.to_do), 0
            return
        if not files:
            mapped = [one.file for one in self._maps.of(table) if one.file]
            wanted = ", ".join(mapped) or table.files[0]
            yield (
                Finding(
                    wanted,
                    "warning",
                    f"{wanted} is missing, so no {table.stream.label} will be imported.",
                    f"Add {wanted} unless they are known already.",
                ),
                0,
            )
        for file in files:
            try:
                with _opened(file, table) as opened:
                    rows = opened.estimate_rows()
                    said = f"about {pluralize(rows, 'row')}{_extras(opened.columns)}."
                yield Finding(file.name, "ok", said), rows
            except InvalidFile as error:
                yield Finding(file.name, "error", error.happened, error.to_do), 0


@contextmanager
def _opened(file: FileOf, table: Table) -> Iterator[OpenTable]:
    """An open file. Raises InvalidFile for errors of the system and for changes under way."""
    try:
        opened = open_table(file, table)
        with opened.source:
            yield opened
    except OSError as error:
        raise unreadable(file.name, error) from error
    except UnicodeDecodeError as error:
        raise InvalidFile(f"{file.name} was changed while it was being read.") from error


def _prove_sound(file: FileOf, table: Table) -> None:
    """Check every file of a walk before its first row, so that a broken one leaves no trace."""
    with _opened(file, table) as opened:
        opened.check()


def _file_of(cursor: str, mark: str, files: Sequence[FileOf]) -> tuple[int, str | None]:
    """Which file a cursor points into, and the cursor inside it; None for its start."""
    number, _, rest = cursor.partition("/")
    known, slash, inside = rest.partition("/")
    is_number = number.isascii() and number.isdigit() and len(number) < 10
    if not (slash and is_number and int(number) < len(files)):
        raise CursorExpired("The place where the import was interrupted is unknown.")
    if known != mark:
        raise CursorExpired(
            f"{files[int(number)].name} has changed since the import was interrupted,"
            " or another file of its table.",
            to_do="Import the folder again. Each row counts once.",
        )
    return int(number), inside or None


def _extras(header: Columns) -> str:
    said = ""
    if header.absent:
        said += f", without the optional {', '.join(header.absent)}"
    if header.surplus:
        more = pluralize(len(header.surplus), "more column, which is", "more columns, which are")
        said += f", {more} ignored"
    return said


def _report_surplus(file: FileOf, header: Columns) -> None:
    if header.surplus:
        _log.info(
            "files.columns_ignored", extra={"file": file.name, "columns": list(header.surplus)}
        )


def _quarantined(row: Rejected) -> Quarantined:
    return Quarantined(reason=row.reason, id=row.id, line=row.line)
