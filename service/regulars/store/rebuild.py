"""Builds a database from history and journal, in a file of its own, and proves it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.files import flush_folder, make_private, require_room

from .apply import apply_entries
from .database_errors import DatabaseUnusable
from .db import FILE_NAME, Database, log_of, remove_database

_KEEP_DAMAGED = 3

if TYPE_CHECKING:
    from regulars.settings import StoreSettings

    from .journal import Journal


def build_database(settings: StoreSettings, journal: Journal) -> Path:
    """A new file with every entry applied, closed. Nothing else in the store is changed.

    The caller has proven the history files (``History.prove``). Raises DiskFull.
    """
    root = settings.folder
    require_room(root, settings.free_space_floor_mib)
    make_private(root)
    fresh = root / f"{FILE_NAME}.new"
    remove_database(fresh)
    try:
        _fill(fresh, settings, journal)
        if len(journal):
            _prove(fresh, settings, journal)
    except BaseException:
        remove_database(fresh)
        raise
    return fresh


def swap_in(fresh: Path) -> Path:
    """Put a proven new database in the place of the old one, whose log goes first.

    A log that stayed beside a file of another make would be applied to it.
    """
    path = fresh.with_name(FILE_NAME)
    log_of(path).unlink(missing_ok=True)
    os.replace(fresh, path)
    flush_folder(path.parent)
    return path


def _fill(fresh: Path, settings: StoreSettings, journal: Journal) -> None:
    database = Database(fresh, settings)
    try:
        database.create()
        if len(journal):
            with database.transaction() as cursor:
                apply_entries(cursor, settings.folder, journal, 0)
            database.note_rebuilt(len(journal))
    finally:
        database.close()


def _prove(fresh: Path, settings: StoreSettings, journal: Journal) -> None:
    """Open it again and ask for its last entry. Raises DatabaseUnusable."""
    database = Database(fresh, settings)
    try:
        last = len(journal)
        if database.applied() != (last, journal.digest(last)):
            raise DatabaseUnusable("the rebuilt file lacks the last entry")
    finally:
        database.close()


def damaged_databases(root: Path) -> list[Path]:
    """Damaged database files that were kept."""
    return sorted(root.glob(f"{FILE_NAME}.damaged-*"))


def keep_damaged(path: Path) -> Path:
    """Move a damaged database and its log to a free name. Deletes all but the newest few."""
    taken = sorted(path.parent.glob(f"{path.name}.damaged-*[0-9]"))
    for old in taken[: max(0, len(taken) - _KEEP_DAMAGED + 1)]:
        remove_database(old)
    last = int(taken[-1].name.rsplit("-", 1)[1]) if taken else 0
    damaged = path.with_name(f"{path.name}.damaged-{last + 1:04d}")
    path.rename(damaged)
    with suppress(FileNotFoundError):
        log_of(path).rename(log_of(damaged))
    return damaged
