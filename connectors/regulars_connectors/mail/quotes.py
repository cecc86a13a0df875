"""Where somebody else's words begin: marks, separators, blocks of headers, attributions.

No list of languages decides: dates, times, years, addresses, colons and dashes do. Each function
looks at a few lines from one line on. ``bare`` are the lines without blanks around them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from .lines import (
    DASHES,
    ends_with_colon,
    has_address,
    has_angled_address,
    has_small_number,
    has_time,
    has_year,
    numbers,
    split_label,
)

WIDEST = 420  # characters of an attribution
LONGEST_DASHES = 48  # of a separator, on both sides
_WINDOW = 4
_MOST_WRAPPED = 6  # lines of one header
_MOST_LABELS = 12
_TIMED = 5
# Of a line between two mails. Stars, waves and equals signs are ornaments of people.
_RULES = DASHES - set("*~=")
_EDGE = "".join(DASHES) + " "


def is_quoted(text: str) -> bool:
    """Whether a line has the mark of a quote. One that closes as it opened is an ornament."""
    if text.startswith(">"):
        return not text.endswith("<")
    return text.startswith("| ") and not text.endswith("|")


def without_marks(text: str) -> str:
    return text.lstrip(">| ")


def dashes_around(text: str) -> int:
    """How many signs of a line are dashes and blanks at its edges."""
    return len(text) - len(text.strip(_EDGE))


def is_separator(text: str) -> bool:
    """Three dashes, at most six words, three dashes; more words where a date stands among them."""
    if len(text) > 120 or not _RULES.issuperset(text[:3] + text[-3:]) or len(text) < 8:
        return False
    inner = text.strip(_EDGE)
    if not inner or inner.isdigit():
        return False
    words = len(inner.split())
    return words <= 6 or (words <= 14 and has_year(numbers(inner)) and has_time(inner))


def opens_a_mail(text: str) -> bool:
    """Whether dashes, a few words and dashes stand before labels and an address, in one line."""
    if not text.startswith("----"):
        return False
    inner, dashes, rest = text.lstrip(_EDGE).partition("----")
    return bool(dashes) and len(inner.split()) <= 6 and ":" in rest and has_address(rest)


def names_itself(text: str) -> bool:
    """Whether a line such as ``From: ada@example.org <ada@example.org>`` stands here."""
    found = split_label(text) if text.endswith(">") else None
    if found is None:
        return False
    name, _, address = found[1].rstrip(">").partition("<")
    return name.strip() == address.strip() and has_address(address)


def heads_in_one_line(bare: list[str], start: int) -> bool:
    """Whether a line holds label, address, date and time, as below a rule."""
    text = bare[start] if start < len(bare) else ""
    if len(text) > WIDEST or split_label(text) is None:
        return False
    return has_address(text) and has_year(numbers(text)) and has_time(text)


def header_block_end(bare: list[str], start: int) -> int:
    """The line after a block of ``Label: value`` lines; 0 where none begins here.

    Proof is an address and a date, or two addresses, or a date with its time. Two labels need an
    address in one and a date with its time in the other, unless marks say that they are quoted.
    What else people list stays theirs, and so does a postscript directly above a block.
    """
    end = _block_end(bare, start)
    return 0 if end and _has_words_above(bare, start, end) else end


def _block_end(bare: list[str], start: int) -> int:
    at, labels, wrapped = start, 0, 0
    addressed = dated = 0
    while at < len(bare) and labels <= _MOST_LABELS:
        line = _header_line(bare[at])
        if line.is_label:
            labels += 1
            wrapped = 0
        elif not labels:
            return 0
        elif line.is_empty:
            if at + 1 >= len(bare) or not _header_line(bare[at + 1]).is_label:
                break
        else:
            wrapped += 1
            if wrapped > _MOST_WRAPPED or (wrapped > 1 and not line.proves):
                break
        addressed += line.is_addressed
        dated += line.dated
        at += 1
    if labels == 2:
        is_marked = is_quoted(bare[start])
        return at if addressed and (is_marked or dated >= _TIMED) else 0
    is_block = dated >= _TIMED or addressed >= 2 or (addressed and dated) or (labels > 3 and dated)
    return at if labels > 2 and is_block else 0


def _has_words_above(bare: list[str], start: int, end: int) -> bool:
    """Whether lines such as ``PS: The kettle is mine.`` stand above the block that begins there.

    They prove nothing, and end as sentences do, stand apart from lines that stand together, lack
    the mark of a quote that these have, or have a label in capitals where these have none.
    """
    if _has_capitals_above(bare, start, end):
        return True
    at = start
    while at < end and _is_sentence(bare[at]):
        at += 1
    if at > start and at < end and _header_line(bare[at]).proves:
        return True
    is_marked = is_quoted(bare[start])
    gap = start + 1
    while gap < end and bare[gap] and is_quoted(bare[gap]) == is_marked:
        gap += 1
    lines = [_header_line(one) for one in bare[start:gap]]
    if any(line.proves or not line.is_label for line in lines):
        return False
    if gap < end and bare[gap]:
        return True  # the block is marked as quoted, and they are not
    below = next((at for at in range(gap, end) if bare[at]), end)
    is_together = all(bare[below : below + 3])
    return is_together and _block_end(bare, below) > 0


def _has_capitals_above(bare: list[str], start: int, end: int) -> bool:
    below = start + 1
    if below >= end or _header_line(bare[start]).proves:
        return False
    alone = _is_in_capitals(bare[start]) and not _is_in_capitals(bare[below])
    return alone and _block_end(bare, below) > 0


def _is_in_capitals(text: str) -> bool:
    found = split_label(text)
    return found is not None and found[0].isupper()


def _is_sentence(text: str) -> bool:
    return text.endswith((".", "!", "?", "…", ")", "。")) and not _header_line(text).proves


class _HeaderLine(NamedTuple):
    """dated: nothing, one for a year, more for a year with a time."""

    is_label: bool
    is_empty: bool
    is_addressed: bool
    dated: int
    proves: bool


# A block is looked for at each line, so most lines are looked at several times.
@lru_cache(maxsize=256)
def _header_line(bare: str) -> _HeaderLine:
    text = bare.strip("> ")
    found = split_label(text) if text else None
    value = found[1] if found is not None else text
    is_addressed = has_address(value)
    runs, timed = numbers(value), has_time(value)
    # Four numbers beside a time: its two, a day and a year, perhaps of two digits.
    has_date = has_year(runs) or (timed and len(runs) >= 4)
    dated = 0 if is_addressed or not has_date else _TIMED if timed else 1
    return _HeaderLine(
        found is not None, not text, is_addressed, dated, is_addressed or has_date or timed
    )


def attribution_end(bare: list[str], start: int) -> int:
    """The line after a block such as ``On Monday Ada wrote:``; 0 where none begins here."""
    first = bare[start]
    if not _may_begin(first):
        return 0
    text = ""
    for end in range(start, min(start + _WINDOW, len(bare))):
        line = bare[end]
        is_open = text.rfind("<") > text.rfind(">")
        if not line or (end > start and line.startswith(">") and not is_open):
            return 0
        text = f"{text} {line}" if text else line
        if len(text) > WIDEST:
            return 0
        if _is_attribution(text) or _is_dated_name(text, bare, end + 1):
            return end + 1
    return 0


def _may_begin(line: str) -> bool:
    if "@" in line and has_address(line):
        return True
    runs = numbers(line)
    return bool(runs) and (has_year(runs) or has_time(line))


def _is_attribution(text: str) -> bool:
    has_colon = ends_with_colon(text)
    angled = has_angled_address(text)
    if has_colon and angled:
        return True
    runs = numbers(text)
    if has_colon:
        dated = has_time(text) or has_small_number(runs)
        return dated and (has_year(runs) or has_address(text))
    if angled and has_year(runs) and has_time(text):
        return len(text[text.rfind(">") + 1 :].split()) <= 2
    edges = text[0] in DASHES and text[-1] in DASHES
    return edges and has_address(text) and bool(runs)


def _is_dated_name(text: str, bare: list[str], after: int) -> bool:
    """A date and a name with its address, directly above a quote."""
    if not text.endswith(">") or not has_year(numbers(text)) or not has_angled_address(text):
        return False
    while after < len(bare) and not bare[after]:
        after += 1
    return after < len(bare) and is_quoted(bare[after])
