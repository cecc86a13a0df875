"""What the parts share: docstrings as Markdown, tables, wrapping, the classes below another."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

WIDTH = 100


def first_line(kind: type[Any]) -> str:
    """The first paragraph of a class's docstring, on one line."""
    text = (inspect.getdoc(kind) or "").split("\n\n")[0]
    return re.sub(r"``([^`]*)``", r"`\1`", " ".join(text.split()))


def as_markdown(kind: type[Any]) -> str:
    """A class's docstring with names in single backticks, each paragraph on one line."""
    text = re.sub(r"``([^`]*)``", r"`\1`", inspect.getdoc(kind) or "")
    return "\n\n".join(" ".join(block.split()) for block in text.split("\n\n"))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table. Each cell becomes one line, whatever its text holds; bars are escaped."""
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    lines += ["| " + " | ".join(_cell(text) for text in row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def wrapped(page: str) -> str:
    """Markdown with its paragraphs and list items at most ``WIDTH`` wide; all else as it is."""
    return "\n".join(_wrapped_lines(page))


def _wrapped_lines(page: str) -> Iterator[str]:
    in_code = False
    for line in page.splitlines():
        in_code ^= line.startswith("```")
        if in_code or len(line) <= WIDTH or line.startswith(("|", "#", "```")):
            yield line
        else:
            indent = "  " if line.startswith("- ") else ""
            yield from _broken(line, indent)


def _broken(line: str, indent: str) -> list[str]:
    """A line broken at blanks, but not inside of code."""
    whole = re.sub(r"`[^`]+`", lambda code: code[0].replace(" ", "\0"), line)
    lines = textwrap.wrap(
        whole, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return [one.replace("\0", " ") for one in lines]


def all_below(kind: type[Any]) -> list[type[Any]]:
    """A class and everything derived from it."""
    return [kind, *(found for child in kind.__subclasses__() for found in all_below(child))]
