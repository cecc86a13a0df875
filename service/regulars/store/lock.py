"""One process owns the store folder, and its lock file says which.

DuckDB also locks its own file, but only while it is open, and a rebuild replaces that file.
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
    """An exclusive lock on a folder, held until ``release``. Raises StoreLocked if it is taken."""

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
        """Write the HTTP address of the holder into the lock file."""
        self._facts["url"] = url
        self._write()

    def release(self) -> None:
        """Release the lock. May be called twice."""
        if self._file >= 0:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = -1

    def _write(self) -> None:
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, json.dumps(self._facts).encode(), 0)


def holder(folder: Path) -> dict[str, Any]:
    """The facts of the lock file: pid, purpose and perhaps url. Empty without a holder."""
    try:
        facts = json.loads((folder / _NAME).read_text() or "{}")
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _held_by(facts: dict[str, Any]) -> str:
    if "pid" not in facts:
        return "Another process holds the store."
    return f"Process {facts['pid']} ({facts.get('purpose', 'regulars')}) holds the store."
