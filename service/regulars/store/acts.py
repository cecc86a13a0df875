"""What acts of the owner do to the tables, by the kind of their journal entry.

An act is applied after everything that was committed before it and before everything after it, when
it is made and at every rebuild.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from . import belongings, published
from .journal import Entry

if TYPE_CHECKING:
    import duckdb

Act = Callable[["duckdb.DuckDBPyConnection", Entry], None]

ACTS: Mapping[str, Act] = {
    belongings.RENAMED: belongings.rename_rows,
    belongings.REMOVED: belongings.remove_rows,
    published.KIND: published.take_up,
}
