"""The store: one folder, owned by one process. History is the truth, the database is derived.

Opening it takes the folder's lock and the database's own, then looks for proof that the journal
lost entries, and only then changes anything: files that no entry names go into the quarantine, and
the database is brought up to the journal. A lost or damaged database, or one of another version, is
rebuilt.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.errors import DiskFull, RegularsError, ShuttingDown
from regulars.files import folder_errors, keep_new_files_private, make_folder, require_room
from regulars.settings import StoreSettings

from .actions.forgetting import FORGOTTEN
from .actions.registry import WITHOUT_FIGURES
from .apply import apply_entries
from .database_errors import DatabaseMended, DatabaseUnusable
from .db import FILE_NAME, Database
from .forget_list import forget_list_of
from .hook_bodies import damaged_bodies, tidy_bodies
from .journal import Entry, Journal
from .lock import FolderLock
from .mending import MendingLimit
from .opening import Opening, OpenStore, keep_damaged_database
from .quarantine import Quarantine
from .readers import Readers
from .rebuild import build_database, damaged_databases, swap_in

if TYPE_CHECKING:
    import duckdb

_WAIT_SECONDS, _MOST_WAITS = 0.05, 200
_NOTHING_YET = (0, "")


def is_store(folder: Path) -> bool:
    """Whether the folder is a store, or what is left of one."""
    if (folder / "journal").is_dir() or (folder / FILE_NAME).exists():
        return True
    return next((folder / "history").rglob("*.parquet"), None) is not None


class Store:
    """An open store. ``read`` works from many threads. Writers take turns, and so do reports."""

    def __init__(
        self,
        settings: StoreSettings,
        *,
        purpose: str = "regulars",
        repair: bool = False,
        give_up: bool = False,
        finish_actions: bool = True,
    ) -> None:
        """Open it. Raises StoreLocked, SettingsWrong, StoreDamaged, DiskFull.

        repair: go on with what is left where entries are lost. What knows of them goes into the
        quarantine, and history files come back from where they lie. give_up: of a repair, go on
        without history files that lie nowhere. finish_actions: finish forgetting that was begun,
        here or before a restore. A restore that compares figures first calls ``replay_forgotten``
        itself.
        """
        self.settings = settings
        self.root = settings.folder
        with folder_errors(self.root):
            make_folder(self.root)
            keep_new_files_private()
            self._lock = FolderLock(self.root, purpose=purpose)
        self.writing = threading.RLock()  # a writer may have to mend what it writes to
        self._readers = Readers()
        self._mending = MendingLimit()
        # Hears the notice of a database that proved damaged while it was read.
        self.on_mended: Callable[[str], object] = lambda _: None
        self._reporting = threading.Lock()
        self._at_work: duckdb.DuckDBPyConnection | None = None
        self._is_ending = False
        self._standings: dict[str, tuple[int, tuple[int, str]]] = {}
        try:
            self._take(Opening(settings, self._lock, repair, give_up).open())
        except BaseException:
            self._lock.release()
            raise
        self._tidy(finish_actions)

    def _tidy(self, finish_actions: bool) -> None:
        try:
            tidy_bodies(self)
        except BaseException:
            self.close()
            raise
        if finish_actions:
            self._finish_actions()

    def _take(self, parts: OpenStore) -> None:
        self.secret, self.journal, self.history = parts.secret, parts.journal, parts.history
        self._database, self._version = parts.database, parts.version
        self.notices: list[str] = parts.notices
        self.repairs = parts.repairs

    def _finish_actions(self) -> None:
        """Finish actions that a dead process left, and those that a restored backup lacks."""
        if not self.journal.last_of(FORGOTTEN) and not forget_list_of(self.root).exists():
            return
        from .erasure import replay_forgotten

        try:
            if replay_forgotten(self):
                self.notices.append("The erasure of a forgotten person was finished.")
        except BaseException:
            self.close()
            raise

    def reopen_journal(self) -> None:
        """Read the journal again, since segments were rewritten. The caller holds ``writing``."""
        self.journal = Journal(self.root / "journal", Quarantine(self.root))

    @property
    def version(self) -> int:
        """Number of the last journal entry that the tables contain."""
        return self._version

    def standing(self, publication: str) -> tuple[int, str]:
        """The last entry in the tables that concerns the publication: number and digest.

        That is one of its own, or one without a publication. Published widgets, deliveries of
        webhooks and keys change no figure, so their entries are left out. Searches only the
        entries since the last call.
        """
        version = self._version
        seen, found = self._standings.get(publication, (0, _NOTHING_YET))
        if seen > version:
            seen, found = 0, _NOTHING_YET
        if seen < version:
            last = self.journal.last_about(
                publication, but=WITHOUT_FIGURES, after=seen, upto=version
            )
            found = found if last is None else (last, self.journal.digest(last))
            self._standings[publication] = version, found
        return found

    @property
    def incoming(self) -> Path:
        """The folder with the parts of unfinished pulls."""
        return self.root / "incoming"

    def announce(self, url: str, token: str | None = None) -> None:
        """Write the HTTP address of this process into the lock file, and the token for it."""
        self._lock.announce(url, token)

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for one call, from one thread.

        Raises DatabaseMended if the database proved damaged and was rebuilt: ask again, as
        ``asked_again`` does. Raises StoreDamaged where that failed, and the errors of the database.
        """
        try:
            with self.read_unmended() as cursor:
                yield cursor
        except _FoundDamaged as found:
            if self._readers.is_inside:  # the outermost one mends
                raise
            self._mend(found)
            raise DatabaseMended("The database was damaged and has been rebuilt.") from found.fault

    @contextmanager
    def read_unmended(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor as ``read`` gives it. Raises DatabaseUnusable if the database is damaged."""
        with self._readers.reading():
            database = self._database
            try:
                with database.cursor() as cursor:
                    yield cursor
            except _FoundDamaged:
                raise
            except DatabaseUnusable as error:
                raise _FoundDamaged(database, error) from error

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
            except (duckdb.Error, RegularsError) as error:
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
        self._lock.prove()
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

    def files_answer(self) -> bool:
        """Whether the folder and its journal can be read.

        The database answers from memory for a while after its disk has gone.
        """
        try:
            for segment in (self.root / "journal").iterdir():
                with segment.open("rb") as file:
                    file.read(1)
        except OSError:
            return False
        return True

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
        """Rebuild the database from history and journal. Returns the number of entries applied.

        Raises StoreDamaged for a history file that is missing or was changed. The old database then
        goes on.
        """
        with self.writing:
            self.history.prove(self.journal)
            self._replace(build_database(self.settings, self.journal))
            unnamed = self.history.unnamed(self.journal)
            self.history.clear(unnamed, self.journal, Quarantine(self.root))
        return self.version

    def replace_database(self, reason: str) -> None:
        """Rebuild a wrong database and keep the old file, which ``notices`` names."""
        with self.writing:
            self.history.prove(self.journal)
            self._replace(build_database(self.settings, self.journal), reason)

    def _mend(self, found: _FoundDamaged) -> None:
        """Rebuild a database that proved damaged, unless another thread has done it meanwhile."""
        with self.writing:
            if self._database is not found.database:
                return
            self._mending.begin(found)
            try:
                self.replace_database(found.happened)
            except RegularsError as error:
                self._mending.failed(error)
                raise
            self.on_mended(self.notices[-1])

    def _replace(self, fresh: Path, fault: str | None = None) -> None:
        """Put a proven database in the place of the open one. fault: why the old file is kept."""
        self._lock.prove()
        with self._readers.alone():
            self._database.close()
            if fault is not None:
                self.notices.append(keep_damaged_database(self.settings, self.journal, fault))
            self._database = Database(swap_in(fresh), self.settings)
            self._version = len(self.journal)

    def damaged_databases(self) -> list[Path]:
        """Damaged database files that were kept."""
        return damaged_databases(self.root)

    def faults(self) -> list[str]:
        """Faults of history files and of webhooks' bodies against the journal, in words."""
        return self.history.faults(self.journal) + [fault for _, fault in damaged_bodies(self)]

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
        database = self._database
        try:
            with database.transaction() as cursor:
                apply_entries(cursor, self.root, self.journal, after)
        except DatabaseUnusable as error:
            self._mend(_FoundDamaged(database, error))  # with every entry applied
        self._version = last


class _FoundDamaged(DatabaseUnusable):
    """A database that proved damaged, and in what words."""

    def __init__(self, database: Database, fault: DatabaseUnusable) -> None:
        super().__init__(fault.happened)
        self.database, self.fault = database, fault
