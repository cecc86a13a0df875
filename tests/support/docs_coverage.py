"""What the reference lacks: everything that a person can name, held to its heading.

Nothing is listed here by hand: settings, verbs, routes, reports, errors, records and connectors
are found in the code. Each function takes the text of a page and yields a sentence for whatever
is missing there: what it is, which page wants it, and how to write it.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
from pydantic import BaseModel
from reference_parts import api, records, settings
from starlette.routing import Route

import regulars
from regulars_connectors import registry

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
MAKE = "run `make docs`"


def page(name: str) -> str:
    """The text of a page of the reference."""
    return (DOCS / "reference" / name).read_text(encoding="utf-8")


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", text, re.MULTILINE)


def section(text: str, heading: str) -> str:
    """What stands below a heading, down to the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}$(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def rows(text: str) -> set[str]:
    """The names in the first column of the tables of a text."""
    return set(re.findall(r"^\| `([^`|]+)` \|", text, re.MULTILINE))


# Settings


def missing_settings(text: str, sections: Iterable[tuple[str, type[BaseModel]]]) -> Iterator[str]:
    for place, model in sections:
        shown = rows(section(text, f"`{place}`"))
        for name, field in model.model_fields.items():
            if not settings.is_shown(model, name):
                continue
            if not field.description:
                yield f"{model.__name__}.{name} needs a description: Field(description=…)"
            if name not in shown:
                yield f"settings.md needs a row for `{name}` below `{place}`: {MAKE}"


def missing_connectors(text: str, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        below = section(text, name)
        if not below:
            yield (
                f"connectors.md needs a heading `## {name}` that says what it reads, with the "
                f"markers `<!-- generated: {name} settings -->` and `<!-- end of generated -->`"
            )
            continue
        for field in registry.find(name).Settings.model_fields:
            if field not in rows(below):
                yield f"connectors.md needs a row for `{field}` below `## {name}`: {MAKE}"


# Verbs, routes


def verbs_of(command: click.Command, path: str) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield path
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below is not None
        yield from verbs_of(below, f"{path} {name}")


def missing_verbs(text: str, verbs: Iterable[str]) -> Iterator[str]:
    for verb in verbs:
        if f"`{verb}`" not in headings(text):
            yield f"command-line.md needs a heading for `{verb}`: {MAKE}"


def routes_of(app: Any) -> Iterator[tuple[str, str]]:
    """Method and path of every route, those outside of the OpenAPI document included."""
    for path, methods in app.openapi()["paths"].items():
        yield from ((method.upper(), path) for method in methods)
    known = set(app.openapi()["paths"])
    for route in _all_routes(app.routes):
        path = re.sub(r":\w+\}", "}", route.path)
        if path not in known and not any(path.endswith(one) for one in _catch_alls(known)):
            methods = set(getattr(route, "methods", None) or {"GET"}) - {"HEAD", "OPTIONS"}
            yield from ((method, path) for method in sorted(methods))


def _all_routes(found: Iterable[Any]) -> Iterator[Route]:
    for route in found:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _all_routes(inner.routes)
        elif not getattr(route, "include_in_schema", False) or not hasattr(route, "response_model"):
            yield route


def _catch_alls(known: set[str]) -> set[str]:
    """Paths that answer what no documented path does, such as an unknown report."""
    return {
        re.sub(r"^/api/v1", "", f"{path.rpartition('/')[0]}/{{report}}")
        for path in known
        if "/reports/" in path
    }


def missing_routes(text: str, routes: Iterable[tuple[str, str]]) -> Iterator[str]:
    for method, path in routes:
        heading, row = f"### `{method} {path}`", f"`{method} {path}`"
        if path.startswith("/api/v1/") and path != "/api/v1/openapi.json":
            if heading not in text:
                yield f"http-api.md needs a heading `{heading}`: {MAKE}"
        elif row not in text:
            yield (
                f"http-api.md needs a row {row} in the table below "
                "`## Outside of the OpenAPI document`"
            )


# Reports, errors, records


def missing_reports(text: str, reports: Iterable[Any]) -> Iterator[str]:
    for report in reports:
        if not re.search(rf"^## {report.name}$", text, re.MULTILINE):
            yield (
                f"reports.md needs a heading `## {report.name}` that says in words what its "
                "figures mean; the tables of its fields are generated"
            )
        below = section(text, f"Fields of {report.name}")
        for model in (report.parameters, report.result):
            for name, field in model.model_fields.items():
                if (field.serialization_alias or name) not in rows(below):
                    yield f"reports.md needs a row for `{name}` of {report.name}: {MAKE}"
        for name, field in report.parameters.model_fields.items():
            if not field.description:
                yield f"the parameter {name} of {report.name} needs Field(description=…)"


def load_everything() -> None:
    """Errors are defined in many modules; they are known once these are loaded."""
    for module in pkgutil.walk_packages(regulars.__path__, "regulars."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def classes_below(kind: type) -> Iterator[type]:
    yield kind
    for child in kind.__subclasses__():
        yield from classes_below(child)


def missing_errors(text: str, codes: Iterable[str]) -> Iterator[str]:
    for code in sorted(set(codes)):
        if f"`{code}`" not in headings(text):
            yield f"errors.md needs a heading for `{code}`: {MAKE}"


def missing_records(text: str, kinds: Iterable[type[msgspec.Struct]]) -> Iterator[str]:
    meanings = records.meanings_of(text)
    for kind in kinds:
        if kind.__name__ not in headings(text):
            yield f"records.md needs a heading for {kind.__name__}: {MAKE}"
            continue
        for field in kind.__struct_fields__:
            if not meanings.get((kind.__name__, field)):
                yield (
                    f"records.md does not say what {kind.__name__}.{field} is: {MAKE}, then write "
                    "it into the last column of its row"
                )


def application() -> Any:
    """The application, to be asked for its routes."""
    return api.application()
