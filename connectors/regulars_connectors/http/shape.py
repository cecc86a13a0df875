"""Refuses a body from which far more would be made than it weighs.

A value of JSON may take two bytes (``0,``) and a hundred once it is decoded: 32 MiB of small values
were measured to take 1,976 MiB. Small bodies are harmless whatever they hold, so only large ones
are looked at. They may be large by long texts, such as mails, and hold few values.
"""

from __future__ import annotations

import re

from ..errors import ResponseTooLarge

HARMLESS_BYTES = 1024 * 1024
MOST_VALUES = 400_000

_SIGNS = (b",", b"[", b"{")
_LITERAL = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)


def check_shape(body: bytes | bytearray) -> None:
    """Raise ResponseTooLarge for a large body with too many values."""
    if len(body) <= HARMLESS_BYTES or _values(body) <= MOST_VALUES:
        return
    values = place = 0
    # Commas and brackets in texts are no values.
    for literal in _LITERAL.finditer(body):
        values += _values(body, place, literal.start())
        place = literal.end()
        if values > MOST_VALUES:
            break
    if values + _values(body, place) > MOST_VALUES:
        raise ResponseTooLarge(
            f"The provider's answer has more than {MOST_VALUES:,} values in {len(body):,} bytes."
        )


def _values(body: bytes | bytearray, start: int = 0, end: int | None = None) -> int:
    """At most so many values begin between two places."""
    return sum(body.count(sign, start, end) for sign in _SIGNS)
