"""History files that an entry commits and the folder lacks: brought back, or given up by order.

The same bytes may lie in the quarantine, beside the history under another name, or in a plain
backup that was proven. The digest decides, not the name. What lies nowhere is given up only if the
owner says so, by an entry of its own: a rebuild then goes on without these files, and one that
turns up later stays out.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulars.errors import StoreDamaged
from regulars.files import disk_errors, make_folder, move_into_place, sha256_of
from regulars_connectors.plural import pluralize

from .actions.replaced import GIVEN_UP
from .proven_backups import object_in, proven_backups
from .quarantine import FOLDER, Quarantine

if TYPE_CHECKING:
    from regulars_connectors.instants import Instant

    from .history import DamagedFile, History
    from .journal import Journal

_MOST_NAMED = 3
_HOW_TO_GO_ON = (
    "Restore the store from a backup. To go on without these rows, run"
    " `regulars verify --repair --give-up`. `regulars sync --full` then brings what your provider"
    " still shows."
)


@dataclass(frozen=True, slots=True)
class Repair:
    """A fault, and what became of it. remedy: from what it was made again, or can be."""

    fault: str
    remedy: str
    is_mended: bool


def bring_back(
    root: Path,
    journal: Journal,
    history: History,
    refuse: Callable[[Sequence[DamagedFile]], None] = lambda _: None,
) -> tuple[list[Repair], list[DamagedFile]]:
    """Bring back every damaged file whose bytes lie somewhere. Returns also those that stay lost.

    The caller holds the lock. What lay in the file's place goes into the quarantine. refuse: may
    raise for those that lie nowhere, before any file is touched.
    """
    repairs: list[Repair] = []
    lost: list[DamagedFile] = []
    damaged = list(history.damaged_files(journal))
    if not damaged:
        return repairs, lost
    unnamed = history.unnamed(journal)
    copies = _Copies(root, [*unnamed.others, *unnamed.unfinished])
    refuse([one for one in damaged if next(copies.of(str(one.file["sha256"])), None) is None])
    with disk_errors(root):
        for one in damaged:
            remedy = _bring_back(root, history, one, copies)
            if remedy is None:
                lost.append(one)
            else:
                repairs.append(Repair(one.fault, remedy, is_mended=True))
    return repairs, lost


def _bring_back(root: Path, history: History, one: DamagedFile, copies: _Copies) -> str | None:
    """Where its bytes came from, in words. None if they are nowhere."""
    path, digest = root / one.file["path"], str(one.file["sha256"])
    for copy, remedy in copies.of(digest):
        temporary = history.temporary(path.stem)
        with suppress(FileNotFoundError):
            if copy != temporary:  # which a repair may have left that was killed
                shutil.copyfile(copy, temporary)
            if sha256_of(temporary) == digest:
                temporary.chmod(0o600)
                _set_aside(root, [one])
                make_folder(path.parent)
                move_into_place(temporary, path)
                return remedy
        temporary.unlink(missing_ok=True)
    return None


def _set_aside(root: Path, lost: Iterable[DamagedFile]) -> None:
    """Move what lies in the place of damaged files into the quarantine."""
    paths = [root / one.file["path"] for one in lost]
    Quarantine(root, by_repair=True).move(
        [path for path in paths if path.exists() or path.is_symlink()]
    )


class _Copies:
    """Files of a store, and objects of its proven backups, by the digest of their bytes."""

    def __init__(self, root: Path, strays: Iterable[str]) -> None:
        self._root = root
        self._beside = {
            root / place: "It lay in the history under another name" for place in strays
        }
        self._by_digest: dict[str, list[tuple[Path, str]]] | None = None

    def of(self, digest: str) -> Iterator[tuple[Path, str]]:
        """Files that had these bytes a moment ago, each with where it lies, in words."""
        if self._by_digest is None:
            self._by_digest = self._read()
        for path, where in self._by_digest.get(digest, ()):
            yield path, f"{where} and is back."
        for backup in reversed(proven_backups(self._root)):
            found = object_in(Path(backup.place), digest)
            with suppress(OSError):
                if backup.place and found.is_file():
                    yield found, f"The same file lay in the backup {backup.place} and is back."

    def _read(self) -> dict[str, list[tuple[Path, str]]]:
        found: dict[str, list[tuple[Path, str]]] = {}
        kept = sorted((self._root / FOLDER).rglob("*"))
        places = dict.fromkeys(kept, "The same file lay in the quarantine") | self._beside
        for path, where in places.items():
            with suppress(OSError):
                if path.is_file() and not path.is_symlink():
                    found.setdefault(sha256_of(path), []).append((path, where))
        return found


def lost_for_good(lost: Sequence[DamagedFile]) -> StoreDamaged:
    """The error for files without which the tables cannot be made, and that lie nowhere."""
    named = "; ".join(_sentence(one) for one in lost[:_MOST_NAMED])
    rest = len(lost) - _MOST_NAMED
    more = f"; and {pluralize(rest, 'more file', 'more files')}" if rest > 0 else ""
    return StoreDamaged(
        f"History is lost: {named}{more}. Neither the quarantine nor a proven backup holds it.",
        to_do=_HOW_TO_GO_ON,
    )


def _sentence(one: DamagedFile) -> str:
    rows = pluralize(int(one.file["rows"]), "row")
    return f"{one.fault} (entry {one.entry}, {rows} of {one.file['stream']})"


def give_up(root: Path, journal: Journal, lost: Sequence[DamagedFile], at: Instant) -> list[Repair]:
    """Commit that the store goes on without these files. What is left of them is kept aside."""
    with disk_errors(root):
        _set_aside(root, lost)
        facts: dict[str, Any] = {
            "kind": GIVEN_UP,
            "at": at,
            "dropped": [str(one.file["path"]) for one in lost],
        }
        journal.append(facts)
    return [
        Repair(_sentence(one), "The store goes on without these rows, as you said.", is_mended=True)
        for one in lost
    ]
