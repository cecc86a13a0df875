"""Renders the templates, with escaping always on."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from regulars_connectors.foreign_text import lines

from . import messages


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("regulars.pages", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: Any) -> str:
    """The rendered template. ``text`` is the catalogue of pages unless the values bring another.

    Strangers' words in it are escaped, and cleaned of what would turn a line around or hide in it.
    """
    return lines(_environment().get_template(template).render({"text": messages} | values))
