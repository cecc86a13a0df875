"""A large body with many values is refused before anything is made of it."""

from __future__ import annotations

import pytest

from regulars_connectors.errors import ResponseTooLarge
from regulars_connectors.http.shape import HARMLESS_BYTES, MOST_VALUES, check_shape


@pytest.mark.parametrize("unit", [b"{},", b"[],", b"0,", b'"",', b'"a,[{\\"":0,', b"[[[", b"{{"])
@pytest.mark.long
def test_many_small_values_are_refused(unit: bytes) -> None:
    with pytest.raises(ResponseTooLarge, match="400,000 values"):
        check_shape(b"[" + unit * (MOST_VALUES + 1) + b" " * HARMLESS_BYTES)


def test_a_small_body_may_hold_anything() -> None:
    check_shape(b"[" + b"0," * (HARMLESS_BYTES // 2 - 1))


@pytest.mark.parametrize("text", [b",[{", b'\\"', b"\\\\", b'\\\\,\\"'])
def test_signs_within_texts_are_no_values(text: bytes) -> None:
    """As in mails, which are full of commas and quotes."""
    check_shape(b'{"html":"' + text * (4 * MOST_VALUES) + b'","rows":[1,2,{"a":[]}]}')


def test_as_many_values_as_are_allowed() -> None:
    blanks = b" " * HARMLESS_BYTES
    check_shape(b"[" + b"0," * (MOST_VALUES - 2) + b"0]" + blanks)
    with pytest.raises(ResponseTooLarge):
        check_shape(b"[" + b"0," * MOST_VALUES + b"0]" + blanks)


def test_a_text_without_end_is_left_to_the_parser() -> None:
    check_shape(b'["' + b"a" * (2 * HARMLESS_BYTES))
