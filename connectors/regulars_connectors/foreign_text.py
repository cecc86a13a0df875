"""Words of strangers, made harmless where they leave: terminal, log, page, picture, table.

A name may hold what moves a terminal's cursor, turns a line around, hides in it, or cannot be
written to a file. Each such character becomes a replacement character, so that you see that
something was there. Words themselves stay: escaping for HTML or CSV is a second step, by whoever
writes it.
"""

from __future__ import annotations

import re

MARK = "\ufffd"
_BREAKS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")
_JOINERS = frozenset("\u200c\u200d")
_LAST_LATIN = 0x2FF
_PLANES = range(0x10000, 0x110000, 0x10000)
# Controls, invisible and turning characters, halves of pairs and what is no character at all.
_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    + "".join(chr(plane + last) for plane in _PLANES for last in (0xFFFE, 0xFFFF))
    + "\U000e0000-\U000e0fff]"
)  # fmt: skip
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def clean(text: str) -> str:
    """The text on one line with its spaces: a break becomes a space, what harms a mark.

    Joiners stay between letters of scripts that need them, and inside emoji.
    """
    return _HARMFUL.sub(_cleaned, text)


def one_line(text: str) -> str:
    """The text cleaned, with single spaces between its words."""
    return " ".join(clean(text).split())


def lines(text: str) -> str:
    """Each line cleaned. For text of our own in which strangers' words stand."""
    if _HARMFUL.search(text) is None:
        return text
    return "\n".join(clean(line) for line in text.split("\n"))


def json_lines(encoded: str) -> str:
    """JSON in which escapes stand for the harmful characters. Its values stay the same."""
    return _HARMFUL.sub(_escaped, encoded)


def table_cell(text: str) -> str:
    """A cell of a CSV file that a spreadsheet shows and never computes. Line breaks stay."""
    shown = lines(text.replace("\r\n", "\n"))
    return f"'{shown}" if text.startswith(_FORMULA_STARTS) else shown


def _cleaned(found: re.Match[str]) -> str:
    letter = found[0]
    if letter in _BREAKS:
        return " "
    return letter if letter in _JOINERS and _joins(found) else MARK


def _joins(found: re.Match[str]) -> bool:
    """Whether a joiner stands between two letters, neither of them Latin."""
    text, start, end = found.string, found.start(), found.end()
    beside = text[max(start - 1, 0) : start] + text[end : end + 1]
    return len(beside) == 2 and all(
        ord(one) > _LAST_LATIN and not one.isspace() and _HARMFUL.match(one) is None
        for one in beside
    )


def _escaped(found: re.Match[str]) -> str:
    letter = found[0]
    if letter == "\n":
        return letter
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
