"""SQL lives in .sql files, one statement each; this loads them and binds what they name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

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
    """The statement of ``load/<name>.sql``."""
    text = (resources.files("regulars.store") / "load" / f"{name}.sql").read_text("utf-8")
    return Statement(text, frozenset(_PARAMETER.findall(_COMMENT.sub("", text))))


def load_texts() -> list[str]:
    """Every load statement's text in the order of their names; part of the schema's digest."""
    folder = resources.files("regulars.store") / "load"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return [(folder / name).read_text("utf-8") for name in names]


def schema_text() -> str:
    """The text of schema.sql."""
    return (resources.files("regulars.store") / "schema.sql").read_text("utf-8")
