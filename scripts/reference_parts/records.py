"""Records: the fields and types of the code beside what the page says of them by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import msgspec

from regulars_connectors import records as records_module

from .contract import classes_of
from .markdown import as_markdown, table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "records.md"
CHOICES = ("SubscriptionStatus", "PostStatus", "PostForm", "SignalKind")


def records() -> str:
    """A heading for each record. Types and defaults come from the code, meanings from the page."""
    meanings = meanings_of(PAGE.read_text(encoding="utf-8"))
    blocks = [_section(kind, meanings) for kind in record_classes()]
    return "\n\n".join([*blocks, "## Values", _values()])


def record_classes() -> list[type[msgspec.Struct]]:
    """Every record class, in the order of the module."""
    return [kind for kind in classes_of(records_module) if issubclass(kind, msgspec.Struct)]


def meanings_of(page: str) -> dict[tuple[str, str], str]:
    """What a page says of each field, by record and field; empty where it says nothing."""
    found = {}
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        name = section.partition("\n")[0]
        for field, meaning in re.findall(r"^\| `(\w+)` \|.*\| (.*?) ?\|$", section, re.MULTILINE):
            found[name, field] = meaning
    return found


def _section(kind: type[msgspec.Struct], meanings: dict[tuple[str, str], str]) -> str:
    rows = [(*row, meanings.get((kind.__name__, row[0].strip("`")), "")) for row in _rows(kind)]
    head = ("field", "type", "unless given", "what it is")
    return f"## {kind.__name__}\n\n{as_markdown(kind)}\n\n{table(head, rows)}"


def _rows(kind: type[msgspec.Struct]) -> Iterator[tuple[str, str, str]]:
    for field in msgspec.structs.fields(kind):
        default = "" if field.default is msgspec.NODEFAULT else f"`{field.default!r}`"
        yield f"`{field.name}`", f"`{kind.__annotations__[field.name]}`", default or "must be given"


def _values() -> str:
    rows = (
        (f"`{name}`", ", ".join(f"`{value}`" for value in get_args(getattr(records_module, name))))
        for name in CHOICES
    )
    return table(("type", "its values"), rows)
