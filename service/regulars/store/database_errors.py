"""The one door for errors of DuckDB: each becomes one of ours, by what you can do about it.

    busy        StoreLocked        another program holds the file, or two writers met
    no memory   OutOfMemory
    no disk     DiskFull
    a file      StoreDamaged       a history file or a part cannot be read
    damaged     DatabaseUnusable   the database is rebuilt from history and journal
    a bug       StatementRefused   everything else

An interrupt stays as it is: whoever interrupts a cursor waits for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from regulars.errors import DiskFull, OutOfMemory, RegularsError, StoreDamaged, StoreLocked

if TYPE_CHECKING:
    import duckdb

_NO_DISK = ("no space left", "disk quota exceeded", "max_temp_directory_size")
_NO_MEMORY = ("bad_alloc", "cannot allocate memory", "failed to allocate")
_BUSY = ("could not set lock", "conflicting lock", "transaction conflict", "conflict on")
# A wrong checksum comes as an error of no kind. After a fatal error, DuckDB refuses every further
# statement in the words of the second.
_DAMAGED = ("corrupt database file", "database has been invalidated")
_PARQUET = re.compile(r"[^\s'\"/]+\.parquet")


class DatabaseUnusable(StoreDamaged):
    """The file is damaged or has other tables, and needs a rebuild. The store makes it."""

    to_do = "Run `regulars rebuild`, which makes the database from history and journal."


class DatabaseMended(StoreDamaged):
    """A damaged database was rebuilt while a question was under way. Ask it again."""

    safe = "History and journal are whole, and the rebuilt database answers."
    to_do = "Send the request or run the command again."


class StatementRefused(RegularsError):
    """The database refused a statement of this program, which is a bug."""


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn what DuckDB raises inside the block into one of our errors."""
    import duckdb

    try:
        yield
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise own_error(error) from error
    except MemoryError as error:
        raise _no_memory() from error


def own_error(error: duckdb.Error | RuntimeError) -> RegularsError:
    """The error of DuckDB as one of ours. Its own words stay out where they may hold data."""
    return _shortage(error) or _damage(error) or _refusal(error)


def _shortage(error: duckdb.Error | RuntimeError) -> RegularsError | None:
    """What the machine lacks just now, whatever kind of error DuckDB makes of it."""
    import duckdb

    words = str(error).lower()
    if _has(words, _NO_DISK):
        return DiskFull("The disk filled up while the database was at work.")
    if isinstance(error, duckdb.OutOfMemoryException) or _has(words, _NO_MEMORY):
        return _no_memory()
    if _has(words, _BUSY):
        return StoreLocked("Another program holds the database file open.")
    if "too many open files" in words:
        return RegularsError(
            "This process has too many files open.",
            to_do="Raise its limit (ulimit -n), then start it again.",
        )
    return None


def _damage(error: duckdb.Error | RuntimeError) -> StoreDamaged | None:
    import duckdb

    damaged = (
        duckdb.FatalException,
        duckdb.InternalException,
        duckdb.SerializationException,
        duckdb.IOException,
    )
    may_name_file = (*damaged, duckdb.InvalidInputException)
    if isinstance(error, may_name_file) and (file := _PARQUET.search(str(error))):
        return StoreDamaged(f"The file {file[0]} of the store cannot be read.")
    if isinstance(error, damaged) or _has(str(error).lower(), _DAMAGED):
        return DatabaseUnusable(str(error))
    return None


def _refusal(error: duckdb.Error | RuntimeError) -> StatementRefused:
    return StatementRefused(f"The database refused a statement ({type(error).__name__}).")


def _has(words: str, any_of: tuple[str, ...]) -> bool:
    return any(one in words for one in any_of)


def _no_memory() -> OutOfMemory:
    return OutOfMemory("The database ran out of memory.")
