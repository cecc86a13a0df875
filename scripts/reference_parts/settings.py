"""Settings: a table for each section of the file, and for each connector of ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from regulars.settings import model as settings
from regulars_connectors import registry

from .markdown import first_line, table

FROM_ENVIRONMENT = {"[store]": "REGULARS_STORE__", "[server]": "REGULARS_SERVER__"}


def sections() -> list[tuple[str, type[BaseModel]]]:
    """Each section of the settings file and its model, found by walking the model of all."""
    return _below(settings.Settings, "")


def _below(model: type[BaseModel], above: str) -> list[tuple[str, type[BaseModel]]]:
    found: list[tuple[str, type[BaseModel]]] = []
    for name, field in model.model_fields.items():
        place = f"{above}{name}"
        inner, several = _section_in(field.annotation)
        if inner is not None:
            found += [(f"[[{place}]]" if several else f"[{place}]", inner)]
            found += _below(inner, f"{place}.")
    return found


def _section_in(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model that a field holds, if it holds one, and whether several."""
    for kind in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind, getattr(annotation, "__origin__", None) in (tuple, list)
    return None, False


def is_shown(model: type[BaseModel], name: str) -> bool:
    """Whether a field is a row of its section: not a section of its own, not ``options``."""
    return name != "options" and _section_in(model.model_fields[name].annotation)[0] is None


def settings_tables() -> str:
    """A heading and a table for each section of the settings file."""
    blocks = []
    for place, model in sections():
        about = first_line(model).split(";")[0].rstrip(".")
        blocks.append(f"## `{place}`\n\n{about}.\n\n{table_of(model)}")
        if prefix := FROM_ENVIRONMENT.get(place):
            example = next(iter(model.model_fields))
            blocks.append(f"From the environment: `{prefix}{example.upper()}` and so on.")
    return "\n\n".join(blocks)


def connector_settings(name: str) -> Callable[[], str]:
    """The table of one connector's own settings."""
    return lambda: table_of(registry.find(name).Settings, whole=True)


def tables_within() -> dict[str, Callable[[], str]]:
    """The tables of settings that are lists of tables, as "beehiiv segments"."""
    found: dict[str, Callable[[], str]] = {}
    for connector in own_connectors():
        for name, field in registry.find(connector).Settings.model_fields.items():
            for inner in (
                get_args(field.annotation) if get_origin(field.annotation) is tuple else ()
            ):
                if isinstance(inner, type) and issubclass(inner, BaseModel):
                    found[f"{connector} {name}"] = partial(table_of, inner)
    return found


def table_of(model: type[BaseModel], *, whole: bool = False) -> str:
    """The fields of a settings model as a Markdown table. whole: those with sections, too."""
    schema = model.model_json_schema()
    needed = schema.get("required", ())
    rows = []
    for name, field in model.model_fields.items():
        if not whole and not is_shown(model, name):
            continue
        facts = schema["properties"][name]
        default = "must be set" if name in needed else default_in_words(facts.get("default"))
        rows.append((f"`{name}`", type_in_words(facts), default, field.description or ""))
    return table(("setting", "type", "unless set", "what it is"), rows)


def default_in_words(value: Any) -> str:
    """A default as it would be written in TOML."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        return f'`"{value}"`'
    return f"`{value}`".replace("'", '"')


def type_in_words(facts: dict[str, Any]) -> str:
    """The type of a setting with its bounds."""
    for choice in facts.get("anyOf", ()):
        if choice.get("type") != "null":
            return type_in_words(choice)
    if "enum" in facts or "const" in facts:
        words = facts.get("enum", [facts.get("const")])
        return " or ".join(f'`"{word}"`' for word in words)
    if form := {"password": "secret", "path": "path"}.get(facts.get("format", "")):
        return form
    if "$ref" in facts:
        return "table"
    names = {"integer": "whole number", "number": "number", "boolean": "true or false"}
    names |= {"array": "list of texts", "string": "text", "object": "table"}
    if "$ref" in facts.get("items", {}):
        names["array"] = "list of tables"
    if facts.get("items", {}).get("format") == "password":
        names["array"] = "secret, or list of secrets"
    return names[facts["type"]] + bounds_in_words(facts)


def bounds_in_words(facts: dict[str, Any]) -> str:
    """The bounds of a number, where it has some."""
    low, high = facts.get("minimum"), facts.get("maximum")
    if facts.get("exclusiveMinimum") is not None:
        return f", above {facts['exclusiveMinimum']:g}, at most {high:,g}"
    if low is not None and high is not None:
        return f", {low:,} to {high:,}"
    return f", at least {low:,}" if low is not None else ""


def own_connectors() -> list[str]:
    """The connectors that come with Regulars; a stranger's package may be installed, too."""
    points = registry.installed()
    return sorted({p.name for p in points if p.value.startswith("regulars_connectors.")})
