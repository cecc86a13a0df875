"""The only module that opens DuckDB.

The database is derived from history and journal, so losing it costs a rebuild. It is opened with
everything locked that a statement could abuse: other folders, extensions, later changes of
settings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.settings import StoreSettings

from .columns import schema_text
from .database_errors import DatabaseUnusable, StatementRefused, database_errors, own_error
from .statements import load_texts
from .views import create_views, view_statements

if TYPE_CHECKING:
    import duckdb

FILE_NAME = "regulars.duckdb"
LEAST_MEMORY_MIB, MOST_MEMORY_MIB = 256, 2048
_MIB_IN = {"bytes": 2.0**-20, "KiB": 2.0**-10, "MiB": 1.0, "GiB": 2.0**10, "TiB": 2.0**20}


def schema_digest() -> str:
    """Digest of every statement that shapes the tables. A difference causes a rebuild."""
    texts = [schema_text(), *view_statements(), *load_texts()]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


class Database:
    """An open database file. One cursor per call, each used by one thread."""

    def __init__(
        self,
        path: Path,
        settings: StoreSettings,
        *,
        may_read: Path | None = None,
        read_only: bool = False,
    ) -> None:
        self.path = path
        self._connection = _connect(path, settings, may_read or path.parent, read_only=read_only)
        if not read_only:
            _make_private(path)

    def create(self, *, views: bool = True) -> None:
        """Make every table and view in a new file. Entries are applied without a view."""
        with self.transaction() as cursor:
            cursor.execute(schema_text())
            if views:
                create_views(cursor)
            cursor.execute(
                "INSERT INTO applied VALUES (0, '', $digest)", {"digest": schema_digest()}
            )
            cursor.execute("INSERT INTO rebuilt VALUES (0)")

    def applied(self) -> tuple[int, str]:
        """Number and digest of the last journal entry in this file.

        Raises DatabaseUnusable if the file is cut short or has tables of another version.
        """
        with self.cursor() as cursor:
            # used_blocks, since total_blocks counts free blocks that DuckDB has cut off the end.
            ((blocks, size),) = cursor.execute(
                "SELECT used_blocks, block_size FROM pragma_database_size()"
            ).fetchall()
            if self.path.stat().st_size < blocks * size:
                raise DatabaseUnusable("the file is cut short")
            rows = cursor.execute(
                "SELECT entry, entry_digest, schema_digest FROM applied"
            ).fetchall()
        if len(rows) != 1 or rows[0][2] != schema_digest():
            raise DatabaseUnusable("the tables are of another version")
        return int(rows[0][0]), str(rows[0][1])

    def last_entry(self) -> tuple[int, str]:
        """Number and digest of the last journal entry in this file, whatever its other tables.

        Raises DatabaseUnusable if it does not say.
        """
        try:
            with self.cursor() as cursor:
                rows = cursor.execute("SELECT entry, entry_digest FROM applied").fetchall()
        except StatementRefused as error:
            raise DatabaseUnusable("the file has no tables of a store") from error
        if len(rows) != 1:
            raise DatabaseUnusable("the file has no tables of a store")
        return int(rows[0][0]), str(rows[0][1])

    def rebuilt_at(self) -> int:
        """The last journal entry when this file was made. Rows deleted since left traces in it."""
        with self.cursor() as cursor:
            rows = cursor.execute("SELECT entry FROM rebuilt").fetchall()
        return int(rows[0][0])

    def note_rebuilt(self, number: int) -> None:
        """Note that this file was made with the entries up to that number."""
        with self.transaction() as cursor:
            cursor.execute("UPDATE rebuilt SET entry = $number", {"number": number})

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for one call, which sees one consistent state in a transaction of its own."""
        cursor = self._connection.cursor()
        try:
            with database_errors():
                yield cursor
        finally:
            cursor.close()

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor whose statements all take effect, or none."""
        import duckdb

        with self.cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                yield cursor
            except BaseException:
                # The first error matters, even if there is nothing left to roll back.
                with suppress(duckdb.Error):
                    cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")
            _make_private(log_of(self.path))

    def close(self) -> None:
        """Close the file, after writing its log into it."""
        self._connection.close()


def log_of(path: Path) -> Path:
    """Where DuckDB keeps the log of a database file."""
    return path.with_name(f"{path.name}.wal")


def remove_database(path: Path) -> None:
    """Delete a database file and its log."""
    log_of(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _make_private(path: Path) -> None:
    """Take a file away from other users of the machine. DuckDB makes it by the umask."""
    with suppress(FileNotFoundError):
        path.chmod(0o600)


def _connect(
    path: Path, settings: StoreSettings, folder: Path, *, read_only: bool
) -> duckdb.DuckDBPyConnection:
    import duckdb

    try:
        connection = duckdb.connect(str(path), read_only=read_only, config=_config(path, settings))
        connection.execute("SET enable_progress_bar = false")
        if settings.memory_limit_mib is None:
            connection.execute(f"SET memory_limit = '{_share_of_memory(connection)}MiB'")
        # In this order: only the store's own folder stays open, and the settings are then locked.
        connection.execute("SET allowed_directories = [$folder]", {"folder": str(folder)})
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
    except (duckdb.Error, RuntimeError) as error:
        own = own_error(error)
        # A file that DuckDB refuses to open in any words is no database of ours.
        raise DatabaseUnusable(str(error)) if isinstance(own, StatementRefused) else own from error
    return connection


def _share_of_memory(connection: duckdb.DuckDBPyConnection) -> int:
    """A quarter of the machine's memory in MiB, within bounds.

    DuckDB's own default is four fifths of it, said in a text such as ``18.8 GiB``; it minds the
    limits of a container as well.
    """
    ((text,),) = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    number, unit = str(text).split()
    quarter = float(number) * _MIB_IN[unit] / 0.8 / 4
    return round(min(max(quarter, LEAST_MEMORY_MIB), MOST_MEMORY_MIB))


def _config(path: Path, settings: StoreSettings) -> dict[str, str | bool | int | float | list[str]]:
    chosen: dict[str, str | bool | int | float | list[str]] = {}
    if settings.memory_limit_mib is not None:
        chosen["memory_limit"] = f"{settings.memory_limit_mib}MiB"
    if settings.threads is not None:
        chosen["threads"] = settings.threads
    return chosen | {
        "temp_directory": str(path.parent / "spill"),
        "preserve_insertion_order": False,
        # The newest format that both lines of DuckDB read and write. It has zstd for texts.
        "storage_compatibility_version": "v1.4.0",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
