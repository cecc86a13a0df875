"""How much of a stranger's words is kept: the rest is cut, and a row with an odd id is set aside.

Limits hold for every connector. The connectors here use them on each heavy row, so that a page
never holds more than its limits allow. The service uses them on every part before it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from .records import Quarantined, Record

MOST_ID_CHARS = 512
MOST_TEXT_BYTES = 64 * 1024
"""Of one text in UTF-8: a name, a comment, a custom field."""
MOST_JSON_BYTES = 256 * 1024
"""Of all custom fields of one record together. More is left out as a whole."""
MOST_SAID_CHARS = 200
"""Of what a provider sent, in an error or a reason."""

ID_FIELDS = frozenset({"id", "spell", "subscription_id", "post_id", "question_id", "list_id"})
JSON_FIELDS = frozenset({"attributes", "extra", "choices"})

S = TypeVar("S", bound=msgspec.Struct)

_MARK = "…"
_BEFORE_MARK = MOST_TEXT_BYTES - len(_MARK.encode())
WITHIN_TEXT_BYTES = MOST_TEXT_BYTES - 32
"""A text cut between letters or escapes, with its mark, is longer than that."""

_encode = msgspec.msgpack.Encoder().encode

_LITERAL = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
# Whole letters: a pair of halves, another escape, a plain one.
_HIGH, _LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_LETTERS = re.compile(
    rf"(?:{_HIGH}{_LOW}|{_HIGH}(?=[^\\])|(?!{_HIGH})\\u[0-9a-fA-F]{{4}}|\\[^u]|[^\\])*+", re.DOTALL
)
_PATH_SIGNS = frozenset("/\\%?#")


@dataclass(frozen=True, slots=True)
class Bounded:
    """Records within the limits. cut: how many texts were shortened or left out."""

    records: Sequence[Record]
    quarantined: Sequence[Quarantined]
    cut: int
    places: list[int]


def bound_records(records: Iterable[Any]) -> Bounded:
    """The records whose ids are usable, their texts within the limits."""
    kept: list[Any] = []
    quarantined: list[Quarantined] = []
    places: list[int] = []
    cut = 0
    for place, record in enumerate(records):
        fault = _fault_of_ids(record)
        if fault is not None:
            quarantined.append(Quarantined(reason=fault, id=shown_id(getattr(record, "id", None))))
            continue
        bounded, number = bound_texts(record)
        kept.append(bounded)
        places.append(place)
        cut += number
    return Bounded(kept, quarantined, cut, places)


def bound_texts(record: S, most_json_bytes: int = MOST_JSON_BYTES) -> tuple[S, int]:
    """The record with its texts within the limits, and how many of them are cut.

    A cut text ends with a mark, so that it also counts where it comes by again.
    """
    changes: dict[str, str | None] = {}
    cut = 0
    for name in _fields(record):
        value = getattr(record, name)
        if not isinstance(value, str) or len(value) * 4 <= MOST_TEXT_BYTES:
            continue
        if name in JSON_FIELDS:
            shorter, number = _cut_json(value, most_json_bytes)
        else:
            shorter = cut_text(value)
            number = int(shorter != value or _is_cut(value))
        cut += number
        if shorter != value:
            changes[name] = shorter
    return (msgspec.structs.replace(record, **changes) if changes else record), cut


def cut_text(text: str) -> str:
    """The text if it is within the limit, else its beginning and a mark, together so long."""
    beginning = _beginning(text, MOST_TEXT_BYTES)
    return text if len(beginning) == len(text) else _beginning(text, _BEFORE_MARK) + _MARK


def _beginning(text: str, most_bytes: int) -> str:
    """As much of a text as has room in so many bytes of UTF-8."""
    if len(text) * 4 <= most_bytes:
        return text
    encoded = text[:most_bytes].encode("utf-8", "surrogatepass")
    if len(encoded) <= most_bytes:
        return text[:most_bytes]
    return encoded[:most_bytes].decode("utf-8", "ignore")


def _is_cut(text: str) -> bool:
    return text.endswith(_MARK) and len(_beginning(text, WITHIN_TEXT_BYTES)) < len(text)


def weigh(records: Sequence[Any]) -> int:
    """About how many bytes the texts of these records are together in UTF-8."""
    try:
        return len(_encode(records))
    except (TypeError, ValueError, OverflowError):
        return 0  # broken ones, which are named when their columns are made


def id_fault(text: str) -> str | None:
    """Why a text is no usable id, if so."""
    if not text:
        return "the id is empty"
    if len(text) > MOST_ID_CHARS:
        return f"the id is longer than {MOST_ID_CHARS} characters"
    return None


def segment_fault(text: str) -> str | None:
    """Why an id cannot be one segment of a path, if so."""
    if fault := id_fault(text):
        return fault
    if text in (".", "..") or not text.isprintable() or not _PATH_SIGNS.isdisjoint(text):
        return "the id is a path"
    return None


def shown_id(given: object) -> str | None:
    """An id as a quarantined row keeps it; None for one that names nobody."""
    if not isinstance(given, str) or not given:
        return None
    return given[:MOST_ID_CHARS]


def said(text: str) -> str:
    """What a provider sent, short enough for an error."""
    return text if len(text) <= MOST_SAID_CHARS else f"{text[: MOST_SAID_CHARS - 1]}…"


def _fault_of_ids(record: Any) -> str | None:
    for name in _fields(record):
        value = getattr(record, name) if name in ID_FIELDS else None
        if not isinstance(value, str):
            continue
        fault = id_fault(value) if name == "id" or value else None
        if fault is not None:
            return fault if name == "id" else fault.replace("the id", name)
    return None


def _fields(record: object) -> tuple[str, ...]:
    return tuple(getattr(record, "__struct_fields__", ()))


def _cut_json(text: str, most_json_bytes: int) -> tuple[str | None, int]:
    """JSON with each of its texts within the limit, and how many of them are cut.

    None in its place if the whole is too large even then.
    """
    cut = 0

    def cut_literal(found: re.Match[str]) -> str:
        nonlocal cut
        inner = found[0][1:-1]
        if len(inner) * 4 <= MOST_TEXT_BYTES:
            return found[0]
        shorter = _cut_letters(inner)
        cut += shorter != inner or _is_cut(inner)
        return f'"{shorter}"'

    shorter = _LITERAL.sub(cut_literal, text)
    if len(_beginning(shorter, most_json_bytes)) < len(shorter):
        return None, 1
    return shorter, cut


def _cut_letters(inner: str) -> str:
    """The inside of a JSON text, cut between two letters, each perhaps written as an escape."""
    beginning = _beginning(inner, MOST_TEXT_BYTES)
    if len(beginning) == len(inner):
        return inner
    letters = _LETTERS.match(_beginning(inner, _BEFORE_MARK))
    return (letters[0] if letters else "") + _MARK
