"""Rebuilds the store in a folder and prints every table as JSON, with whatever DuckDB is here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.streams import TABLES

OWN_TO_A_RUN = {"runs", "run_streams"}


def tables_of(store: Store, *, without: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Every table's rows as sorted text; columns named in ``without`` are left aside."""
    found = {}
    with store.read() as cursor:
        for table in TABLES:
            columns = [row[0] for row in cursor.execute(f"DESCRIBE {table}").fetchall()]
            chosen = ", ".join(column for column in columns if column not in without)
            rows = cursor.execute(f"SELECT {chosen} FROM {table}").fetchall()
            found[table] = sorted(map(repr, rows))
    return found


def main(folder: Path) -> None:
    """Rebuild and print."""
    with Store(StoreSettings(folder=folder, free_space_floor_mib=0)) as store:
        store.rebuild()
        print(json.dumps({"duckdb": duckdb.__version__, "tables": tables_of(store)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
