"""From the columns that a file has to the cells that a table wants.

Pure functions: names of columns in, a function from row to cells out.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from operator import itemgetter
from typing import NoReturn, TypeAlias
from zoneinfo import ZoneInfo

from ..addresses import fold_address
from .column_map import Finder, TableMap, Taken, any_letters, folded
from .table import Cells, Table
from .times import time_in_utc

_SHOWN_COLUMNS = 30
_DIGEST_LETTERS = 32
_NUMBERED = re.compile(r"(.+) \((\d{1,3})\)")
_Maker: TypeAlias = Callable[[Cells], str]


class RowSkipped(Exception):
    """The column map leaves out rows like this one. ``Columns.skipped`` counts them."""


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
    long: the places whose cells have no limit of their own.
    skipped: rows that the map left out so far, by the column and the cell that decided.
    """

    names: tuple[str, ...]
    places: tuple[int, ...]
    absent: tuple[str, ...]
    surplus: tuple[str, ...]
    take: Callable[[Cells], Cells]
    id_of: Callable[[Cells], str]
    long: frozenset[int] = frozenset()
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)


def columns_of(table: Table, names: Sequence[str], mapped: TableMap | None) -> Columns:
    """Find the columns of ``table`` among ``names``. Raises ColumnsWrong, naming those found."""
    wanted = _wanted(table, names, mapped)
    skipped: Counter[tuple[str, str]] = Counter()
    skip = mapped.skip if mapped else {}
    read = [name for taken in wanted.values() for name in taken.column] + list(skip)
    found = {name: find_column(name, names) for name in read}
    _refuse_missing_or_double(table, names, wanted, found)
    places = {name: at[0] for name, at in found.items()}
    if table.stream.name != "posts":  # the title of a post may be its id: it is nobody's address
        _refuse_one_for_two(names, wanted, places)
    makers = _makers(table, wanted, mapped, places, skipped)
    take = _together(table, wanted, places, makers, len(names))
    used = set(places.values())
    return Columns(
        names=tuple(names),
        places=tuple(sorted(used)),
        absent=tuple(name for name in table.optional if name not in wanted),
        surplus=_surplus(names, used | _read_elsewhere(table, names, mapped), mapped),
        take=_skipping(take, skip, places, skipped),
        long=_long_places(table, wanted, places),
        id_of=makers[table.columns.index("id")] if "id" in table.columns else _empty,
        skipped=skipped,
    )


