"""Which encoding a text file has, and a copy of it in UTF-8 where it has another.

A file with a byte order mark has what the mark says. One that is no UTF-8 anywhere is Windows-1252,
which spreadsheets in the West write. Where most letters are UTF-8, single bytes are damage: they
cost the cell that holds them.
"""

from __future__ import annotations

import codecs
import re
import tempfile
from typing import BinaryIO

SCAN_BYTES = 1024 * 1024
WINDOWS = "Windows-1252"
_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_BROKEN = re.compile("[\udc80-\udcff]")
_WHOLE = re.compile("[\x80-\ud7ff\ue000-\U0010ffff]")
_NO_LETTER = re.compile("[\udc81\udc8d\udc8f\udc90\udc9d]")
_MOST_BY_CHANCE = 20


def encoding_of(handle: BinaryIO) -> str:
    """The name of a file's encoding, as a person knows it. The file then stands at its start."""
    handle.seek(0)
    start = handle.read(4096)
    for mark, name in _MARKS:
        if start.startswith(mark):
            handle.seek(0)
            return name
    wide = _wide(start)
    found = wide or ("UTF-8" if _is_utf_8(handle) else _narrow(handle))
    handle.seek(0)
    return found


def in_utf_8(handle: BinaryIO, encoding: str) -> BinaryIO:
    """A copy in UTF-8, in a nameless temporary file. Raises UnicodeError for a damaged file."""
    decoder = codecs.getincrementaldecoder("cp1252" if encoding == WINDOWS else encoding)()
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - whoever opens a file closes it
    try:
        handle.seek(0)
        while raw := handle.read(SCAN_BYTES):
            copy.write(decoder.decode(raw).encode())
        copy.write(decoder.decode(b"", final=True).encode())
    except BaseException:
        copy.close()
        raise
    copy.seek(0)
    return copy


def _wide(start: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of plain letters is NUL."""
    even, odd = start[::2], start[1::2]
    if len(start) < 4 or b"\0" not in start:
        return None
    if odd.count(0) > 0.8 * len(odd) and not even.count(0):
        return "UTF-16-LE"
    if even.count(0) > 0.8 * len(even) and not odd.count(0):
        return "UTF-16-BE"
    return None


def _is_utf_8(handle: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    handle.seek(0)
    try:
        while raw := handle.read(SCAN_BYTES):
            if decoder.getstate()[0] or not raw.isascii():
                decoder.decode(raw)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _narrow(handle: BinaryIO) -> str:
    """UTF-8 with damage, or Windows-1252: by how many letters are whole in UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    handle.seek(0)
    whole = broken = 0
    while True:
        raw = handle.read(SCAN_BYTES)
        text = decoder.decode(raw, final=not raw)
        if _NO_LETTER.search(text) or "\0" in text:
            return "UTF-8"
        whole += len(_WHOLE.findall(text))
        broken += len(_BROKEN.findall(text))
        if not raw:
            break
    return WINDOWS if broken >= _MOST_BY_CHANCE * whole else "UTF-8"
