"""Which backups of a store were proven, and when: ``backups.json`` in its folder.

A backup is proven once every file in it was read back and agrees with its digest.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from regulars.files import write_atomically
from regulars_connectors.instants import DAY, Instant

FILE_NAME = "backups.json"
OBJECTS = "objects"
"""The folder of a backup with one file for each content, called by its SHA-256 if it is plain."""
_MOST = 100
MOST_DAYS = 8
"""How old the last proven backup may be before `doctor` warns."""


class ProvenBackup(msgspec.Struct, frozen=True):
    """at: when it was made. entry: the last journal entry in it. place: where it lies, in words."""

    at: Instant
    entry: int
    place: str = ""

    def days_old(self, now: Instant) -> int:
        """Whole days since it was made."""
        return max(0, (now - self.at) // DAY)

    def is_old(self, now: Instant) -> bool:
        """Whether `doctor` warns of its age."""
        return now - self.at > MOST_DAYS * DAY


def object_in(folder: Path, sha256: str) -> Path:
    """Where a plain backup has the file with these bytes, if it has it."""
    return folder / OBJECTS / sha256


def proven_backups(root: Path) -> list[ProvenBackup]:
    """The proven backups of the store, the oldest first. Empty if none is known."""
    try:
        return msgspec.json.decode((root / FILE_NAME).read_bytes(), type=list[ProvenBackup])
    except (OSError, UnicodeDecodeError, msgspec.DecodeError):
        return []


def last_proven(root: Path) -> ProvenBackup | None:
    """The newest proven backup, None if there is none yet."""
    return max(proven_backups(root), key=lambda one: one.at, default=None)


def note_proven_backup(root: Path, backup: ProvenBackup) -> None:
    """Note a backup that was just proven, once however often. Keeps the newest hundred."""
    known = sorted({*proven_backups(root), backup}, key=lambda one: (one.at, one.place))
    write_atomically(root / FILE_NAME, msgspec.json.encode(known[-_MOST:]))
