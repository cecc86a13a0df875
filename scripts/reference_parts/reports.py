"""Reports: question, definition, parameters and the fields of the result, nested ones included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from regulars.reports import REPORTS
from regulars.reports.engine.envelope import (
    Coverage,
    Envelope,
    LeftOut,
    Source,
    SourceStream,
    Window,
)
from regulars.reports.engine.facts import Facts
from regulars.reports.engine.report import Context, Report
from regulars.settings import PublicationSettings
from regulars.stats.recurrence import rule_for

from .markdown import first_line, table

JSON_NAMES: dict[Any, str] = {
    str: "text", int: "whole number", float: "number", bool: "true or false",
    datetime: "time", date: "date", NoneType: "null",
}  # fmt: skip
MOMENT = datetime(2026, 1, 5, tzinfo=UTC)


def envelope_tables() -> str:
    """The fields that every report has around its result."""
    models = (Envelope, Window, Coverage, LeftOut, Source, SourceStream)
    return "\n\n".join(_fields_of(model) for model in models)


def report_sections() -> str:
    """A heading for each report."""
    return "\n\n".join(_section(report) for report in REPORTS)


def _section(report: Report[Any, Any, Any]) -> str:
    definition = report.definition(_usual_context(report))
    blocks = [
        f"### Fields of {report.name}",
        f"{report.question} {definition}",
    ]
    parameters = list(_rows(report.parameters))
    if parameters:
        blocks.append(table(("parameter", "type", "what it is"), parameters))
    blocks += [_fields_of(model) for model in models_below(report.result)]
    return "\n\n".join(blocks)


def _usual_context(report: Report[Any, Any, Any]) -> Context[Any]:
    """What the definition is told of a publication that nothing is known of yet."""
    facts = Facts(posts=[], sources=[], rule=rule_for(None))
    return Context(PublicationSettings(name="x"), report.parameters(), MOMENT, MOMENT, facts)


def models_below(model: type[BaseModel]) -> list[type[BaseModel]]:
    """A result model and those inside it, each once, in the order of their fields."""
    found: list[type[BaseModel]] = []
    waiting = [model]
    while waiting:
        one = waiting.pop(0)
        if one not in found:
            found.append(one)
            waiting += [
                inner for field in one.model_fields.values() for inner in _models(field.annotation)
            ]
    return found


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)


def _fields_of(model: type[BaseModel]) -> str:
    name = model.__name__.partition("[")[0]
    head = f"`{name}`: {first_line(model)}"
    return f"{head}\n\n{table(('field', 'type', 'what it is'), _rows(model))}"


def _rows(model: type[BaseModel]) -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        shown = field.serialization_alias or name
        yield f"`{shown}`", type_in_words(field.annotation), field.description or ""


def type_in_words(annotation: Any) -> str:
    """A type as JSON shows it."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{word}`" for word in parts)
    if origin is Annotated:
        return type_in_words(parts[0])
    if origin in (list, tuple, Sequence):
        return f"list of {type_in_words(parts[0])}"
    if origin is dict:
        return f"object: {type_in_words(parts[1])} for each {type_in_words(parts[0])}"
    if origin in (Union, UnionType):
        return " or ".join(type_in_words(part) for part in parts)
    return JSON_NAMES.get(annotation, getattr(annotation, "__name__", str(annotation)))
