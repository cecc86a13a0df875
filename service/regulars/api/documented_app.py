"""The application with its OpenAPI document, which describes problems once for all routes."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.openapi.models import Schema

from .authority import NEEDS, Need
from .problems import SCHEMAS, Problem, problem_responses

SECURITY_SCHEMES = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key from `regulars keys add`, or the token of the command line.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-regulars",
        "description": "The session of a person who signed in. Without TLS it is `regulars`.",
    },
}


class DocumentedApp(FastAPI):
    """FastAPI whose document says who may ask, and holds what ``problem_responses`` refers to.

    needs_authority: whether every request needs a key or a session.

    As ``model`` of each response, FastAPI would prepare the same schema again for every status of
    every route, which took most of the time to start.
    """

    needs_authority = False

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, made at the first call."""
        if self.openapi_schema is None:
            document = super().openapi()
            components = document.setdefault("components", {})
            schemas = components.get("schemas", {}) | _problem_schemas()
            components["schemas"] = dict(sorted(schemas.items()))
            components["securitySchemes"] = SECURITY_SCHEMES
            for path, methods in document["paths"].items():
                for method, operation in methods.items():
                    self._say_who_may_ask(operation, NEEDS.get(f"{method.upper()} {path}"))
        return super().openapi()

    def _say_who_may_ask(self, operation: dict[str, Any], need: Need | None) -> None:
        """Add the scope of an operation, and what refuses a caller without it."""
        if need is None or need.of == "public":
            return
        refused = problem_responses(401, 403, 429)
        known = operation["responses"]
        more = {str(status): about for status, about in refused.items()}
        operation["responses"] = dict(sorted((more | known).items()))
        if need.scope is not None:
            operation["x-scope"] = need.scope
        if self.needs_authority or need.of == "owner":
            scopes = [] if need.scope is None else [need.scope]
            operation["security"] = [{"key": scopes}, {"session": []}]


def _problem_schemas() -> dict[str, Any]:
    """``Problem`` and the models within it as FastAPI writes models, by name."""
    problem = Problem.model_json_schema(ref_template=f"{SCHEMAS}{{model}}", mode="serialization")
    schemas = problem.pop("$defs") | {Problem.__name__: problem}
    return {
        name: jsonable_encoder(Schema(**schema), by_alias=True, exclude_none=True)
        for name, schema in schemas.items()
    }
