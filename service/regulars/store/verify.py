"""Verifies a store: files against the journal, tables against a rebuild. Repairs what it can."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from regulars_connectors.plural import pluralize

from .actions.hooks import settle
from .apply import apply_entries
from .columns import columns_in_file
from .database_errors import DatabaseUnusable
from .db import Database
from .hook_bodies import damaged_bodies
from .lost_files import Repair, bring_back
from .quarantine import Quarantine, current_time
from .store import Store
from .streams import HISTORY, TABLES, history_columns

_ONLY_A_BACKUP = (
    "Only a backup holds it. The database still answers with its rows, and a rebuild waits for the"
    " file. To go on without them, add --give-up."
)


@dataclass(slots=True)
class UnknownColumn:
    """A column that a newer version wrote into history files, which this one skips.

    column: None if the whole stream is unknown. files: their paths, in the journal's order.
    """

    stream: str
    column: str | None
    files: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """In words, with the first file."""
        what = "the stream" if self.column is None else f"the column {self.column} of"
        files = pluralize(len(self.files), "history file")
        return f"{what} {self.stream}, in {files} (first: {self.files[0]})"


_PULLED = "The store goes on without it. The next sync brings what it reported."

# Rows weigh +1 in the store and -1 in the rebuild, so equal ones cancel out, also where several are
# the same. EXCEPT ALL in both directions says as much for five times the work.
_DIFFERENT_ROWS = """
SELECT coalesce(sum(abs(balance)), 0)
FROM (
    SELECT * EXCLUDE (side), sum(side) AS balance
    FROM (SELECT *, 1 AS side FROM {table} UNION ALL SELECT *, -1 AS side FROM fresh.{table})
    GROUP BY ALL
)
"""


def verify_store(store: Store) -> list[str]:
    """Every fault, in words. Empty for a sound store."""
    return store.faults() or _differing_tables(store)


def verify_and_mend(store: Store) -> list[str]:
    """Verify, and rebuild a faulty database. ``notices`` then names the copy that is kept.

    Faults of history files remain: only a backup has the truth.
    """
    faults = store.faults()
    if faults:
        return faults
    faults = _differing_tables(store)
    if faults:
        store.replace_database("it differed from its history")
    return faults


def repair(store: Store) -> list[Repair]:
    """Mend every fault that can be mended, and say of the others what they take.

    A damaged history file comes back from where its bytes lie (``lost_files``). Tables come from
    history and journal. What opening the store has mended is told again.
    """
    repairs, lost = bring_back(store.root, store.journal, store.history)
    repairs = [*store.repairs, *repairs, *give_up_bodies(store)]
    if lost:
        return repairs + [Repair(one.fault, _ONLY_A_BACKUP, is_mended=False) for one in lost]
    if faults := _differing_tables(store):
        store.replace_database("it differed from its history")
    remedy = "The database was rebuilt from history and journal."
    return repairs + [Repair(fault, remedy, is_mended=True) for fault in faults]


def give_up_bodies(store: Store) -> list[Repair]:
    """Go on without bodies of webhooks that are missing or have changed. Hints stand by themselves,
    so the next pull brings what your provider still shows."""
    repairs = []
    with store.writing:
        for one, fault in damaged_bodies(store):
            if (store.root / one.path).exists():
                Quarantine(store.root, by_repair=True).move([store.root / one.path])
            settle(store, one.publication, one.connection, [one.path], current_time())
            lost = "An answer that only it carried is lost." if one.has_records else _PULLED
            repairs.append(Repair(fault, lost, is_mended=True))
    return repairs


def unknown_columns(store: Store) -> list[UnknownColumn]:
    """Columns of history files, and whole streams, from newer versions. They are no fault.

    Call it once ``verify_store`` finds no fault, because it opens every file.
    """
    found: dict[tuple[str, str | None], UnknownColumn] = {}
    for file in store.history.files(store.journal):
        stream, path = str(file["stream"]), str(file["path"])
        for column in _unknown_in(stream, store.root / path):
            found.setdefault((stream, column), UnknownColumn(stream, column)).files.append(path)
    return list(found.values())


def _unknown_in(stream: str, path: Path) -> list[str | None]:
    if stream not in HISTORY:
        return [None]
    known = history_columns(stream)
    return [column for column in columns_in_file(path) if column not in known]


def _differing_tables(store: Store) -> list[str]:
    """Rebuild in a temporary folder and compare every table row by row."""
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
    # It reads the files in the store's folder, so it may see that folder.
    database = Database(path, store.settings, may_read=store.root)
    try:
        database.create(views=False)
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
    with store.read_unmended() as cursor:
        cursor.execute(f"ATTACH IF NOT EXISTS '{path}' AS fresh (READ_ONLY)")
        rows = cursor.execute(_DIFFERENT_ROWS.format(table=table)).fetchall()
        cursor.execute("DETACH fresh")
    return int(rows[0][0])
