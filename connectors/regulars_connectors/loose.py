"""Reads a row field by field: one that nobody needs and that cannot be read costs itself alone.

A struct's fields without a default are needed. Every other one may be missing, so it may also be
left out where it holds something odd. A whole number written as ``60.0`` or ``"60"`` is that
number.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import Any, Generic, TypeAlias, TypeVar, get_args, get_origin

import msgspec
from msgspec import Raw, Struct

S = TypeVar("S", bound=Struct)

Unread: TypeAlias = Counter[str]
"""How many rows of a page had something odd in a field, by the field's name."""

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""RecursionError: hundreds of levels, read with its page and too deep for this stack."""

_KEYS = msgspec.json.Decoder(dict[str, Raw])
_ITEMS = msgspec.json.Decoder(list[Raw])
_WHOLE = re.compile(rb'"?(-?\d{1,16})(?:\.0*)?"?')


class LooseDecoder(Generic[S]):
    """Decodes rows of one kind."""

    def __init__(self, kind: type[S]) -> None:
        self._kind = kind
        self._strict = msgspec.json.Decoder(kind)

    def decode(self, raw: Raw | bytes, unread: Unread) -> S:
        """The row. Fields that were left out are added to ``unread``.

        Raises msgspec.DecodeError, UnicodeDecodeError or RecursionError for a row of which not
        even the needed fields can be read.
        """
        try:
            row = self._strict.decode(raw)
            bytes(raw).decode()  # parts that are kept as they came are text, too
        except UNREADABLE:
            odd: Unread = Counter()
            row = _read(raw, self._kind, odd, "")
            unread.update(dict.fromkeys(odd, 1))
        return row


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a struct. struct: the kind of object in it. many: whether it has several."""

    name: str
    key: str
    decoder: Any
    needed: bool
    numbers: Any
    struct: type[Struct] | None
    many: bool


@cache
def _fields(kind: type[Struct]) -> tuple[_Field, ...]:
    return tuple(map(_field, msgspec.structs.fields(kind)))


def _field(field: msgspec.structs.FieldInfo) -> _Field:
    parts = [part for part in _parts(field.type) if part is not NoneType]
    lists = [get_args(part)[0] for part in parts if get_origin(part) is list]
    structs = [part for part in (*parts, *lists) if _is_struct(part)]
    return _Field(
        name=field.name,
        key=field.encode_name,
        decoder=msgspec.json.Decoder(field.type),
        needed=field.required,
        numbers=field.type if any(_bare(part) in (int, float) for part in parts) else None,
        struct=structs[0] if structs else None,
        many=bool(lists),
    )


def _parts(promised: Any) -> tuple[Any, ...]:
    """The members of a union, those of unions inside it included."""
    if _is_struct(promised) or get_origin(promised) is list or not get_args(promised):
        return (promised,)
    if hasattr(promised, "__metadata__"):
        return (promised,)
    return tuple(part for one in get_args(promised) for part in _parts(one))


def _bare(promised: Any) -> Any:
    """The type without its limits."""
    return get_args(promised)[0] if hasattr(promised, "__metadata__") else promised


def _is_struct(promised: Any) -> bool:
    return isinstance(promised, type) and issubclass(promised, Struct)


def _read(raw: Raw | bytes, kind: type[S], unread: Unread, above: str) -> S:
    keys = _KEYS.decode(raw)
    values: dict[str, Any] = {}
    for field in _fields(kind):
        if field.key not in keys:
            if field.needed:
                raise msgspec.ValidationError(f"Object missing required field `{field.key}`")
            continue
        odd: Unread = Counter()
        try:
            values[field.name] = _value(keys[field.key], field, odd, f"{above}{field.key}")
        except UNREADABLE as error:
            if field.needed:
                raise _placed(error, f"{above}{field.key}") from None
            odd = Counter([f"{above}{field.key}"])
        unread.update(odd)
    return kind(**values)


def _value(raw: Raw, field: _Field, unread: Unread, name: str) -> Any:
    try:
        return _strictly(raw, field)
    except UNREADABLE:
        if field.struct is not None:
            return _nested(raw, field, field.struct, unread, name)
        number = _WHOLE.fullmatch(bytes(raw)) if field.numbers is not None else None
        if number is None:
            raise
        return msgspec.convert(int(number[1]), field.numbers)


def _strictly(raw: Raw, field: _Field) -> Any:
    value = field.decoder.decode(raw)
    if isinstance(value, Raw):
        bytes(value).decode()  # kept as it came, so nobody else looks whether it is text
    return value


def _nested(raw: Raw, field: _Field, kind: type[Struct], unread: Unread, name: str) -> Any:
    if not field.many:
        return _read(raw, kind, unread, f"{name}.")
    return [_read(item, kind, unread, f"{name}.") for item in _ITEMS.decode(raw)]


class _Placed(msgspec.ValidationError):
    """Names the place of its field."""


def _placed(error: BaseException, name: str) -> _Placed:
    """The same error with the place of the field, as msgspec writes it."""
    if isinstance(error, _Placed):
        return error
    text = str(error).partition(" - at `")[0]
    return _Placed(f"{text} - at `$.{name}`")
