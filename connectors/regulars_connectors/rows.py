"""Rows of a page, read one by one: an invalid one is quarantined, the others are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

import msgspec
from msgspec import Raw

from .bounds import MOST_TEXT_BYTES, bound_texts, said, segment_fault, shown_id
from .errors import InvalidResponse, ResponseTooLarge
from .loose import UNREADABLE, Unread
from .plural import pluralize
from .records import Quarantined

R = TypeVar("R")

MOST_ROWS = 10_000
"""Of one page. Every page is asked for a hundred at most."""
MOST_ROW_BYTES = 4 * 1024 * 1024
"""One row, decoded, may take several times as much."""
REST = "everything else"
"""Stands among the unread fields for all of a refused row but what counts by itself."""

_KEYS = msgspec.json.Decoder(dict[str, Raw])
_TEXT = msgspec.json.Decoder(str)


class WrongRow(ValueError):
    """A row of the right types whose values are impossible together."""


def keys_of(raw: Raw) -> dict[str, Raw]:
    """A row's keys, their values as they came."""
    return _KEYS.decode(raw)


class Rows(NamedTuple, Generic[R]):
    """The rows of a page, those that were refused, and the fields that were left out."""

    read: list[R]
    quarantined: list[Quarantined]
    unread: Unread


def read_rows(
    raws: Sequence[Raw],
    to_row: Callable[[Raw, Unread], R],
    within: str | None = None,
    *,
    least: Callable[[Raw, Unread], R] | None = None,
) -> Rows[R]:
    """What ``to_row`` makes of each, and those that it refused, with the reason.

    ``to_row`` adds the fields that it left out to the counter. within: the key that holds the part
    with the row's id, if the id is not at the top. least: reads no more of a refused row than
    what counts by itself, such as that somebody left.

    If every one of several rows is refused, the shape is wrong: raises InvalidResponse.
    """
    require_few(raws)
    found: Rows[R] = Rows([], [], Counter())
    for raw in raws:
        unread: Unread = Counter()
        try:
            row = _read_row(raw, to_row, unread)
        except (*UNREADABLE, WrongRow) as error:
            rest = None if least is None else _read_least(raw, least)
            if rest is None:
                reason = said(str(error))
                found.quarantined.append(Quarantined(reason=reason, id=_id_of(raw, within)))
                continue
            row, unread = rest
        found.read.append(row)
        found.unread.update(unread)
    if not found.read and len(found.quarantined) > 1:
        raise InvalidResponse(f"No row of a page could be read: {found.quarantined[0].reason}.")
    return found


def require_few(rows: Sequence[object]) -> None:
    """Raise ResponseTooLarge for a page of more rows than any page is asked for."""
    if len(rows) > MOST_ROWS:
        much = pluralize(len(rows), "row")
        raise ResponseTooLarge(f"A page has {much}. The limit is {MOST_ROWS:,}.")


def require_segment(row_id: str) -> None:
    """Raise WrongRow for an id that cannot stand in the path of a request."""
    if fault := segment_fault(row_id):
        raise WrongRow(fault)


def _read_row(raw: Raw, to_row: Callable[[Raw, Unread], R], unread: Unread) -> R:
    """A row. A large one is cut at once, because the page keeps every row."""
    size = memoryview(raw).nbytes
    if size > MOST_ROW_BYTES:
        raise WrongRow(f"the row is larger than {MOST_ROW_BYTES >> 20} MiB")
    row = to_row(raw, unread)
    if size > MOST_TEXT_BYTES and isinstance(row, msgspec.Struct):
        return bound_texts(row, MOST_ROW_BYTES)[0]
    return row


def _read_least(raw: Raw, least: Callable[[Raw, Unread], R]) -> tuple[R, Unread] | None:
    try:
        return least(raw, Counter()), Counter([REST])
    except (*UNREADABLE, WrongRow):
        return None


def _id_of(raw: Raw, within: str | None) -> str | None:
    try:
        row = raw if within is None else keys_of(raw)[within]
        found = _TEXT.decode(keys_of(row)["id"])
    except (msgspec.DecodeError, KeyError, RecursionError):
        return None
    return shown_id(found)


def rest_of(keys: Mapping[str, Raw], *, without: frozenset[str]) -> dict[str, Raw]:
    """What is not modelled, keys sorted."""
    return {key: keys[key] for key in sorted(keys) if key not in without}
