"""Zip files read as they are: nothing is unpacked by name, and every size is bounded first.

An entry is written to a nameless temporary file when it is opened, so that no path leads out of
the zip and nothing about people stays behind.
"""

from __future__ import annotations

import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from ..errors import InvalidFile
from ..instants import EARLIEST, SECOND, Instant, from_datetime
from ..plural import pluralize

MOST_ENTRIES = 50_000
MOST_BYTES = 16 * 2**30
MOST_TIMES = 250
"""How many times its own size a zip may unpack to. Tables of text come to 40, deflate to 1032."""

FREE_BYTES = 64 * 2**20
"""Below this size the ratio is nobody's concern."""

_END = b"PK\x05\x06"
_END_64, _FINDER_64 = b"PK\x06\x06", b"PK\x06\x07"
_END_BYTES = 22 + 65_535
_ENCRYPTED = 0x1
_IS_UTF_8 = 0x800
_TIMES = 0x5455
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """A file in a zip. name: below the zip's root. problem: why it is none to read, if so."""

    name: str
    moment: Instant | None
    size: int
    facts: str
    problem: str | None
    archive: Archive
    info: zipfile.ZipInfo

    @property
    def origin(self) -> BinaryIO:
        """The zip on disk that holds it."""
        return self.archive.origin

    def open(self) -> BinaryIO:
        """Its bytes in a temporary file. Raises InvalidFile where the zip is damaged."""
        return self.archive.unpack(self)


class Archive:
    """An open zip. handle: its bytes. origin: the file on disk, if the zip lies in another."""

    def __init__(self, name: str, handle: BinaryIO, origin: BinaryIO | None = None) -> None:
        self.name = name
        self.handle = handle
        self.origin = origin or handle
        size = handle.seek(0, 2)
        if _announced(handle, size) > MOST_ENTRIES:
            raise _refused(name, f"it holds more than {MOST_ENTRIES:,} files")
        try:
            self._zip = zipfile.ZipFile(handle)
        except (*_UNREADABLE, ValueError, struct.error) as error:
            raise _refused(name, "it is damaged or cut short") from error
        infos = self._zip.infolist()
        unpacked = sum(info.file_size for info in infos)
        if len(infos) > MOST_ENTRIES:
            raise _refused(name, f"it holds {pluralize(len(infos), 'file')}")
        if unpacked > MOST_BYTES or unpacked > max(FREE_BYTES, MOST_TIMES * size):
            raise _refused(name, f"it would unpack to {unpacked // 2**20:,} MiB")

    def entries(self) -> Iterator[ZipEntry]:
        """Its files, folders left out."""
        for info in self._zip.infolist():
            if info.is_dir():
                continue
            name = _name(info).replace("\\", "/").lstrip("/")
            yield ZipEntry(
                name=name,
                moment=_moment(info),
                size=info.file_size,
                facts=f"{info.file_size} {info.CRC:08x}",
                problem=_problem(info, name),
                archive=self,
                info=info,
            )

    def unpack(self, entry: ZipEntry) -> BinaryIO:
        """The bytes of an entry in a nameless temporary file."""
        copy = tempfile.TemporaryFile()  # noqa: SIM115 - whoever opens a file closes it
        try:
            with self._zip.open(entry.info) as packed:
                shutil.copyfileobj(packed, copy, 1024 * 1024)
        except _UNREADABLE as error:
            copy.close()
            raise InvalidFile(
                f"{entry.name} in {self.name} cannot be unpacked: its bytes are damaged.",
                to_do=f"Download {self.name} again and import it again.",
            ) from error
        except BaseException:
            copy.close()
            raise
        copy.seek(0)
        return copy

    def close(self) -> None:
        """Close the zip. Its entries that are open stay so."""
        self._zip.close()
        self.handle.close()


def open_archive(path: Path, name: str) -> Archive:
    """Open a zip on disk. Raises InvalidFile where it is damaged or too large, and OSError."""
    handle = path.open("rb")
    try:
        return Archive(name, handle)
    except BaseException:
        handle.close()
        raise


def is_zip(start: bytes) -> bool:
    """Whether a file that begins like this is a zip. Spreadsheets are zips as well."""
    return start.startswith((b"PK\x03\x04", _END))


def _announced(handle: BinaryIO, size: int) -> int:
    """How many entries the end of the zip announces, before they are all read."""
    handle.seek(max(0, size - _END_BYTES))
    end = handle.read(_END_BYTES)
    at = end.rfind(_END)
    count = 0
    if 0 <= at <= len(end) - 22:
        (count,) = struct.unpack_from("<H", end, at + 10)
        finder = end.rfind(_FINDER_64, 0, at)
        if count == 0xFFFF and 0 <= finder <= len(end) - 20:
            (place,) = struct.unpack_from("<Q", end, finder + 8)
            handle.seek(min(place, size))
            record = handle.read(56)
            if record.startswith(_END_64) and len(record) == 56:
                (count,) = struct.unpack_from("<Q", record, 32)
    handle.seek(0)
    return int(count)


def _name(info: zipfile.ZipInfo) -> str:
    """The entry's name. Many programs write UTF-8 and forget to say so."""
    if info.flag_bits & _IS_UTF_8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode()
    except UnicodeError:
        return info.filename


def _problem(info: zipfile.ZipInfo, name: str) -> str | None:
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted: unpack the zip with its password and import the folder"
    if ".." in name.split("/") or name[1:2] == ":":
        return "its name leads out of the zip"
    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.create_system == 3 and kind and not stat.S_ISREG(kind):
        return "it is a link or a device, not a file"
    known = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    if info.compress_type not in known:
        return "it is packed by a method that is unknown here: unpack the zip and import the folder"
    return None


def _moment(info: zipfile.ZipInfo) -> Instant | None:
    """The time of the entry: in UTC where the zip has it so, else the clock of its writer."""
    extra = info.extra
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == _TIMES and length >= 5 and len(extra) >= 9 and extra[4] & 1:
            (seconds,) = struct.unpack_from("<i", extra, 5)
            moment = int(seconds) * SECOND
            return moment if moment >= EARLIEST else None
        extra = extra[4 + length :]
    try:
        local = from_datetime(datetime(*info.date_time, tzinfo=UTC))
    except ValueError:
        return None
    return local if local >= EARLIEST else None


def _refused(name: str, what: str) -> InvalidFile:
    return InvalidFile(
        f"{name} cannot be read: {what}.",
        to_do=f"Unpack {name} yourself and import the folder of its files.",
    )
