"""The family of errors, as it is drawn where a newcomer reads it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from types import ModuleType
from typing import Any

import pytest

import regulars
from regulars import errors
from regulars.api import access_errors, problems
from regulars.errors import RegularsError, RequestRefused
from regulars.server.client import ServerSaid

DRAWN = (errors, problems, access_errors)
_LINE = re.compile(r"^ {4}(?P<bars>[│ ├└─]*)(?P<name>[A-Z]\w+) *(?P<code>\d+)?", re.MULTILINE)


def drawn(module: ModuleType) -> list[tuple[str, str | None, int | None]]:
    """Each class of a drawing with the one above it and its number, from the top."""
    above: list[str] = []
    found = []
    for line in _LINE.finditer(module.__doc__ or ""):
        depth = len(line["bars"]) // 4
        above = [*above[:depth], line["name"]]
        found.append((line["name"], above[-2] if depth else None, line["code"]))
    return [(name, parent, int(code) if code else None) for name, parent, code in found]


def every_kind() -> set[type[RegularsError]]:
    for module in pkgutil.walk_packages(regulars.__path__, "regulars."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: set[type[RegularsError]] = set()
    waiting: list[type[RegularsError]] = [RegularsError]
    while waiting:
        kind = waiting.pop()
        if kind.__module__.startswith("regulars."):  # not those that tests make
            found.add(kind)
        waiting += kind.__subclasses__()
    return found


def test_the_drawings_together_show_every_class() -> None:
    shown = {name for module in DRAWN for name, _, _ in drawn(module)}
    # Those of the database are the store's own, and its door lists them.
    drawn_here = {one for one in every_kind() if not one.__module__.startswith("regulars.store.")}
    assert shown == {kind.__name__ for kind in drawn_here - {ServerSaid}}


@pytest.mark.parametrize("module", DRAWN, ids=["errors", "problems", "access"])
def test_a_drawing_shows_where_each_class_belongs_and_its_number(module: ModuleType) -> None:
    lines = drawn(module)
    assert len(lines) > 4
    for name, parent, number in lines:
        kind: Any = getattr(module, name)
        assert parent is None or kind.__base__.__name__ == parent, name
        if name not in ("RegularsError", "RequestRefused"):
            assert number == (kind.exit_code if module is errors else kind.status), name


def test_who_is_refused_touched_nothing() -> None:
    refused = [kind for kind in every_kind() if issubclass(kind, RequestRefused)]
    assert len(refused) > 10
    assert {kind.safe for kind in refused} == {"Nothing was read or written."}
    others = every_kind() - set(refused) - {ServerSaid}
    assert all(kind.safe != RequestRefused.safe for kind in others)


def test_an_error_says_what_it_is_told_in_place_of_what_it_says_else() -> None:
    error = RequestRefused("It is late.", to_do="Come tomorrow.", safe="All is there.")
    assert (str(error), error.to_do, error.safe) == (
        "It is late.",
        "Come tomorrow.",
        "All is there.",
    )
    assert RequestRefused("It is late.").to_do == RegularsError.to_do
