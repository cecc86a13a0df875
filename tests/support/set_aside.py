"""Views asked as reports ask them, with the small ones set aside: bare, they take long to plan."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from regulars.reports.engine.partitions import materialise_posts, partition_people

if TYPE_CHECKING:
    import duckdb


def ask_views(
    connection: duckdb.DuckDBPyConnection,
    publication: str,
    as_of: datetime,
    statement: str,
    values: dict[str, Any] | None = None,
    *,
    span_people: int | None = None,
) -> list[dict[str, Any]]:
    """The rows of a statement about people, of one partition after the other. as_of: naive UTC."""
    rows: list[dict[str, Any]] = []
    connection.execute("BEGIN")
    materialise_posts(connection, publication, as_of)
    for _ in partition_people(connection, publication, as_of, span_people):
        found = connection.execute(statement, values or {})
        names = [column[0] for column in found.description or ()]
        rows += [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    connection.execute("ROLLBACK")
    return rows
