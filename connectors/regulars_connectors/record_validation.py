"""Faults of a record, in words that name the field and leave out its value.

Annotations promise types, but Python lets every value through. This module alone checks them: for
the conformance checks every record, for the service a few on each page and all of a part that
failed to be stored. ``contract_faults`` uses it for everything else that a connector returns.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from functools import cache
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from .contract import RECORDS
from .instants import EARLIEST, LATEST, Instant, from_iso

FIRST_DAY: Instant = from_iso("0001-01-02")
LAST_DAY: Instant = from_iso("9999-12-30")
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class FieldFault:
    """A field that breaks its promise. field: None if the whole record has the wrong type.

    is_of_the_row: the provider may have sent it so, and the row alone is set aside for it.
    """

    field: str | None
    text: str
    is_of_the_row: bool = False

    def __str__(self) -> str:
        """Field and fault, for use in a sentence."""
        return self.text if self.field is None else f"{self.field} {self.text}"


def record_of(stream: str) -> type[msgspec.Struct]:
    """The record of a stream: Post for posts. Raises KeyError for an unknown name."""
    return RECORDS[stream]


def type_faults(stream: str, record: object) -> Iterator[FieldFault]:
    """Every field of ``record`` with another type than promised, and a missing id."""
    kind = record_of(stream)
    if not isinstance(record, kind):
        yield FieldFault(None, f"must be a {kind.__name__}, not {type(record).__name__}")
        return
    yield from field_faults(record)
    if has_id(kind) and getattr(record, "id", None) == "":
        yield FieldFault("id", "is empty", is_of_the_row=True)
    yield from _impossible_times(record)


def field_faults(given: Any, above: str = "") -> Iterator[FieldFault]:
    """Every field of a record, or of another object of the contract, that its annotation forbids.

    above: a prefix for the field's name. Texts of records must also be such as a file can hold.
    """
    kind: type = type(given)
    for field in _fields(kind):
        value: Any = getattr(given, field.name)
        if type(value) in field.plain:
            continue
        if isinstance(value, field.structs):
            yield from field_faults(value, f"{above}{field.name}.")
            continue
        if field.item is not None:
            yield from _faults_of_several(value, field, f"{above}{field.name}")
            continue
        text = _fault(value, field)
        if text is not None:
            yield FieldFault(f"{above}{field.name}", text)


def time_faults(record: msgspec.Struct) -> Iterator[FieldFault]:
    """Times that look like another unit than microseconds, most often seconds."""
    for name in instants_of(type(record)):
        text = time_fault(getattr(record, name, None))
        if text is not None:
            yield FieldFault(name, text)


def time_fault(value: object) -> str | None:
    """The fault of a number as an instant between 1990 and 2100, if any."""
    if not isinstance(value, int) or EARLIEST <= value < LATEST:
        return None
    return _unit_of(value)


def half_character(text: object) -> str | None:
    """The fault of a text that a file could not hold, if any."""
    if isinstance(text, str) and not text.isascii() and _has_surrogates(text):
        return "holds half a character (a lone surrogate), which a file cannot store"
    return None


def is_sequence(given: object) -> bool:
    """Whether it is a sequence other than a text."""
    return isinstance(given, Sequence) and not isinstance(given, str | bytes)


@cache
def instants_of(kind: type) -> tuple[str, ...]:
    """The fields of a record that are annotated as instants."""
    return tuple(name for name, said in kind.__annotations__.items() if "Instant" in str(said))


@cache
def known_values(kind: type[msgspec.Struct]) -> dict[str, frozenset[str]]:
    """The fields of a record that allow certain values only, with these values."""
    return {field.name: field.values for field in _fields(kind) if field.values}


@cache
def has_id(kind: type[msgspec.Struct]) -> bool:
    """Whether every record of this kind needs an id. A signal may leave it out."""
    return any(field.name == "id" and field.required for field in msgspec.structs.fields(kind))


def _impossible_times(record: msgspec.Struct) -> Iterator[FieldFault]:
    for name in instants_of(type(record)):
        value = getattr(record, name)
        if isinstance(value, int) and not FIRST_DAY <= value <= LAST_DAY:
            yield FieldFault(name, "is outside the years 1 to 9999")


@dataclass(frozen=True, slots=True)
class _Field:
    """A field and its promise, made once for each kind of object.

    promised: the type with its limits. bare: the type without them. values: all allowed ones, if
    it allows certain values only. structs: classes of objects inside it. plain: classes of which
    every value is fine. item: the type of its items, if it has several. kept: whether a file
    holds it.
    """

    name: str
    promised: Any
    bare: Any
    values: frozenset[str]
    structs: tuple[type, ...]
    plain: frozenset[type]
    item: Any
    kept: bool


@cache
def _fields(kind: type) -> tuple[_Field, ...]:
    bare = get_type_hints(kind)
    return tuple(
        _field(name, promised, bare[name], issubclass(kind, msgspec.Struct))
        for name, promised in get_type_hints(kind, include_extras=True).items()
    )


def _field(name: str, promised: Any, bare: Any, kept: bool) -> _Field:
    parts = get_args(bare) or (bare,)
    classes = tuple(part for part in parts if isinstance(part, type))
    item = None
    if get_origin(bare) in (Sequence, Mapping):
        classes, item = (), parts[0]
    structs = tuple(one for one in classes if _has_fields(one))
    plain = frozenset(one for one in classes if one in (bool, NoneType))
    return _Field(name, promised, bare, _literals(bare), structs, plain, item, kept)


def _has_fields(kind: Any) -> bool:
    return isinstance(kind, type) and (issubclass(kind, msgspec.Struct) or is_dataclass(kind))


def _faults_of_several(value: Any, field: _Field, name: str) -> Iterator[FieldFault]:
    """Faults of a list, a tuple or a mapping. Records in it have checks of their own."""
    if get_origin(field.bare) is Mapping:
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            yield FieldFault(name, f"must be a mapping of names, not {type(value).__name__}")
    elif not is_sequence(value):
        yield FieldFault(name, f"must be a sequence, not {type(value).__name__}")
    elif isinstance(field.item, type):
        yield from _faults_of_items(value, field.item, name)


def _faults_of_items(given: Sequence[Any], kind: type, name: str) -> Iterator[FieldFault]:
    for number, one in enumerate(given):
        if not isinstance(one, kind):
            text = f"must be {kind.__name__}, not {type(one).__name__}"
            yield FieldFault(f"{name}[{number}]", text)
        elif _has_fields(kind):
            yield from field_faults(one, f"{name}[{number}].")


def _fault(value: object, field: _Field) -> str | None:
    if field.values and isinstance(value, str):
        known = ", ".join(sorted(field.values))
        return None if value in field.values else f"has an unknown value (allowed: {known})"
    if isinstance(value, float) and not math.isfinite(value):
        return "must be a finite number"
    if not _converts(value, field.promised):
        if _converts(value, field.bare):
            return f"must be {_least(field.promised)} or more"
        return f"must be {_type_text(field.bare)}, not {type(value).__name__}"
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        return "must fit into 64 bits"
    return half_character(value) if field.kept else None


def _converts(value: object, promised: Any) -> bool:
    try:
        msgspec.convert(value, promised)
    except msgspec.ValidationError:
        return False
    return True


def _least(promised: Any) -> Any:
    """The least number that a limited type allows."""
    for part in (promised, *get_args(promised)):
        if get_origin(part) is Annotated:
            return part.__metadata__[0].ge
    return None


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _unit_of(value: int) -> str:
    for unit, factor in (("seconds", 1_000_000), ("milliseconds", 1_000)):
        if EARLIEST <= value * factor < LATEST:
            return f"must be microseconds since 1970, but looks like {unit}"
    if EARLIEST <= value // 1_000 < LATEST:
        return "must be microseconds since 1970, but looks like nanoseconds"
    return "must be microseconds since 1970, but is before 1990 or after 2100"


def _literals(promised: Any) -> frozenset[str]:
    parts = (promised,) if get_origin(promised) is Literal else get_args(promised)
    return frozenset(
        value for part in parts if get_origin(part) is Literal for value in get_args(part)
    )


def _type_text(promised: Any) -> str:
    names = [
        "None" if part is NoneType else getattr(part, "__name__", str(part))
        for part in (get_args(promised) or (promised,))
    ]
    return " or ".join(sorted(names, key=lambda name: name == "None"))
