"""What is wrong with a record, in words that name the field and never its value.

A record's types are promised by its class, but Python holds nobody to them. This is the one place
that reads those promises: the conformance checks ask it of every record, and the service of a few
on each page and of all those of a part that could not be stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import msgspec

from .contract import RECORDS
from .instants import EARLIEST, LATEST, Instant, from_iso
from .records import Quarantined

FIRST_DAY: Instant = from_iso("0001-01-02")
LAST_DAY: Instant = from_iso("9999-12-30")
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class RecordFault:
    """A field that is not as promised; ``field`` is None where the record is none of its stream."""

    field: str | None
    text: str

    def words(self) -> str:
        """Field and fault, as they stand in a sentence."""
        return self.text if self.field is None else f"{self.field} {self.text}"


def record_of(stream: str) -> type[msgspec.Struct]:
    """The record that a stream is made of: Post for posts. Raises KeyError for an unknown name."""
    return RECORDS[stream]


def type_faults(stream: str, record: object) -> Iterator[RecordFault]:
    """Every field of ``record`` that is not of the promised type, and ids that are missing."""
    kind = record_of(stream)
    if not isinstance(record, kind):
        yield RecordFault(
            None, f"is a {type(record).__name__}, where a {kind.__name__} is promised"
        )
        return
    yield from _faults_of(record, "")
    if has_id(kind) and getattr(record, "id", None) == "":
        yield RecordFault("id", "is empty")
    yield from _impossible_times(record)


def time_faults(record: msgspec.Struct) -> Iterator[RecordFault]:
    """Times that cannot be microseconds: most often they are seconds or milliseconds."""
    for name in instants_of(type(record)):
        value = getattr(record, name, None)
        if isinstance(value, int) and not EARLIEST <= value < LATEST:
            yield RecordFault(name, _unit_in_words(value))


def plausible(instant: object) -> bool:
    """Whether an instant lies between 1990 and 2100, as microseconds do."""
    return type(instant) is int and EARLIEST <= instant < LATEST


@cache
def instants_of(kind: type) -> tuple[str, ...]:
    """The fields of a record that are instants: their annotation says so."""
    return tuple(name for name, said in kind.__annotations__.items() if "Instant" in str(said))


@cache
def words_of(kind: type[msgspec.Struct]) -> dict[str, frozenset[str]]:
    """The fields of a record that know only certain words, with these words."""
    found = {field.name: _literals(field.type) for field in msgspec.structs.fields(kind)}
    return {name: words for name, words in found.items() if words}


def is_quarantined(row: object) -> bool:
    """Whether it is a row set aside, with texts where there must be some."""
    return (
        isinstance(row, Quarantined)
        and isinstance(row.reason, str)
        and isinstance(row.id, str | None)
        and isinstance(row.line, int | None)
    )


def are_notices(notices: object) -> bool:
    """Whether these are several texts; one text is a sequence of letters."""
    return (
        isinstance(notices, Sequence)
        and not isinstance(notices, str | bytes)
        and all(isinstance(notice, str) for notice in notices)
    )


@cache
def has_id(kind: type[msgspec.Struct]) -> bool:
    """Whether every record of this kind needs an id; a signal may have none."""
    return any(field.name == "id" and field.required for field in msgspec.structs.fields(kind))


def _impossible_times(record: msgspec.Struct) -> Iterator[RecordFault]:
    for name in instants_of(type(record)):
        value = getattr(record, name)
        if isinstance(value, int) and not FIRST_DAY <= value <= LAST_DAY:
            yield RecordFault(name, "is outside of the years 1 to 9999")


@dataclass(frozen=True, slots=True)
class _Field:
    """A field with what it promises, made once for each kind of record.

    structs: records inside it. plain: classes of which every value will do.
    """

    name: str
    promised: Any
    words: frozenset[str]
    structs: tuple[type, ...]
    plain: frozenset[type]


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[_Field, ...]:
    found = []
    for field in msgspec.structs.fields(kind):
        parts = get_args(field.type) or (field.type,)
        classes = tuple(part for part in parts if isinstance(part, type))
        structs = tuple(one for one in classes if issubclass(one, msgspec.Struct))
        plain = frozenset(one for one in classes if one in (bool, NoneType))
        found.append(_Field(field.name, field.type, _literals(field.type), structs, plain))
    return tuple(found)


def _faults_of(record: msgspec.Struct, above: str) -> Iterator[RecordFault]:
    for field in _fields(type(record)):
        value: Any = getattr(record, field.name)
        if type(value) in field.plain:
            continue
        if isinstance(value, msgspec.Struct) and isinstance(value, field.structs):
            yield from _faults_of(value, f"{above}{field.name}.")
            continue
        text = _fault(value, field)
        if text is not None:
            yield RecordFault(f"{above}{field.name}", text)


def _fault(value: object, field: _Field) -> str | None:
    if field.words and isinstance(value, str):
        return None if value in field.words else f"is none of {', '.join(sorted(field.words))}"
    try:
        msgspec.convert(value, field.promised)
    except msgspec.ValidationError:
        return f"is a {type(value).__name__}, where {_in_words(field.promised)} is promised"
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        return "is a number of more than 64 bits"
    if isinstance(value, str) and not value.isascii() and _has_surrogates(value):
        return "holds half a character (a lone surrogate), which no file can keep"
    return None


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _unit_in_words(value: int) -> str:
    for unit, factor in (("seconds", 1_000_000), ("milliseconds", 1_000)):
        if EARLIEST <= value * factor < LATEST:
            return f"looks like {unit}, where microseconds since 1970 are promised"
    if EARLIEST <= value // 1_000 < LATEST:
        return "looks like nanoseconds, where microseconds since 1970 are promised"
    return "is before 1990 or after 2100, so it can hardly be microseconds since 1970"


def _literals(promised: Any) -> frozenset[str]:
    parts = (promised,) if get_origin(promised) is Literal else get_args(promised)
    return frozenset(
        word for part in parts if get_origin(part) is Literal for word in get_args(part)
    )


def _in_words(promised: Any) -> str:
    names = [
        "None" if part is NoneType else getattr(part, "__name__", str(part))
        for part in (get_args(promised) or (promised,))
    ]
    return " or ".join(sorted(names, key=lambda name: name == "None"))
