"""One process owns the store folder: its lock file says who.

DuckDB locks its own file as well, but only while it is open, and a rebuild swaps that file.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from regulars.errors import StoreLocked

_NAME = "lock"


class FolderLock:
    """An exclusive lock on a folder, held until ``release``. Raises StoreLocked when taken."""

    def __init__(self, folder: Path, *, purpose: str) -> None:
        self._path = folder / _NAME
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise StoreLocked(_held_by(holder(folder))) from error
        self._facts: dict[str, Any] = {"pid": os.getpid(), "purpose": purpose}
        self._write()

    @staticmethod
    def is_held(folder: Path) -> bool:
        """Whether some process holds the lock now."""
        try:
            file = os.open(folder / _NAME, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(file)
        return False

    def announce(self, url: str) -> None:
        """Say where the holder can be asked over HTTP."""
        self._facts["url"] = url
        self._write()

    def release(self) -> None:
        """Let go; harmless when already done."""
        if self._file >= 0:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = -1

    def _write(self) -> None:
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, json.dumps(self._facts).encode(), 0)


def holder(folder: Path) -> dict[str, Any]:
    """What the lock file says of its holder: pid, purpose and perhaps url; empty if nobody did."""
    try:
        facts = json.loads((folder / _NAME).read_text() or "{}")
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _held_by(facts: dict[str, Any]) -> str:
    if "pid" not in facts:
        return "Another process holds the store."
    return f"Process {facts['pid']} ({facts.get('purpose', 'regulars')}) holds the store."