def _long_places(
    table: Table, wanted: Mapping[str, Taken], places: Mapping[str, int]
) -> frozenset[int]:
    return frozenset(
        places[one] for name in table.long if name in wanted for one in wanted[name].column
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
    """Where each column of the table comes from: the map goes before a column of our name.

    A column of the file that the map takes for something else is that, whatever its name.
    """
    wanted = {
        name: there
        for name, taken in (mapped.columns if mapped else {}).items()
        if name not in table.elsewhere and (there := _without_absent(taken, names)) is not None
    }
    needed = table.required if mapped is None else table.key
    taken_from = {
        place
        for taken in wanted.values()
        if taken.is_plain
        for one in taken.column
        for place in find_column(one, names)
    }
    for name in table.columns:
        at = find_column(name, names)
        if name not in wanted and (name in needed or (at and not taken_from & set(at))):
            wanted[name] = Taken(column=(name,))
    return wanted


def _read_elsewhere(table: Table, names: Sequence[str], mapped: TableMap | None) -> set[int]:
    """The places of columns that another table reads."""
    given = mapped.columns if mapped else {}
    sources = {one: given.get(one, Taken(column=(one,))).column for one in table.elsewhere}
    return {at for found in sources.values() for one in found for at in find_column(one, names)}


def _surplus(names: Sequence[str], used: set[int], mapped: TableMap | None) -> tuple[str, ...]:
    """The columns that nothing reads, those aside by which other files are known."""
    also = {at for name in (mapped.also_read if mapped else ()) for at in find_column(name, names)}
    return tuple(name for at, name in enumerate(names) if at not in used | also)


def _without_absent(taken: Taken, names: Sequence[str]) -> Taken | None:
    """Without columns that the file may lack and does. None if none is left."""
    if not taken.optional:
        return taken
    there = tuple(name for name in taken.column if find_column(name, names))
    return taken.model_copy(update={"column": there}) if there else None


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
    if len(table.columns) > 1 and all(taken.is_plain for taken in wanted.values()):
        plain = [wanted[name].column[0] if name in wanted else "" for name in table.columns]
        return itemgetter(*(places.get(name, width) for name in plain))
    return lambda row: [make(row) for make in makers]


def _skipping(
    take: Callable[[Cells], Cells],
    skip: Mapping[str, Sequence[str]],
    places: Mapping[str, int],
    skipped: Counter[tuple[str, str]],
) -> Callable[[Cells], Cells]:
    if not skip:
        return take
    left_out = [(places[name], frozenset(words), name) for name, words in skip.items()]

    def take_unless_skipped(row: Cells) -> Cells:
        for place, words, name in left_out:
            if (word := folded(row[place])) in words:
                _skip(skipped, name, word)
        return take(row)

    return take_unless_skipped


def _skip(skipped: Counter[tuple[str, str]], column: str, word: str) -> NoReturn:
    skipped[column, word] += 1
    raise RowSkipped


def _empty(_: Cells) -> str:
    return ""


def _makers(
    table: Table,
    wanted: Mapping[str, Taken],
    mapped: TableMap | None,
    places: Mapping[str, int],
    skipped: Counter[tuple[str, str]],
) -> tuple[_Maker, ...]:
    """The functions that make the cells of a row, in the order of the table's columns."""
    finders = mapped.finders if mapped else {}
    makers = {
        name: _maker(name, taken, places, finders.get(name)) for name, taken in wanted.items()
    }
    for name, taken in wanted.items():
        if taken.earliest is not None and (find := finders.get(name)) is not None:
            makers[name] = _or_found(makers[name], makers.get("id", _empty), find)
        if taken.if_empty == "skip":
            makers[name] = _or_skipped(makers[name], skipped, name)
    return tuple(makers.get(name, _empty) for name in table.columns)


def _or_found(make: _Maker, id_of: _Maker, find: Finder) -> _Maker:
    return lambda row: make(row) or find(id_of(row))


def _or_skipped(make: _Maker, skipped: Counter[tuple[str, str]], name: str) -> _Maker:
    def make_or_skip(row: Cells) -> str:
        cell = make(row)
        if not cell.strip():
            _skip(skipped, name, "")
        return cell

    return make_or_skip


def _maker(name: str, taken: Taken, places: Mapping[str, int], find: Finder | None) -> _Maker:
    """The function that makes one cell: column, what stands before, words, time, digest."""
    steps = list(_steps(name, taken))
    if taken.by is not None and find is not None:
        steps.append(find)
    if (value := taken.value) is not None:
        return lambda _: _through(value, steps)
    found = [places[column] for column in taken.column]
    if taken.together:
        return lambda row: _through(" ".join(filter(None, (row[p] for p in found))), steps)

    def make(row: Cells) -> str:
        cell = next((row[place] for place in found if row[place].strip()), row[found[0]])
        return _through(cell, steps)

    return make if steps or len(found) > 1 else itemgetter(found[0])


def _through(cell: str, steps: Sequence[Callable[[str], str]]) -> str:
    for step in steps:
        cell = step(cell)
    return cell


def _steps(name: str, taken: Taken) -> Sequence[Callable[[str], str]]:
    steps: list[Callable[[str], str]] = []
    if (before := taken.before) is not None:
        steps.append(lambda cell: cell.partition(before)[0])
    if taken.words or taken.like:
        steps.append(_in_our_words(taken))
    if taken.format or taken.zone:
        zone = ZoneInfo(taken.zone) if taken.zone else UTC
        steps.append(lambda cell: time_in_utc(cell, name, taken.format, zone))
    if taken.digest:
        steps.append(_digest)
    return steps


def _in_our_words(taken: Taken) -> Callable[[str], str]:
    patterns = [(re.compile(any_letters(form), re.DOTALL), o) for form, o in taken.like.items()]

    def in_our_words(cell: str) -> str:
        word = folded(cell)
        if (ours := taken.words.get(word)) is not None:
            return ours
        for pattern, meaning in patterns:
            if pattern.fullmatch(word):
                return meaning
        return cell if taken.otherwise is None else taken.otherwise

    return in_our_words


def _digest(cell: str) -> str:
    """An address must not become an id, which every table holds. Its digest may."""
    text = fold_address(cell)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LETTERS] if text else ""
