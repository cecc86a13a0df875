"""Times as providers write them: which forms a column map may name, and reading a cell in them.

Pure functions. A form that could be read in two ways is refused when the map is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from itertools import combinations

from ..instants import EARLIEST, LATEST, SECOND, Instant, from_datetime, to_iso
from .table import RowRefused

ISO = "iso"
EPOCHS = {
    "epoch_seconds": SECOND,
    "epoch_milliseconds": SECOND // 1000,
    "epoch_microseconds": SECOND // 1_000_000,
}
"""Numbers since 1970, by name, in microseconds."""
_SAMPLE = datetime(2025, 3, 15, 8, 30, tzinfo=UTC)
_EITHER_WAY = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)
"""A day whose month and day of the month could be taken for each other."""
NO_VALUE = frozenset({"", "null", r"\n", "none", "nan", "nat"})
"""How databases and programs write an empty cell, in small letters."""
_NO_TIME = re.compile(r"(?:0000-00-00|0001-01-01|9999-12-31)(?:[T ][\d:.]+.*)?|0|-")
"""What MySQL, Go, open ends of databases and counts since 1970 write where there is no time."""
_NUMBER = re.compile(r"\d{1,17}(?:\.\d{1,9})?")
_ZONED = re.compile(
    r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)"  # the time itself
    r"(?: ?([+-]\d\d:?\d\d|Z))?"  # its offset
    r"(?: (UTC|GMT|[A-Z]{2,5}|[+-]\d\d(?:\d\d)?))?"  # the zone's name, or its offset again
    r"(?: m=[+-]?[\d.]+)?"  # a reading of Go's own clock
)


def check_format(text: str) -> str:
    """A form of time that can be read. Raises ValueError, naming how to write one."""
    if text == ISO or text in EPOCHS:
        return text
    try:
        written = _SAMPLE.strftime(text)
        read = datetime.strptime(written, text)  # noqa: DTZ007 - only its day is looked at
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time format: write it like %m/%d/%Y %H:%M") from error
    if read.date() != _SAMPLE.date():
        raise ValueError(f"{text!r} must have year, month and day")
    return text


def check_formats(formats: tuple[str, ...]) -> tuple[str, ...]:
    """Several forms of one column. Raises ValueError where two read one cell as different days."""
    for one, other in combinations([form for form in formats if "%" in form], 2):
        for writer, reader in ((one, other), (other, one)):
            try:
                read = datetime.strptime(_EITHER_WAY.strftime(writer), reader)  # noqa: DTZ007
            except ValueError:
                continue
            if read.date() != _EITHER_WAY.date():
                raise ValueError(f"{one!r} and {other!r} read the same text as different days")
    return formats


def is_no_time(cell: str) -> bool:
    """Whether a cell of times is empty, in whatever way its program writes that."""
    text = cell.strip()
    return text.lower() in NO_VALUE or _NO_TIME.fullmatch(text) is not None


def moment_of(text: str) -> datetime:
    """The time in ``text``: ISO 8601, with `` UTC`` behind it, or in Go's form.

    Go writes ``2024-02-02 10:11:12.5 +0530 IST``. The offset decides, since names of zones mean
    several. Without a zone the datetime is naive. Raises ValueError.
    """
    stripped = text.strip()
    try:
        return datetime.fromisoformat(stripped)
    except ValueError:
        found = _ZONED.fullmatch(stripped)
        if found is None or not (found[2] or found[3] in ("UTC", "GMT")):
            raise
    return datetime.fromisoformat(found[1] + (found[2] or "+00:00"))


def time_in_utc(cell: str, column: str, formats: Sequence[str], zone: tzinfo = UTC) -> str:
    """The cell as ISO 8601 in UTC, empty if it is. The first form that fits counts.

    A time with its own zone keeps it, and one that names its offset is understood in any case. One
    that occurs twice (autumn) is the earlier. Raises RowRefused.
    """
    text = cell.strip()
    if is_no_time(text):
        return ""
    outside = False
    for form in formats or (ISO,):
        instant = _read(text, form, zone)
        if instant is not None and EARLIEST <= instant < LATEST:
            return to_iso(instant)
        outside = outside or instant is not None
    if (instant := _with_own_zone(text)) is not None:
        return to_iso(instant)
    if outside:
        raise RowRefused(f"{column} is before 1990 or after 2100")
    like = " or ".join(formats) or "2025-03-01T08:30:00"
    raise RowRefused(f"{column} is not a time like {like}")


def _read(text: str, form: str, zone: tzinfo) -> Instant | None:
    if (unit := EPOCHS.get(form)) is not None:
        return int(Decimal(text) * unit) if _NUMBER.fullmatch(text) else None
    try:
        moment = moment_of(text) if form == ISO else datetime.strptime(text, form)  # noqa: DTZ007
    except ValueError:
        return None
    try:
        return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=zone))
    except OverflowError:
        return LATEST


def _with_own_zone(text: str) -> Instant | None:
    """The time of a cell outside of the forms that says its day, its hour and its zone."""
    try:
        moment = moment_of(text)
    except ValueError:
        return None
    instant = from_datetime(moment) if moment.tzinfo else None
    return instant if instant is not None and EARLIEST <= instant < LATEST else None
