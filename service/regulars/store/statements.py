"""SQL lives in .sql files, one statement each; this loads them and binds what they name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from .streams import TAKEN_UP, names_for, template_of

if TYPE_CHECKING:
    import duckdb

_PLACE = re.compile(r"@([a-z_]+)")
_PARAMETER = re.compile(r"\$([a-z_]+)")
_COMMENT = re.compile(r"--[^\n]*")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with named parameters."""

    text: str
    parameters: frozenset[str]

    def run(self, cursor: duckdb.DuckDBPyConnection, values: dict[str, Any]) -> list[Any]:
        """Run it with those of ``values`` that it names; all rows. DuckDB refuses surplus names."""
        chosen = {name: values[name] for name in self.parameters}
        return cursor.execute(self.text, chosen).fetchall()


@cache
def statement(name: str) -> Statement:
    """The statement ``<stream>.<verb>``: a file of that name, or the filled one for all streams."""
    file = resources.files("regulars.store") / "load" / f"{name}.sql"
    text = file.read_text("utf-8") if file.is_file() else _filled(*name.split("."))
    return Statement(text, frozenset(_PARAMETER.findall(_COMMENT.sub("", text))))


def _filled(stream: str, verb: str) -> str:
    """A template with the names of one stream; they come from our code alone."""
    file = resources.files("regulars.store") / "load" / f"{template_of(stream, verb)}.sql"
    names = names_for(stream)
    return _PLACE.sub(lambda place: names[place[1]], file.read_text("utf-8"))


def load_texts() -> list[str]:
    """Every load statement's text in the order of their names; part of the schema's digest."""
    folder = resources.files("regulars.store") / "load"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    filled = [str(names_for(stream)) for stream in TAKEN_UP]
    return [(folder / name).read_text("utf-8") for name in names] + filled


def schema_text() -> str:
    """The text of schema.sql."""
    return (resources.files("regulars.store") / "schema.sql").read_text("utf-8")
