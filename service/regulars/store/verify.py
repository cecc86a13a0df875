"""Does everything hold together? Files against the journal, tables against a rebuild."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from regulars_connectors.plural import pluralize

from .apply import apply_entries
from .db import Database, DatabaseUnusable
from .store import Store
from .streams import TABLES


def verify_store(store: Store) -> list[str]:
    """Every fault found, in words; an empty list means that all is well."""
    return store.faults() or _differing_tables(store)


def verify_and_mend(store: Store) -> list[str]:
    """Verify; a database at fault is moved aside and made again, which ``notices`` says.

    History files at fault cannot be mended here: they are the truth.
    """
    faults = store.faults()
    if faults:
        return faults
    faults = _differing_tables(store)
    if faults:
        store.replace_database("it did not equal its history")
    return faults


def _differing_tables(store: Store) -> list[str]:
    """Rebuild beside the store and compare every table row by row."""
    folder = Path(tempfile.mkdtemp(prefix="verify-", dir=store.root))
    try:
        path = folder / "fresh.duckdb"
        _build(store, path)
        return [
            f"the table {table} differs from its rebuild in {pluralize(count, 'row')}"
            for table in TABLES
            if (count := _differing_rows(store, path, table))
        ]
    finally:
        shutil.rmtree(folder)


def _build(store: Store, path: Path) -> None:
    # The files that it reads lie in the store's folder, so that is what it may see.
    database = Database(path, store.settings, may_read=store.root)
    try:
        database.create()
        if len(store.journal):
            with database.transaction() as cursor:
                apply_entries(cursor, store.root, store.journal)
    finally:
        database.close()


def _differing_rows(store: Store, path: Path, table: str) -> int:
    try:
        return _count_differences(store, path, table)
    except DatabaseUnusable:
        return 1


def _count_differences(store: Store, path: Path, table: str) -> int:
    with store.read() as cursor:
        cursor.execute(f"ATTACH IF NOT EXISTS '{path}' AS fresh (READ_ONLY)")
        rows = cursor.execute(
            f"SELECT count(*) FROM ("  # noqa: S608 - names come from the tuple above
            f"(SELECT * FROM {table} EXCEPT ALL SELECT * FROM fresh.{table})"
            f" UNION ALL (SELECT * FROM fresh.{table} EXCEPT ALL SELECT * FROM {table})) AS rows"
        ).fetchall()
        cursor.execute("DETACH fresh")
    return int(rows[0][0])
