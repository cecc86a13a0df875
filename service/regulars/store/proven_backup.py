"""Which backup was last proven: a note in the store's folder, for `doctor` and ``/readyz``.

It is written by whoever proves a backup, also while another process owns the store, so it is a file
of its own and always whole. Losing it costs the proof of another backup.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec

from regulars.files import write_atomically
from regulars_connectors.instants import DAY, Instant

FILE_NAME = "proven-backup.json"
MOST_DAYS = 8
"""How old a proven backup may be before `doctor` warns."""


class ProvenBackup(msgspec.Struct, frozen=True):
    """made_at, proven_at: microseconds. entries: how much of the journal it holds."""

    place: str
    made_at: Instant
    proven_at: Instant
    entries: int

    def days_old(self, now: Instant) -> int:
        """Whole days since it was made."""
        return max(0, (now - self.made_at) // DAY)

    def is_old(self, now: Instant) -> bool:
        """Whether `doctor` warns of its age."""
        return now - self.made_at > MOST_DAYS * DAY


def last_proven(folder: Path) -> ProvenBackup | None:
    """The newest proven backup of the store in ``folder``, None if there is none yet."""
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=ProvenBackup)
    return None


def note_proven(folder: Path, proven: ProvenBackup) -> None:
    """Note it, unless a newer backup was proven before."""
    before = last_proven(folder)
    if before is None or before.made_at <= proven.made_at:
        write_atomically(folder / FILE_NAME, msgspec.json.encode(proven) + b"\n")
