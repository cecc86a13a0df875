"""The contract of a connector: its classes, its errors, its promises."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from typing import Any

from regulars_connectors import contract as contract_module
from regulars_connectors import errors
from regulars_connectors.conformance import PROMISES

from .markdown import all_below, as_markdown, table


def promises() -> str:
    """What the conformance checks want, by name."""
    return table(("promise", "what it wants"), ((f"`{k}`", v) for k, v in PROMISES.items()))


def contract_classes() -> str:
    """A heading for each class of the contract, with its fields or its calls."""
    return "\n\n".join(_section(kind) for kind in classes_of(contract_module))


def error_family() -> str:
    """A row for each error that a connector may raise."""
    rows = [
        (f"`{kind.__name__}`", f"[`{kind.code}`](errors.md#{kind.code})", told_of(kind))
        for kind in all_below(errors.ConnectorError)
        if kind.__module__ == errors.__name__
    ]
    return table(("error", "code", "when"), rows)


def told_of(kind: type[Any]) -> str:
    """What an error's docstring says, its attributes marked as code, as one paragraph."""
    names = [name for name in vars(kind) if not name.startswith("_")]
    told, about = _apart(as_markdown(kind), names)
    return " ".join([told, *(f"`{name}`: {said}." for name, said in about.items())])


def classes_of(module: Any) -> list[type[Any]]:
    """The classes that a module defines, in its order."""
    return [
        thing
        for thing in vars(module).values()
        if isinstance(thing, type) and thing.__module__ == module.__name__
    ]


def _section(kind: type[Any]) -> str:
    told, about = _apart(as_markdown(kind), list(vars(kind).get("__annotations__", ())))
    blocks = [f"### {kind.__name__}", told]
    rows = [(*row, about.get(row[0].strip("`"), "")) for row in _fields(kind)]
    if rows:
        blocks.append(table(("field", "type", "unless given", "what it is"), rows))
    calls = list(_calls(kind))
    if calls:
        blocks.append(table(("call", "what it does"), calls))
    return "\n\n".join(blocks)


def _apart(text: str, names: list[str]) -> tuple[str, dict[str, str]]:
    """A docstring without its "field: what it is" sentences, and these by field."""
    if not names:
        return text, {}
    found = re.split(rf"(?:(?<=[.;] )|(?<=\n)|^)({'|'.join(names)}): ", text, flags=re.MULTILINE)
    about = {
        name: said.strip().rstrip(";.").strip()
        for name, said in zip(found[1::2], found[2::2], strict=True)
    }
    return found[0].strip(), about


def _fields(kind: type[Any]) -> Iterator[tuple[str, str, str]]:
    """Name, type and default of each field, as they are written."""
    defaults = dict(_defaults(kind))
    inherited = {"model_config", *(n for n in kind.__annotations__ if n.startswith("_"))}
    for name, written in kind.__annotations__.items():
        if name not in inherited:
            yield f"`{name}`", f"`{written}`", defaults.get(name, "must be given")


def _defaults(kind: type[Any]) -> Iterator[tuple[str, str]]:
    if dataclasses.is_dataclass(kind):
        for field in dataclasses.fields(kind):
            if field.default is not dataclasses.MISSING:
                yield field.name, f"`{field.default!r}`"
            elif field.default_factory is not dataclasses.MISSING:
                yield field.name, "empty"
    else:
        yield from ((name, "") for name in kind.__annotations__)


def _calls(kind: type[Any]) -> Iterator[tuple[str, str]]:
    if not getattr(kind, "_is_protocol", False):
        return
    for name, thing in vars(kind).items():
        function = getattr(thing, "__func__", thing)
        if name.startswith("_") or not inspect.isfunction(function):
            continue
        told = " ".join((inspect.getdoc(function) or "").replace("``", "`").split())
        names = [
            one for one in inspect.signature(function).parameters if one not in ("self", "cls")
        ]
        yield f"`{name}({', '.join(names)})`", told
