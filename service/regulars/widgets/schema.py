"""The published JSON Schema of the widget document, as bytes."""

from __future__ import annotations

from importlib.resources import files

SCHEMA_PATH = "/schemas/widget/v1.json"


def schema_bytes() -> bytes:
    """The schema as JSON."""
    return (files("regulars.widgets") / "widget-v1.schema.json").read_bytes()
