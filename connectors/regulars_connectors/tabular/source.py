"""A file as it is opened: known again by its mark, decoded, and its rows proven to have ends.

Faults of the whole file are raised as InvalidFile, so that such a file leaves no trace. Faults of
one row are found in ``reader`` and ``tables``.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

from ..errors import CursorExpired, InvalidFile
from .closing import Closing
from .contents import what_it_is
from .encoding import encoding_of, in_utf_8
from .source_file import SourceFile

HEADER_BYTES = 64 * 1024
ROW_BYTES = 32 * 1024 * 1024
"""No row is longer: the longest that people have holds a whole mail, and mails end at 25 MB."""

SAMPLE_BYTES = 256 * 1024


class EmptyFile(InvalidFile):
    """A file without a single letter: it has nothing to say, and nothing in it is wrong."""


class Source(Closing):
    """An open file. ``mark`` is a digest by which the same, unchanged file is known again.

    origin: the file on disk, where the handle is a copy of what lies in it. encoding: as read.
    """

    def __init__(
        self, name: str, handle: BinaryIO, origin: BinaryIO | None = None, facts: str = ""
    ) -> None:
        self.name = name
        self.handle = handle
        self.encoding = "UTF-8"
        self._origin = origin or handle
        self._own = [handle]
        self._stamp = _stamp(self._origin)
        self._facts = facts
        self.size = _stamp(handle)[0]
        self.mark = self._digest()

    def close(self) -> None:
        """Close the file and its copy."""
        for handle in self._own:
            handle.close()

    def _digest(self) -> str:
        start = self.handle.read(HEADER_BYTES)
        self.handle.seek(0)
        stamp = f"{self.name} {self._stamp[0]} {self._stamp[1]} {self._facts}".encode()
        return hashlib.sha256(stamp + start).hexdigest()[:32]

    def as_text(self) -> None:
        """Read it as UTF-8 from here on, by a copy if it is in another encoding.

        Raises InvalidFile when it is no text, or damaged.
        """
        start = self.handle.read(512)
        self.handle.seek(0)
        if (what := what_it_is(start)) is not None:
            raise fault(
                self.name, 1, f"this is {what}, not CSV", "Save it as CSV in UTF-8 and import that."
            )
        self.encoding = encoding_of(self.handle)
        if self.encoding == "UTF-8":
            return
        try:
            copy = in_utf_8(self.handle, self.encoding)
        except UnicodeError:
            raise fault(
                self.name, 1, f"the file is in {self.encoding} and damaged", _SAVE_AS_UTF_8
            ) from None
        self._own.append(copy)
        self.handle = copy
        self.size = _stamp(copy)[0]

    def refuse_if_changed(self) -> None:
        """Raise CursorExpired when the file was written to since it was opened."""
        if _stamp(self._origin) != self._stamp:
            raise CursorExpired(
                f"{self.name} was changed while it was being read.",
                to_do="Wait until the file is complete, then import the folder again.",
            )

    def estimate_rows(self, start: int) -> int:
        """About how many rows there are from ``start`` on, from the size and the first rows."""
        self.handle.seek(start)
        sample = self.handle.read(SAMPLE_BYTES)
        lines = sample.count(b"\n") + (bool(sample) and not sample.endswith(b"\n"))
        rest = self.size - start
        return lines if len(sample) >= rest else round(lines * rest / len(sample))


_SAVE_AS_UTF_8 = "Save the file as CSV in UTF-8 and import the folder again."


def open_source(file: SourceFile) -> Source:
    """Open a file of an import. Raises InvalidFile when it is no file or may not be read."""
    if file.entry is not None:
        return Source(file.name, file.entry.open(), file.entry.origin, file.entry.facts)
    return _open_on_disk(file.path, file.name)


def _open_on_disk(path: Path, name: str) -> Source:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InvalidFile(f"{name} is not a file.", to_do=f"Replace {name} with a CSV file.")
        handle = path.open("rb")
    except OSError as error:
        raise unreadable(name, error) from error
    try:
        return Source(name, handle)
    except OSError as error:
        handle.close()
        raise unreadable(name, error) from error


def unreadable(name: str, error: OSError) -> InvalidFile:
    """The error for a file that the operating system does not let us read."""
    return InvalidFile(
        f"{name} cannot be read: {error.strerror or type(error).__name__}.",
        to_do=f"Check that {name} exists and that your user may read it, then import again.",
    )


def fault(name: str, line: int, what: str, to_do: str) -> InvalidFile:
    """The error for a file that is wrong as a whole, with the line that shows it."""
    return InvalidFile(
        f"{name}, line {line}: {what}.",
        to_do=to_do,
        safe=f"Nothing was imported from {name}. Everything stored before is untouched.",
    )


def check_structure(source: Source, delimiter: str, start: int, lines: int) -> None:
    """Read the file once through, keeping nothing: do its rows have ends?

    It begins at byte ``start``, before which ``lines`` lines lie.

    This pass costs a fraction of the import and is why a broken file leaves no trace: signals
    are committed part by part, so a fault at the end must be known before the first part.
    """
    between = delimiter.encode()
    source.handle.seek(start)
    line, began, extent, is_open = lines, lines, 0, False
    while raw := source.handle.readline(ROW_BYTES + 1):
        line += 1
        if not is_open:
            began, extent = line, 0
        extent += len(raw)
        if is_open or b'"' in raw:
            is_open = still_open(raw, between, is_open=is_open)
        if extent > ROW_BYTES:
            raise _endless(source.name, began, "the row is longer than 32 MiB")
    if is_open:
        raise _endless(source.name, began, "a quote opens in this row and never closes")


def _endless(name: str, line: int, what: str) -> InvalidFile:
    return fault(name, line, what, f"Look for a stray or missing quote in line {line} of {name}.")


def still_open(line: bytes, delimiter: bytes, *, is_open: bool) -> bool:
    """Whether a quoted field is open after ``line``, which began in one or at a row's start.

    Follows the csv module: a quote opens only at the start of a cell, two inside are one.
    """
    at = 0
    if not is_open and line.startswith(b'"'):
        is_open, at = True, 1
    while True:
        at = line.find(b'"' if is_open else delimiter + b'"', at)
        if at < 0:
            return is_open
        if not is_open:
            is_open, at = True, at + 2
        elif line[at + 1 : at + 2] == b'"':
            at += 2
        else:
            is_open, at = False, at + 1


def _stamp(handle: BinaryIO) -> tuple[int, int]:
    status = os.fstat(handle.fileno())
    return status.st_size, status.st_mtime_ns
