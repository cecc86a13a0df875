"""The journal: the only commit log. A history file counts only once an entry names it.

Segments ``journal/000001.log`` are append-only. A record is its length (4 bytes, little endian),
the CRC-32C of its payload (4 bytes, little endian) and the payload: one entry as JSON. An entry is
acknowledged only after fsync. A record cut short at the very end was never acknowledged and is cut
off. Any other mismatch is damage and raises StoreDamaged.

Each segment has an index (``journal_index``). Opening computes the checksum of every segment and
compares it with the index. If both agree, no entry is read. An index that is missing, behind,
damaged or of another journal is rebuilt from its segment.
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

from .journal_index import NOBODY, Heading, SegmentIndex, checksum_from, key_of

_HEAD = struct.Struct("<II")
_SEGMENT_BYTES = 16 * 1024 * 1024
_LARGEST_RECORD = 64 * 1024 * 1024
_READ_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One committed entry. number: 1, 2, 3 … digest: SHA-256 of its payload, in hex."""

    number: int
    digest: str
    facts: dict[str, Any]

    @property
    def kind(self) -> str:
        """What the entry commits: a pull, a part, a run, or an act of the owner."""
        return str(self.facts["kind"])

    @property
    def files(self) -> list[dict[str, Any]]:
        """The history files that it commits: stream, path, rows, sha256."""
        return list(self.facts.get("files", ()))


class _Outline(msgspec.Struct):
    """The fields of an entry that go into the index."""

    number: int
    kind: str
    publication: Any = None
    to: Any = None
    files: list[msgspec.Raw] = []


@dataclass(frozen=True, slots=True)
class _Segment:
    path: Path
    index: SegmentIndex

    @property
    def size(self) -> int:
        """Bytes of its whole records."""
        return self.index.last.end if self.index.last else 0


class Journal:
    """The journal of one store, whose owner holds the store's lock.

    Entries are read from disk on demand. Reading raises StoreDamaged for damage since opening.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        make_folder(folder)
        self._segments: list[_Segment] = []
        paths = sorted(folder.glob("[0-9]*.log"))
        for path in paths:
            self._segments.append(_open_segment(path, len(self) + 1, is_last=path == paths[-1]))

    def __len__(self) -> int:
        """How many entries there are, which is the number of the last one."""
        return self._segments[-1].index.following - 1 if self._segments else 0

    def entry(self, number: int) -> Entry:
        """The entry of that number, which must exist. Reads only its record."""
        segment = self._segment_of(number)
        heading = segment.index.heading(number)
        with segment.path.open("rb", buffering=0) as file:
            record = os.pread(file.fileno(), heading.end - heading.start, heading.start)
        payload = _payload_at(record, 0)
        entry = _entry_of(payload) if payload is not None else None
        if entry is None or entry.number != number:
            raise _damaged(segment.path, heading.start)
        return entry

    def digest(self, number: int) -> str:
        """The digest of the entry of that number, which must exist. Reads only the index."""
        return self._segment_of(number).index.heading(number).digest.hex()

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Every present entry with a number above ``after``, in order."""
        upto = len(self)
        for segment in list(self._segments):
            first = max(after + 1, segment.index.first)
            last = min(upto, segment.index.following - 1)
            if first <= last:
                yield from _entries_between(segment, first, last)

    def entries_of(self, kind: str, after: int = 0) -> Iterator[Entry]:
        """The entries of a kind with a number above ``after``, in order. Reads only these."""
        key = key_of(kind)
        for heading in self.headings(after):
            if heading.kind == key:
                yield self.entry(heading.number)

    def headings(self, after: int = 0) -> Iterator[Heading]:
        """The heading of every entry with a number above ``after``, in order."""
        upto = len(self)
        for segment in list(self._segments):
            yield from segment.index.headings(after + 1, upto + 1)

    def last_about(self, publication: str, *, but: str, after: int = 0, upto: int) -> int | None:
        """The last entry after ``after`` and up to ``upto`` that concerns the publication.

        That is one of its own, one that gives it this name, or one without a publication, of any
        kind except ``but``. Reads only the index.
        """
        about, passed = (key_of(publication), NOBODY), key_of(but)
        for segment in reversed(self._segments):
            for heading in segment.index.headings_backwards(after + 1, upto + 1):
                concerned = heading.publication in about or heading.to == about[0]
                if concerned and heading.kind != passed:
                    return heading.number
        return None

    def append(self, facts: dict[str, Any]) -> Entry:
        """Commit an entry. Durable when this returns."""
        number = len(self) + 1
        payload = msgspec.json.encode({"number": number} | facts)
        segment = self._segment_for_writing()
        with disk_errors(self._folder):
            _append_record(segment.path, payload)
        entry = _entry_of(payload)
        segment.index.add(_heading_of(payload, segment))
        segment.index.save()
        return entry

    def _segment_of(self, number: int) -> _Segment:
        for segment in reversed(self._segments):
            if segment.index.first <= number < segment.index.following:
                return segment
        raise IndexError(f"the journal has no entry {number}")

    def _segment_for_writing(self) -> _Segment:
        if self._segments and self._segments[-1].size < _SEGMENT_BYTES:
            return self._segments[-1]
        following = int(self._segments[-1].path.stem) + 1 if self._segments else 1
        path = self._folder / f"{following:06d}.log"
        with disk_errors(self._folder):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            flush_folder(self._folder)
        self._segments.append(_Segment(path, SegmentIndex(_index_of(path), len(self) + 1)))
        return self._segments[-1]


