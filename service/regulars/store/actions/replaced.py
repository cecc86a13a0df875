"""Which history files actions of the owner took out of the history, and what stands in their place.

A removed publication drops its files. A forgotten person's files are replaced by others without
their rows: an entry still names the file that it committed, and from here on the newer one is read.
Files that were lost and given up are read no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..journal import Entry, Journal

REMOVED = "publication_removed"
ERASED = "person_erased"
GIVEN_UP = "files_given_up"
REMOVING = (REMOVED, ERASED)
"""Acts after which the database is made anew: deleted rows stay readable in its free blocks."""
File = dict[str, Any]


class ReplacedFiles:
    """What actions in entries with a number above ``after`` made of history files."""

    def __init__(self, journal: Journal, after: int = 0) -> None:
        self._by: dict[str, File | None] = {}
        for entry in journal.entries_of(REMOVED, after):
            self._by |= dict.fromkeys(entry.facts["dropped"])
        for entry in journal.entries_of(ERASED, after):
            self._by |= {one["path"]: one["by"] for one in entry.facts["replaced"]}
        self._gone = dict(self._by)
        for entry in journal.entries_of(GIVEN_UP, after):
            self._by |= dict.fromkeys(entry.facts["dropped"])

    @property
    def gone(self) -> Mapping[str, File | None]:
        """Paths of files that the owner took out of the history, with their successors."""
        return self._gone

    def files_of(self, entry: Entry) -> Iterator[File]:
        """The files that hold the rows of an entry now, in their form in the journal."""
        for file in entry.files:
            if (now := self._now(file)) is not None:
                yield now

    def _now(self, file: File) -> File | None:
        """A file may have been replaced several times."""
        now: File | None = file
        while now is not None and now["path"] in self._by:
            now = self._by[now["path"]]
        return now


def new_files_of(entry: Entry) -> list[File]:
    """Every file that an entry brings: those that it commits, and those that replace others."""
    replacing = [one["by"] for one in entry.facts.get("replaced", ()) if one["by"] is not None]
    return [*entry.files, *replacing]
