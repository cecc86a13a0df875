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

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from regulars.errors import StoreDamaged
from regulars.files import disk_errors, flush_folder, make_folder

from .acknowledged import (
    Acknowledged,
    acknowledged_file,
    read_acknowledged,
    write_acknowledged,
)
from .journal_index import NOBODY, Heading, SegmentIndex, key_of
from .journal_records import (
    a_record_follows,
    append_record,
    bytes_from,
    losing,
    of_another_store,
)
from .journal_segment import (
    Entry,
    Segment,
    compare_with_index,
    damaged_at,
    entries_between,
    entry_of_payload,
    heading_of,
    index_of,
    open_segment,
)
from .quarantine import Quarantine

__all__ = ["Entry", "Journal"]

_SEGMENT_BYTES = 16 * 1024 * 1024


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
        self._segments: list[Segment] = []
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
            segment, former = open_segment(path, len(self) + 1)
            self._segments.append(segment)
            self._unread = paths[place + 1 :]
            if former is not segment.index:
                compare_with_index(segment, former)

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
        known = {index_of(segment.path) for segment in self._segments}
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
            raise damaged_at(self._segments[-1].path, self._segments[-1].size)

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
        return self._segment_of(number).entry(number)

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
                yield from entries_between(segment, first, last)

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

    def last_about(
        self, publication: str, *, but: Sequence[str], after: int = 0, upto: int
    ) -> int | None:
        """The last entry after ``after`` and up to ``upto`` that concerns the publication.

        That is one of its own, one that gives it this name, or one without a publication, of any
        kind except those of ``but``. Reads only the index.
        """
        about = key_of(publication), NOBODY
        passed = {key_of(kind) for kind in but}
        for segment in reversed(self._segments):
            for heading in segment.index.headings_backwards(after + 1, upto + 1):
                concerned = heading.publication in about or heading.to == about[0]
                if concerned and heading.kind not in passed:
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
        entry = entry_of_payload(payload, segment.path.name)
        segment.index.add(heading_of(payload, segment))
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

    def _segment_of(self, number: int) -> Segment:
        for segment in reversed(self._segments):
            if segment.index.first <= number < segment.index.following:
                return segment
        raise IndexError(f"the journal has no entry {number}")

    def _segment_for_writing(self) -> Segment:
        if self._segments and self._segments[-1].size < _SEGMENT_BYTES:
            return self._segments[-1]
        following = int(self._segments[-1].path.stem) + 1 if self._segments else 1
        path = self._folder / f"{following:06d}.log"
        make_folder(self._folder)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        flush_folder(self._folder)
        self._segments.append(Segment(path, SegmentIndex(index_of(path), len(self) + 1)))
        return self._segments[-1]