def _index_of(path: Path) -> Path:
    return path.with_suffix(".index")


def _open_segment(path: Path, first: int, *, is_last: bool) -> _Segment:
    """The segment whose first entry has that number, with a valid index."""
    segment = _Segment(path, SegmentIndex.read(_index_of(path), first) or _new_index(path, first))
    if segment.index.last and _checksum_up_to(path, segment.size) != segment.index.last.checksum:
        segment = _Segment(path, _new_index(path, first))
    before = segment.index.following
    for payload in _records(path, segment.size, is_last=is_last):
        heading = _heading_of(payload, segment)
        if heading.number != segment.index.following:
            raise _misnumbered(heading.number, segment.index.following)
        segment.index.add(heading)
    if segment.index.following > before:
        segment.index.save()
    return segment


def _new_index(path: Path, first: int) -> SegmentIndex:
    return SegmentIndex(_index_of(path), first)


def _checksum_up_to(path: Path, size: int) -> int | None:
    with path.open("rb", buffering=0) as file:
        return checksum_from(file, size)


def _heading_of(payload: bytes, segment: _Segment) -> Heading:
    """The heading of the next entry after those in the segment's index."""
    outline = msgspec.json.decode(payload, type=_Outline)
    before = segment.index.last.checksum if segment.index.last else 0
    return Heading(
        number=outline.number,
        start=segment.size,
        end=segment.size + _HEAD.size + len(payload),
        checksum=google_crc32c.extend(before, _record_of(payload)),
        files=len(outline.files),
        kind=key_of(outline.kind),
        publication=_key_of_name(outline.publication),
        to=_key_of_name(outline.to),
        digest=hashlib.sha256(payload).digest(),
    )


def _key_of_name(value: object) -> bytes:
    return key_of(value if isinstance(value, str) else None)


def _record_of(payload: bytes) -> bytes:
    return _HEAD.pack(len(payload), google_crc32c.value(payload)) + payload


def _append_record(path: Path, payload: bytes) -> None:
    record = _record_of(payload)
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


def _entries_between(segment: _Segment, first: int, last: int) -> Iterator[Entry]:
    """Entries of a segment, read one after the other."""
    records = _records(segment.path, segment.index.heading(first).start, is_last=False)
    for number in range(first, last + 1):
        payload = next(records, None)
        if payload is None:
            raise _damaged(segment.path, segment.path.stat().st_size)
        entry = _entry_of(payload)
        if entry.number != number:
            raise _misnumbered(entry.number, number)
        yield entry


def _records(path: Path, start: int, *, is_last: bool) -> Iterator[bytes]:
    """The payloads of a segment from a place on. Cuts off a torn end of the last segment."""
    place = start
    with path.open("rb", buffering=_READ_BYTES) as file:
        file.seek(place)
        while head := file.read(_HEAD.size):
            length = _HEAD.unpack(head)[0] if len(head) == _HEAD.size else 0
            record = head + file.read(length) if length <= _LARGEST_RECORD else head
            payload = _payload_at(record, 0)
            if payload is None:
                _cut_torn_end(path, path.read_bytes(), place, is_last=is_last)
                return
            yield payload
            place += len(record)


def _payload_at(content: bytes, place: int) -> bytes | None:
    """The record's payload, or None if it is cut short or fails its checksum."""
    if place + _HEAD.size > len(content):
        return None
    length, checksum = _HEAD.unpack_from(content, place)
    payload = content[place + _HEAD.size : place + _HEAD.size + length]
    if not 0 < length <= _LARGEST_RECORD or len(payload) < length:
        return None
    return payload if google_crc32c.value(payload) == checksum else None


def _cut_torn_end(path: Path, content: bytes, place: int, *, is_last: bool) -> None:
    """Cut off a last record that was never acknowledged. Raise StoreDamaged for anything else.

    A torn append leaves a piece of one record. Whole records behind the bad place mean that an
    acknowledged one is damaged, and cutting there would lose committed entries.
    """
    if not is_last or _a_record_follows(content, place):
        raise _damaged(path, place)
    with path.open("r+b") as file:
        file.truncate(place)
        os.fsync(file.fileno())


def _a_record_follows(content: bytes, place: int) -> bool:
    """Whether the bad record is complete in length, or a whole one starts somewhere behind it.

    Zeros up to the end are space that the file system had reserved and left unfilled.
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


def _damaged(path: Path, place: int) -> StoreDamaged:
    return StoreDamaged(f"The journal segment {path.name} is damaged at byte {place}.")


def _misnumbered(found: int, expected: int) -> StoreDamaged:
    return StoreDamaged(f"The journal has entry {found} in the place of entry {expected}.")
