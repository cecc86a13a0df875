"""A file of an import before it is opened: its names, where it lies, when it was exported."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal, Protocol, TypeAlias

from ..instants import EARLIEST, SECOND, Instant, from_datetime

MomentFrom: TypeAlias = Literal["name", "entry", "file"]

_LONGEST_STEM = 120
_TOGETHER = 60 * SECOND
_COPY = re.compile(r" ?\((\d{1,4})\)$")
_DAY = re.compile(
    r"(?<![0-9A-Za-z])((?:19|20)\d\d)([-_.]?)(0[1-9]|1[0-2])"
    r"(?:\2(0[1-9]|[12]\d|3[01])"
    r"(?:[T_ .-]{1,3}([01]\d|2[0-3])[-_.:h]?([0-5]\d)(?:[-_.:m]?([0-5]\d))?Z?)?)?"
    r"(?![0-9A-Za-z])"
)


class Entry(Protocol):
    """A file inside of a zip. facts: size, checksum and the like, by which it is known again."""

    @property
    def facts(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def origin(self) -> BinaryIO:
        """The zip on disk that holds it, perhaps by way of another zip."""
        ...

    def open(self) -> BinaryIO:
        """Its bytes, in a file that ends when it is closed. Raises InvalidFile."""
        ...


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of an import.

    name: as messages show it, with its folder or zip. fits: the names that a pattern may fit.
    path: where it lies on disk, or the zip that holds it. entry: its place in that zip.
    moment: when it was exported, so far as its name, its zip or the disk tells (moment_from).
    copy: a browser's number for a further download of one name, as in ``list (1).csv``.
    """

    name: str
    fits: tuple[str, ...]
    path: Path
    moment: Instant
    moment_from: MomentFrom
    copy: int = 0
    entry: Entry | None = None

    @property
    def age(self) -> tuple[Instant, int]:
        """Sorts files from the oldest export to the newest."""
        return self.moment, self.copy

    @property
    def rejected_path(self) -> Path:
        """Where the list of its rejected rows lies: beside the file, or beside its zip."""
        if self.entry is None:
            return self.path.with_name(f"{self.path.stem}.rejected.csv")
        inside = self.fits[0].rpartition(".")[0].replace("/", "--")
        return self.path.with_name(f"{self.path.stem}--{inside[-_LONGEST_STEM:]}.rejected.csv")


def moment_in(names: Sequence[str], now: Instant) -> Instant | None:
    """The last date that the first of ``names`` with one tells, up to ``now``.

    A month alone is its first day.
    """
    for name in names:
        found = [moment for moment in map(_moment_of, _DAY.finditer(name)) if moment is not None]
        past = [moment for moment in found if EARLIEST <= moment <= now]
        if past:
            return past[-1]
    return None


def _moment_of(found: re.Match[str]) -> Instant | None:
    year, between, month, *rest = found.groups()
    if rest[0] is None and not between:
        return None  # six digits alone are a number
    day, hour, minute, second = (int(part or at) for part, at in zip(rest, "1000", strict=True))
    try:
        return from_datetime(datetime(int(year), int(month), day, hour, minute, second, tzinfo=UTC))
    except ValueError:
        return None


def copy_number(stem: str) -> int:
    """The number that a browser put behind a name, 0 where there is none."""
    found = _COPY.search(stem)
    return int(found[1]) if found else 0


def settled(files: Sequence[SourceFile]) -> list[SourceFile]:
    """The same files, where those that the disk dates within a minute have one moment.

    They were copied or unpacked together, so the disk says nothing about which is newer.
    """
    by_disk = sorted(
        (number for number, file in enumerate(files) if file.moment_from != "name"),
        key=lambda number: -files[number].moment,
    )
    found = list(files)
    last: Instant | None = None
    newest: Instant = 0
    for number in by_disk:
        moment = files[number].moment
        if last is None or last - moment > _TOGETHER:
            newest = moment
        last = moment
        found[number] = replace(found[number], moment=newest)
    return found
