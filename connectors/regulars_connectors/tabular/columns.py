"""From the columns that a file has to the cells that a table wants.

Pure functions: names of columns in, a function from row to cells out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from operator import itemgetter
from typing import TypeAlias
from zoneinfo import ZoneInfo

from ..instants import from_datetime, to_iso
from .column_map import TableMap, Taken, folded
from .table import Cells, RowRefused, Table

_SHOWN_COLUMNS = 30
_DIGEST_LETTERS = 32
_Maker: TypeAlias = Callable[[Cells], str]


class RowSkipped(Exception):
    """The column map leaves out rows like this one, silently."""


class ColumnsWrong(ValueError):
    """The file lacks columns or has one twice. ``what`` says it, ``to_do`` what helps."""

    def __init__(self, what: str, to_do: str) -> None:
        super().__init__(what)
        self.what = what
        self.to_do = to_do


@dataclass(frozen=True, slots=True)
class Columns:
    """What is taken from the rows of a file.

    names: as the file has them. places: of those that are read, in the order of the file.
    take: the cells of the table from a row, which must have an empty cell after its last one.
    id_of: the row's id even if it is not taken, empty where it has none.
    """

    names: tuple[str, ...]
    places: tuple[int, ...]
    absent: tuple[str, ...]
    surplus: tuple[str, ...]
    take: Callable[[Cells], Cells]
    id_of: Callable[[Cells], str]


def columns_of(table: Table, names: Sequence[str], mapped: TableMap | None) -> Columns:
    """Find the columns of ``table`` among ``names``. Raises ColumnsWrong, naming those found."""
    known = [folded(name) for name in names]
    wanted = _wanted(table, known, mapped)
    skip = mapped.skip if mapped else {}
    read = [folded(name) for taken in wanted.values() for name in taken.column]
    read += [folded(name) for name in skip]
    _refuse_missing_or_double(table, names, wanted, read)
    places = {name: known.index(name) for name in read}
    makers = tuple(
        _maker(name, wanted[name], places) if name in wanted else _empty for name in table.columns
    )
    return Columns(
        names=tuple(names),
        places=tuple(sorted(set(places.values()))),
        absent=tuple(name for name in table.optional if name not in wanted),
        surplus=tuple(name for name in known if name not in places),
        take=_skipping(_together(table, wanted, places, makers, len(names)), skip, places),
        id_of=makers[table.columns.index("id")] if "id" in table.columns else _empty,
    )


def _wanted(table: Table, known: Sequence[str], mapped: TableMap | None) -> dict[str, Taken]:
    """Where each column of the table comes from: the map goes before a column of our name."""
    wanted = dict(mapped.columns) if mapped else {}
    needed = table.required if mapped is None else table.key
    for name in table.columns:
        if name not in wanted and (name in known or name in needed):
            wanted[name] = Taken(column=(name,))
    return wanted


def _refuse_missing_or_double(
    table: Table, names: Sequence[str], wanted: Mapping[str, Taken], read: Sequence[str]
) -> None:
    known = [folded(name) for name in names]
    found = ", ".join(name.strip() for name in names[:_SHOWN_COLUMNS])
    if len(names) > _SHOWN_COLUMNS:
        found += f" and {len(names) - _SHOWN_COLUMNS} more"
    ours = [name for name, t in wanted.items() if t.column == (name,) and name not in known]
    if ours:
        optional = f" (and, if you like, {', '.join(table.optional)})" if table.optional else ""
        raise ColumnsWrong(
            f"the header lacks the column {', '.join(ours)}. It has {found}",
            f"Make the first line name {', '.join(table.required)}{optional}, each once,"
            " or say in a column map where they are.",
        )
    missing = [
        f"{name} ({ours})"
        for ours, taken in wanted.items()
        for name in taken.column
        if folded(name) not in known
    ] or [f"{name} (skip)" for name in read if name not in known]
    if missing:
        raise ColumnsWrong(
            f"the column map names {', '.join(missing)}, which the file lacks. It has {found}",
            "Write the names in the column map as the file has them.",
        )
    double = sorted({name for name in read if known.count(name) > 1})
    if double:
        raise ColumnsWrong(
            f"the header names {', '.join(double)} twice. It has {found}",
            "Give the two columns different names.",
        )


def _together(
    table: Table,
    wanted: Mapping[str, Taken],
    places: Mapping[str, int],
    makers: Sequence[_Maker],
    width: int,
) -> Callable[[Cells], Cells]:
    if all(taken.is_plain for taken in wanted.values()):
        empty = Taken(column=("",))
        plain = [folded(wanted.get(name, empty).column[0]) for name in table.columns]
        return itemgetter(*(places.get(name, width) for name in plain))
    return lambda row: [make(row) for make in makers]


def _skipping(
    take: Callable[[Cells], Cells], skip: Mapping[str, Sequence[str]], places: Mapping[str, int]
) -> Callable[[Cells], Cells]:
    if not skip:
        return take
    left_out = [(places[folded(name)], frozenset(words)) for name, words in skip.items()]

    def take_unless_skipped(row: Cells) -> Cells:
        if any(folded(row[place]) in words for place, words in left_out):
            raise RowSkipped
        return take(row)

    return take_unless_skipped


def _empty(_: Cells) -> str:
    return ""


def _maker(name: str, taken: Taken, places: Mapping[str, int]) -> _Maker:
    """The function that makes one cell: column, what stands before, words, time, digest."""
    if taken.value is not None:
        value = taken.value
        return lambda _: value
    steps = list(_steps(name, taken))
    found = [places[folded(column)] for column in taken.column]

    def make(row: Cells) -> str:
        cell = next((row[place] for place in found if row[place].strip()), row[found[0]])
        for step in steps:
            cell = step(cell)
        return cell

    return make if steps or len(found) > 1 else itemgetter(found[0])


def _steps(name: str, taken: Taken) -> Sequence[Callable[[str], str]]:
    steps: list[Callable[[str], str]] = []
    if (before := taken.before) is not None:
        steps.append(lambda cell: cell.partition(before)[0])
    if taken.words:
        steps.append(lambda cell: _in_our_words(cell, taken.words, taken.otherwise))
    if taken.format or taken.zone:
        zone = ZoneInfo(taken.zone) if taken.zone else UTC
        steps.append(lambda cell: _time_in_utc(cell, name, taken.format, zone))
    if taken.digest:
        steps.append(_digest)
    return steps


def _in_our_words(cell: str, words: Mapping[str, str], otherwise: str | None) -> str:
    return words.get(folded(cell), cell if otherwise is None else otherwise)


def _time_in_utc(cell: str, name: str, form: str | None, zone: tzinfo) -> str:
    """A time with its own zone keeps it. One that occurs twice (autumn) is the earlier."""
    text = cell.strip()
    if not text:
        return ""
    try:
        moment = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007
    except ValueError:
        like = form or "2025-03-01T08:30:00"
        raise RowRefused(f"{name} is not a time like {like}") from None
    try:
        return to_iso(from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=zone)))
    except OverflowError:
        raise RowRefused(f"{name} is before 1990 or after 2100") from None


def _digest(cell: str) -> str:
    """An address must not become an id, which every table holds. Its digest may."""
    text = cell.strip().casefold()
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LETTERS] if text else ""
