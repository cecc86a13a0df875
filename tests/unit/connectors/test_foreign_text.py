"""Strangers' words leave without what moves a cursor, turns a line, hides or cannot be written."""

from __future__ import annotations

import json
import sys
import unicodedata

import pytest

from regulars_connectors.foreign_text import MARK, clean, json_lines, lines, one_line, table_cell

# Marks of Arabic and Egyptian scripts that show: format characters by name, letters by look.
SHOWN = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
BREAKS = "\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"


def test_no_control_format_or_half_character_of_unicode_passes() -> None:
    for number in range(sys.maxunicode + 1):
        letter = chr(number)
        if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") and number not in SHOWN:
            cleaned = clean(f"a{letter}b")
            assert cleaned == ("a b" if letter in BREAKS else f"a{MARK}b"), hex(number)


@pytest.mark.long
def test_what_is_left_can_stand_in_xml_and_in_a_file() -> None:
    for number in range(sys.maxunicode + 1):
        for left in clean(chr(number)):
            assert ord(left) >= 0x20
            assert not 0xD800 <= ord(left) <= 0xDFFF
            assert ord(left) & 0xFFFE != 0xFFFE


@pytest.mark.parametrize(
    "text",
    [
        "Ada Lovelace", "Zoë", "ﺏ‌ﺏ", "می‌خواهم", "👩‍👩‍👧", "క్‌ష", "שלום", "日本 語", "🏳️‍🌈",
        "e\u0301", "नमस्ते",
    ],
)  # fmt: skip
def test_words_of_every_script_stay(text: str) -> None:
    assert clean(text) == one_line(text) == lines(text) == text


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("\x1b[31mred", f"{MARK}[31mred"),
        ("\x9b31mred", f"{MARK}31mred"),
        ("\x1b]0;title\x07", f"{MARK}]0;title{MARK}"),
        ("one\r\ntwo", "one two"),
        ("one\u2028two", "one two"),
        ("pay\u200bpal", f"pay{MARK}pal"),
        ("a\u200db", f"a{MARK}b"),
        ("\u200d", MARK),
        ("half\ud83d", f"half{MARK}"),
        ("nul\0", f"nul{MARK}"),
        ("  many   spaces ", "many spaces"),
    ],
)
def test_what_harms_is_marked(given: str, shown: str) -> None:
    assert one_line(given) == shown


def test_own_lines_stay_and_columns_too() -> None:
    assert lines("a   b\nc\x1b[2Jd") == f"a   b\nc{MARK}[2Jd"


def test_json_keeps_its_values() -> None:
    value = {"name": "".join(chr(one) for one in range(0x3000)) + "\ud83d \U000e0041 \U0001f600"}
    encoded = json_lines(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(encoded) == value
    assert lines(encoded) == encoded
    encoded.encode()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\0", "＝", "＠"])
def test_a_cell_is_no_formula(start: str) -> None:
    assert table_cell(f"{start}1+1").startswith("'")
    assert table_cell("two\nlines") == "two\nlines"
