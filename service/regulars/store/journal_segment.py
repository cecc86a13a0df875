"""One segment of the journal with its index: opened, proven, and read entry by entry."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import google_crc32c
import msgspec

from regulars.errors import StoreDamaged

from .journal_index import Heading, SegmentIndex, checksum_from, key_of
from .journal_records import (
    HEAD,
    HOW_TO_GO_ON,
    decode_entry,
    losing,
    payload_at,
    record_of,
    records,
    unreadable,
)


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
class Segment:
    path: Path
    index: SegmentIndex

    @property
    def size(self) -> int:
        """Bytes of its whole records."""
        return self.index.last.end if self.index.last else 0

    def entry(self, number: int) -> Entry:
        """The entry of that number, which it must have. Reads only its record."""
        heading = self.index.heading(number)
        with self.path.open("rb", buffering=0) as file:
            record = os.pread(file.fileno(), heading.end - heading.start, heading.start)
        payload = payload_at(record, 0)
        entry = entry_of_payload(payload, self.path.name) if payload is not None else None
        if entry is None or entry.number != number:
            raise damaged_at(self.path, heading.start)
        return entry


def index_of(path: Path) -> Path:
    return path.with_suffix(".index")


def open_segment(path: Path, first: int) -> tuple[Segment, SegmentIndex]:
    """The segment whose first entry has that number, as far as it is whole, and its former index.

    It has a valid index: the former one, or a new one.
    """
    former = SegmentIndex.read(index_of(path), first) or _new_index(path, first)
    segment = Segment(path, former)
    if former.last and _checksum_up_to(path, segment.size) != former.last.checksum:
        segment = Segment(path, _new_index(path, first))
    for payload in records(path, segment.size):
        heading = heading_of(payload, segment)
        if heading.number != segment.index.following:
            raise _misnumbered(heading.number, segment.index.following)
        segment.index.add(heading)
    return segment, former


def compare_with_index(segment: Segment, former: SegmentIndex) -> None:
    """Raise StoreDamaged if an index of this very segment knows an entry that it lacks.

    It was made for this segment if it agrees about all entries that are left.
    """
    last, known = segment.index.last, former.last
    if last is None or known is None or known.number <= last.number:
        return
    if former.heading(last.number).checksum == last.checksum:
        if segment.path.stat().st_size > segment.size:
            raise damaged_at(segment.path, segment.size)
        raise losing(last.number, known.number, f"journal/{segment.index.name}")


def _new_index(path: Path, first: int) -> SegmentIndex:
    return SegmentIndex(index_of(path), first)


def _checksum_up_to(path: Path, size: int) -> int | None:
    with path.open("rb", buffering=0) as file:
        return checksum_from(file, size)


def heading_of(payload: bytes, segment: Segment) -> Heading:
    """The heading of the next entry after those in the segment's index."""
    outline = decode_entry(payload, _Outline, segment.path.name)
    before = segment.index.last.checksum if segment.index.last else 0
    return Heading(
        number=outline.number,
        start=segment.size,
        end=segment.size + HEAD.size + len(payload),
        checksum=google_crc32c.extend(before, record_of(payload)),
        files=len(outline.files),
        kind=key_of(outline.kind),
        publication=_key_of_name(outline.publication),
        to=_key_of_name(outline.to),
        digest=hashlib.sha256(payload).digest(),
    )


def _key_of_name(value: object) -> bytes:
    return key_of(value if isinstance(value, str) else None)


def entry_of_payload(payload: bytes, segment: str) -> Entry:
    facts = decode_entry(payload, dict[str, Any], segment)
    number = facts.get("number")
    if not isinstance(number, int):
        raise unreadable(segment)
    return Entry(number, hashlib.sha256(payload).hexdigest(), facts)


def entries_between(segment: Segment, first: int, last: int) -> Iterator[Entry]:
    """Entries of a segment, read one after the other."""
    read = records(segment.path, segment.index.heading(first).start)
    for number in range(first, last + 1):
        payload = next(read, None)
        if payload is None:
            raise damaged_at(segment.path, segment.path.stat().st_size)
        entry = entry_of_payload(payload, segment.path.name)
        if entry.number != number:
            raise _misnumbered(entry.number, number)
        yield entry


def damaged_at(path: Path, place: int) -> StoreDamaged:
    return StoreDamaged(
        f"The journal segment {path.name} is damaged at byte {place}.", to_do=HOW_TO_GO_ON
    )


def _misnumbered(found: int, expected: int) -> StoreDamaged:
    return StoreDamaged(
        f"The journal has entry {found} in the place of entry {expected}.", to_do=HOW_TO_GO_ON
    )
