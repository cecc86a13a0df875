"""Opening a store: first look for proof of a loss, and only then change anything."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from regulars.errors import DiskFull, StoreDamaged
from regulars.files import disk_errors, make_folder, require_room
from regulars.settings import StoreSettings
from regulars_connectors.plural import pluralize

from .apply import apply_entries
from .database_errors import DatabaseUnusable
from .db import FILE_NAME, Database, log_of, remove_database
from .history import DamagedFile, History, Unnamed
from .journal import Journal
from .leftovers import (
    finish_removals,
    holds_traces,
    is_rebuild_needed,
    remove_leftovers,
    was_something_removed,
)
from .lock import FolderLock
from .losses import Witnesses, losses
from .lost_files import Repair, bring_back, give_up, lost_for_good
from .quarantine import FOLDER, Quarantine, current_time, discard_old
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
    repairs: list[Repair]


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
    """What was read before anything was changed. secret: None if there is none yet.
    lost: what proves that entries are. given_up: history files without which it goes on."""

    journal: Journal
    history: History
    unnamed: Unnamed
    beside: Witnesses
    secret: bytes | None
    lost: list[StoreDamaged]
    given_up: list[DamagedFile]


@dataclass(slots=True)
class Opening:
    """One opening of a store whose lock is held.

    repair: go on with what is left where entries are lost, and bring lost files back. give_up: go
    on without those that lie nowhere.
    """

    settings: StoreSettings
    lock: FolderLock
    repair: bool = False
    give_up: bool = False
    notices: list[str] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)

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
        after = found.last[0] if found.last and is_usable else 0
        if not self.repair:
            history.prove(journal, after)
            return _Read(journal, history, unnamed, beside, secret, lost, [])
        missing = self._bring_back(journal, history, after)
        unnamed = history.unnamed(journal)  # what a repair left that was killed may be in its place
        given_up = missing if self.give_up else []
        return _Read(journal, history, unnamed, beside, secret, lost, given_up)

    def _bring_back(self, journal: Journal, history: History, after: int) -> list[DamagedFile]:
        """Bring lost history files back. Returns those that lie nowhere.

        Raises StoreDamaged for those of an entry behind ``after``, unless they are given up.
        """

        def refuse(missing: Sequence[DamagedFile]) -> None:
            needed = [one for one in missing if one.entry > after]
            if needed and not self.give_up:
                raise lost_for_good(needed)

        self.lock.prove()
        repairs, missing = bring_back(self.settings.folder, journal, history, refuse)
        self.repairs += repairs
        refuse(missing)  # a copy may have turned out to be another's
        return missing

    def _take_up(self, read: _Read, found: _Found) -> OpenStore:
        root, journal = self.settings.folder, read.journal
        quarantine = Quarantine(root, by_repair=bool(read.lost))
        if read.given_up:
            self._give_up_files(read, found, quarantine)
        is_usable = found.last is not None and found.fault is None and not read.lost
        if is_usable and found.database is None:  # it has a log: now its lock is taken for writing
            found.database = Database(root / FILE_NAME, self.settings)
        fresh = None if is_usable else build_database(self.settings, journal)
        try:
            if read.secret is not None and not checksum_holds(root, read.secret):
                self._prove_secret(fresh, found.database, read.secret)
        except BaseException:
            if fresh is not None:
                remove_database(fresh)
            raise
        root.chmod(0o700)
        if read.lost:
            self._give_up_lost(read, found, quarantine)
        make_folder(root / "journal")
        secret = read.secret or make_secret(root)
        if has_checksum(root) and not checksum_holds(root, secret):
            self.notices.append(
                "The checksum of the secret was harmed. It was made again, as the ids of the people"
                " prove the secret."
            )
        write_checksum(root, secret)
        remove_leftovers(root, but=fresh)
        self._clear(read, quarantine)
        journal.save_notes()
        if fresh is None:
            self._catch_up(read, found)
        else:
            self._swap_in(fresh, read, found)
        self._discard_old(journal)
        if found.database is None:
            raise AssertionError("a database is open")
        return OpenStore(
            secret, journal, read.history, found.database, len(journal), self.notices, self.repairs
        )

    def _prove_secret(self, fresh: Path | None, present: Database | None, secret: bytes) -> None:
        """Raise StoreDamaged if nobody's id in the database comes from the secret.

        Where a checksum was harmed, there must be somebody to say so.
        """
        least = int(has_checksum(self.settings.folder))
        database = Database(fresh, self.settings) if fresh is not None else present
        if database is None:
            raise AssertionError("a store has a database, or a new one")
        try:
            with database.cursor() as cursor:
                if not is_secret_of(cursor, secret, least_people=least):
                    raise another_secret()
        finally:
            if database is not present:
                database.close()

    def _discard_old(self, journal: Journal) -> None:
        """Let go what has lain in the quarantine long enough."""
        root = self.settings.folder
        if not (root / FOLDER).is_dir() or not len(journal):
            return
        last = journal.entry(len(journal)).facts.get("at")
        if isinstance(last, int):
            for day in discard_old(root, last):
                logger.info("quarantine of %s was deleted", day.path.name)

    def _give_up_files(self, read: _Read, found: _Found, quarantine: Quarantine) -> None:
        """Commit that history files are given up. Lost entries are, before that."""
        if read.lost:
            self._give_up_lost(read, found, quarantine)
            read.lost.clear()
        self.repairs += give_up(self.settings.folder, read.journal, read.given_up, current_time())
        if found.last is not None and found.fault is None:
            found.fault = "files of its history were given up"

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
        try:
            with disk_errors(self.settings.folder):
                read.history.clear(read.unnamed, read.journal, quarantine)
        except DiskFull:
            logger.warning("no room to move files that no entry names")
            return
        if moved := len(read.unnamed.others):
            files = pluralize(moved, "history file")
            self.notices.append(
                f"{files} that no entry names lay in the store, as an interrupted sync leaves"
                f" them. They are kept in {FOLDER}/ for a while."
            )

    def _catch_up(self, read: _Read, found: _Found) -> None:
        """Apply the entries that the database lacks. Rebuild it if that cannot be enough."""
        root, journal = self.settings.folder, read.journal
        if found.database is None or found.last is None:
            raise AssertionError("a usable database is open")
        try:
            if self._is_clean(found.database, journal, read.history):
                if found.last[0] < len(journal):
                    with found.database.transaction() as cursor:
                        apply_entries(cursor, root, journal, found.last[0])
                return
        except DatabaseUnusable as error:
            found.fault = str(error)
        read.history.prove(journal)
        self._swap_in(build_database(self.settings, journal), read, found)

    def _is_clean(self, database: Database, journal: Journal, history: History) -> bool:
        """Whether the file is free of what was removed. Finishes what a dead process began.

        Deleted rows stay readable in free blocks, so such a file is made anew. Where there is no
        room for that, a removed publication's rows are deleted at least. A forgotten person's
        cannot be, because nothing says any more which they are.
        """
        if not holds_traces(database, journal):
            return True
        root = self.settings.folder
        finish_removals(root, journal, list(history.files(journal)), database.rebuilt_at())
        try:
            require_room(root, self.settings.free_space_floor_mib)
        except DiskFull as error:
            if is_rebuild_needed(database, journal):
                raise
            self.notices.append(f"{error.happened} Deleted rows stay readable in the database.")
            return True
        return False

    def _swap_in(self, fresh: Path, read: _Read, found: _Found) -> None:
        """Put a new database in the place of the old one, which is kept if it was damaged."""
        found.close()
        if found.fault is not None:
            self.notices.append(keep_damaged_database(self.settings, read.journal, found.fault))
        found.database = Database(swap_in(fresh), self.settings)
        if found.last is None:  # nothing says how far a removal came
            root, journal = self.settings.folder, read.journal
            finish_removals(root, journal, list(read.history.files(journal)))


def keep_damaged_database(settings: StoreSettings, journal: Journal, fault: str) -> str:
    """Keep the old file of a database that was rebuilt. Returns a notice about it.

    It goes where something was removed from the store before, since it may hold that.
    """
    if was_something_removed(journal):
        remove_database(settings.folder / FILE_NAME)
        return (
            f"The database was rebuilt from history and journal ({fault.splitlines()[0]}). The old"
            " file is deleted, because it may hold what you removed."
        )
    damaged = keep_damaged(settings.folder / FILE_NAME)
    reason = fault.splitlines()[0]
    logger.warning("database rebuilt: %s", reason)
    return (
        f"The database was rebuilt from history and journal ({reason}). The old file is kept as"
        f" {damaged.name}."
    )
