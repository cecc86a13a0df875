"""Routes: those of the OpenAPI document, as the running application gives it."""

from __future__ import annotations

from typing import Any, cast

from fastapi import FastAPI

from regulars.access.attempts import Attempts
from regulars.api.app import create_routes
from regulars.api.authority import Authority
from regulars.api.report_service import ReportService
from regulars.api.widget_cache import WidgetCache
from regulars.settings import build_settings

from .markdown import table


def application() -> FastAPI:
    """The application without a store behind it: it is asked for its routes only."""
    nothing = cast("Any", object())
    settings, service = build_settings({}, None), ReportService(nothing, lambda: 0)
    widgets = WidgetCache(settings, nothing, service)
    authority = Authority(nothing, Attempts(lambda: 0), is_required=False)
    return create_routes(settings, nothing, nothing, service, widgets, authority)


def routes() -> str:
    """A heading for each documented route: what it does, what may be asked, what it answers."""
    paths = application().openapi()["paths"]
    return "\n\n".join(
        _route(method.upper(), path, about)
        for path, methods in paths.items()
        for method, about in methods.items()
    )


def _route(method: str, path: str, about: dict[str, Any]) -> str:
    summary = about["summary"]
    blocks = [f"### `{method} {path}`", summary if summary[-1] in ".?" else f"{summary}."]
    told = " ".join(about.get("description", "").split())
    if told and told.rstrip(".") != summary.rstrip("."):
        blocks.append(told)
    rows = [_parameter(one) for one in about.get("parameters", ())] + _body(about)
    if rows:
        blocks.append(table(("parameter", "where", "type", "what it is"), rows))
    statuses = sorted(about["responses"])
    model = _model(about["responses"].get("200") or _other_success(about) or {})
    scope = f"Scope: `{about['x-scope']}`. " if "x-scope" in about else ""
    blocks.append(f"{scope}Answers {', '.join(statuses)}.{model}")
    return "\n\n".join(blocks)


def _other_success(about: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = about["responses"].get("201") or about["responses"].get("202") or {}
    return found


def _parameter(one: dict[str, Any]) -> tuple[str, str, str, str]:
    needed = "" if one.get("required") else ", optional"
    words = one.get("description") or one["schema"].get("description", "")
    return f"`{one['name']}`", one["in"], _type(one["schema"]) + needed, words


def _body(about: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    content = about.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return []
    name = _name(content["schema"])
    model = application().openapi()["components"]["schemas"].get(name, {})
    needed = model.get("required", ())
    return [
        (
            f"`{field}`", "body", _type(facts) + ("" if field in needed else ", optional"),
            facts.get("description", ""),
        )
        for field, facts in model.get("properties", {}).items()
    ]  # fmt: skip


def _type(schema: dict[str, Any]) -> str:
    kinds = [one for one in schema.get("anyOf", (schema,)) if one.get("type") != "null"]
    return " or ".join(_one_type(kind) for kind in kinds if kind.get("maxLength") != 0)


def _one_type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(f"`{word}`" for word in schema["enum"])
    low, high = schema.get("minimum"), schema.get("maximum")
    bounds = f", {low} to {high}" if low is not None and high is not None else ""
    return str(schema.get("format", schema.get("type", _name(schema)))) + bounds


def _name(schema: dict[str, Any]) -> str:
    for one in schema.get("anyOf", (schema,)):
        if "$ref" in one:
            return str(one["$ref"]).rpartition("/")[2]
    return "object"


def _model(response: dict[str, Any]) -> str:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" not in schema:
        return ""
    envelope, _, result = _name(schema).rstrip("_").partition("_")
    if envelope == "Envelope":
        return f" The body is the [envelope](reports.md#the-envelope) around `{result}`."
    return f" The body is a `{_name(schema)}`."
