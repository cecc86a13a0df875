"""History: what was seen, as immutable Parquet files. The truth, together with the journal.

``history/<publication>/<stream>/<name>.parquet``. A file is written in ``.tmp``, flushed and
renamed. It counts once a journal entry names it. Opening the store finds files that no entry names:
what a commit left that died goes into the quarantine. A file of a later entry than the next one
proves that the journal lost entries, since files are written for the next entry only.

For that, only folders that have changed are listed again (``history_folders``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regulars.errors import StoreDamaged
from regulars.files import make_folder, move_into_place, sha256_of

from .actions.replaced import REMOVING, ReplacedFiles, new_files_of
from .history_folders import HistoryFolders
from .journal import Entry, Journal
from .journal_records import HOW_TO_GO_ON
from .quarantine import Quarantine

_FOLDER, _TEMPORARY = "history", ".tmp"
_FORMER_TEMPORARY = ".aside"
"""Where versions before 0.3 wrote unfinished files, and may have left some."""


_NUMBERED = re.compile(r"-(\d{8,})-")
_MOST_NAMED = 3


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


@dataclass(frozen=True, slots=True)
class DamagedFile:
    """A committed file that is missing or was changed. file: its form in the journal. entry: the
    number of the entry that commits it. fault: what is wrong with it, in words."""

    file: dict[str, Any]
    entry: int
    fault: str


@dataclass(slots=True)
class Unnamed:
    """Files of the history folder that no entry keeps, as paths relative to the store's folder.

    dropped: files that an act of the owner took out. others: files that no entry names.
    unfinished: files that were never moved to their place. folders: what was listed for it.
    """

    dropped: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)


def entry_of(path: str) -> int:
    """The entry for which a history file was written, 0 if its name does not say."""
    found = _NUMBERED.search(os.path.basename(path))
    return int(found[1]) if found else 0


class History:
    """The history folder of one store."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._temporary = root / _FOLDER / _TEMPORARY
        self._folders = HistoryFolders(
            root, _FOLDER, but=f"{_FOLDER}/{_TEMPORARY}", note=self._temporary / "folders.json"
        )
        self._placed: set[str] = set()
        self._has_dropped = False

    def temporary(self, name: str) -> Path:
        """Where to write a file of that name before it gets its place."""
        make_folder(self._temporary)
        return self._temporary / f"{name}.parquet"

    def place(self, temporary: Path, publication: str, stream: str, rows: int) -> HistoryFile:
        """Move a finished file to its place. Durable when this returns."""
        folder = self._root / _FOLDER / publication / stream
        make_folder(folder)
        temporary.chmod(0o600)
        digest = sha256_of(temporary)
        target = folder / temporary.name
        move_into_place(temporary, target)
        path = str(target.relative_to(self._root))
        self._placed.add(path)
        return HistoryFile(stream, path, rows, digest)

    def committed(self, entry: Entry, journal: Journal) -> None:
        """Note that the newest entry names its files now."""
        paths = {str(file["path"]) for file in new_files_of(entry)}
        self._placed -= paths
        self._has_dropped |= entry.kind in REMOVING
        # The next start removes files that were dropped, or placed by a failed commit.
        if paths and not self._has_dropped:
            left_over = {os.path.dirname(path) for path in self._placed}
            self._folders.note({os.path.dirname(path) for path in paths} - left_over, journal)

    def unnamed(self, journal: Journal) -> Unnamed:
        """Every file that no entry keeps. Reads entries only if a folder has changed."""
        self._folders.recall(journal, drops=REMOVING)
        found = Unnamed(folders=list(self._folders.changed()))
        strays = {path for folder in found.folders for path in self._files_in(folder)}
        if strays:
            dropped = ReplacedFiles(journal).gone.keys()
            strays.difference_update(str(file["path"]) for file in self.files(journal))
            found.dropped = sorted(strays & dropped)
            found.others = sorted(strays - dropped)
        found.unfinished = sorted(
            str(path.relative_to(self._root)) for path in self._temporary.glob("*.parquet")
        )
        return found

    def clear(self, unnamed: Unnamed, journal: Journal, quarantine: Quarantine) -> int:
        """Delete dropped files and move the others into the quarantine. Returns how many."""
        for path in unnamed.dropped:
            (self._root / path).unlink(missing_ok=True)
        moved = [self._root / path for path in (*unnamed.others, *unnamed.unfinished)]
        quarantine.move(moved)
        with suppress(OSError):
            (self._root / _FOLDER / _FORMER_TEMPORARY).rmdir()
        make_folder(self._temporary)
        self._placed.clear()
        self._has_dropped = False
        self._folders.note(unnamed.folders, journal)
        return len(unnamed.dropped) + len(moved)

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
        return (file for _, file in _kept(journal))

    def prove(self, journal: Journal, after: int = 0) -> None:
        """Raise StoreDamaged if a file of an entry above ``after`` is missing or was changed."""
        faults = self.faults(journal, after)
        if faults:
            named = "; ".join(faults[:_MOST_NAMED])
            more = f"; and {len(faults) - _MOST_NAMED} more" if len(faults) > _MOST_NAMED else ""
            raise StoreDamaged(f"History files are damaged: {named}{more}.", to_do=HOW_TO_GO_ON)

    def faults(self, journal: Journal, after: int = 0) -> list[str]:
        """Every committed file that is missing or has changed, in words."""
        return [one.fault for one in self.damaged_files(journal, after)]

    def damaged_files(self, journal: Journal, after: int = 0) -> Iterator[DamagedFile]:
        """The same, each with what the journal says of it."""
        for entry, file in _kept(journal, after):
            if (fault := self._fault_of(file)) is not None:
                yield DamagedFile(file, entry, f"{file['path']} {fault}")

    def _fault_of(self, file: dict[str, Any]) -> str | None:
        try:
            is_whole = sha256_of(self._root / file["path"]) == file["sha256"]
        except FileNotFoundError:
            return "is missing"
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        return None if is_whole else "has changed since it was written"


def _kept(journal: Journal, after: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """The files that hold the rows of entries above ``after`` now, each with its entry's number."""
    replaced = ReplacedFiles(journal, after)
    for entry in journal.entries(after):
        yield from ((entry.number, file) for file in replaced.files_of(entry))
