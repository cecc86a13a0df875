"""Rows of a page, read one by one: an invalid one is quarantined, the others are kept."""

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
    """A row of the right types whose values are impossible together."""


def keys_of(raw: Raw) -> dict[str, Raw]:
    """A row's keys, their values as they came."""
    return _KEYS.decode(raw)


def read_rows(
    raws: Sequence[Raw], to_row: Callable[[Raw], R], within: str | None = None
) -> tuple[list[R], list[Quarantined]]:
    """What ``to_row`` makes of each, and those that it refused, with the reason.

    within: the key that holds the part with the row's id, if the id is not at the top.
    If every one of several rows is refused, the shape is wrong: raises InvalidResponse.
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
