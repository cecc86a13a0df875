"""How the documentation reads, in figures: sentences, negations, semicolons, *you*, their length.

What is measured is the prose of a page:

- Paragraphs, list items, quotes, and the cells of tables that have four words or more. A shorter
  cell names something (a type, a unit, a default) and is left out, as are the heads of tables.
- Left out are code blocks, headings, HTML comments, pictures, and the targets of links. Inline
  code counts as one word, whatever stands in it.
- A sentence ends with a full stop, a question mark or an exclamation mark (and the quotes or
  brackets that follow) where the next word begins in anything but a small letter, or is a name
  that is written small. The end of a paragraph, of a list item and of a cell ends one as well.
  Known abbreviations end none.

A sentence is *negated* if one of ``NEGATIONS`` stands in it or a word ends in "n't"; it *says you*
if one of ``YOU`` stands in it. Words are what blanks part and what holds a letter or a digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

NEGATIONS = frozenset((
    "not", "no", "never", "nothing", "nobody", "none", "neither", "nor", "nowhere", "without",
    "cannot",
))  # fmt: skip
YOU = frozenset(("you", "your", "yours", "yourself"))
ABBREVIATIONS = ("e.g.", "i.e.", "etc.", "vs.", "cf.", "approx.")
FEWEST_WORDS_OF_A_CELL = 4
WIDTH = 100

_CODE = "Codeword"
_FENCE = re.compile(r"^[ >]*(```+|~~~+)")
_LIST_ITEM = re.compile(r"^ *(?:[-*+]|\d+[.)]) +(?:\[[ x]\] +)?")
_HEADING = re.compile(r"^#{1,6} ")
_RULE = re.compile(r"^ *(?:-{3,}|\*{3,}|_{3,}) *$")
_TABLE_RULE = re.compile(r"^[ |:-]*-[ |:-]*$")
_END = re.compile(r"[.!?…]+[\"'”’)\]*_]*(?=\s+(?:[^a-z\s]|beehiiv\b))")
_WORD = re.compile(r"[^\W_]")
_PART = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


@dataclass(frozen=True)
class Sentence:
    """One sentence, inline code as one word. line: where its paragraph begins, from 1."""

    text: str
    line: int

    @property
    def words(self) -> int:
        return len([word for word in self.text.split() if _WORD.search(word)])

    @property
    def is_negated(self) -> bool:
        return any(part in NEGATIONS or part.endswith("n't") for part in self._parts())

    @property
    def has_semicolon(self) -> bool:
        return ";" in self.text

    @property
    def says_you(self) -> bool:
        return any(part.partition("'")[0] in YOU for part in self._parts())

    def _parts(self) -> list[str]:
        return _PART.findall(self.text.lower().replace("’", "'"))


@dataclass(frozen=True)
class Figures:
    """Shares are of all sentences, from 0 to 1; length is the mean of words per sentence."""

    sentences: int
    negated: float
    semicolons: float
    you: float
    length: float


def figures_of(sentences: Sequence[Sentence]) -> Figures:
    """The figures of some sentences; all 0 where there are none."""
    count = len(sentences)
    if not count:
        return Figures(0, 0.0, 0.0, 0.0, 0.0)
    return Figures(
        sentences=count,
        negated=sum(one.is_negated for one in sentences) / count,
        semicolons=sum(one.has_semicolon for one in sentences) / count,
        you=sum(one.says_you for one in sentences) / count,
        length=sum(one.words for one in sentences) / count,
    )


def sentences_of(page: str) -> list[Sentence]:
    """The sentences of a Markdown page, in order."""
    return [
        Sentence(text, line)
        for line, block in blocks_of(page)
        for text in _parted(_plain(block))
        if _WORD.search(text)
    ]


def blocks_of(page: str) -> Iterator[tuple[int, str]]:
    """The paragraphs, list items and cells of a page, each with the line where it begins."""
    begun, lines = 0, []
    for number, line in _prose_lines(page):
        cells = _cells(line) if line.lstrip().startswith("|") else None
        stops = cells is not None or not line.strip() or _LIST_ITEM.match(line)
        if stops and lines:
            yield begun, " ".join(lines)
            lines = []
        if cells is not None:
            yield from ((number, cell) for cell in cells if _words(cell) >= FEWEST_WORDS_OF_A_CELL)
        elif line.strip():
            begun = begun if lines else number
            lines.append(_LIST_ITEM.sub("", line).strip().lstrip("> "))
    if lines:
        yield begun, " ".join(lines)


def without_generated(page: str) -> str:
    """A page of the reference without its generated parts; lines keep their numbers."""
    return re.sub(
        r"<!-- generated: .*?<!-- end of generated -->",
        lambda it: "\n" * it[0].count("\n"),
        page,
        flags=re.DOTALL,
    )


def lines_too_wide(page: str) -> Iterator[tuple[int, int]]:
    """Lines of prose over ``WIDTH`` characters, and how wide they are.

    Tables and code may be wider, and so may a line that holds nothing but one link or picture,
    which cannot be parted.
    """
    for number, line in _outside_of_code(page):
        if len(line) <= WIDTH or line.lstrip().startswith(("|", "#")):
            continue
        if not re.fullmatch(r" *(?:- )?!?\[[^\]]*\]\([^)\s]*\)[.,:;]?", line):
            yield number, len(line)


def table_of(rows: Iterable[tuple[str, Figures]]) -> str:
    """Figures as text, a line each."""
    head = f"{'':46} sentences  negated  semicolons     you  words"
    return "\n".join(
        [head]
        + [
            f"{name:46} {one.sentences:9}  {one.negated:7.1%}  {one.semicolons:10.1%}"
            f"  {one.you:6.1%}  {one.length:5.1f}"
            for name, one in rows
        ]
    )


def named(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _outside_of_code(page: str) -> Iterator[tuple[int, str]]:
    fence = ""
    for number, line in enumerate(page.splitlines(), start=1):
        found = _FENCE.match(line)
        if fence:
            fence = "" if found and found[1].startswith(fence) else fence
        elif found:
            fence = found[1]
        else:
            yield number, line


def _prose_lines(page: str) -> Iterator[tuple[int, str]]:
    """Lines that may hold prose; what parts paragraphs comes as an empty line."""
    without = re.sub(r"<!--.*?-->", lambda it: "\n" * it[0].count("\n"), page, flags=re.DOTALL)
    last = 0
    lines = list(_outside_of_code(without))
    for place, (number, line) in enumerate(lines):
        if number != last + 1:
            yield last + 1, ""
        last = number
        below = lines[place + 1][1] if place + 1 < len(lines) else ""
        is_head = line.lstrip().startswith("|") and _TABLE_RULE.match(below) and "|" in below
        if _HEADING.match(line) or _RULE.match(line) or _TABLE_RULE.match(line) or is_head:
            yield number, ""
        else:
            yield number, line


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _words(text: str) -> int:
    return Sentence(_plain(text), 0).words


def _plain(block: str) -> str:
    """A block without its marks: code as one word, links as their text, no pictures."""
    text = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", _CODE, block)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"<https?://[^>]*>|https?://\S+", _CODE, text)
    return re.sub(r"\*\*|(?<!\w)[*_]|[*_](?!\w)", "", text)


def _parted(text: str) -> Iterator[str]:
    begin = 0
    for end in _END.finditer(text):
        if not text[: end.end()].endswith(ABBREVIATIONS):
            yield text[begin : end.end()].strip()
            begin = end.end()
    if text[begin:].strip():
        yield text[begin:].strip()
