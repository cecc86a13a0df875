"""Which folders of the history have changed since entries named every file in them.

Years of runs leave a hundred thousand files. Looking each of them up in the journal would cost
every start as much as reading all of it. The note only saves work: a folder that differs from its
note is listed again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from .journal import Journal


class _Note(msgspec.Struct):
    """entry, digest: of the journal's last entry then. folders: their modification times, in
    nanoseconds of the file system."""

    entry: int = 0
    digest: str = ""
    folders: dict[str, int] = {}


class HistoryFolders:
    """The folders from ``top`` down, except ``but``. All paths are relative to ``root``."""

    def __init__(self, root: Path, top: str, *, but: str, note: Path) -> None:
        self._root = root
        self._top = top
        self._but = but
        self._path = note
        self._note = _Note()

    def recall(self, journal: Journal, drops: Iterable[str]) -> None:
        """Read the note. Ignore one of another journal, or from before an entry of a kind in
        ``drops``, which takes files out of the history."""
        self._note = _Note()
        with suppress(OSError, UnicodeDecodeError, msgspec.DecodeError):
            note = msgspec.json.decode(self._path.read_bytes(), type=_Note)
            is_ours = 0 < note.entry <= len(journal) and journal.digest(note.entry) == note.digest
            if is_ours and not any(journal.last_of(kind) > note.entry for kind in drops):
                self._note = note

    def changed(self) -> Iterator[str]:
        """Every folder that differs from its note."""
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
        """Note that entries name every file in these folders and that no others changed."""
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
        except (OSError, ValueError):  # a note may name what no folder can be called
            return None

    def _folders_in(self, path: str) -> list[str]:
        with suppress(OSError, ValueError), os.scandir(self._root / path) as items:
            found = (f"{path}/{item.name}" for item in items if item.is_dir())
            return [folder for folder in found if folder != self._but]
        return []

    def _write(self) -> None:
        """Write without flushing: losing the note only costs listing folders again."""
        temporary = self._path.with_suffix(".tmp")
        with suppress(OSError):
            temporary.touch(0o600)
            temporary.write_bytes(msgspec.json.encode(self._note))
            temporary.replace(self._path)
