"""Opening a store: first look for proof of a loss, and only then change anything."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field

from regulars.errors import DiskFull, StoreDamaged
from regulars.files import make_folder
from regulars.settings import StoreSettings
from regulars_connectors.plural import pluralize

from .apply import apply_entries
from .db import FILE_NAME, Database, DatabaseUnusable, log_of
from .history import History, Unnamed
from .journal import Journal
from .lock import FolderLock
from .losses import Witnesses, losses
from .quarantine import FOLDER, Quarantine, discard_old
from .rebuild import build_database, keep_damaged, swap_in
from .secret import (
    another_secret,
    checksum_holds,
    has_checksum,
    is_secret_of,
    make_secret,
    missing_secret,
    read_secret,
    write_checksum,
)

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class OpenStore:
    """The parts of a store that was opened. version: the last entry that the database contains."""

    secret: bytes
    journal: Journal
    history: History
    database: Database
    version: int
    notices: list[str]


@dataclass(slots=True)
class _Found:
    """The database as it was found. last: number and digest of its last entry.

    fault: why it cannot be used. One with a log was looked at and closed again, because opening it
    for writing changes it.
    """

    database: Database | None = None
    last: tuple[int, str] | None = None
    fault: str | None = None

    def close(self) -> None:
        if self.database is not None:
            self.database.close()
            self.database = None


@dataclass(slots=True)
class _Read:
    """What was read before anything was changed. secret: None if there is none yet."""

    journal: Journal
    history: History
    unnamed: Unnamed
    beside: Witnesses
    secret: bytes | None
    lost: list[StoreDamaged]


@dataclass(slots=True)
class Opening:
    """One opening of a store whose lock is held.

    repair: go on with what is left where entries are lost.
    """

    settings: StoreSettings
    lock: FolderLock
    repair: bool = False
    notices: list[str] = field(default_factory=list)

    def open(self) -> OpenStore:
        """Raises StoreLocked, StoreDamaged, DiskFull."""
        found = self._look_at_database()
        try:
            read = self._read(found)
            self.lock.prove()
            return self._take_up(read, found)
        except BaseException:
            found.close()
            raise

    def _look_at_database(self) -> _Found:
        """Raises StoreLocked if another program holds it."""
        path = self.settings.folder / FILE_NAME
        if not path.exists():
            return _Found()
        log = log_of(path)
        found = _Found()
        try:
            read_only = log.exists() and log.stat().st_size > 0
            found.database = Database(path, self.settings, read_only=read_only)
            found.last = found.database.last_entry()
            found.database.applied()
        except DatabaseUnusable as error:
            found.fault = str(error)
            found.close()
        else:
            if read_only:
                found.close()
        return found

    def _read(self, found: _Found) -> _Read:
        """Raises StoreDamaged if entries are lost, and changes nothing."""
        root = self.settings.folder
        had_journal = (root / "journal").is_dir()
        journal = Journal(root / "journal", Quarantine(root), despite_loss=self.repair)
        history = History(root)
        unnamed = history.unnamed(journal)
        parts = sorted((root / "incoming").rglob("*.parquet"))
        fault = found.fault if found.last is None else None
        beside = Witnesses(had_journal, found.last, fault, unnamed.others, parts)
        lost = list(losses(journal, beside))
        if lost and not self.repair:
            raise lost[0]
        # A repair proves a secret against the people's ids where its checksum was harmed.
        secret = read_secret(root, despite_checksum=self.repair)
        if secret is None and (len(journal) or unnamed.others):
            raise missing_secret()
        # What the database will be made of, or brought up to date with.
        is_usable = found.last is not None and found.fault is None and not lost
        history.prove(journal, after=found.last[0] if found.last and is_usable else 0)
        return _Read(journal, history, unnamed, beside, secret, lost)

    def _take_up(self, read: _Read, found: _Found) -> OpenStore:
        root, journal, history = self.settings.folder, read.journal, read.history
        root.chmod(0o700)
        quarantine = Quarantine(root, by_repair=bool(read.lost))
        if read.lost:
            self._give_up_lost(read, found, quarantine)
        make_folder(root / "journal")
        secret = read.secret or make_secret(root)
        self._clear(read, quarantine)
        journal.save_notes()
        version = self._make_usable(found, journal, history)
        if found.database is None:
            raise AssertionError("a usable database is open")
        if not checksum_holds(root, secret):
            self._prove_secret(found.database, secret)
        self._discard_old(journal)
        return OpenStore(secret, journal, history, found.database, version, self.notices)

    def _prove_secret(self, database: Database, secret: bytes) -> None:
        """Give a secret without a right checksum one, if the people's ids come from it."""
        root = self.settings.folder
        with database.cursor() as cursor:
            if not is_secret_of(cursor, secret, least_people=int(has_checksum(root))):
                raise another_secret()
        write_checksum(root, secret)

    def _discard_old(self, journal: Journal) -> None:
        """Let go what has lain in the quarantine long enough."""
        root = self.settings.folder
        if not (root / FOLDER).is_dir() or not len(journal):
            return
        last = journal.entry(len(journal)).facts.get("at")
        if isinstance(last, int):
            for day in discard_old(root, last):
                logger.info("quarantine of %s was deleted", day.path.name)

    def _give_up_lost(self, read: _Read, found: _Found, quarantine: Quarantine) -> None:
        """Move everything that knows of a lost entry into the quarantine."""
        root = self.settings.folder
        found.close()
        path = root / FILE_NAME
        moved = [one for one in (log_of(path), path) if one.exists()]
        quarantine.move([*moved, *read.beside.late_parts(read.journal)])
        read.journal.give_up_lost(quarantine)
        found.last = found.fault = None
        self.notices += [error.happened for error in read.lost]
        entries = pluralize(len(read.journal), "journal entry", "journal entries")
        self.notices.append(
            f"The store goes on with {entries}. What knew of later ones lies in"
            f" {quarantine.place}. The next sync brings what your provider still shows."
        )

    def _clear(self, read: _Read, quarantine: Quarantine) -> None:
        """Files that no entry keeps do no harm, so a full disk leaves them where they are."""
        with suppress(DiskFull):
            cleared = read.history.clear(read.unnamed, read.journal, quarantine)
            if cleared:
                logger.info("history files that no entry keeps: %d", cleared)
        if moved := len(read.unnamed.others):
            files = pluralize(moved, "history file")
            self.notices.append(
                f"{files} that no entry names lay in the store, as an interrupted sync leaves"
                f" them. They are kept in {FOLDER}/ for a while."
            )

    def _make_usable(self, found: _Found, journal: Journal, history: History) -> int:
        """Bring the database up to the journal, or rebuild it. Returns its last entry."""
        path = self.settings.folder / FILE_NAME
        if found.last is not None and found.fault is None:
            try:
                found.database = found.database or Database(path, self.settings)
                return self._catch_up(found.database, journal)
            except DatabaseUnusable as error:
                found.fault = str(error)
                history.prove(journal)
        found.close()
        found.database = self._rebuilt(journal, found.fault)
        return len(journal)

    def _catch_up(self, database: Database, journal: Journal) -> int:
        """Apply the entries that the database lacks. Raises DatabaseUnusable."""
        number, _ = database.applied()
        if number < len(journal):
            with database.transaction() as cursor:
                apply_entries(cursor, self.settings.folder, journal, number)
        return len(journal)

    def _rebuilt(self, journal: Journal, fault: str | None) -> Database:
        """A new database in the place of the old one, which stays until the new one is proven."""
        fresh = build_database(self.settings, journal)
        if fault is not None:
            self.notices.append(keep_damaged_database(self.settings, fault))
        return Database(swap_in(fresh), self.settings)


def keep_damaged_database(settings: StoreSettings, fault: str) -> str:
    """Keep the old file of a database that was rebuilt. Returns a notice about it."""
    damaged = keep_damaged(settings.folder / FILE_NAME)
    reason = fault.splitlines()[0]
    logger.warning("database rebuilt: %s", reason)
    return (
        f"The database was rebuilt from history and journal ({reason}). The old file is kept as"
        f" {damaged.name}."
    )
