"""One process owns the store folder, and its lock file says which.

DuckDB also locks its own file, but only while it is open, and a rebuild replaces that file. A lock
counts only on the file that lies in the folder: whoever replaced it may hold another one.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

from regulars.errors import SettingsWrong, StoreLocked

_NAME = "lock"
_MOST_TRIES = 10


class FolderLock:
    """An exclusive lock on a folder, held until ``release``.

    Raises StoreLocked if another process has it, SettingsWrong if the folder cannot be locked.
    """

    def __init__(self, folder: Path, *, purpose: str) -> None:
        self._path = folder / _NAME
        self._file = _open_locked(self._path)
        self._facts: dict[str, Any] = {"pid": os.getpid(), "purpose": purpose}
        self._write()

    def prove(self) -> None:
        """Raise StoreLocked if the lock file was replaced or removed since it was locked."""
        if not _is_same(self._file, self._path):
            raise StoreLocked(
                f"The lock file of the store, {self._path}, was removed or replaced by somebody.",
                to_do="End all processes that use the store, then start again.",
            )

    @staticmethod
    def is_held(folder: Path) -> bool:
        """Whether some process holds the lock now."""
        try:
            file = os.open(folder / _NAME, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            os.close(file)
        return False

    def announce(self, url: str, token: str | None = None) -> None:
        """Write the HTTP address of the holder into the lock file, which the owner alone reads.

        token: what the owner's command line sends along, until the lock is released.
        """
        os.fchmod(self._file, 0o600)
        self._facts |= {"url": url} if token is None else {"url": url, "token": token}
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


def _open_locked(path: Path) -> int:
    """The lock file, opened and locked. It is the one in the folder, and was not replaced."""
    for _ in range(_MOST_TRIES):
        is_new = not os.path.lexists(path)
        file = _open(path)
        try:
            _lock(file, path)
        except BaseException:
            if is_new and _is_same(file, path) and os.fstat(file).st_size == 0:
                path.unlink()
            os.close(file)
            raise
        if _is_same(file, path):
            return file
        os.close(file)
    raise StoreLocked(f"The lock file of the store, {path}, keeps being replaced.")


def _open(path: Path) -> int:
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        if error.errno in (errno.EISDIR, errno.ELOOP):
            raise _no_lock_file(path) from error
        raise
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise _no_lock_file(path)
    return file


def _lock(file: int, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StoreLocked(_held_by(holder(path.parent))) from error
    except OSError as error:
        raise SettingsWrong(
            f"The folder {path.parent} cannot be locked: {error.strerror}.",
            to_do="Name a folder on a disk of this machine in the settings (store.folder). Some"
            " network disks have no locks.",
            safe="Nothing was changed.",
        ) from error


def _is_same(file: int, path: Path) -> bool:
    """Whether the open file is the one that has this name."""
    with suppress(OSError):
        return os.path.samestat(os.fstat(file), path.lstat())
    return False


def _no_lock_file(path: Path) -> SettingsWrong:
    return SettingsWrong(
        f"The lock file of the store, {path}, is a folder or another thing that cannot be locked.",
        to_do="Move it away, then run the command again.",
        safe="Nothing was changed.",
    )


def holder(folder: Path) -> dict[str, Any]:
    """The facts of the lock file: pid, purpose and perhaps url. Empty without a holder."""
    path = folder / _NAME
    try:
        facts = json.loads((path.is_file() and path.read_text()) or "{}")
    except (OSError, ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _held_by(facts: dict[str, Any]) -> str:
    if "pid" not in facts:
        return "Another process holds the store."
    return f"Process {facts['pid']} ({facts.get('purpose', 'regulars')}) holds the store."
