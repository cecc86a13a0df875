"""History: what was seen, as immutable Parquet files. The truth, together with the journal.

``history/<publication>/<stream>/<name>.parquet``. A file is written in ``.tmp``, flushed and
renamed. It counts once a journal entry names it, and opening the store removes unnamed files.

For that, only folders that have changed are listed again (``history_folders``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regulars.errors import StoreDamaged
from regulars.files import make_folder, move_into_place, sha256_of

from .actions.publications import REMOVED, dropped_files
from .history_folders import HistoryFolders
from .journal import Entry, Journal

_FOLDER, _TEMPORARY = "history", ".tmp"
_FORMER_TEMPORARY = ".aside"
"""Where versions before 0.3 wrote unfinished files, and may have left some."""


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """A file that an entry commits. path: relative to the store's folder."""

    stream: str
    path: str
    rows: int
    sha256: str

    def facts(self) -> dict[str, Any]:
        """Its form in the journal."""
        return {"stream": self.stream, "path": self.path, "rows": self.rows, "sha256": self.sha256}


class History:
    """The history folder of one store."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._temporary = root / _FOLDER / _TEMPORARY
        make_folder(self._temporary)
        self._folders = HistoryFolders(
            root, _FOLDER, but=f"{_FOLDER}/{_TEMPORARY}", note=self._temporary / "folders.json"
        )
        self._placed: set[str] = set()
        self._has_dropped = False

    def temporary(self, name: str) -> Path:
        """Where to write a file of that name before it gets its place."""
        return self._temporary / f"{name}.parquet"

    def place(self, temporary: Path, publication: str, stream: str, rows: int) -> HistoryFile:
        """Move a finished file to its place. Durable when this returns."""
        folder = self._root / _FOLDER / publication / stream
        make_folder(folder)
        digest = sha256_of(temporary)
        target = folder / temporary.name
        move_into_place(temporary, target)
        path = str(target.relative_to(self._root))
        self._placed.add(path)
        return HistoryFile(stream, path, rows, digest)

    def committed(self, entry: Entry, journal: Journal) -> None:
        """Note that the newest entry names its files now."""
        paths = {str(file["path"]) for file in entry.files}
        self._placed -= paths
        self._has_dropped |= entry.kind == REMOVED
        # The next start removes files that were dropped, or placed by a failed commit.
        if paths and not self._has_dropped:
            left_over = {os.path.dirname(path) for path in self._placed}
            self._folders.note({os.path.dirname(path) for path in paths} - left_over, journal)

    def remove_uncommitted(self, journal: Journal) -> int:
        """Remove unnamed files, left by a process that died, and dropped files. Returns how many.

        Reads entries only if a folder has changed.
        """
        self._folders.recall(journal, drops=REMOVED)
        changed = list(self._folders.changed())
        strays = {path for folder in changed for path in self._files_in(folder)}
        if strays:
            strays.difference_update(str(file["path"]) for file in _kept(journal))
        unfinished = [
            str(path.relative_to(self._root)) for path in self._temporary.glob("*.parquet")
        ]
        for path in (*strays, *unfinished):
            (self._root / path).unlink()
        with suppress(OSError):
            (self._root / _FOLDER / _FORMER_TEMPORARY).rmdir()
        self._placed.clear()
        self._has_dropped = False
        self._folders.note(changed, journal)
        return len(strays) + len(unfinished)

    def _files_in(self, folder: str) -> Iterator[str]:
        with suppress(OSError), os.scandir(self._root / folder) as items:
            yield from (f"{folder}/{item.name}" for item in items if item.name.endswith(".parquet"))

    def drop(self, paths: Sequence[str]) -> None:
        """Remove files that an entry has dropped, and their folders if empty."""
        for path in paths:
            (self._root / path).unlink(missing_ok=True)
        for folder in {(self._root / path).parent for path in paths}:
            for empty in (folder, folder.parent):
                if empty.is_dir() and not any(empty.iterdir()):
                    empty.rmdir()

    def files(self, journal: Journal) -> Iterator[dict[str, Any]]:
        """Every file that entries commit and none drops, in its journal form."""
        return _kept(journal)

    def require(self, journal: Journal) -> None:
        """Raise StoreDamaged if a committed file is missing."""
        for file in _kept(journal):
            if not (self._root / file["path"]).is_file():
                raise StoreDamaged(f"The history file {file['path']} is missing.")

    def faults(self, journal: Journal) -> list[str]:
        """Every committed file that is missing or has changed, in words."""
        found = []
        for file in _kept(journal):
            path = self._root / file["path"]
            if not path.is_file():
                found.append(f"{file['path']} is missing")
            elif sha256_of(path) != file["sha256"]:
                found.append(f"{file['path']} has changed since it was written")
        return found


def _kept(journal: Journal) -> Iterator[dict[str, Any]]:
    """Every file that the entries commit and none of them drops."""
    dropped = dropped_files(journal)
    for entry in journal.entries():
        for file in entry.files:
            if file["path"] not in dropped:
                yield file
