"""A database without rows, made once for a run of tests: new stores and tables begin as copies."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.db import FILE_NAME, Database

OPEN_DATABASE = Store._open_database
"""How a store opens its database, without a copy laid ready."""


def make_empty_database(folder: Path) -> Path:
    """Every table and view, as a new store makes them; the file."""
    path = folder / FILE_NAME
    database = Database(path, StoreSettings(folder=folder))
    database.create()
    database.close()
    return path


@contextmanager
def stores_begin_as_copies(empty: Path) -> Iterator[None]:
    """Meanwhile a store without database and entries finds the empty one in its folder."""

    def open_database(store: Store) -> Database:
        path = store.root / FILE_NAME
        if not path.exists() and not store.journal.entries():
            shutil.copyfile(empty, path)
        return OPEN_DATABASE(store)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "_open_database", open_database)
        yield


@contextmanager
def tables_in_memory(empty: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with every table and view of ``empty``."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"ATTACH '{empty}' AS empty (READ_ONLY)")
        connection.execute("COPY FROM DATABASE empty TO memory")
        connection.execute("DETACH empty")
        yield connection
