"""From the columns that a file has to the cells that a table wants.

Pure functions: names of columns in, a function from row to cells out.
"""

from __future__ import annotations

import hashlib
import re
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
_NUMBERED = re.compile(r"(.+) \((\d{1,3})\)")
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
    wanted = _wanted(table, names, mapped)
    skip = mapped.skip if mapped else {}
    read = [name for taken in wanted.values() for name in taken.column] + list(skip)
    found = {name: find_column(name, names) for name in read}
    _refuse_missing_or_double(table, names, wanted, found)
    places = {name: at[0] for name, at in found.items()}
    _refuse_one_for_two(names, wanted, places)
    makers = tuple(
        _maker(name, wanted[name], places) if name in wanted else _empty for name in table.columns
    )
    used = set(places.values())
    return Columns(
        names=tuple(names),
        places=tuple(sorted(used)),
        absent=tuple(name for name in table.optional if name not in wanted),
        surplus=tuple(name for at, name in enumerate(names) if at not in used),
        take=_skipping(_together(table, wanted, places, makers, len(names)), skip, places),
        id_of=makers[table.columns.index("id")] if "id" in table.columns else _empty,
    )


def find_column(wanted: str, names: Sequence[str]) -> list[int]:
    """Where a column of that name stands: as written, else without regard to capitals.

    ``Time (2)`` is the second of several that are called ``Time``.
    """
    if exact := _as_written(wanted, names):
        return exact
    loose = folded(wanted)
    if alike := [at for at, name in enumerate(names) if folded(name) == loose]:
        return alike
    if (numbered := _NUMBERED.fullmatch(wanted.strip())) is None:
        return []
    several = find_column(numbered[1], names)
    return several[int(numbered[2]) - 1 :][:1] if numbered[2] != "0" else []


def _as_written(wanted: str, names: Sequence[str]) -> list[int]:
    text = " ".join(wanted.split())
    return [at for at, name in enumerate(names) if " ".join(name.split()) == text]


def _wanted(table: Table, names: Sequence[str], mapped: TableMap | None) -> dict[str, Taken]:
    """Where each column of the table comes from: the map goes before a column of our name."""
    wanted = dict(mapped.columns) if mapped else {}
    needed = table.required if mapped is None else table.key
    for name in table.columns:
        if name not in wanted and (name in needed or find_column(name, names)):
            wanted[name] = Taken(column=(name,))
    return wanted


def _refuse_missing_or_double(
    table: Table,
    names: Sequence[str],
    wanted: Mapping[str, Taken],
    found: Mapping[str, Sequence[int]],
) -> None:
    there = _listed(names)
    ours = [name for name, taken in wanted.items() if taken.column == (name,) and not found[name]]
    if ours:
        optional = f" (and, if you like, {', '.join(table.optional)})" if table.optional else ""
        raise ColumnsWrong(
            f"the header lacks the column {', '.join(ours)}. It has {there}",
            f"Make the first line name {', '.join(table.required)}{optional}, each once,"
            " or say in a column map where they are.",
        )
    taken_from = {name for taken in wanted.values() for name in taken.column}
    missing = [
        f"{name} ({ours})"
        for ours, taken in wanted.items()
        for name in taken.column
        if not found[name]
    ] or [f"{name} (skip)" for name, at in found.items() if not at and name not in taken_from]
    if missing:
        raise ColumnsWrong(
            f"the column map names {', '.join(missing)}, which the file lacks. It has {there}",
            "Write the names in the column map as the file has them.",
        )
    double = sorted(name for name, at in found.items() if len(at) > 1)
    if double:
        raise _double(double, names, found, there)


def _double(
    double: Sequence[str], names: Sequence[str], found: Mapping[str, Sequence[int]], there: str
) -> ColumnsWrong:
    """Several columns fit one name: in capitals only, or really."""
    for name in double:
        spellings = [names[at] for at in found[name]]
        if len(set(spellings)) == len(spellings):
            return ColumnsWrong(
                f"{name} may mean {' or '.join(spellings)}. The header has {there}",
                "Write in a column map which one is meant, with its capitals.",
            )
    first = double[0]
    return ColumnsWrong(
        f"the header names {', '.join(double)} twice. It has {there}",
        f'Give the two columns different names, or write "{first} (1)" or "{first} (2)"'
        " in a column map.",
    )


def _refuse_one_for_two(
    names: Sequence[str], wanted: Mapping[str, Taken], places: Mapping[str, int]
) -> None:
    """Raise ColumnsWrong when two of our columns are taken, as they stand, from one."""
    owner: dict[int, str] = {}
    for ours, taken in wanted.items():
        if not taken.is_plain or len(taken.column) != 1:
            continue
        at = places[taken.column[0]]
        if at in owner:
            raise ColumnsWrong(
                f"{owner[at]} and {ours} are taken from one column, {names[at]}",
                'If only the address tells people apart, write id = { column = "…",'
                " digest = true } in the column map.",
            )
        owner[at] = ours


def _listed(names: Sequence[str]) -> str:
    there = ", ".join(name.strip() for name in names[:_SHOWN_COLUMNS])
    more = len(names) - _SHOWN_COLUMNS
    return f"{there} and {more} more" if more > 0 else there


def _together(
    table: Table,
    wanted: Mapping[str, Taken],
    places: Mapping[str, int],
    makers: Sequence[_Maker],
    width: int,
) -> Callable[[Cells], Cells]:
    if all(taken.is_plain for taken in wanted.values()):
        plain = [wanted[name].column[0] if name in wanted else "" for name in table.columns]
        return itemgetter(*(places.get(name, width) for name in plain))
    return lambda row: [make(row) for make in makers]


def _skipping(
    take: Callable[[Cells], Cells], skip: Mapping[str, Sequence[str]], places: Mapping[str, int]
) -> Callable[[Cells], Cells]:
    if not skip:
        return take
    left_out = [(places[name], frozenset(words)) for name, words in skip.items()]

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
    found = [places[column] for column in taken.column]

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
