"""The journal as another process sees it: whole entries alone, and nothing is changed.

The owner of a store appends while a backup reads. An entry counts here from the moment when all of
it stands in its segment. The history files that it names have their places by then.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from regulars.errors import StoreDamaged
from regulars.files import flush_file

from .acknowledged import read_acknowledged
from .actions.forgetting import FORGOTTEN
from .actions.replaced import ERASED, GIVEN_UP, REMOVED
from .hook_bodies import FOLDER
from .journal_records import (
    a_record_follows,
    bytes_from,
    decode_entry,
    losing,
    of_another_store,
    payload_at,
    record_of,
    records,
)


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


class NamedBody(msgspec.Struct, frozen=True):
    """A webhook's body as an entry names it."""

    path: str
    size: int
    sha256: str


class _Replaced(msgspec.Struct):
    path: str
    by: NamedFile | None


class _Outline(msgspec.Struct):
    number: int
    kind: str
    at: Any = None
    run: Any = None
    files: list[NamedFile] = []
    dropped: list[str] = []
    replaced: list[_Replaced] = []
    connections: list[str] = []
    deliveries: list[NamedBody] = []
    settled: list[str] = []

    def digest(self) -> bytes:
        """Tells the entry by what stays when words about a person are taken out of it."""
        facts = [self.number, self.kind, self.at, self.run, [file.sha256 for file in self.files]]
        return hashlib.sha256(msgspec.json.encode(facts)).digest()


@dataclass(slots=True)
class JournalView:
    """Segments in order, two digests of each entry, and the history files in force.

    digests: SHA-256 of payloads. outlines: of what forgetting leaves as it was. forgot: whether
    somebody was forgotten, so that payloads may have changed. bodies: of webhooks, those in force.
    """

    segments: list[SegmentView] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    outlines: list[bytes] = field(default_factory=list)
    files: dict[str, NamedFile] = field(default_factory=dict)
    bodies: dict[str, NamedBody] = field(default_factory=dict)
    forgot: bool = False

    def __len__(self) -> int:
        return len(self.digests)

    def digest(self, number: int) -> str:
        """The digest of the entry of that number, in hex, empty if there is none."""
        return self.digests[number - 1].hex() if 0 < number <= len(self.digests) else ""

    def outline(self, number: int) -> str:
        """The same of what forgetting leaves as it was."""
        return self.outlines[number - 1].hex() if 0 < number <= len(self.outlines) else ""


def view_journal(folder: Path) -> JournalView:
    """Read the journal in ``folder`` up to its last whole entry. Raises StoreDamaged.

    Its bytes are durable when this returns, so a power cut takes none of them from the store. An
    entry that was acknowledged and lacks here is a loss.
    """
    known = read_acknowledged(folder)  # first: the journal may grow meanwhile
    view = view_segments(sorted(folder.glob("[0-9]*.log")), flush=True)
    if known is not None and known.number > len(view):
        raise losing(len(view), known.number, "journal/acknowledged")
    if known is not None and known.number and view.digest(known.number) != known.digest.hex():
        raise of_another_store(known.number, "journal/acknowledged")
    return view


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


def first_outline(folder: Path) -> str:
    """The outline of the first entry of the journal in ``folder``, empty without one."""
    for path in sorted(folder.glob("[0-9]*.log"))[:1]:
        for payload in records(path, 0):
            return decode_entry(payload, _Outline, path.name).digest().hex()
    return ""


def is_current(view: JournalView, folder: Path) -> bool:
    """Whether the journal in ``folder`` still has these segments, each of this size."""
    found = {path.name: path.stat().st_size for path in folder.glob("[0-9]*.log")}
    return found == {segment.name: segment.size for segment in view.segments}


def _view_segment(path: Path, view: JournalView, dropped: set[str]) -> int:
    """Add a segment to the view. Returns the size of its file."""
    digest, size = hashlib.sha256(), 0
    while True:
        for payload in records(path, size):
            _take(decode_entry(payload, _Outline, path.name), payload, view, dropped)
            record = record_of(payload)
            digest.update(record)
            size += len(record)
        rest = bytes_from(path, size)
        if payload_at(rest, 0) is None:
            break  # otherwise it was finished just now
    if a_record_follows(rest):
        raise StoreDamaged(f"The journal segment {path.name} is damaged at byte {size}.")
    view.segments.append(SegmentView(path.name, size, digest.hexdigest()))
    return size + len(rest)


def _take(outline: _Outline, payload: bytes, view: JournalView, dropped: set[str]) -> None:
    if outline.number != len(view) + 1:
        raise StoreDamaged(
            f"The journal has entry {outline.number} in the place of entry {len(view) + 1}."
        )
    view.digests.append(hashlib.sha256(payload).digest())
    view.outlines.append(outline.digest())
    view.forgot |= outline.kind == FORGOTTEN
    view.files.update((file.path, file) for file in outline.files)
    view.bodies.update((body.path, body) for body in outline.deliveries)
    for path in outline.settled:
        view.bodies.pop(path, None)
    if outline.kind in (REMOVED, GIVEN_UP):
        dropped.update(outline.dropped)
    if outline.kind == REMOVED:
        gone = tuple(f"{FOLDER}/{name}/" for name in outline.connections)
        view.bodies = {path: one for path, one in view.bodies.items() if not path.startswith(gone)}
    if outline.kind == ERASED:
        dropped.update(one.path for one in outline.replaced)
        new = (one.by for one in outline.replaced if one.by is not None)
        view.files.update((file.path, file) for file in new)
