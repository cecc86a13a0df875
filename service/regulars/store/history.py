"""History: what was seen, as immutable Parquet files. The truth, together with the journal.

``history/<publication>/<stream>/<name>.parquet``. A file is written aside, flushed, renamed, and
exists only once a journal entry names it; files that none names are removed when the store opens.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regulars.errors import StoreDamaged
from regulars.files import make_folder, move_into_place, sha256_of

from .actions.publications import dropped_files
from .journal import Entry


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """A file that an entry commits; ``path`` is relative to the store's folder."""

    stream: str
    path: str
    rows: int
    sha256: str

    def facts(self) -> dict[str, Any]:
        """As it stands in the journal."""
        return {"stream": self.stream, "path": self.path, "rows": self.rows, "sha256": self.sha256}


class History:
    """The history folder of one store."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._aside = root / "history" / ".aside"
        make_folder(self._aside)

    def aside(self, name: str) -> Path:
        """Where a file of that name is written before it gets its place."""
        return self._aside / f"{name}.parquet"

    def place(self, aside: Path, publication: str, stream: str, rows: int) -> HistoryFile:
        """Give a finished file its place; durable when this returns."""
        folder = self._root / "history" / publication / stream
        make_folder(folder)
        digest = sha256_of(aside)
        target = folder / aside.name
        move_into_place(aside, target)
        return HistoryFile(stream, str(target.relative_to(self._root)), rows, digest)

    def remove_uncommitted(self, entries: Sequence[Entry]) -> int:
        """Remove files that no entry names, left by a process that died, and files that were
        dropped; how many."""
        named = {file["path"] for file in _kept(entries)}
        # Plain strings: three years of daily runs leave ten thousand files, looked at each start.
        strays = [
            Path(folder, name)
            for folder, _, names in os.walk(self._root / "history")
            for name in names
            if name.endswith(".parquet")
            and f"{os.path.relpath(folder, self._root)}/{name}" not in named
        ]
        for path in strays:
            path.unlink()
        return len(strays)

    def drop(self, paths: Sequence[str]) -> None:
        """Remove files that an entry has dropped, and folders that are empty without them."""
        for path in paths:
            (self._root / path).unlink(missing_ok=True)
        for folder in {(self._root / path).parent for path in paths}:
            for empty in (folder, folder.parent):
                if empty.is_dir() and not any(empty.iterdir()):
                    empty.rmdir()

    def require(self, entries: Sequence[Entry]) -> None:
        """Raise StoreDamaged when a file that the entries commit is gone."""
        for file in _kept(entries):
            if not (self._root / file["path"]).is_file():
                raise StoreDamaged(f"The history file {file['path']} is missing.")

    def faults(self, entries: Sequence[Entry]) -> list[str]:
        """Every committed file that is missing or not as it was written, in words."""
        found = []
        for file in _kept(entries):
            path = self._root / file["path"]
            if not path.is_file():
                found.append(f"{file['path']} is missing")
            elif sha256_of(path) != file["sha256"]:
                found.append(f"{file['path']} is not as it was written")
        return found


def _kept(entries: Sequence[Entry]) -> Iterator[dict[str, Any]]:
    """Every file that the entries commit and that none of them dropped."""
    dropped = dropped_files(entries)
    for entry in entries:
        for file in entry.files:
            if file["path"] not in dropped:
                yield file
