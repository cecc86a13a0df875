"""The journal: the only commit log. A history file counts only once an entry names it.

Segments ``journal/000001.log`` are append-only. A record is its length (4 bytes, little endian),
the CRC-32C of its payload (4 bytes, little endian) and the payload: one entry as JSON. An entry is
acknowledged only after fsync, and ``acknowledged`` says how far (``acknowledged.py``). A torn
record behind that place was never acknowledged: the next append moves it into the quarantine. Any
other mismatch is damage and raises StoreDamaged.

Each segment has an index (``journal_index``). Opening computes the checksum of every segment and
compares it with the index. If both agree, no entry is read. An index that is missing, behind,
damaged or of another journal is rebuilt from its segment. Opening writes nothing.
"""

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
from regulars.files import disk_errors, flush_folder, make_folder

from .acknowledged import (
    Acknowledged,
    acknowledged_file,
    read_acknowledged,
    write_acknowledged,
)
from .journal_index import NOBODY, Heading, SegmentIndex, checksum_from, key_of
from .journal_records import (
    HEAD,
    HOW_TO_GO_ON,
    a_record_follows,
    append_record,
    bytes_from,
    decode_entry,
    payload_at,
    record_of,
    records,
    unreadable,
)
from .quarantine import Quarantine

_SEGMENT_BYTES = 16 * 1024 * 1024


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
    quarantine: where torn ends go. despite_loss: open it as far as it is whole, as a repair does,
    and say in ``losses`` why that is not all of it.
    """

    def __init__(
        self, folder: Path, quarantine: Quarantine | None = None, *, despite_loss: bool = False
    ) -> None:
        self._folder = folder
        self._quarantine = quarantine or Quarantine(folder)
        self._segments: list[_Segment] = []
        self.acknowledged = read_acknowledged(folder)
        self.losses: list[StoreDamaged] = []
        self._unread: list[Path] = []
        try:
            self._open_segments()
            self._look_for_lost_segment()
            self._compare_with_acknowledged()
            if self.torn_bytes and not self._is_torn_append():
                self._refuse_torn_end()
        except StoreDamaged as error:
            if not despite_loss:
                raise
            self.losses.append(error)

    def _open_segments(self) -> None:
        paths = sorted(self._folder.glob("[0-9]*.log"))
        for place, path in enumerate(paths):
            self._unread = paths[place:]
            self._refuse_torn_end()  # of the segment before, which has a follower
            segment, former = _open_segment(path, len(self) + 1)
            self._segments.append(segment)
            self._unread = paths[place + 1 :]
            if former is not segment.index:
                _compare_with_index(segment, former)

    @property
    def torn_bytes(self) -> int:
        """Bytes behind the last whole entry. The next append moves them into the quarantine."""
        if not self._segments:
            return 0
        return self._segments[-1].path.stat().st_size - self._segments[-1].size

    def save_notes(self) -> None:
        """Write indexes that were rebuilt, and how far the journal was acknowledged."""
        for segment in self._segments:
            if segment.index.is_waiting:
                segment.index.save()
        if self._segments and self.acknowledged is None:
            self._note_acknowledged()

    def give_up_lost(self, quarantine: Quarantine) -> None:
        """Go on with the entries that could be read, and move the rest into the quarantine."""
        self._move_torn_end(quarantine)
        known = {_index_of(segment.path) for segment in self._segments}
        lost = [path for path in self._folder.glob("[0-9]*.index") if path not in known]
        note = acknowledged_file(self._folder)
        quarantine.move([*self._unread, *lost, *([note] if note.exists() else [])])
        self.acknowledged = None
        self.losses.clear()

    def _note_acknowledged(self) -> None:
        segment = self._segments[-1]
        if segment.index.last is None:
            return
        number, digest = segment.index.last.number, segment.index.last.digest
        self.acknowledged = Acknowledged(number, int(segment.path.stem), segment.size, digest)
        write_acknowledged(self._folder, self.acknowledged)

    def _look_for_lost_segment(self) -> None:
        """Raise StoreDamaged if an index is left of a segment that followed the last one."""
        following = int(self._segments[-1].path.stem) + 1 if self._segments else 1
        for path in sorted(self._folder.glob("[0-9]*.index")):
            if int(path.stem) >= following:
                index = SegmentIndex.read(path, len(self) + 1)
                if index is not None and index.last is not None:
                    raise losing(len(self), index.last.number, f"journal/{path.name}")

    def _compare_with_acknowledged(self) -> None:
        """Raise StoreDamaged if the journal lacks an entry that was acknowledged."""
        known = self.acknowledged
        if known is None:
            return
        if known.number > len(self):
            self._refuse_torn_end()
            raise losing(len(self), known.number, "journal/acknowledged")
        if self.digest(known.number) != known.digest.hex():
            raise of_another_store(known.number, "journal/acknowledged")

    def _refuse_torn_end(self) -> None:
        if self.torn_bytes:
            raise _damaged(self._segments[-1].path, self._segments[-1].size)

    def _is_torn_append(self) -> bool:
        """Whether the bytes behind the last whole entry were never acknowledged.

        A torn append leaves a piece of one record. Whole records behind the bad place mean that an
        acknowledged one is damaged, unless the note says that there was none.
        """
        if self.acknowledged is not None and self.acknowledged.number == len(self):
            return True
        segment = self._segments[-1]
        return not a_record_follows(bytes_from(segment.path, segment.size))

    def __len__(self) -> int:
        """How many entries there are, which is the number of the last one."""
        return self._segments[-1].index.following - 1 if self._segments else 0

    def entry(self, number: int) -> Entry:
        """The entry of that number, which must exist. Reads only its record."""
        segment = self._segment_of(number)
        heading = segment.index.heading(number)
        with segment.path.open("rb", buffering=0) as file:
            record = os.pread(file.fileno(), heading.end - heading.start, heading.start)
        payload = payload_at(record, 0)
        entry = _entry_of(payload, segment.path.name) if payload is not None else None
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
        key, upto = key_of(kind), len(self)
        for segment in list(self._segments):
            for number in segment.index.numbers_of(key, after + 1, upto + 1):
                yield self.entry(number)

    def last_of(self, kind: str) -> int:
        """The number of the last entry of a kind, 0 without one. Reads only the index."""
        key, upto = key_of(kind), len(self)
        for segment in reversed(self._segments):
            numbers = list(segment.index.numbers_of(key, 1, upto + 1))
            if numbers:
                return numbers[-1]
        return 0

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
        with disk_errors(self._folder):
            self._move_torn_end(self._quarantine)
            segment = self._segment_for_writing()
            append_record(segment.path, payload)
        entry = _entry_of(payload, segment.path.name)
        segment.index.add(_heading_of(payload, segment))
        self._note_acknowledged()
        segment.index.save()
        return entry

    def _move_torn_end(self, quarantine: Quarantine) -> None:
        """Move what was never acknowledged into the quarantine."""
        if not self.torn_bytes:
            return
        segment = self._segments[-1]
        name = f"journal/{segment.path.name}.from-{segment.size}"
        quarantine.keep(name, bytes_from(segment.path, segment.size))
        with segment.path.open("r+b") as file:
            file.truncate(segment.size)
            os.fsync(file.fileno())

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
        make_folder(self._folder)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        flush_folder(self._folder)
        self._segments.append(_Segment(path, SegmentIndex(_index_of(path), len(self) + 1)))
        return self._segments[-1]


def _index_of(path: Path) -> Path:
    return path.with_suffix(".index")


def _open_segment(path: Path, first: int) -> tuple[_Segment, SegmentIndex]:
    """The segment whose first entry has that number, as far as it is whole, and its former index.

    It has a valid index: the former one, or a new one.
    """
    former = SegmentIndex.read(_index_of(path), first) or _new_index(path, first)
    segment = _Segment(path, former)
    if former.last and _checksum_up_to(path, segment.size) != former.last.checksum:
        segment = _Segment(path, _new_index(path, first))
    for payload in records(path, segment.size):
        heading = _heading_of(payload, segment)
        if heading.number != segment.index.following:
            raise _misnumbered(heading.number, segment.index.following)
        segment.index.add(heading)
    return segment, former


def _compare_with_index(segment: _Segment, former: SegmentIndex) -> None:
    """Raise StoreDamaged if an index of this very segment knows an entry that it lacks.

    It was made for this segment if it agrees about all entries that are left.
    """
    last, known = segment.index.last, former.last
    if last is None or known is None or known.number <= last.number:
        return
    if former.heading(last.number).checksum == last.checksum:
        if segment.path.stat().st_size > segment.size:
            raise _damaged(segment.path, segment.size)
        raise losing(last.number, known.number, f"journal/{segment.index.name}")


def _new_index(path: Path, first: int) -> SegmentIndex:
    return SegmentIndex(_index_of(path), first)


def _checksum_up_to(path: Path, size: int) -> int | None:
    with path.open("rb", buffering=0) as file:
        return checksum_from(file, size)


def _heading_of(payload: bytes, segment: _Segment) -> Heading:
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


def _entry_of(payload: bytes, segment: str) -> Entry:
    facts = decode_entry(payload, dict[str, Any], segment)
    number = facts.get("number")
    if not isinstance(number, int):
        raise unreadable(segment)
    return Entry(number, hashlib.sha256(payload).hexdigest(), facts)


def _entries_between(segment: _Segment, first: int, last: int) -> Iterator[Entry]:
    """Entries of a segment, read one after the other."""
    read = records(segment.path, segment.index.heading(first).start)
    for number in range(first, last + 1):
        payload = next(read, None)
        if payload is None:
            raise _damaged(segment.path, segment.path.stat().st_size)
        entry = _entry_of(payload, segment.path.name)
        if entry.number != number:
            raise _misnumbered(entry.number, number)
        yield entry


def _damaged(path: Path, place: int) -> StoreDamaged:
    return StoreDamaged(
        f"The journal segment {path.name} is damaged at byte {place}.", to_do=HOW_TO_GO_ON
    )


def losing(last: int, known: int, witness: str, *, plural: bool = False) -> StoreDamaged:
    """The error for a journal that ends at entry ``last``, though one as late as ``known`` was.

    witness: what knows it. plural: whether that is several things.
    """
    knows = "know" if plural else "knows"
    lost = f"entry {known} is" if known == last + 1 else f"entries {last + 1} to {known} are"
    return StoreDamaged(
        f"The journal ends at entry {last}, but {witness} {knows} entry {known}: {lost} lost.",
        to_do=HOW_TO_GO_ON,
    )


def of_another_store(number: int, witness: str) -> StoreDamaged:
    """The error for a witness that knows another entry of that number."""
    return StoreDamaged(
        f"Entry {number} of the journal differs from the one that {witness} knows: they come from"
        " two stores, or from two copies of one.",
        to_do=HOW_TO_GO_ON,
    )


def _misnumbered(found: int, expected: int) -> StoreDamaged:
    return StoreDamaged(
        f"The journal has entry {found} in the place of entry {expected}.", to_do=HOW_TO_GO_ON
    )
