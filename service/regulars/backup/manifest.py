"""What a backup says of itself: ``manifest.json`` for everybody, ``contents`` for who may read it.

    manifest.json          which store, up to which entry, and every object by size and digest
    objects/<name>[.age]   one file each: journal segments, history files, the secret, the contents

The manifest is written last, so a backup that was cut off leaves the earlier one in force. Its last
field is the SHA-256 of the rest. It names no publication and no person, and stays readable when the
objects are encrypted: proving a backup needs no key. The contents say which object is which file of
the store.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from regulars.errors import BackupDamaged, NothingHere, UsageWrong
from regulars.files import write_atomically
from regulars_connectors.instants import from_iso

FORMAT = 1
MANIFEST = "manifest.json"


class StoredObject(msgspec.Struct, frozen=True):
    """A file in ``objects``. size, sha256: of its bytes there, which may be encrypted."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """store: a digest of its first entry. made_at: RFC 3339. contents: the name of that object.

    entry_digest, entry_outline: of the last entry, as it is, and of what stays when a person is
    forgotten. recipient: the public key that its objects are encrypted to, empty for plain ones.
    """

    format: int
    program: str
    store: str
    made_at: str
    entries: int
    entry_digest: str
    recipient: str
    contents: str
    objects: list[StoredObject]
    entry_outline: str = ""

    def by_name(self) -> dict[str, StoredObject]:
        """Its objects by name."""
        return {one.name: one for one in self.objects}


class StoreFile(msgspec.Struct, frozen=True):
    """A file of the store. path: below its folder. size, sha256: of the plain bytes."""

    path: str
    object: str
    size: int
    sha256: str


class Figure(msgspec.Struct, frozen=True):
    """What ``house`` said of a publication at the end of a day, with the settings that it used."""

    publication: dict[str, Any]
    as_of: str
    house: dict[str, Any]


class Contents(msgspec.Struct, frozen=True):
    """figures: None if another process held the store and could not be asked."""

    files: list[StoreFile]
    rows: dict[str, int]
    figures: list[Figure] | None


class _Format(msgspec.Struct):
    format: int
    program: str = "unknown"


def store_id(first_outline: str) -> str:
    """The id of a store whose first entry has that outline."""
    return "str_" + hashlib.sha256(f"regulars store {first_outline}".encode()).hexdigest()[:24]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put it in force. Durable when this returns."""
    facts = msgspec.to_builtins(manifest)
    facts["digest"] = _digest(facts)
    content = msgspec.json.format(msgspec.json.encode(facts), indent=1)
    write_atomically(folder / MANIFEST, content + b"\n")


def read_manifest(folder: Path) -> Manifest:
    """The manifest in force. Raises NothingHere, UsageWrong, BackupDamaged."""
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise NothingHere(
            f"{folder} holds no finished backup: it has no {MANIFEST}.",
            to_do="Name the folder that `regulars backup` wrote, or run `regulars backup` again.",
        ) from None
    try:
        facts = msgspec.json.decode(content, type=dict[str, Any])
        version = msgspec.convert(facts, _Format)
        if version.format > FORMAT:
            raise _newer(folder, version)
        digest = facts.pop("digest", "")
        manifest = msgspec.convert(facts, Manifest)
        from_iso(manifest.made_at)
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError) as error:
        raise _unreadable(path) from error
    if digest != _digest(facts):
        raise _unreadable(path)
    return manifest


def _digest(facts: dict[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()


def _newer(folder: Path, version: _Format) -> UsageWrong:
    return UsageWrong(
        f"The backup in {folder} was made by a newer version (Regulars {version.program},"
        f" format {version.format}).",
        to_do=f"Install Regulars {version.program} or later, then run the command again.",
    )


def _unreadable(path: Path) -> BackupDamaged:
    return BackupDamaged(f"{path} differs from what was written.")
