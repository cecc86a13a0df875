"""The application with its OpenAPI document, which describes problems once for all routes."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.openapi.models import Schema

from .problems import SCHEMAS, Problem


class DocumentedApp(FastAPI):
    """FastAPI whose document holds the schemas that ``problem_responses`` refers to.

    As ``model`` of each response, FastAPI would prepare the same schema again for every status of
    every route, which took most of the time to start.
    """

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, made at the first call."""
        if self.openapi_schema is None:
            document = super().openapi()
            components = document.setdefault("components", {})
            schemas = components.get("schemas", {}) | _problem_schemas()
            components["schemas"] = dict(sorted(schemas.items()))
        return super().openapi()


def _problem_schemas() -> dict[str, Any]:
    """``Problem`` and the models within it as FastAPI writes models, by name."""
    problem = Problem.model_json_schema(ref_template=f"{SCHEMAS}{{model}}", mode="serialization")
    schemas = problem.pop("$defs") | {Problem.__name__: problem}
    return {
        name: jsonable_encoder(Schema(**schema), by_alias=True, exclude_none=True)
        for name, schema in schemas.items()
    }
