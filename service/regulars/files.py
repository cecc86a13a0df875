"""Files that are whole on disk or not there: write under a temporary name, flush, rename, flush the
folder."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from regulars.errors import DiskFull, SettingsWrong

_MIB = 1024 * 1024
_PRIVATE = 0o077
_owners_umask: list[int] = []
"""The mask that this process began with, once it makes new files private."""


def flush_file(path: Path) -> None:
    """Make the content of a file durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    flush_file(path)


def keep_new_files_private() -> None:
    """Make every file that this process creates from now on private, those of libraries too.

    DuckDB creates its file, its log and what it spills by the process's mask. Files that are meant
    for others, such as exported widgets, get the mode that the owner's mask allows.
    """
    before = os.umask(_PRIVATE)
    if not _owners_umask:
        _owners_umask.append(before)


def make_public_folder(path: Path) -> None:
    """Make a folder, and those above it, with the mode that the owner's mask allows."""
    if path.is_dir():
        return
    make_public_folder(path.parent)
    path.mkdir(exist_ok=True)
    if _owners_umask:
        path.chmod(0o777 & ~_owners_umask[0])


def make_folder(path: Path) -> None:
    """Make a private folder (0700) and those above it, durably."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    flush_folder(path.parent)


def make_private(folder: Path) -> None:
    """Take everything in a folder, and the folder, away from other users of the machine."""
    for place, _, names in os.walk(folder):
        for path, mode in ((place, 0o700), *((os.path.join(place, name), 0o600) for name in names)):
            with suppress(FileNotFoundError):
                now = os.lstat(path).st_mode
                if not stat.S_ISLNK(now) and stat.S_IMODE(now) & 0o077:
                    os.chmod(path, mode)


def move_into_place(temporary: Path, target: Path) -> None:
    """Flush a finished file and give it its name, durably."""
    flush_file(temporary)
    temporary.rename(target)
    flush_folder(target.parent)


def write_atomically(target: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a small file so that a reader sees the old content or the new, never half.

    Where it cannot be written whole, as on a full disk, nothing of it stays and OSError is raised.
    """
    temporary = target.with_name(target.name + ".tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(handle, "wb") as file:  # unlike os.write it goes on after a short write
            if _owners_umask:
                os.fchmod(handle, mode & ~_owners_umask[0])
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        move_into_place(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    # As versions before 0.3 called it: one may have been left.
    target.with_name(target.name + ".aside").unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_room(folder: Path, mebibytes: int) -> None:
    """Raise DiskFull when the file system of ``folder`` has less free than that."""
    free = shutil.disk_usage(folder).free // _MIB
    if free < mebibytes:
        raise DiskFull(
            f"Only {free} MiB are free on the disk of the store, and {mebibytes} MiB are needed."
        )


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn the system's error for a full disk into DiskFull."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"The disk of {folder} filled up while writing.") from error
        raise


@contextmanager
def refusals(folder: Path, happened: str, *, to_do: str, safe: str) -> Iterator[None]:
    """Turn the system's refusals to use a folder into SettingsWrong, a full disk into DiskFull.

    happened: what failed, to which the system's reason and the place are added.
    """
    try:
        with disk_errors(folder):
            yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        place = error.filename or folder
        raise SettingsWrong(f"{happened}: {reason} ({place}).", to_do=to_do, safe=safe) from error


@contextmanager
def folder_errors(folder: Path) -> Iterator[None]:
    """Turn the system's refusals for the store's folder into SettingsWrong."""
    to_do = "Make the folder writable for you, or name another one in the settings (store.folder)."
    happened = f"The data cannot be kept in {folder}"
    with refusals(folder, happened, to_do=to_do, safe="Nothing was changed."):
        yield
