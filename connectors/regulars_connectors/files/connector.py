"""The connector of a folder, or a zip, of CSV or Parquet files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
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
    Unused,
    Walk,
)
from ..errors import CursorExpired, InvalidFile
from ..instants import Instant, from_datetime
from ..plural import pluralize
from ..records import Quarantined
from ..tabular.contents import Contents
from ..tabular.reader import Place, Rejected, place_of
from ..tabular.rejected import RejectedList
from ..tabular.table import Table
from ..unused import sentences
from .folder import FileOf, files_of, mark_of, refuse_empty, unmatched
from .lookups import bind_maps
from .opening import OpenTable, Rows
from .settings import ColumnMaps, FilesSettings
from .soundness import Sound, notes_on, opened, sound_files, sound_later, unseen
from .tables import EXPORTED_AT, POST_TEXTS, TABLES, WORDS, dated, words_table

ROWS_PER_SECOND = 100_000


class FilesConnector:
    """A folder with files of posts, subscriptions and signals; each may be absent."""

    name: ClassVar[str] = "files"
    Settings: ClassVar[type[ConnectionSettings]] = FilesSettings
    page_rows: ClassVar[int] = 5000

    def __init__(self, settings: FilesSettings, runtime: Runtime) -> None:
        self._folder = settings.folder.expanduser()
        self._complete = settings.complete
        self._exported_at = settings.exported_at
        self._lists_rejected = settings.rejected_lists
        self._maps = settings.columns or ColumnMaps()
        self._runtime = runtime

    def streams(self) -> Sequence[Stream]:
        """Posts and people before what people did with posts."""
        streams = [table.stream for table in TABLES.values()]
        return streams if self._runtime.correspondence is None else [*streams, POST_TEXTS]

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        """One walk where the file is there, none where it is not. Raises InvalidFile.

        ``complete`` is the owner's word, so it takes no second import to confirm who is gone.
        """
        with self._contents() as contents:
            refuse_empty(contents, self._maps)
            if stream == POST_TEXTS:
                return (Walk(stream, "window"),) if self._has_words(contents) else ()
            if not files_of(contents, TABLES[stream.name], self._maps):
                return ()
        coverage: Literal["whole", "window"] = "whole" if self._complete else "window"
        return (Walk(stream, coverage, confirmed=self._complete),)

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        """Yield the pages of a table's files, the oldest export first.

        Rejected rows are quarantined and listed beside the file. A file that cannot be read costs
        itself: it counts as one row that could not be read, so that nobody is missed in it.

        Raises InvalidFile before the first page if no file can be read, and CursorExpired if one
        changed after ``cursor`` was given or during the reading.
        """
        with self._contents() as contents:
            if walk.stream == POST_TEXTS:
                yield from self._words(contents, walk, cursor)
            else:
                table = TABLES[walk.stream.name]
                yield from self._pages(contents, table, walk, cursor)

    def _words(self, contents: Contents, walk: Walk, cursor: str | None) -> Iterator[Page]:
        """What letters may show of posts. What is wrong with their files, their own walk says."""
        letters = self._runtime.correspondence
        table = words_table(letters.key if letters is not None else b"")
        for page in self._pages(contents, table, walk, cursor):
            yield replace(page, notices=(), quarantined=(), unused=())

    def _has_words(self, contents: Contents) -> bool:
        """Whether a file of posts has a column with texts or subjects."""
        table = words_table(b"")
        return any(
            not set(WORDS) <= set(found.columns.absent)
            for file in bind_maps(contents, self._maps, files_of(contents, table, self._maps))
            for found in _readable(file, table)
        )

    def _pages(
        self, contents: Contents, table: Table, walk: Walk, cursor: str | None
    ) -> Iterator[Page]:
        files = files_of(contents, table, self._maps)
        if not files:
            raise InvalidFile(f"{table.files[0]} cannot be read: No such file or directory.")
        mark = mark_of(files)
        files = bind_maps(contents, self._maps, files)
        number, inside, unused = 0, None, list[Unused]()
        if cursor is None:
            sound = sound_files(files, table)
            if walk.coverage == "whole":
                sound.quarantined[:] = unseen(sound, contents)
            unused = self._unused_first(contents, table, sound)
        else:
            number, inside = _file_of(cursor, mark, files)
            under_way = files[number : number + (inside is not None)]
            sound = sound_later(under_way, files[number + len(under_way) :], table)
        numbers = {file.name: at for at, file in enumerate(files)}
        readable = [numbers[file.name] for file in sound.files]
        rows = list[Unused]()
        for at in readable:
            is_last = at == readable[-1]
            following = None if is_last else f"{at + 1}/{mark}/"
            for page in self._pages_of(files[at], table, inside, rows):
                inner = page.cursor
                after = following if inner is None else f"{at}/{mark}/{inner}"
                if is_last and inner is None:
                    unused += self._unused_last(files)
                quarantined = [*sound.quarantined, *page.quarantined]
                yield replace(
                    page,
                    cursor=after,
                    notices=sentences(unused),
                    quarantined=quarantined,
                    unused=[*unused, *rows],
                )
                sound, unused = Sound(sound.files, [], []), []
                rows.clear()
            inside = None

    def preflight(self) -> Preflight:
        """Which files are there, about how many rows they hold, whether their headers are right."""
        try:
            with self._contents() as contents:
                refuse_empty(contents, self._maps)
                checked = [one for table in TABLES.values() for one in self._check(contents, table)]
                unused = [*contents.unused, *unmatched(contents, self._maps)]
        except InvalidFile as error:
            return Preflight([Finding("folder", "error", error.happened, error.to_do)])
        findings = [finding for finding, _ in checked]
        findings += [Finding("folder", "warning", text) for text in sentences(unused)]
        rows = sum(count for _, count in checked)
        return Preflight(findings, seconds=rows / ROWS_PER_SECOND)

    def close(self) -> None:
        """Nothing is held open between calls."""

    def _pages_of(
        self, file: FileOf, table: Table, cursor: str | None, unused: list[Unused]
    ) -> Iterator[Page]:
        """The pages of one file, with cursors that are valid inside it. unused: gets its rows."""
        exported, moments = self._moment_of(file), list[Instant]()
        tells_its_own = EXPORTED_AT in table.columns
        if tells_its_own:
            table = dated(table, exported, moments)
        with opened(file, table) as found:
            place = found.first
            if cursor is not None:
                place = place_of(cursor, found.source, place.offset)
            rejected = RejectedList(file.source.rejected_path, place.listed, found.place_word)
            refused = Counter[str]()
            try:
                for page in self._pages_from(found, found.rows(place), rejected):
                    refused.update(row.reason for row in page.quarantined)
                    if page.cursor is None:
                        unused += _rows_left_out(file.name, found, refused)
                    as_of = moments if tells_its_own else [exported] * len(page.records)
                    yield replace(page, as_of=tuple(as_of))
                    moments.clear()
            finally:
                rejected.close()

    def _moment_of(self, file: FileOf) -> Instant:
        """When the file was exported, as the owner says, or else as the file does."""
        return file.moment if self._exported_at is None else from_datetime(self._exported_at)

    def _pages_from(self, found: OpenTable, reader: Rows, rejected: RejectedList) -> Iterator[Page]:
        source = found.source
        is_last = False
        while not is_last:
            now = self._runtime.clock()
            records, refused = reader.read(self.page_rows, now)
            source.refuse_if_changed()
            is_last = reader.offset >= source.size
            listed = rejected.add(refused) if self._lists_rejected else 0
            place = Place(reader.offset, reader.line, listed)
            if is_last and self._lists_rejected:
                rejected.finish()
            yield Page(
                records=records,
                cursor=None if is_last else place.to_cursor(source.mark),
                fetched_at=now,
                quarantined=[_quarantined(row) for row in refused],
            )

    def _contents(self) -> Contents:
        return Contents(self._folder, self._runtime.clock())

    def _unused_first(self, contents: Contents, table: Table, sound: Sound) -> list[Unused]:
        """What is unused of this table; with the first one, of the whole folder."""
        first = next(one for one in TABLES.values() if files_of(contents, one, self._maps))
        facts: list[Unused] = list(sound.unused)
        if first is table:
            facts += [*contents.unused, *unmatched(contents, self._maps)]
        return facts

    def _unused_last(self, files: Sequence[FileOf]) -> list[Unused]:
        """Where the lists of rejected rows lie, those of an interrupted import included."""
        paths = [file.source.rejected_path for file in files] if self._lists_rejected else []
        return [Unused("rejected", path.name, str(path)) for path in paths if path.is_file()]

    def _check(self, contents: Contents, table: Table) -> Iterator[tuple[Finding, int]]:
        try:
            files = files_of(contents, table, self._maps)
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
                with opened(file, table) as found:
                    rows = found.estimate_rows()
                    said = [f"about {pluralize(rows, 'row')}{_absent(found)}."]
                    said += sentences(notes_on(file, found))
                yield Finding(file.name, "ok", " ".join(said)), rows
            except InvalidFile as error:
                yield Finding(file.name, "error", error.happened, error.to_do), 0


def _readable(file: FileOf, table: Table) -> Iterator[OpenTable]:
    """The open file; nothing where it cannot be read, which the walk of its posts says."""
    with suppress(InvalidFile), opened(file, table) as found:
        yield found


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


def _absent(found: OpenTable) -> str:
    absent = found.columns.absent
    return f", without the optional {', '.join(absent)}" if absent else ""


def _rows_left_out(name: str, found: OpenTable, refused: Counter[str]) -> list[Unused]:
    """The rows that the map passes over and those that were rejected, by their reasons."""
    skipped = found.columns.skipped.most_common()
    passed_over = [
        Unused("passed_over", name, f"{column} is {cell or 'empty'}", number=number)
        for (column, cell), number in skipped
    ]
    return passed_over + [
        Unused("refused", name, reason, number=number) for reason, number in refused.most_common()
    ]


def _quarantined(row: Rejected) -> Quarantined:
    return Quarantined(reason=row.reason, id=row.id, line=row.line)
