"""Which files of a table can be read, found before a row is taken from any of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ..contract import Unused
from ..errors import InvalidFile
from ..records import Quarantined
from ..tabular.contents import Contents, reason_of
from ..tabular.source import EmptyFile, unreadable
from ..tabular.table import Table
from .folder import FileOf
from .opening import OpenTable, open_table


@dataclass(frozen=True, slots=True)
class Sound:
    """The files that can be read, what is unused of them, and one row for each that is broken.

    blank: the names of those without a single letter.
    """

    files: Sequence[FileOf]
    unused: list[Unused]
    quarantined: list[Quarantined]
    blank: Sequence[str] = ()


def sound_files(files: Sequence[FileOf], table: Table) -> Sound:
    """Check every file of a table. Raises InvalidFile, the first one's, when none can be read."""
    sound, first = _checked(files, table)
    if first is not None and not sound.files:
        raise first
    return sound


def unseen(sound: Sound, contents: Contents) -> list[Quarantined]:
    """One row for each place where people may stand who are not seen, though all should be there.

    These are broken files, zips that cannot be opened, and files that were cut to nothing: even
    an export without people has its first line.
    """
    blank = set(sound.blank)
    facts = [fact for fact in contents.unused if fact.why == "unreadable"]
    facts += [fact for fact in sound.unused if fact.why == "unreadable" or fact.name in blank]
    return [
        Quarantined(reason=f"{fact.name}: {fact.detail or 'the file is empty'}") for fact in facts
    ]


def sound_later(begun: Sequence[FileOf], files: Sequence[FileOf], table: Table) -> Sound:
    """Those files that a resumed import goes on with; what is wrong was said when it began."""
    sound, _ = _checked(files, table)
    return Sound([*begun, *sound.files], [], [])


def _checked(files: Sequence[FileOf], table: Table) -> tuple[Sound, InvalidFile | None]:
    """The sound ones, and the first error; that of an empty file only where there is no other."""
    readable: list[FileOf] = []
    blank: list[str] = []
    sound = Sound(readable, [], [], blank)
    first: InvalidFile | None = None
    for file in files:
        try:
            with opened(file, table) as found:
                found.check()
                sound.unused.extend(notes_on(file, found))
            readable.append(file)
        except EmptyFile as error:
            first = first or error
            sound.unused.append(Unused("empty", file.name))
            blank.append(file.name)
        except InvalidFile as error:
            first = error if first is None or isinstance(first, EmptyFile) else first
            reason = reason_of(file.name, error)
            sound.unused.append(Unused("unreadable", file.name, reason))
            sound.quarantined.append(Quarantined(reason=f"{file.name}: {reason}"))
    return sound, first


def notes_on(file: FileOf, found: OpenTable) -> Iterator[Unused]:
    """What is unused of a file that can be read, or was inferred of it."""
    if found.estimate_rows() == 0:
        yield Unused("empty", file.name)
    if found.columns.surplus:
        yield Unused("columns", file.name, columns=found.columns.surplus)
    if found.source.encoding != "UTF-8":
        yield Unused("encoding", file.name, found.source.encoding)


@contextmanager
def opened(file: FileOf, table: Table) -> Iterator[OpenTable]:
    """An open file. Raises InvalidFile for errors of the system and for changes under way."""
    try:
        found = open_table(file, table)
        with found.source:
            yield found
    except OSError as error:
        raise unreadable(file.name, error) from error
    except UnicodeDecodeError as error:
        raise InvalidFile(f"{file.name} was changed while it was being read.") from error
