"""How far the journal was acknowledged: ``journal/acknowledged``, written after each fsync.

It tells an append that was torn from a journal that was cut: only bytes behind the acknowledged
end may go. Two slots of 64 bytes are written in turn, so that a torn write leaves the other one.
A slot has the entry's number, its segment's number, the end of its record in the segment (8 bytes
each, little endian), the digest of the entry (32 bytes), a mark and the CRC-32C of all that.
"""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import google_crc32c

from regulars.files import flush_folder

_FIELDS = struct.Struct("<QQQ32s4s")
_CHECK = struct.Struct("<I")
_SLOT = _FIELDS.size + _CHECK.size
_MARK = b"RGA1"
_NAME = "acknowledged"


class Acknowledged(NamedTuple):
    """The last entry that was acknowledged. end: of its record, in bytes of its segment."""

    number: int
    segment: int
    end: int
    digest: bytes


def read_acknowledged(folder: Path) -> Acknowledged | None:
    """What the file in a journal's folder says, None if it is missing or no slot is sound."""
    try:
        content = (folder / _NAME).read_bytes()
    except OSError:
        return None
    slots = (_slot_at(content, place) for place in (0, _SLOT))
    return max((slot for slot in slots if slot is not None), default=None)


def write_acknowledged(folder: Path, last: Acknowledged) -> None:
    """Note the newest entry, durably.

    Never fails: the entry is committed, and a note that is one behind still holds.
    """
    fields = _FIELDS.pack(*last, _MARK)
    slot = fields + _CHECK.pack(google_crc32c.value(fields))
    with suppress(OSError):
        is_new = not (folder / _NAME).exists()
        handle = os.open(folder / _NAME, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(handle, slot, last.number % 2 * _SLOT)
            os.fdatasync(handle)
        finally:
            os.close(handle)
        if is_new:
            flush_folder(folder)


def acknowledged_file(folder: Path) -> Path:
    """Where it lies."""
    return folder / _NAME


def _slot_at(content: bytes, place: int) -> Acknowledged | None:
    slot = content[place : place + _SLOT]
    if len(slot) < _SLOT or _CHECK.unpack_from(slot, _FIELDS.size)[0] != google_crc32c.value(
        slot[: _FIELDS.size]
    ):
        return None
    *fields, mark = _FIELDS.unpack_from(slot)
    return Acknowledged(*fields) if mark == _MARK else None
