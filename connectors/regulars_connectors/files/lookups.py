"""What the rows of one file say by means of another: the post of a title, a time in its own file.

An export may name a post by its title, or a reader by another id than the map takes. And it may
leave out when a post was mailed, which stands in the file of its deliveries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..contract import StreamName
from ..errors import InvalidFile
from ..instants import Instant, from_iso, to_iso
from ..tabular.column_map import REFERRING, Earliest, Finder, TableMap, Taken, captured
from ..tabular.contents import Contents
from ..tabular.source_file import SourceFile
from ..tabular.table import Cells, RowRefused, Table
from ..tabular.times import time_in_utc
from .folder import FileOf, files_of
from .settings import ColumnMaps
from .soundness import opened
from .tables import TABLES

_ROWS = 5000
_ID = "{id}"


def bind_maps(contents: Contents, maps: ColumnMaps, files: Sequence[FileOf]) -> list[FileOf]:
    """The files, each with a map that has what it needs of the files beside it.

    Raises InvalidFile when a file that others refer to cannot be read.
    """
    known: dict[tuple[str, str], Finder] = {}
    return [_bound(contents, maps, file, known) for file in files]


def _bound(
    contents: Contents, maps: ColumnMaps, file: FileOf, known: dict[tuple[str, str], Finder]
) -> FileOf:
    """known: what other files needed before."""
    if file.mapped is None:
        return file
    finders: dict[str, Finder] = {}
    for name, taken in file.mapped.columns.items():
        if taken.by is not None:
            key = (REFERRING[name], taken.by)
            if key not in known:
                known[key] = _referred(contents, maps, *key, name)
            finders[name] = known[key]
        if taken.earliest is not None:
            finders[name] = _Earliest(contents, taken.earliest)
    return replace(file, mapped=file.mapped.with_finders(finders)) if finders else file


# A row that is named by another column of its file


def _referred(contents: Contents, maps: ColumnMaps, table_name: str, by: str, ours: str) -> Finder:
    """Finds the id of the row of a table whose column ``by`` holds the text."""
    table = TABLES[_stream_name(table_name)]
    exact: dict[str, str | None] = {}
    loose: dict[str, str | None] = {}
    for file in files_of(contents, table, maps):
        for row_id, text in _pairs(file, table, by):
            _enter(exact, text.strip().casefold(), row_id)
            if table_name == "posts":  # the name of a file keeps letters and figures of a title
                _enter(loose, _letters(text), row_id)
    what = table.stream.label

    def find(cell: str) -> str:
        text = cell.strip()
        if not text:
            return ""
        folded, letters = text.casefold(), _letters(text)
        names, key = (exact, folded) if folded in exact else (loose, letters)
        if key not in names:
            raise RowRefused(f"{ours} is in none of the {what} of the folder, by {by}")
        found = names[key]
        if found is None:
            raise RowRefused(f"{ours} may be several of the {what}, which have the same {by}")
        return found

    return find


def _stream_name(name: str) -> StreamName:
    return next(stream for stream in TABLES if stream == name)


def _enter(names: dict[str, str | None], text: str, row_id: str) -> None:
    """Note whose text it is. None: that of several."""
    if text:
        names[text] = row_id if names.get(text, row_id) == row_id else None


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _pairs(file: FileOf, table: Table, by: str) -> Iterator[tuple[str, str]]:
    """The id of each row that counts, and what its column ``by`` says."""
    own = file.mapped or TableMap()
    columns = {"id": own.columns.get("id", Taken(column=("id",))), "by": Taken(column=(by,))}
    mapped = TableMap().model_copy(update={"skip": own.skip, "columns": columns})
    wanted = ("id", "by")
    pairs = Table(table.stream, wanted, (), wanted, (), _pair)
    for row_id, text in _rows(replace(file, mapped=mapped), pairs):
        if row_id:
            yield row_id, text


def _pair(cells: Cells, _now: Instant) -> Any:
    row_id, text = cells
    return row_id.strip(), text


# The earliest time in a file of the row's own


class _Earliest:
    """Finds the earliest time in the files that are named by a row's id, each read when asked."""

    def __init__(self, contents: Contents, wanted: Earliest) -> None:
        self._wanted = wanted
        self._files = _by_id(contents, wanted.file)
        self._table = Table(TABLES["posts"].stream, ("at",), (), ("at",), ("at",), self._instant)

    def __call__(self, row_id: str) -> str:
        """The time as ISO 8601. Empty where no file says one."""
        found = [at for file in self._files.get(row_id.strip(), ()) for at in self._times(file)]
        return to_iso(min(found)) if found else ""

    def _times(self, file: SourceFile) -> Iterator[Instant]:
        mapped = TableMap().model_copy(
            update={"columns": {"at": Taken(column=(self._wanted.column,))}}
        )
        try:
            yield from _rows(FileOf(file, mapped), self._table)
        except InvalidFile:
            return  # its own walk says what is wrong with it

    def _instant(self, cells: Cells, _now: Instant) -> Any:
        text = time_in_utc(cells[0], "at", ())
        if not text:
            raise RowRefused("at is empty")
        return from_iso(text)


def _by_id(contents: Contents, pattern: str) -> Mapping[str, list[SourceFile]]:
    """The files of a form with ``{id}`` in it, by what stands there: the shortest that fits."""
    before, _, after = pattern.rpartition("/")[2].partition(_ID)
    files: dict[str, list[SourceFile]] = {}
    for file in contents.matching(pattern.replace(_ID, "*")):
        row_id = captured(file.fits[0].rpartition("/")[2], before, after)
        if row_id is not None:
            files.setdefault(row_id, []).append(file)
    return files


def _rows(file: FileOf, table: Table) -> Iterator[Any]:
    """What a table makes of the rows of a file. Those that it refuses are passed over."""
    with opened(file, table) as found_table:
        found_table.check()
        rows = found_table.rows(found_table.first)
        while rows.offset < found_table.source.size:
            before = rows.offset
            found, _ = rows.read(_ROWS, 0)
            yield from found
            if rows.offset == before:
                return
