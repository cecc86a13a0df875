"""Which backups of a store were proven, and when: ``backups.json`` in its folder.

A backup is proven once every file in it was read back and agrees with its digest.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from regulars.files import write_atomically
from regulars_connectors.instants import Instant

_NAME = "backups.json"
_MOST = 100


class ProvenBackup(msgspec.Struct, frozen=True):
    """at: when it was made. entry: the last journal entry in it. place: where it lies, in words."""

    at: Instant
    entry: int
    place: str = ""


def proven_backups(root: Path) -> list[ProvenBackup]:
    """The proven backups of the store, the oldest first. Empty if none is known."""
    try:
        return msgspec.json.decode((root / _NAME).read_bytes(), type=list[ProvenBackup])
    except (OSError, msgspec.DecodeError):
        return []


def note_proven_backup(root: Path, backup: ProvenBackup) -> None:
    """Note a backup that was just proven. Keeps the newest hundred."""
    known = sorted([*proven_backups(root), backup], key=lambda one: one.at)
    write_atomically(root / _NAME, msgspec.json.encode(known[-_MOST:]))
