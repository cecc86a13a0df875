"""What was said before, by which way: ``notices.json`` in the store's folder.

The file is small and written as a whole. Without it, findings that stand are said once more. It
stays out of the journal, which is for what the owner did and what providers said: a notice is
neither, and losing one line of this file costs one repetition (decision 0043).
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TypeAlias

import msgspec

from regulars.files import write_atomically
from regulars_connectors.instants import Instant

logger = logging.getLogger(__name__)

FILE_NAME = "notices.json"
Told: TypeAlias = dict[str, Instant]
"""The findings that a way has said, by their key, with the instant since when each stood."""


class Watched(msgspec.Struct):
    """A connection that notices watch. since: when it was first met. resumed_at: after a pause."""

    since: Instant
    is_paused: bool = False
    resumed_at: Instant | None = None


class Way(msgspec.Struct):
    """What one way has said, and how its last attempts went.

    tries: attempts in a row that failed. next_at: before then it is left alone. trouble: why the
    last one failed, in words.
    """

    told: Told = msgspec.field(default_factory=dict)
    tries: int = 0
    next_at: Instant | None = None
    trouble: str | None = None


class Memory(msgspec.Struct):
    """Everything remembered. disk_since: since when the disk is short, None while it is not."""

    format: int = 1
    watched: dict[str, Watched] = msgspec.field(default_factory=dict)
    disk_since: Instant | None = None
    ways: dict[str, Way] = msgspec.field(default_factory=dict)

    def watch(self, connection: str, now: Instant, *, is_paused: bool) -> None:
        """Note that a connection is there, and when it was resumed."""
        seen = self.watched.setdefault(connection, Watched(now))
        if seen.is_paused and not is_paused:
            seen.resumed_at = now
        seen.is_paused = is_paused

    def way(self, name: str) -> Way:
        """What is remembered of a way; nothing yet of a new one."""
        return self.ways.setdefault(name, Way())


def read_memory(root: Path) -> Memory:
    """The memory in the store's folder; an empty one where it is missing, harmed or of later form.

    root: the store's folder.
    """
    try:
        memory = msgspec.json.decode((root / FILE_NAME).read_bytes(), type=Memory)
    except (OSError, UnicodeDecodeError, msgspec.DecodeError):
        return Memory()
    return memory if memory.format == 1 else Memory()


def write_memory(root: Path, memory: Memory) -> bool:
    """Write the memory, durably. False where the disk refuses it: the caller keeps it meanwhile."""
    try:
        write_atomically(root / FILE_NAME, msgspec.json.encode(memory))
    except OSError as error:
        logger.warning("notices not remembered: %s", error.strerror)
        return False
    return True
