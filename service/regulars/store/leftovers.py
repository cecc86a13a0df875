"""What processes that died leave in a store's folder besides history and journal.

Everything here can be made again, and may hold people who were removed since. It goes when the
store is opened, under the lock, before anything else uses the folder.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from regulars.errors import StoreDamaged

from .actions.replaced import ERASED, REMOVED, REMOVING, File
from .columns import parquet_errors
from .db import FILE_NAME, Database
from .journal import Entry, Journal
from .proven_backups import FILE_NAME as PROVEN

# Earlier versions kept the reports of the page in ``answers``.
_FOLDERS = ("verify-*", "spill", "answers")
_FILES = (f"{FILE_NAME}.new", f"{FILE_NAME}.new.wal", "*.tmp", "incoming/**/*.tmp")
_NOT_OTHER = (FILE_NAME, f"{FILE_NAME}.wal", "lock", "secret", "secret.sha256", PROVEN)


def remove_leftovers(root: Path, but: Path | None = None) -> int:
    """Delete half-made databases, overflow, and files of a `verify` that was killed.

    but: a database that was made just now.
    """
    found = 0
    for pattern in _FOLDERS:
        for path in root.glob(pattern):
            shutil.rmtree(path, ignore_errors=True)
            found += 1
    for pattern in _FILES:
        for path in root.glob(pattern):
            if path != but:
                path.unlink(missing_ok=True)
                found += 1
    return found


def other_files(root: Path, history: set[str]) -> list[Path]:
    """Every file of the folder besides journal, database and these files of the history."""
    found = []
    for path in sorted(root.rglob("*")):
        place = str(path.relative_to(root))
        is_ours = place in _NOT_OTHER or place in history or _is_journal(place)
        if path.is_file() and not path.is_symlink() and not is_ours:
            found.append(path)
    return found


def is_database(path: Path) -> bool:
    """Whether it is a database that was moved away, or the log of one."""
    return FILE_NAME in path.name or ".duckdb" in path.suffixes


def is_parquet(path: Path) -> bool:
    """Whether it is a Parquet file, also one that was moved and got a number behind its name."""
    return path.suffix == ".parquet" or ".parquet." in path.name


def holds_traces(database: Database, journal: Journal) -> bool:
    """Whether rows that were removed may be left in a database file, such as in free blocks."""
    return max(journal.last_of(kind) for kind in REMOVING) > database.rebuilt_at()


def is_rebuild_needed(database: Database, journal: Journal) -> bool:
    """Whether the tables themselves may hold somebody who was erased."""
    return journal.last_of(ERASED) > database.rebuilt_at()


def was_something_removed(journal: Journal) -> bool:
    """Whether a publication or a person was ever removed."""
    return any(journal.last_of(kind) for kind in REMOVING)


def finish_removals(root: Path, journal: Journal, history: list[File], after: int = 0) -> None:
    """Delete what publications that were removed after that entry left in files of any kind.

    One whose name is taken again has nothing left: a removal is finished before anything else.
    """
    kept = {str(file["path"]) for file in history}
    taken = {path.split("/")[1] for path in kept}
    for entry in journal.entries_of(REMOVED, after):
        if entry.facts["publication"] not in taken:
            _remove_traces(root, kept, entry)


def _remove_traces(root: Path, kept: set[str], entry: Entry) -> None:
    names = {path.split("/")[1] for path in entry.facts["dropped"]} | {entry.facts["publication"]}
    connections = set(entry.facts["connections"])
    for connection in connections:
        shutil.rmtree(root / "incoming" / connection, ignore_errors=True)
    for path in other_files(root, kept):
        belongs = connections & set(path.relative_to(root).parts)
        if belongs or is_database(path) or (is_parquet(path) and _is_of(path, names)):
            path.unlink(missing_ok=True)


def _is_of(path: Path, names: set[str]) -> bool:
    """Whether rows of these publications are in a Parquet file. True for one that is damaged."""
    import pyarrow.parquet as pq

    try:
        with parquet_errors(path):
            if "publication" not in pq.read_schema(path).names:
                return False
            column = pq.read_table(path, columns=["publication"])["publication"]
    except (StoreDamaged, OSError):
        return True
    return not names.isdisjoint(column.unique().to_pylist())


def _is_journal(place: str) -> bool:
    return place.startswith("journal/") and not place.endswith(".tmp")
