"""Where each mail lies, in the order in which they came. A few numbers a mail stay in memory."""

from __future__ import annotations

import os
from array import array
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b, sha256
from typing import BinaryIO, Self

from ..errors import CursorExpired
from ..instants import Instant
from ..mail.glance import glance
from ..mail.limits import MOST_PARSED
from ..mail.mbox import spans, unquoted
from .places import MailFile, unreadable

_START = 64 * 1024  # bytes of a mail that a glance is at
_CHECKED = 2048  # bytes that tell whether it is still there
_MOST_OPEN = 16
_NO_FLAG = -1
_SENT, _USUAL, _JUNK = 0, 1, 2  # of copies of one mail the first counts


class Index:
    """The mails of some files, copies of one mail once, in the order of their times.

    Raises InvalidFile for a file that cannot be read.
    """

    def __init__(self, files: Sequence[MailFile], now: Instant) -> None:
        self._files = files
        self._now = now
        self._rows = {name: array(kind) for name, kind in _COLUMNS.items()}
        digest = sha256()
        for number, file in enumerate(files):
            try:
                size = self._add(number, file)
            except OSError as error:
                raise unreadable(file.path, error) from error
            digest.update(f"{_unflagged(file.name)}\n{size}\n".encode("utf-8", "surrogateescape"))
        self.mark = digest.hexdigest()[:16]
        self.total = len(self._rows["at"])
        self._order = _in_order(self._rows)

    def __len__(self) -> int:
        """How many mails there are, copies of one counted once."""
        return len(self._order)

    def file_of(self, place: int) -> MailFile:
        return self._files[self._rows["file"][self._row(place)]]

    def flags_of(self, place: int) -> tuple[bool | None, bool]:
        """Whether the mail was answered, None without a flag, and whether it is junk."""
        row = self._row(place)
        flag = self._rows["answered"][row]
        return (None if flag == _NO_FLAG else bool(flag)), self._rows["rank"][row] == _JUNK

    def written_at(self, place: int) -> Instant:
        """The time of the file of a mail."""
        return self._rows["written"][self._row(place)]

    def raw(self, place: int, handles: Handles, most: int = MOST_PARSED + 1) -> bytes | None:
        """The first bytes of a mail, at least 2 KiB where it has so many; None where it is gone.

        Raises CursorExpired where something else lies there by now, and InvalidFile.
        """
        row = self._row(place)
        file = self._files[self._rows["file"][row]]
        try:
            handle = handles.of(file)
            if handle is None:
                return None
            handle.seek(self._rows["at"][row])
            found = handle.read(min(self._rows["length"][row], most))
        except OSError as error:
            raise unreadable(file.path, error) from error
        if _check_of(found) != self._rows["check"][row]:
            raise CursorExpired(f"{file.name} changed while it was read.", to_do=_READ_AGAIN)
        return unquoted(found) if file.is_mbox else found

    def _row(self, place: int) -> int:
        return int(self._order[place])

    def _add(self, number: int, file: MailFile) -> int:
        """Take up the mails of a file. Returns its size."""
        with open(file.path, "rb") as handle:
            facts = os.fstat(handle.fileno())
            written_at = facts.st_mtime_ns // 1000
            if not file.is_mbox:
                start = handle.read(_START)
                self._note(number, file, (0, facts.st_size, start), written_at)
            else:
                for span in spans(handle, _START):
                    self._note(number, file, span, written_at)
        return facts.st_size

    def _note(
        self, number: int, file: MailFile, span: tuple[int, int, bytes], written_at: Instant
    ) -> None:
        at, length, start = span
        seen = glance(start, length, written_at, self._now)
        if seen.is_draft:
            return
        answered = file.is_answered if file.is_answered is not None else seen.is_answered
        is_junk = file.is_junk or seen.is_junk
        values = (
            number,
            at,
            length,
            seen.came_at,
            seen.same,
            _check_of(start),
            written_at,
            _SENT if file.is_sent else _JUNK if is_junk else _USUAL,
            _NO_FLAG if answered is None else int(answered),
        )
        for column, value in zip(self._rows.values(), values, strict=True):
            column.append(value)


_COLUMNS = {
    "file": "i", "at": "q", "length": "q", "came": "q", "same": "q", "check": "q", "written": "q",
    "rank": "b", "answered": "b",
}  # fmt: skip
_READ_AGAIN = "Import it again when nothing writes to it. Each letter counts once."


def _check_of(start: bytes) -> int:
    """Of the first bytes of a mail: others stand in its place once its file was rewritten."""
    return int.from_bytes(blake2b(start[:_CHECKED], digest_size=8).digest(), signed=True)


def _in_order(rows: dict[str, array[int]]) -> Sequence[int]:
    """The rows in the order of their times. Of copies of one mail, the one that counts most; it
    counts as answered where one of them does.
    """
    import numpy as np

    same, rank, came, answered = (
        np.frombuffer(rows[name], rows[name].typecode)
        for name in ("same", "rank", "came", "answered")
    )
    if not len(same):
        return ()
    alike = np.lexsort((came, rank, same))
    firsts = np.flatnonzero(np.r_[True, same[alike][1:] != same[alike][:-1]])
    chosen = alike[firsts]
    answered = answered.copy()
    answered[chosen] = np.maximum.reduceat(answered[alike], firsts)
    rows["answered"] = array("b", answered.tobytes())
    order = chosen[np.lexsort((chosen, came[chosen]))]
    return array("q", order.astype(np.int64).tobytes())


class Handles:
    """Open files, the last few of them. Use it in a ``with`` block."""

    def __init__(self) -> None:
        self._open: dict[str, BinaryIO] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def of(self, file: MailFile) -> BinaryIO | None:
        """An open file; None where it is gone. A Maildir renames files as flags change."""
        handle = self._open.get(file.path)
        if handle is None:
            if len(self._open) >= _MOST_OPEN:
                self._close()
            try:
                handle = _opened(file.path)
            except FileNotFoundError:
                renamed = _renamed(file.path)
                if renamed is None:
                    return None
                handle = _opened(renamed)
            self._open[file.path] = handle
        return handle

    def _close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()


def _opened(path: str) -> BinaryIO:
    return open(path, "rb")


def _renamed(path: str) -> str | None:
    """Where a mail of a Maildir lies by now: in cur, with other flags behind the same name."""
    folder, name = os.path.split(path)
    bare = _unflagged(name)
    cur = os.path.join(os.path.dirname(folder), "cur")
    with suppress(OSError), os.scandir(cur) as entries:
        return next((one.path for one in entries if _unflagged(one.name) == bare), None)
    return None


def _unflagged(name: str) -> str:
    """A name in a Maildir without its flags, and without the folder that they depend on."""
    bare, _, _ = name.rpartition(":2,")
    parts = (bare or name).split(os.sep)
    return os.sep.join("cur" if one == "new" else one for one in parts)
