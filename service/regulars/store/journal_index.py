"""The index of a journal segment: where each entry is and what it concerns. A cache of the segment.

``journal/000001.index`` belongs to ``000001.log``: a head (8 bytes of mark, 8 with the number of
the segment's first entry), then one record of 84 bytes for each entry, numbers in little endian. A
record ends with the CRC-32C of the index up to there, and has that of the segment up to the end of
its entry, so that an index that was cut, damaged, or made for other bytes shows it. Names are
stored as the first eight bytes of their SHA-256.
"""

from __future__ import annotations

import errno
import hashlib
import os
import struct
from collections.abc import Iterator
from functools import cache
from io import FileIO
from pathlib import Path
from typing import NamedTuple

import google_crc32c

from regulars.files import write_atomically

_HEAD = struct.Struct("<8sQ")
_FIELDS = struct.Struct("<QIIII8s8s8s32s")
_CHECK = struct.Struct("<I")
_KIND_AT = struct.calcsize("<QIIII")
_WIDTH = _FIELDS.size + _CHECK.size
_RECORD = struct.Struct(f"{_FIELDS.format}{_CHECK.size}x")
_MARK = b"RGINDEX1"
_BLOCK = 1024
_READ_BYTES = 256 * 1024
NOBODY = bytes(8)


class Heading(NamedTuple):
    """An entry in the index. start, end: the bytes of its record in the segment.

    checksum: CRC-32C of the segment up to ``end``. files: how many history files it names.
    kind, publication, to: keys of these names (``key_of``). digest: SHA-256 of the payload.
    """

    number: int
    start: int
    end: int
    checksum: int
    files: int
    kind: bytes
    publication: bytes
    to: bytes
    digest: bytes


@cache
def key_of(name: str | None) -> bytes:
    """The form of a name in the index, ``NOBODY`` for None."""
    return NOBODY if name is None else hashlib.sha256(name.encode()).digest()[: len(NOBODY)]


class SegmentIndex:
    """The headings of one segment's entries, in order. first: the number of the first entry.

    They are on disk. If the disk is full they wait in memory, because an entry counts as committed
    without its heading.
    """

    def __init__(self, path: Path, first: int) -> None:
        self.first = first
        self.last: Heading | None = None
        self._path = path
        self._count = 0
        # Bytes in the file, and waiting ones. One value, because threads read while one writes.
        self._held = 0, bytearray(_HEAD.pack(_MARK, first))
        self._checksum = google_crc32c.value(bytes(self._held[1]))

    @classmethod
    def read(cls, path: Path, first: int) -> SegmentIndex | None:
        """The index on disk, None if it is missing, cut, damaged or of another segment."""
        index = cls(path, first)
        try:
            return index if index._take_up_file() else None
        except OSError:
            return None

    def _take_up_file(self) -> bool:
        with self._path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            count, rest = divmod(size - _HEAD.size, _WIDTH)
            if rest or count < 0 or file.read(_HEAD.size) != self._held[1]:
                return False
            if count:
                before = checksum_from(file, size - _HEAD.size - _CHECK.size, self._checksum)
                check = file.read(_CHECK.size)
                if before is None or check != _CHECK.pack(before):
                    return False
                self._checksum = google_crc32c.extend(before, check)
        self._count, self._held = count, (size, bytearray())
        self.last = self.heading(self.first + count - 1) if count else None
        return self.last is None or self.last.number == self.first + count - 1

    @property
    def following(self) -> int:
        """The number of the next entry after this segment."""
        return self.first + self._count

    @property
    def name(self) -> str:
        """The name of its file."""
        return self._path.name

    @property
    def is_waiting(self) -> bool:
        """Whether ``save`` has something to write."""
        return bool(self._held[1])

    def heading(self, number: int) -> Heading:
        """The heading of an entry of this segment."""
        return Heading._make(_RECORD.unpack(self._content(number, number + 1)))

    def headings(self, start: int, stop: int) -> Iterator[Heading]:
        """The headings of this segment from entry ``start`` to before ``stop``."""
        start, stop = max(start, self.first), min(stop, self.following)
        for block in range(start, stop, _BLOCK):
            content = self._content(block, min(block + _BLOCK, stop))
            yield from map(Heading._make, _RECORD.iter_unpack(content))

    def numbers_of(self, kind: bytes, start: int, stop: int) -> Iterator[int]:
        """The entries of a kind, by number, from ``start`` to before ``stop``.

        Searches bytes: unpacking a hundred thousand headings would take a tenth of a second.
        """
        start, stop = max(start, self.first), min(stop, self.following)
        for block in range(start, stop, _BLOCK):
            content = self._content(block, min(block + _BLOCK, stop))
            place = content.find(kind)
            while place >= 0:
                row, within = divmod(place, _WIDTH)
                if within == _KIND_AT:
                    yield block + row
                place = content.find(kind, place + 1)

    def headings_backwards(self, start: int, stop: int) -> Iterator[Heading]:
        """The same, the last one first."""
        start, stop = max(start, self.first), min(stop, self.following)
        for end in range(stop, start, -_BLOCK):
            yield from reversed(list(self.headings(max(start, end - _BLOCK), end)))

    def add(self, heading: Heading) -> None:
        """Add the heading of the next entry. ``save`` writes it."""
        fields = _FIELDS.pack(*heading)
        check = _CHECK.pack(google_crc32c.extend(self._checksum, fields))
        self._checksum = google_crc32c.extend(self._checksum, fields + check)
        self._held[1].extend(fields + check)
        self._count += 1
        self.last = heading

    def save(self) -> None:
        """Write waiting headings if the disk has room. Unflushed, since a lost index is rebuilt."""
        written, waiting = self._held
        try:
            if written:
                _append(self._path, written, bytes(waiting))
            else:
                write_atomically(self._path, bytes(waiting))
        except OSError:
            return
        self._held = written + len(waiting), bytearray()

    def _content(self, start: int, stop: int) -> bytes:
        """The records of these entries, from the file and from memory."""
        first, last = (_HEAD.size + (number - self.first) * _WIDTH for number in (start, stop))
        written, waiting = self._held
        content = b""
        if first < written:
            with self._path.open("rb", buffering=0) as file:
                content = os.pread(file.fileno(), min(last, written) - first, first)
        return content + waiting[max(first - written, 0) : max(last - written, 0)]


def checksum_from(file: FileIO, size: int, before: int = 0) -> int | None:
    """CRC-32C of the next ``size`` bytes, continued from ``before``. None if there are fewer."""
    checksum = before
    while size and (content := file.read(min(size, _READ_BYTES))):
        checksum = google_crc32c.extend(checksum, content)
        size -= len(content)
    return None if size else checksum


def _append(path: Path, size: int, content: bytes) -> None:
    """Write after the first ``size`` bytes, over the remains of a write that was cut short."""
    handle = os.open(path, os.O_WRONLY)
    try:
        os.ftruncate(handle, size)
        if os.pwrite(handle, content, size) != len(content):
            raise OSError(errno.ENOSPC, "short write")
    finally:
        os.close(handle)
