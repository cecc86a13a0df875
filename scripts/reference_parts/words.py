"""What the parts share: docstrings as Markdown, tables, the classes below another."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import Any


def first_line(kind: type[Any]) -> str:
    """The first paragraph of a class's docstring, on one line."""
    text = (inspect.getdoc(kind) or "").split("\n\n")[0]
    return re.sub(r"``([^`]*)``", r"`\1`", " ".join(text.split()))


def as_markdown(kind: type[Any]) -> str:
    """A class's docstring with names in single backticks and literal blocks fenced."""
    text = re.sub(r"``([^`]*)``", r"`\1`", inspect.getdoc(kind) or "")
    return "\n\n".join(_paragraph(block) for block in text.split("\n\n"))


def _paragraph(block: str) -> str:
    return " ".join(line.strip() for line in block.splitlines())


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; bars in cells are escaped."""
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def all_below(kind: type[Any]) -> list[type[Any]]:
    """A class and everything derived from it."""
    return [kind, *(found for child in kind.__subclasses__() for found in all_below(child))]
