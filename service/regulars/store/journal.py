"""The journal: the only commit log. A history file that no entry names does not exist.

Append-only segments ``journal/000001.log``; a record is its length (4 bytes, little endian),
the CRC-32C of its payload (4 bytes, little endian) and the payload: one entry as JSON. An
entry is acknowledged only after fsync. A record cut short at the very end was never
acknowledged and is cut off; anything else that does not add up is damage and is reported.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import google_crc32c
import msgspec

from regulars.errors import StoreDamaged
from regulars.files import disk_errors, flush_folder, make_folder

_HEAD = struct.Struct("<II")
_SEGMENT_BYTES = 16 * 1024 * 1024
_LARGEST_RECORD = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One committed act. number: 1, 2, 3 …; digest: SHA-256 of its payload, in hex."""

    number: int
    digest: str
    facts: dict[str, Any]

    @property
    def kind(self) -> str:
        """pull, part, run: what the entry commits."""
        return str(self.facts["kind"])

    @property
    def files(self) -> list[dict[str, Any]]:
        """The history files that it commits: stream, path, rows, sha256."""
        return list(self.facts.get("files", ()))


class Journal:
    """The journal of one store; its owner holds the store's lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        make_folder(folder)
        self._entries = list(_read_all(self._segments()))
        _check_numbers(self._entries)

    def entries(self, after: int = 0) -> list[Entry]:
        """Every entry with a number above ``after``, in order."""
        return self._entries[after:]

    @property
    def last(self) -> Entry | None:
        """The newest entry."""
        return self._entries[-1] if self._entries else None

    def append(self, facts: dict[str, Any]) -> Entry:
        """Commit an entry: durable when this returns."""
        number = len(self._entries) + 1
        payload = msgspec.json.encode({"number": number} | facts)
        with disk_errors(self._folder):
            _append_record(self._segment_for_writing(), payload)
        entry = _entry_of(payload)
        self._entries.append(entry)
        return entry

    def _segments(self) -> list[Path]:
        return sorted(self._folder.glob("[0-9]*.log"))

    def _segment_for_writing(self) -> Path:
        segments = self._segments()
        if segments and segments[-1].stat().st_size < _SEGMENT_BYTES:
            return segments[-1]
        following = int(segments[-1].stem) + 1 if segments else 1
        path = self._folder / f"{following:06d}.log"
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        flush_folder(self._folder)
        return path


def _append_record(path: Path, payload: bytes) -> None:
    record = _HEAD.pack(len(payload), google_crc32c.value(payload)) + payload
    handle = os.open(path, os.O_WRONLY | os.O_APPEND)
    before = os.fstat(handle).st_size
    try:
        written = os.write(handle, record)
        if written != len(record):
            raise OSError(28, "short write")
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, before)
        raise
    finally:
        os.close(handle)


def _entry_of(payload: bytes) -> Entry:
    facts = msgspec.json.decode(payload, type=dict[str, Any])
    return Entry(int(facts["number"]), hashlib.sha256(payload).hexdigest(), facts)


def _read_all(segments: list[Path]) -> Iterator[Entry]:
    for path in segments:
        yield from _read_segment(path, is_last=path == segments[-1])


def _read_segment(path: Path, *, is_last: bool) -> Iterator[Entry]:
    content = path.read_bytes()
    place = 0
    while place < len(content):
        payload = _payload_at(content, place)
        if payload is None:
            _cut_torn_end(path, content, place, is_last=is_last)
            return
        yield _entry_of(payload)
        place += _HEAD.size + len(payload)


def _payload_at(content: bytes, place: int) -> bytes | None:
    """The record's payload, or None where it is cut short or does not match its checksum."""
    if place + _HEAD.size > len(content):
        return None
    length, checksum = _HEAD.unpack_from(content, place)
    payload = content[place + _HEAD.size : place + _HEAD.size + length]
    if not 0 < length <= _LARGEST_RECORD or len(payload) < length:
        return None
    return payload if google_crc32c.value(payload) == checksum else None


def _cut_torn_end(path: Path, content: bytes, place: int, *, is_last: bool) -> None:
    """Cut off a last record that was never acknowledged; refuse anything that looks like damage.

    A torn append leaves a piece of one record. Whole records behind the bad place mean that
    an acknowledged one was hurt, and cutting there would lose what was promised to be kept.
    """
    if not is_last or _a_record_follows(content, place):
        raise StoreDamaged(f"The journal segment {path.name} is damaged at byte {place}.")
    with path.open("r+b") as file:
        file.truncate(place)
        os.fsync(file.fileno())


def _a_record_follows(content: bytes, place: int) -> bool:
    """Whether the bad record is complete in length, or a whole one starts somewhere behind it.

    Zeros up to the end are space that the file system had granted and not yet filled.
    """
    if not content[place:].strip(b"\0"):
        return False
    if place + _HEAD.size <= len(content):
        length, _ = _HEAD.unpack_from(content, place)
        if place + _HEAD.size + length <= len(content) and length > 0:
            return True
    start = content.find(b'{"number":', place + _HEAD.size + 1)
    while start >= 0:
        if _payload_at(content, start - _HEAD.size) is not None:
            return True
        start = content.find(b'{"number":', start + 1)
    return False


def _check_numbers(entries: list[Entry]) -> None:
    for place, entry in enumerate(entries, start=1):
        if entry.number != place:
            raise StoreDamaged(f"The journal holds entry {entry.number} where {place} should be.")
