"""Which folders of the history have changed since everything in them was named by an entry.

Years of runs leave a hundred thousand files; looking for each of them in the journal would cost
every start as much as reading all of it. The note is never the truth: a folder that it does not
know as it is now is looked through.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from .journal import Journal


class _Note(msgspec.Struct):
    """entry, digest: of the journal's last entry then. folders: when each was last changed, in
    nanoseconds of the file system."""

    entry: int = 0
    digest: str = ""
    folders: dict[str, int] = {}


class HistoryFolders:
    """The folders from ``top`` down, except ``but``; all paths are relative to ``root``."""

    def __init__(self, root: Path, top: str, *, but: str, note: Path) -> None:
        self._root = root
        self._top = top
        self._but = but
        self._path = note
        self._note = _Note()

    def recall(self, journal: Journal, drops: str) -> None:
        """Read the note. One of another journal says nothing, and neither does one from before
        an entry of the kind ``drops``, which takes files out of the history."""
        self._note = _Note()
        with suppress(OSError, msgspec.DecodeError):
            note = msgspec.json.decode(self._path.read_bytes(), type=_Note)
            is_ours = 0 < note.entry <= len(journal) and journal.digest(note.entry) == note.digest
            if is_ours and next(journal.entries_of(drops, note.entry), None) is None:
                self._note = note

    def changed(self) -> Iterator[str]:
        """Every folder that is not as it was noted."""
        below: dict[str, list[str]] = {}
        for path in self._note.folders:
            below.setdefault(os.path.dirname(path), []).append(path)
        ahead = [self._top]
        while ahead:
            path = ahead.pop()
            if self._note.folders.get(path) == self._changed_at(path):
                ahead += below.get(path, ())
            else:
                ahead += self._folders_in(path)
                yield path

    def note(self, folders: Iterable[str], journal: Journal) -> None:
        """Note that all in these folders is named; none but they and those above them changed."""
        changed = {above for folder in folders for above in self._upwards(folder)}
        if not changed and self._note.entry == len(journal):
            return
        for path in changed:
            if (changed_at := self._changed_at(path)) is not None:
                self._note.folders[path] = changed_at
            else:
                self._note.folders.pop(path, None)
        self._note.entry = len(journal)
        self._note.digest = journal.digest(len(journal)) if len(journal) else ""
        self._write()

    def _upwards(self, folder: str) -> Iterator[str]:
        while folder:
            yield folder
            folder = os.path.dirname(folder)

    def _changed_at(self, path: str) -> int | None:
        try:
            return (self._root / path).stat().st_mtime_ns
        except OSError:
            return None

    def _folders_in(self, path: str) -> list[str]:
        with suppress(OSError), os.scandir(self._root / path) as items:
            found = (f"{path}/{item.name}" for item in items if item.is_dir())
            return [folder for folder in found if folder != self._but]
        return []

    def _write(self) -> None:
        """Not flushed: without a note, or with an old one, more is looked through."""
        temporary = self._path.with_suffix(".tmp")
        with suppress(OSError):
            temporary.write_bytes(msgspec.json.encode(self._note))
            temporary.replace(self._path)
