"""The journal as another process sees it: whole entries alone, and nothing is changed.

The owner of a store appends while a backup reads. An entry counts here from the moment when all of
it stands in its segment. The history files that it names have their places by then.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import google_crc32c
import msgspec

from regulars.errors import StoreDamaged
from regulars.files import flush_file

from .actions.publications import REMOVED

_HEAD = struct.Struct("<II")
_LARGEST_RECORD = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SegmentView:
    """The whole entries of a segment. size: their bytes from its start. sha256: of these."""

    name: str
    size: int
    sha256: str


class NamedFile(msgspec.Struct, frozen=True):
    """A history file as an entry names it."""

    stream: str
    path: str
    rows: int
    sha256: str


class _Outline(msgspec.Struct):
    number: int
    kind: str
    files: list[NamedFile] = []
    dropped: list[str] = []


@dataclass(slots=True)
class JournalView:
    """Segments in order, the SHA-256 of each entry's payload, and the history files in force."""

    segments: list[SegmentView] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    files: dict[str, NamedFile] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.digests)

    def digest(self, number: int) -> str:
        """The digest of the entry of that number, in hex, empty if there is none."""
        return self.digests[number - 1].hex() if 0 < number <= len(self.digests) else ""


def view_journal(folder: Path) -> JournalView:
    """Read the journal in ``folder`` up to its last whole entry. Raises StoreDamaged.

    Its bytes are durable when this returns, so a power cut takes none of them from the store.
    """
    return view_segments(sorted(folder.glob("[0-9]*.log")), flush=True)


def view_segments(paths: list[Path], *, flush: bool = False) -> JournalView:
    """The same for these files, in this order."""
    view = JournalView()
    dropped: set[str] = set()
    for path in paths:
        if flush:
            flush_file(path)
        whole = _view_segment(path, view, dropped)
        if path != paths[-1] and view.segments[-1].size != whole:
            raise StoreDamaged(
                f"The journal segment {path.name} is damaged at byte {view.segments[-1].size}."
            )
    for gone in dropped:
        view.files.pop(gone, None)
    return view


def first_digest(folder: Path) -> str:
    """The digest of the first entry of the journal in ``folder``, empty without one."""
    for path in sorted(folder.glob("[0-9]*.log"))[:1]:
        for record in _records(path):
            return hashlib.sha256(record[_HEAD.size :]).hexdigest()
    return ""


def is_current(view: JournalView, folder: Path) -> bool:
    """Whether the journal in ``folder`` still has these segments, each of this size."""
    found = {path.name: path.stat().st_size for path in folder.glob("[0-9]*.log")}
    return found == {segment.name: segment.size for segment in view.segments}


def _view_segment(path: Path, view: JournalView, dropped: set[str]) -> int:
    """Add a segment to the view. Returns the size of its file."""
    digest, size = hashlib.sha256(), 0
    for record in _records(path):
        payload = record[_HEAD.size :]
        outline = msgspec.json.decode(payload, type=_Outline)
        if outline.number != len(view) + 1:
            raise StoreDamaged(
                f"The journal has entry {outline.number} in the place of entry {len(view) + 1}."
            )
        view.digests.append(hashlib.sha256(payload).digest())
        view.files.update((file.path, file) for file in outline.files)
        if outline.kind == REMOVED:
            dropped.update(outline.dropped)
        digest.update(record)
        size += len(record)
    view.segments.append(SegmentView(path.name, size, digest.hexdigest()))
    return path.stat().st_size


def _records(path: Path) -> Iterator[bytes]:
    """Every record from the start on, up to one that is cut short or fails its checksum.

    A bad record with a further one behind it is damage: raises StoreDamaged.
    """
    place = 0
    with path.open("rb") as file:
        while head := file.read(_HEAD.size):
            length, checksum = _HEAD.unpack(head) if len(head) == _HEAD.size else (0, 0)
            payload = file.read(length) if length <= _LARGEST_RECORD else b""
            whole = 0 < length == len(payload)
            if not whole or google_crc32c.value(payload) != checksum:
                if whole and file.read(1):
                    raise StoreDamaged(
                        f"The journal segment {path.name} is damaged at byte {place}."
                    )
                return
            yield head + payload
            place += len(head) + len(payload)
