"""Which files of a folder belong to which table: those of our own names, or those of the map."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InvalidFile
from ..tabular.column_map import TableMap
from ..tabular.table import Table
from .settings import ColumnMaps
from .tables import TABLES

MOST_FILES = 10_000


@dataclass(frozen=True, slots=True)
class FileOf:
    """One file of a table, and how its columns are mapped, if at all."""

    path: Path
    name: str
    mapped: TableMap | None


def files_of(folder: Path, table: Table, maps: ColumnMaps) -> list[FileOf]:
    """The files of a table in reading order, if any.

    Raises InvalidFile where the same rows seem to lie there twice, as CSV and as Parquet.
    """
    mapped = maps.of(table)
    if not any(one.file for one in mapped):
        found = _present(folder, table.files, mapped[0] if mapped else None)
    else:
        found = [
            FileOf(path, path.relative_to(folder).as_posix(), one)
            for one in mapped
            for path in _matching(folder, one.file or "")
        ]
    _refuse_doubles(folder, found)
    return found


def refuse_empty(folder: Path, maps: ColumnMaps) -> None:
    """Raise InvalidFile when the folder cannot be read, or holds no file of any table."""
    named = [one.file for table in TABLES.values() for one in maps.of(table) if one.file]
    ours = [table for table in TABLES.values() if not any(one.file for one in maps.of(table))]
    csvs = ", ".join([*named, *(table.files[0] for table in ours)])
    or_parquet = " (or .parquet)" if ours else ""
    to_do = f"Name a folder that holds {csvs}{or_parquet}, or some of them."
    try:
        next(folder.iterdir(), None)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidFile(f"{folder} cannot be read: {reason}.", to_do=to_do) from error
    if not any(files_of(folder, table, maps) for table in TABLES.values()):
        raise InvalidFile(f"{folder} holds none of {csvs}{or_parquet}.", to_do=to_do)


def mark_of(files: Sequence[FileOf]) -> str:
    """A digest that differs once a file of a walk came, went or was changed."""
    facts = []
    for file in files:
        try:
            status = file.path.stat()
        except OSError:
            facts.append(f"{file.name} gone")
        else:
            facts.append(f"{file.name} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def _present(folder: Path, names: Sequence[str], mapped: TableMap | None) -> list[FileOf]:
    there = {path.name for path in folder.iterdir()}
    return [FileOf(folder / name, name, mapped) for name in names if name in there]


def _matching(folder: Path, pattern: str) -> list[Path]:
    """Our own lists of rejected rows are never taken for an export."""
    found = sorted(path for path in folder.glob(pattern) if not path.stem.endswith(".rejected"))
    if len(found) > MOST_FILES:
        raise InvalidFile(
            f"{len(found)} files of the folder match {pattern}.",
            to_do=f"Import at most {MOST_FILES} of them at once.",
        )
    return found


def _refuse_doubles(folder: Path, found: Sequence[FileOf]) -> None:
    seen: dict[Path, FileOf] = {}
    for file in found:
        stem = file.path.with_suffix("")
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
