"""What a line of a mail looks like: numbers, a year, a time, an address. Scanned, never matched.

Anyone can mail anything to a public address, so no rule here goes back in the text: each function
takes time in proportion to what it is given.
"""

from __future__ import annotations

import unicodedata

# A word that is no word: soft hyphens, zero-width marks, marks of direction, a byte order mark.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff\x00"
)
_SPACES = (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f"
    "\u205f\u3000"
)
_PLAIN = str.maketrans(dict.fromkeys(_INVISIBLE, "") | dict.fromkeys(_SPACES, " "))
_COLONS = (":", "\uff1a")
_CLOCKS = "\u6642\u65f6\u70b9\u9ede\uc2dc"  # what stands after an hour in Chinese, Japanese, Korean
_MOST_REMEMBERED = 4096
_LONGEST_LOCAL = 64
_LONGEST_DOMAIN = 254
DASHES = frozenset("-_=*~\u2010\u2011\u2012\u2013\u2014\u2015\u2500\u2501\u30fc\uff0d")


class _Digits(dict[int, str]):
    """For ``str.translate``: digits of every script as ASCII digits, all else as blanks."""

    def __missing__(self, code: int) -> str:
        value = unicodedata.digit(chr(code), None)
        given = " " if value is None else str(value)
        if len(self) < _MOST_REMEMBERED:
            self[code] = given
        return given


_DIGITS = _Digits()


def plain_lines(text: str, most: int) -> list[str]:
    """The lines of a text, at most ``most``: spaces of one kind, nothing invisible, composed."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_PLAIN))
        text = text.replace("\u2028", "\n").replace("\u2029", "\n").replace("\x85", "\n")
    elif "\0" in text:
        text = text.replace("\0", "")
    return text.split("\n", most)[:most]


def numbers(text: str) -> list[str]:
    """The runs of digits of a text, in order, as ASCII."""
    return text.translate(_DIGITS).split()


def has_year(runs: list[str]) -> bool:
    """Whether one of the runs of digits is a year of mail: 1970 to 2099."""
    return any(len(run) == 4 and (run[:2] == "20" or "1970" <= run <= "1999") for run in runs)


def has_small_number(runs: list[str]) -> bool:
    """Whether a run of digits may be a day, a month or an hour."""
    return any(len(run) <= 2 for run in runs)


def has_time(text: str) -> bool:
    """Whether a time of day stands in the text: 10:37, 10h37, 10.37 or an hour in CJK."""
    for sign in (":", "h", ".", "\uff1a"):
        at = text.find(sign)
        while at > 0:
            after = text[at + 1 : at + 3]
            if text[at - 1].isdigit() and len(after) == 2 and after.isdigit():
                return True
            at = text.find(sign, at + 1)
    if text.isascii():
        return False
    return any(sign in text for sign in _CLOCKS) and bool(numbers(text))


def has_address(text: str) -> bool:
    """Whether an address of mail stands in the text."""
    at = text.find("@")
    while at >= 0:
        if 0 < at < len(text) - 3 and _is_local(text[at - 1]):
            domain = text[at + 1 : at + 254]
            end = 0
            while end < len(domain) and (domain[end].isalnum() or domain[end] in ".-"):
                end += 1
            if "." in domain[: end - 1] and domain[0].isalnum():
                return True
        at = text.find("@", at + 1)
    return False


def addresses_in(text: str) -> list[str]:
    """The addresses of mail that stand in a text, in order, as they are written."""
    found = []
    at = text.find("@")
    while at >= 0:
        start = at
        while start > 0 and at - start < _LONGEST_LOCAL and _is_local(text[start - 1]):
            start -= 1
        end = at + 1
        while end < len(text) and end - at < _LONGEST_DOMAIN and _is_domain(text[end]):
            end += 1
        domain = text[at + 1 : end].rstrip(".-")
        if start < at and "." in domain:
            found.append(f"{text[start:at]}@{domain}")
        at = text.find("@", end)
    return found


def has_angled_address(text: str) -> bool:
    """Whether an address stands in angle brackets, blanks or ``mailto:`` beside it allowed."""
    start = text.find("<")
    while start >= 0:
        end = text.find(">", start)
        if end < 0:
            return False
        inner = text[start + 1 : end]
        if len(inner) <= 320 and has_address(inner):
            return True
        start = text.find("<", end)
    return False


def ends_with_colon(text: str) -> bool:
    return text.rstrip(" *>_").endswith(_COLONS)


def is_rule(text: str, least: int = 5) -> bool:
    """Whether the line is nothing but dashes, ``least`` or more."""
    return len(text) >= least and not set(text.replace(" ", "")) - DASHES


def split_label(line: str) -> tuple[str, str] | None:
    """Label and value of a line such as ``*From:* Ada``; None where it has no short label."""
    text = line.lstrip(" >*_\t|")
    ends = [at for at in (text.find(sign, 0, 48) for sign in _COLONS) if at > 0]
    if not ends:
        return None
    end = min(ends)
    label = text[:end].strip(" *_")
    if not label or len(label.split()) > 3 or not any(sign.isalpha() for sign in label):
        return None
    if any(sign in label for sign in '@<>./\\"(){}=') or has_digit(label):
        return None
    return label, text[end + 1 :].strip(" *_\t")


def has_digit(text: str) -> bool:
    return any(sign.isdigit() for sign in text)


def _is_local(sign: str) -> bool:
    return sign.isalnum() or sign in "._-+%'"


def _is_domain(sign: str) -> bool:
    return sign.isalnum() or sign in ".-"
