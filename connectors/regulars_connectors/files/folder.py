"""Which files of an import belong to which table: those of our own names, or those of the map."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..contract import Unused
from ..errors import InvalidFile
from ..instants import Instant
from ..tabular.column_map import TableMap
from ..tabular.contents import PACKED, SPREADSHEETS, Contents
from ..tabular.header import read_header
from ..tabular.source import open_source
from ..tabular.source_file import SourceFile
from ..tabular.table import Table
from ..unused import shown
from .settings import ColumnMaps
from .tables import TABLES

MOST_FILES = 10_000
_TABULAR = (".csv", ".tsv", ".txt", ".parquet")
# Endings, what such a file is, what several are, and what to do with them.
_OTHER_FORMS = (
    (
        SPREADSHEETS,
        "is a spreadsheet, which",
        "are spreadsheets, which",
        "Save each table as CSV in UTF-8 and import that.",
    ),
    (
        PACKED,
        "is packed in a form that",
        "are packed in a form that",
        "Unpack it, or pack the folder as a zip, and import that.",
    ),
)


@dataclass(frozen=True, slots=True)
class FileOf:
    """One file of a table, and how its columns are mapped, if at all."""

    source: SourceFile
    mapped: TableMap | None

    @property
    def name(self) -> str:
        """The name by which messages call it."""
        return self.source.name

    @property
    def path(self) -> Path:
        """Where it lies on disk, or the zip that holds it."""
        return self.source.path

    @property
    def moment(self) -> Instant:
        """When it was exported, so far as it says."""
        return self.source.moment


def files_of(contents: Contents, table: Table, maps: ColumnMaps) -> list[FileOf]:
    """The files of a table from the oldest export to the newest, if any.

    Raises InvalidFile where the same rows seem to lie there twice, as CSV and as Parquet.
    """
    mapped = maps.of(table)
    if not any(one.file for one in mapped):
        found = [
            FileOf(source, mapped[0] if mapped else None)
            for name in table.files
            for source in contents.matching(name)
        ]
    else:
        found = [
            FileOf(source, bound)
            for one in mapped
            for source in _matching(contents, one.file or "")
            if (bound := one.for_file(source.fits[0].rpartition("/")[2])) is not None
        ]
    found = found or _only_file(contents, table, maps)
    _refuse_doubles(contents.path, found)
    return sorted(found, key=lambda file: file.source.age)


def refuse_empty(contents: Contents, maps: ColumnMaps) -> None:
    """Raise InvalidFile when it holds no file of any table."""
    if any(files_of(contents, table, maps) for table in TABLES.values()):
        return
    named = [one.file for table in TABLES.values() for one in maps.of(table) if one.file]
    ours = [table for table in TABLES.values() if not any(one.file for one in maps.of(table))]
    csvs = ", ".join([*named, *(table.files[0] for table in ours)])
    or_parquet = " (or .parquet)" if ours else ""
    for endings, one, several, to_do in _OTHER_FORMS:
        names = [file.name for file in contents.files if file.name.lower().endswith(endings)]
        if names:
            what = one if len(names) == 1 else several
            raise InvalidFile(f"{shown(names)} {what} Regulars cannot read.", to_do=to_do)
    if not contents.path.is_dir() and contents.files:
        raise InvalidFile(
            f"{contents.path} is none of {csvs}{or_parquet}, by its name and by its columns.",
            to_do="Name the file in a column map, which says what its columns mean.",
        )
    wrong = [fact for fact in contents.unused if fact.why == "unreadable"]
    behind = f" {wrong[0].name} was left out: {wrong[0].detail}." if wrong else ""
    if contents.files:
        behind = f" It holds {shown([file.name for file in contents.files])}.{behind}"
    raise InvalidFile(
        f"{contents.path} holds none of {csvs}{or_parquet}.{behind}",
        to_do=f"Name a folder or zip that holds {csvs}{or_parquet}, or some of them.",
    )


def unmatched(contents: Contents, maps: ColumnMaps) -> list[Unused]:
    """The files that no table takes, tables of any form first. The map itself is none of them."""
    taken = {file.name for table in TABLES.values() for file in files_of(contents, table, maps)}
    left = [file.name for file in contents.files if file.name not in taken]
    left = [name for name in left if not name.lower().endswith(".toml")]
    left.sort(key=lambda name: (not name.lower().endswith(_TABULAR), name))
    return [Unused("unmatched", name) for name in left]


def mark_of(files: Iterable[FileOf]) -> str:
    """A digest that differs once a file of a walk came, went or was changed."""
    facts = []
    for file in files:
        inside = f" {file.source.entry.facts}" if file.source.entry else ""
        try:
            status = file.path.stat()
        except OSError:
            facts.append(f"{file.name} gone")
        else:
            facts.append(f"{file.name} {status.st_size} {status.st_mtime_ns}{inside}")
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def _matching(contents: Contents, pattern: str) -> list[SourceFile]:
    found = contents.matching(pattern)
    if len(found) > MOST_FILES:
        raise InvalidFile(
            f"{len(found)} files of the folder match {pattern}.",
            to_do=f"Import at most {MOST_FILES} of them at once.",
        )
    return found


def _only_file(contents: Contents, table: Table, maps: ColumnMaps) -> list[FileOf]:
    """A file that was given alone has its table by the map's only part, or by its columns."""
    if contents.path.is_dir() or len(contents.files) != 1 or contents.files[0].entry is not None:
        return []
    (file,) = contents.files
    if not file.name.lower().endswith(_TABULAR):
        return []
    parts = [(one, mapped) for one in TABLES.values() for mapped in maps.of(one)]
    if any(contents.matching(mapped.file) for _, mapped in parts if mapped.file):
        return []
    if len(parts) == 1:
        return [FileOf(file, parts[0][1])] if parts[0][0] is table else []
    if parts or any(contents.matching(name) for one in TABLES.values() for name in one.files):
        return []
    return [FileOf(file, None)] if _has_its_columns(file, table) else []


def _has_its_columns(file: SourceFile, table: Table) -> bool:
    try:
        with open_source(file) as source:
            source.as_text()
            read_header(source, table)
    except InvalidFile:
        return False
    return True


def _refuse_doubles(folder: Path, found: Sequence[FileOf]) -> None:
    seen: dict[str, FileOf] = {}
    for file in found:
        stem = file.name.rpartition(".")[0]
        if (other := seen.get(stem)) is not None:
            twice = other.name == file.name
            what = (
                f"The column map takes {file.name} twice."
                if twice
                else f"{folder} holds both {other.name} and {file.name}."
            )
            to_do = (
                "Name each file in one part of the column map."
                if twice
                else f"Keep one of {other.name} and {file.name}: they hold the same table."
            )
            raise InvalidFile(what, to_do=to_do)
        seen[stem] = file
