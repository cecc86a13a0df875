"""The files of a backup: put in once, proven, and taken out again.

A plain object is called by the SHA-256 of its bytes, so `sha256sum` proves it. An encrypted one is
called by a keyed digest, because a plain one would let a stranger recognise a file that he knows.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from regulars.errors import BackupDamaged
from regulars.files import disk_errors, flush_folder, make_folder, sha256_of
from regulars.store.proven_backups import OBJECTS

from .encryption import Recipient, decrypt, encrypt
from .manifest import StoredObject

_READ_BYTES = 1024 * 1024
_OURS = re.compile(r"[0-9a-f]{64}(\.age)?(\.tmp)?")


class SourceChanged(Exception):
    """A file of the store is missing, or has other bytes than the journal says."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class Objects:
    """The objects of the backup in ``folder``. known: those that its manifest proves.

    key: of the names of encrypted objects. recipient: None for plain ones.
    """

    def __init__(
        self,
        folder: Path,
        known: Iterable[StoredObject] = (),
        recipient: Recipient | None = None,
        key: bytes = b"",
    ) -> None:
        self.folder = folder / OBJECTS
        self._known = {one.name: one for one in known}
        self._recipient = recipient
        self._key = key
        self.copied = 0
        self.copied_bytes = 0

    @property
    def recipient(self) -> str:
        """The public key that objects are encrypted to, empty for plain ones."""
        return "" if self._recipient is None else str(self._recipient)

    def name_of(self, sha256: str) -> str:
        """The name of the object with these plain bytes."""
        if self._recipient is None:
            return sha256
        keyed = hmac.new(self._key, f"backup object {sha256}".encode(), hashlib.sha256)
        return f"{keyed.hexdigest()}.age"

    def find(self, size: int, sha256: str) -> StoredObject | None:
        """The object with these plain bytes, if it is there and proven."""
        name = self.name_of(sha256)
        path = self.folder / name
        known = self._known.get(name)
        there = path.stat().st_size if path.is_file() else None
        if known is not None and there == known.size:
            return known
        # Left by a backup that was cut off: plain bytes prove themselves.
        if self._recipient is None and there == size and sha256_of(path) == sha256:
            return StoredObject(name, size, sha256)
        return None

    def put(self, source: Path, size: int, sha256: str) -> StoredObject:
        """Copy the first ``size`` bytes of a file, unless they are there.

        Raises SourceChanged if they have another digest, DiskFull.
        """
        found = self.find(size, sha256)
        if found is not None:
            return found
        try:
            with source.open("rb") as file:
                return self._write(file, size, sha256, source)
        except FileNotFoundError:
            if source.is_file():
                raise
            raise SourceChanged(source) from None

    def _write(self, file: BinaryIO, size: int, sha256: str, source: Path) -> StoredObject:
        name = self.name_of(sha256)
        temporary = self.folder / f"{name}.tmp"
        with disk_errors(self.folder):
            make_folder(self.folder)
            try:
                stored = self._copy(_Counted(file, size), temporary, name)
                if stored is None or stored[0].digest() != sha256:
                    raise SourceChanged(source)
                temporary.rename(self.folder / name)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        self.copied += 1
        self.copied_bytes += stored[1].size
        return stored[1]

    def _copy(
        self, reader: _Counted, temporary: Path, name: str
    ) -> tuple[_Counted, StoredObject] | None:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            writer = _Digesting(file)
            if self._recipient is not None:
                encrypt(reader, writer, self._recipient)
            else:
                while block := reader.read(_READ_BYTES):
                    writer.write(block)
            file.flush()
            os.fsync(file.fileno())
        if reader.left:
            return None
        return reader, StoredObject(name, writer.size, writer.digest())

    def flush(self) -> None:
        """Make the names of all objects durable."""
        if self.folder.is_dir():
            flush_folder(self.folder)

    def remove_others(self, kept: Iterable[StoredObject]) -> int:
        """Remove objects that the manifest in force does not name. Returns how many."""
        names, removed = {one.name for one in kept}, 0
        for path in self.folder.iterdir():
            if path.name not in names and _OURS.fullmatch(path.name):
                path.unlink()
                removed += 1
        return removed


def fault_of(folder: Path, one: StoredObject) -> str | None:
    """What is wrong with an object, in words."""
    path = folder / OBJECTS / one.name
    if not path.is_file():
        return f"{OBJECTS}/{one.name} is missing"
    if path.stat().st_size != one.size:
        return f"{OBJECTS}/{one.name} has {path.stat().st_size:,} bytes in place of {one.size:,}"
    if sha256_of(path) != one.sha256:
        return f"{OBJECTS}/{one.name} has changed since it was written"
    return None


def take_out(
    folder: Path,
    one: StoredObject,
    target: Path,
    sha256: str | None,
    identities: list[Any],
) -> None:
    """Write the plain bytes of an object to ``target``, durable and proven by ``sha256`` if given.

    Raises BackupDamaged, UsageWrong if no identity opens it, DiskFull.
    """
    temporary = target.with_name(f"{target.name}.tmp")
    with disk_errors(target.parent):
        make_folder(target.parent)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with (folder / OBJECTS / one.name).open("rb") as file, os.fdopen(handle, "wb") as to:
                reader, writer = _Counted(file, one.size), _Digesting(to)
                if one.name.endswith(".age"):
                    decrypt(reader, writer, identities, one.name)
                else:
                    while block := reader.read(_READ_BYTES):
                        writer.write(block)
                to.flush()
                os.fsync(to.fileno())
            if sha256 is not None and writer.digest() != sha256:
                raise BackupDamaged(f"{OBJECTS}/{one.name} has changed since it was written.")
            temporary.rename(target)
        except FileNotFoundError:
            raise BackupDamaged(f"{OBJECTS}/{one.name} is missing.") from None
        finally:
            temporary.unlink(missing_ok=True)


class _Counted:
    """The first bytes of a file, with their SHA-256."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self.left = size

    def read(self, count: int = -1) -> bytes:
        wanted = self.left if count < 0 else min(count, self.left)
        block = self._file.read(wanted)
        self._sha256.update(block)
        self.left -= len(block)
        return block

    def digest(self) -> str:
        return self._sha256.hexdigest()


class _Digesting:
    """Writes to a file, with size and SHA-256 of what went through. error: why it stopped."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self.size = 0
        self.error: OSError | None = None

    def write(self, block: bytes) -> int:
        try:
            self._file.write(block)
        except OSError as error:
            self.error = error
            raise
        self._sha256.update(block)
        self.size += len(block)
        return len(block)

    def flush(self) -> None:
        self._file.flush()

    def digest(self) -> str:
        return self._sha256.hexdigest()
