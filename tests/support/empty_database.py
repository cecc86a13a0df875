"""A database without rows, made once for a run of tests: new stores and tables begin as copies."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from regulars.settings import StoreSettings
from regulars.store import db
from regulars.store.columns import schema_text
from regulars.store.db import FILE_NAME, Database
from regulars.store.opening import Opening, OpenStore
from regulars.store.views import create_views

READY: list[Path] = []
"""The empty database that others begin as copies of, once one is there."""
OPEN_STORE = Opening.open
"""How a store opens, without a copy laid ready."""
CONNECT, CREATE = db._connect, Database.create
"""How a file opens, and how its tables and views are made."""


def make_empty_database(folder: Path) -> Path:
    """Every table and view, as a new store makes them; the file."""
    path = folder / FILE_NAME
    database = Database(path, StoreSettings(folder=folder))
    database.create()
    database.close()
    return path


@contextmanager
def stores_begin_as_copies(empty: Path) -> Iterator[None]:
    """Meanwhile a store that begins in an empty folder finds the empty database there, and a
    database that is built in a file of its own begins as a copy of it."""

    def open_store(opening: Opening) -> OpenStore:
        folder = opening.settings.folder
        if {path.name for path in folder.iterdir()} <= {"lock", "secret"}:
            shutil.copyfile(empty, folder / FILE_NAME)
        return OPEN_STORE(opening)

    digest = db.schema_digest()
    copied: set[Path] = set()

    def connect(path: Path, *arguments: Any, read_only: bool) -> duckdb.DuckDBPyConnection:
        # A test may have a schema of its own.
        if not (path.exists() or read_only) and db.schema_digest() == digest:
            shutil.copyfile(empty, path)
            copied.add(path)
        return CONNECT(path, *arguments, read_only=read_only)

    def create(database: Database, *, views: bool = True) -> None:
        if database.path in copied:
            copied.remove(database.path)
        else:
            CREATE(database, views=views)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Opening, "open", open_store)
        patch.setattr(db, "_connect", connect)
        patch.setattr(Database, "create", create)
        READY.append(empty)
        yield
        READY.remove(empty)


def begin_bare(patch: pytest.MonkeyPatch) -> None:
    """New stores and databases are made again as outside tests."""
    patch.setattr(Opening, "open", OPEN_STORE)
    patch.setattr(db, "_connect", CONNECT)
    patch.setattr(Database, "create", CREATE)


@contextmanager
def tables_in_memory(empty: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with every table and view of ``empty``."""
    with duckdb.connect(config={"threads": 1}) as connection:
        _fill(connection, empty)
        yield connection


def empty_tables() -> duckdb.DuckDBPyConnection:
    """A database in memory with every table and view, copied where one lies ready."""
    connection = duckdb.connect()
    if READY:
        _fill(connection, READY[-1])
    else:
        connection.execute(schema_text())
        create_views(connection)
    return connection


def _fill(connection: duckdb.DuckDBPyConnection, empty: Path) -> None:
    connection.execute(f"ATTACH '{empty}' AS empty (READ_ONLY)")
    connection.execute("COPY FROM DATABASE empty TO memory")
    connection.execute("DETACH empty")
