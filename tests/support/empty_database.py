"""A database without rows, made once for a run of tests: new stores and tables begin as copies."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from regulars.settings import StoreSettings
from regulars.store.db import FILE_NAME, Database
from regulars.store.opening import Opening, OpenStore

OPEN_STORE = Opening.open
"""How a store opens, without a copy laid ready."""


def make_empty_database(folder: Path) -> Path:
    """Every table and view, as a new store makes them; the file."""
    path = folder / FILE_NAME
    database = Database(path, StoreSettings(folder=folder))
    database.create()
    database.close()
    return path


@contextmanager
def stores_begin_as_copies(empty: Path) -> Iterator[None]:
    """Meanwhile a store that begins in an empty folder finds the empty database there."""

    def open_store(opening: Opening) -> OpenStore:
        folder = opening.settings.folder
        if {path.name for path in folder.iterdir()} <= {"lock", "secret"}:
            shutil.copyfile(empty, folder / FILE_NAME)
        return OPEN_STORE(opening)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Opening, "open", open_store)
        yield


@contextmanager
def tables_in_memory(empty: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with every table and view of ``empty``."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"ATTACH '{empty}' AS empty (READ_ONLY)")
        connection.execute("COPY FROM DATABASE empty TO memory")
        connection.execute("DETACH empty")
        yield connection
