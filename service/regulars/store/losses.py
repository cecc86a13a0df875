"""What proves that a journal lost entries: whatever knows a later one, or another of its number.

A crash leaves files of the entry that would have been next. So a history file proves a loss from
the entry after that one on, the database and the parts of a pull from the next one on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from regulars.errors import StoreDamaged
from regulars_connectors.plural import pluralize

from .db import FILE_NAME
from .history import entry_of
from .incoming import last_entry_of
from .journal import Journal
from .journal_records import HOW_TO_GO_ON, losing, of_another_store

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What lies beside the journal, and may know of a later entry.

    database: number and digest of its last entry, None if it does not say. database_fault: why it
    does not. unnamed: history files that no entry names. parts: of unfinished pulls.
    """

    had_journal: bool
    database: tuple[int, str] | None = None
    database_fault: str | None = None
    unnamed: Sequence[str] = ()
    parts: Sequence[Path] = field(default=())

    def late_parts(self, journal: Journal) -> list[Path]:
        """Parts that were written after an entry that the journal lacks."""
        return [path for path in self.parts if last_entry_of(path) > len(journal)]


def losses(journal: Journal, beside: Witnesses) -> Iterator[StoreDamaged]:
    """An error for everything that knows of an entry that the journal lacks."""
    last = len(journal)
    yield from journal.losses
    if beside.database is not None:
        number, digest = beside.database
        if number > last:
            yield losing(last, number, FILE_NAME)
        elif number and journal.digest(number) != digest:
            yield of_another_store(number, FILE_NAME)
    ahead = [path for path in beside.unnamed if entry_of(path) > last + 1]
    if ahead:
        files = f"{pluralize(len(ahead), 'history file')} ({_some(ahead)})"
        yield losing(last, max(map(entry_of, ahead)), files, plural=len(ahead) > 1)
    if late := beside.late_parts(journal):
        names = _some([f"{path.parent.name}/{path.name}" for path in late])
        parts = f"{pluralize(len(late), 'part of a pull', 'parts of pulls')} ({names})"
        yield losing(last, max(map(last_entry_of, late)), parts, plural=len(late) > 1)
    if not last:
        yield from _without_journal(beside)


def _without_journal(beside: Witnesses) -> Iterator[StoreDamaged]:
    """An error if there is no entry, though something lies there that comes from entries.

    A crash of the first commit leaves history files beside a database without any entry.
    """
    state = "empty" if beside.had_journal else "missing"
    if beside.database_fault is not None:
        yield StoreDamaged(
            f"The journal is {state}, and the database cannot say what was in it:"
            f" {beside.database_fault.splitlines()[0]}.",
            to_do=HOW_TO_GO_ON,
        )
    elif beside.unnamed and not (beside.had_journal and beside.database is not None):
        files = pluralize(len(beside.unnamed), "history file")
        yield StoreDamaged(
            f"The journal is {state}, but there are {files} ({_some(beside.unnamed)}): all entries"
            " are lost.",
            to_do=HOW_TO_GO_ON,
        )


def _some(names: Sequence[str]) -> str:
    more = ["…"] if len(names) > _MOST_NAMED else []
    return ", ".join([*sorted(names)[:_MOST_NAMED], *more])
