"""The store: one folder, owned by one process. History is the truth, the database is derived.

Opening it takes the folder's lock, cuts off what was never acknowledged, removes files that no
entry names, and brings the database up to the journal. A lost or damaged database, or one of
another version, is rebuilt.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.errors import DiskFull, ShuttingDown, StoreDamaged
from regulars.files import folder_errors, make_folder, require_room, write_atomically
from regulars.settings import StoreSettings

from .actions import widgets
from .apply import apply_entries
from .db import FILE_NAME, Database, DatabaseUnusable
from .history import History
from .journal import Entry, Journal
from .lock import FolderLock

if TYPE_CHECKING:
    import duckdb

logger = logging.getLogger(__name__)
_SECRET_BYTES = 32
_KEEP_DAMAGED = 3
_WAIT_SECONDS, _MOST_WAITS = 0.05, 200
_NOTHING_YET = (0, "")


def is_store(folder: Path) -> bool:
    """Whether the folder is a store."""
    return (folder / "journal").is_dir()


class Store:
    """An open store. ``read`` works from many threads. Writers take turns, and so do reports."""

    def __init__(self, settings: StoreSettings, *, purpose: str = "regulars") -> None:
        self.settings = settings
        self.root = settings.folder
        with folder_errors(self.root):
            make_folder(self.root)
            self.root.chmod(0o700)
            self._lock = FolderLock(self.root, purpose=purpose)
        self.writing = threading.Lock()
        self._reporting = threading.Lock()
        self._at_work: duckdb.DuckDBPyConnection | None = None
        self._is_ending = False
        self.notices: list[str] = []
        self._standings: dict[str, tuple[int, tuple[int, str]]] = {}
        try:
            self._open()
        except BaseException:
            self._lock.release()
            raise

    def _open(self) -> None:
        self.secret = _secret_of(self.root)
        self.journal = Journal(self.root / "journal")
        self.history = History(self.root)
        strays = self.history.remove_uncommitted(self.journal)
        if strays:
            logger.info("uncommitted history files removed: %d", strays)
        self._database = self._open_database()

    @property
    def version(self) -> int:
        """Number of the last journal entry that the tables contain."""
        return self._version

    def standing(self, publication: str) -> tuple[int, str]:
        """The last entry in the tables that concerns the publication: number and digest.

        That is one of its own, or one without a publication. Published widgets change no figure,
        so their entries are left out. Searches only the entries since the last call.
        """
        version = self._version
        seen, found = self._standings.get(publication, (0, _NOTHING_YET))
        if seen > version:
            seen, found = 0, _NOTHING_YET
        if seen < version:
            last = self.journal.last_about(publication, but=widgets.KIND, after=seen, upto=version)
            found = found if last is None else (last, self.journal.digest(last))
            self._standings[publication] = version, found
        return found

    @property
    def incoming(self) -> Path:
        """The folder with the parts of unfinished pulls."""
        return self.root / "incoming"

    def announce(self, url: str) -> None:
        """Write the HTTP address of this process into the lock file."""
        self._lock.announce(url)

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for one call, from one thread."""
        with self._database.cursor() as cursor:
            yield cursor

    @contextmanager
    def report_cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for a report, one at a time. Raises ShuttingDown."""
        import duckdb

        with self._reporting:
            if self._is_ending:
                raise ShuttingDown("The service is shutting down.")
            try:
                with self.read() as cursor:
                    self._at_work = cursor
                    yield cursor
            except duckdb.Error as error:
                if self._is_ending:
                    raise ShuttingDown("The service is shutting down.") from error
                raise
            finally:
                self._at_work = None

    def cancel_reports(self) -> None:
        """Refuse new report queries and cancel running ones. Returns at once."""
        import duckdb

        self._is_ending = True
        if (cursor := self._at_work) is not None:
            with suppress(duckdb.Error):  # it may have been closed just now
                cursor.interrupt()

    def append(self, facts: dict[str, object]) -> Entry:
        """Commit an entry and bring the tables up to it. The caller holds ``writing``."""
        entry = self.journal.append(facts)
        self.history.committed(entry, self.journal)
        self.catch_up()
        return entry

    def catch_up(self) -> None:
        """Apply committed entries that the tables lack.

        There are some if a transaction failed after its entry was acknowledged, as with a full
        disk. Comparing a pull with the tables needs all of them.
        """
        if self._version < len(self.journal):
            self._apply(self._version)

    def free_space_ok(self) -> bool:
        """Whether the disk has enough free space to continue safely."""
        try:
            self.require_room()
        except DiskFull:
            return False
        return True

    def require_room(self) -> None:
        """Raise DiskFull if free space is below the floor of the settings."""
        require_room(self.root, self.settings.free_space_floor_mib)

    def rebuild(self) -> int:
        """Rebuild the database from history and journal. Returns the number of entries applied."""
        with self.writing:
            self._database.close()
            self._database = self._rebuilt()
            self.history.remove_uncommitted(self.journal)
        return self.version

    def replace_database(self, reason: str) -> None:
        """Rebuild a wrong database and keep the old file, which ``notices`` names."""
        with self.writing:
            self._database.close()
            self._database = self._kept_and_rebuilt(self.root / FILE_NAME, reason)

    def damaged_databases(self) -> list[Path]:
        """Damaged database files that were kept."""
        return sorted(self.root.glob(f"{FILE_NAME}.damaged-*"))

    def faults(self) -> list[str]:
        """Faults of history files against the journal, in words."""
        return self.history.faults(self.journal)

    def close(self) -> None:
        """Close the database and release the folder. May be called twice.

        Running reports are cancelled, because a busy database stays open.
        """
        for _ in range(_MOST_WAITS):
            self.cancel_reports()  # again and again, since it misses a report between statements
            if self._reporting.acquire(timeout=_WAIT_SECONDS):
                self._reporting.release()
                break
        self._database.close()
        self._lock.release()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _apply(self, after: int) -> None:
        last = len(self.journal)
        with self._database.transaction() as cursor:
            apply_entries(cursor, self.root, self.journal, after)
        self._version = last

    def _open_database(self) -> Database:
        path = self.root / FILE_NAME
        if not path.exists():
            return self._rebuilt()
        try:
            database = Database(path, self.settings)
        except DatabaseUnusable as error:
            return self._kept_and_rebuilt(path, str(error))
        try:
            self._database = database
            self._catch_up()
        except DatabaseUnusable as error:
            database.close()
            return self._kept_and_rebuilt(path, str(error))
        return database

    def _catch_up(self) -> None:
        """Apply the entries that the database lacks. Raises DatabaseUnusable if they differ."""
        import duckdb

        try:
            number, digest = self._database.applied()
        except duckdb.Error as error:
            raise DatabaseUnusable("the file has no tables of a store") from error
        entries = len(self.journal)
        if number > entries or (number and self.journal.digest(number) != digest):
            raise DatabaseUnusable("the journal lacks its last entry")
        self._version = number
        if number < entries:
            self._apply(number)

    def _kept_and_rebuilt(self, path: Path, reason: str) -> Database:
        damaged = _name_of_damaged(path)
        path.rename(damaged)
        for log in path.parent.glob(f"{FILE_NAME}.wal"):
            log.rename(damaged.with_name(f"{damaged.name}.wal"))
        logger.warning("database rebuilt: %s", reason)
        self.notices.append(
            f"The database was rebuilt from history and journal ({reason.splitlines()[0]})."
            f" The old file is kept as {damaged.name}."
        )
        return self._rebuilt()

    def _rebuilt(self) -> Database:
        """A new file with every entry applied, swapped in by rename."""
        require_room(self.root, self.settings.free_space_floor_mib)
        self.history.require(self.journal)
        fresh = self.root / f"{FILE_NAME}.new"
        _remove_database(fresh)
        database = Database(fresh, self.settings)
        database.create()
        self._database = database
        self._version = 0
        if len(self.journal):
            self._apply(0)
        database.close()
        path = self.root / FILE_NAME
        _remove_database(path)
        fresh.rename(path)
        return Database(path, self.settings)


def _remove_database(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)


def _name_of_damaged(path: Path) -> Path:
    """A free name for a damaged file. Deletes all but the newest few."""
    taken = sorted(path.parent.glob(f"{path.name}.damaged-*[0-9]"))
    for old in taken[: max(0, len(taken) - _KEEP_DAMAGED + 1)]:
        _remove_database(old)
    last = int(taken[-1].name.rsplit("-", 1)[1]) if taken else 0
    return path.with_name(f"{path.name}.damaged-{last + 1:04d}")


def _secret_of(root: Path) -> bytes:
    """The store's secret, made once. Raises StoreDamaged if a store with a journal lacks it.

    Person ids depend on it. With another secret, a returning person would look like a new one.
    """
    path = root / "secret"
    if path.is_file():
        secret = bytes.fromhex(path.read_text("ascii").strip())
        if len(secret) == _SECRET_BYTES:
            return secret
    if any((root / "journal").glob("*.log")):
        raise StoreDamaged("The store's file `secret` is missing or cut short.")
    write_atomically(path, secrets.token_bytes(_SECRET_BYTES).hex().encode())
    return _secret_of(root)
