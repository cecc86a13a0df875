"""Rows of a page, read one by one: a wrong one is set aside, the others are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec import Raw

from .errors import InvalidResponse
from .records import Quarantined

R = TypeVar("R")

_KEYS = msgspec.json.Decoder(dict[str, Raw])
_TEXT = msgspec.json.Decoder(str)


class WrongRow(ValueError):
    """A row whose parts are of the right types but say something that cannot be."""


def keys_of(raw: Raw) -> dict[str, Raw]:
    """A row's keys, their values as they came."""
    return _KEYS.decode(raw)


def read_rows(
    raws: Sequence[Raw], to_row: Callable[[Raw], R], within: str | None = None
) -> tuple[list[R], list[Quarantined]]:
    """What ``to_row`` makes of each, and those that it refused, with the reason.

    within: the key under which a row has its id, where it does not stand at the top.
    If not a single one of several can be read, it is not the rows that are wrong but the shape.
    """
    rows: list[R] = []
    quarantined: list[Quarantined] = []
    for raw in raws:
        try:
            rows.append(to_row(raw))
        # RecursionError: hundreds of levels, read with its page and too deep for this stack.
        except (msgspec.DecodeError, UnicodeDecodeError, WrongRow, RecursionError) as error:
            quarantined.append(Quarantined(reason=str(error), id=_id_of(raw, within)))
    if not rows and len(quarantined) > 1:
        raise InvalidResponse(f"No row of a page could be read: {quarantined[0].reason}.")
    return rows, quarantined


def _id_of(raw: Raw, within: str | None) -> str | None:
    try:
        row = raw if within is None else keys_of(raw)[within]
        found = _TEXT.decode(keys_of(row)["id"])
    except (msgspec.DecodeError, KeyError, RecursionError):
        return None
    return found if 0 < len(found) <= 200 else None


def rest_of(keys: Mapping[str, Raw], *, without: frozenset[str]) -> dict[str, Raw]:
    """What is not modelled, keys sorted."""
    return {key: keys[key] for key in sorted(keys) if key not in without}
