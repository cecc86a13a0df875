"""Loads SQL statements from .sql files, fills templates, and binds parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from .sql_files import sql_names, sql_text
from .streams import HISTORY, columns_from, names_for, template_of

if TYPE_CHECKING:
    import duckdb

_FOLDER = "store/load"
_PLACE = re.compile(r"@([a-z_]+)")
_PARAMETER = re.compile(r"\$([a-z_0-9]+)")
_COMMENT = re.compile(r"--[^\n]*")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with named parameters."""

    text: str
    parameters: frozenset[str]

    def run(self, cursor: duckdb.DuckDBPyConnection, values: dict[str, Any]) -> list[Any]:
        """Run it with the ``values`` that it names (DuckDB refuses others). Returns all rows."""
        chosen = {name: values[name] for name in self.parameters}
        return cursor.execute(_parsed(cursor, self.text), chosen).fetchall()


@cache
def statement(name: str, groups: tuple[frozenset[str], ...] = ()) -> Statement:
    """The statement ``<stream>.<verb>``: a file of that name, or the filled template.

    groups: for statements that apply history files, the columns of each group of files. None are
    needed for files of one entry that have the columns of this version.
    """
    stream, _, verb = name.partition(".")
    text = _text(name if name in sql_names(_FOLDER) else template_of(stream, verb))
    if _PLACE.search(_COMMENT.sub("", text)):
        text = _filled(text, _fillings(stream, groups))
    return Statement(text, frozenset(_PARAMETER.findall(_COMMENT.sub("", text))))


_PARSED: dict[str, duckdb.Statement] = {}


def _parsed(cursor: duckdb.DuckDBPyConnection, text: str) -> duckdb.Statement:
    """The statement, parsed once in this process: parsing is a sixth of a small one's cost."""
    if text not in _PARSED:
        (_PARSED[text],) = cursor.extract_statements(text)
    return _PARSED[text]


def _fillings(stream: str, groups: tuple[frozenset[str], ...]) -> dict[str, str]:
    """The values of a template's placeholders, which come from our code alone."""
    names = names_for(stream)
    if not groups:
        rows = _text("rows.one")
        return names | {"rows": rows, "newest": rows}
    files = "UNION ALL\n".join(
        _filled(_text("rows.group"), {"columns": columns_from(stream, held), "number": str(number)})
        for number, held in enumerate(groups)
    )
    rows = _filled(_text("rows.several"), {"files": files})
    newest = _filled(_text("newest.several"), names | {"rows": rows})
    return names | {"rows": rows, "newest": newest}


def _filled(text: str, fillings: dict[str, str]) -> str:
    return _PLACE.sub(lambda place: fillings[place[1]], text)


def _text(name: str) -> str:
    return sql_text(name, _FOLDER)


def load_texts() -> list[str]:
    """The text of every load statement, by name order. Part of the schema's digest."""
    filled = [str(names_for(stream)) for stream in HISTORY]
    return [_text(name) for name in sql_names(_FOLDER)] + filled
