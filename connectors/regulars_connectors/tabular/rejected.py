"""The list of rejected rows beside the source: ``signals.rejected.csv`` for ``signals.csv``.

It grows in a file aside while the walk goes on, so that an interrupted walk can go on with it,
and takes its place in one step at the walk's end. That it cannot be written never stops an
import.
"""

from __future__ import annotations

import csv
import io
import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from regulars_connectors.foreign_text import table_cell

from .reader import Rejected

_log = logging.getLogger(__name__)
_SHOWN_CHARACTERS = 32_000  # a spreadsheet's cell holds 32,767


class RejectedList:
    """The rejected rows of one file. ``kept``: bytes that belong to the pages before a cursor.

    path: where the list lies. place_word: what tells where a row stands, its line or its number.
    """

    def __init__(self, path: Path, kept: int, place_word: str) -> None:
        self._place_word = place_word
        self._final = path
        self._aside = path.with_name(f"{path.name}.part")
        self._file: io.BufferedRandom | None = None
        self._gone = False
        self._size = 0
        if kept:
            self._go_on(kept)

    def add(self, rows: Sequence[Rejected]) -> int:
        """Append ``rows``; returns how long the list is now, in bytes, to be put in a cursor."""
        if rows and not self._gone:
            try:
                self._append(_as_csv(rows))
            except OSError as error:
                self._give_up(error)
        return self._size

    def finish(self) -> None:
        """The walk reached its end: put the list in its place, or remove the one of before."""
        if self._gone:
            return
        try:
            if self._file is None:
                self._aside.unlink(missing_ok=True)
                self._final.unlink(missing_ok=True)
                return
            os.fsync(self._file.fileno())
            self.close()
            self._aside.replace(self._final)
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        """End the file aside; it stays for a walk that goes on."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _go_on(self, kept: int) -> None:
        try:
            is_new = not self._aside.exists()
            file = self._open()
            if is_new and self._final.exists():
                # The walk had reached its end before, but its last page was never committed.
                with self._final.open("rb") as whole:
                    shutil.copyfileobj(whole, file)
            self._size = min(kept, file.seek(0, os.SEEK_END))
            if self._size < kept:
                _log.warning("files.rejected_list_incomplete", extra={"file": self._final.name})
            _cut(file, self._size)
        except OSError as error:
            self._give_up(error)

    def _append(self, text: bytes) -> None:
        file = self._file
        if file is None:
            file = self._open()
            _cut(file, 0)
        start = _line((self._place_word, "reason", "row")) if self._size == 0 else b""
        file.write(start + text)
        file.flush()
        self._size += len(start) + len(text)

    def _open(self) -> io.BufferedRandom:
        # The rows are about people: only the owner may read the list.
        descriptor = os.open(self._aside, os.O_RDWR | os.O_CREAT, 0o600)
        self._file = os.fdopen(descriptor, "r+b")
        return self._file

    def _give_up(self, error: OSError) -> None:
        self._gone = True
        self.close()
        _log.warning(
            "files.rejected_list_not_written",
            extra={"file": self._final.name, "reason": error.strerror},
        )


def _cut(file: io.BufferedRandom, size: int) -> None:
    file.truncate(size)
    file.seek(size)


def _as_csv(rows: Sequence[Rejected]) -> bytes:
    return b"".join(_line((str(row.line), row.reason, _shown(row.raw))) for row in rows)


def _shown(raw: bytes) -> str:
    text = raw.decode(errors="replace").rstrip("\r\n")
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _line(cells: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow([table_cell(cell) for cell in cells])
    return text.getvalue().encode()
