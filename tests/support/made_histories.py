"""Histories as reports read them: made aside for an instant, or the kept ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from regulars.reports.engine.facts import correct_posts
from regulars.reports.engine.histories import prepare_histories
from regulars.reports.engine.partitions import materialise_posts
from regulars.settings import PublicationSettings
from regulars.stats.recurrence import Rule

if TYPE_CHECKING:
    import duckdb

EVERY_HISTORY = "SELECT * FROM histories_of($publication, $as_of) ORDER BY person_id, standing_no"
BY_POST, BY_WEEK = (Rule(4, 8, unit, None) for unit in ("post", "week"))


def ask_histories(
    connection: duckdb.DuckDBPyConnection,
    publication: PublicationSettings,
    as_of: datetime,
    statement: str = EVERY_HISTORY,
    *,
    rule: Rule = BY_POST,
    **values: Any,
) -> list[dict[str, Any]]:
    """The rows of a statement about histories at an instant in UTC without a zone."""
    connection.execute("BEGIN")
    try:
        correct_posts(connection, publication)
        materialise_posts(connection, publication.name, as_of)
        prepare_histories(connection, publication, as_of.replace(tzinfo=UTC), rule)
        found = connection.execute(
            statement, {"publication": publication.name, "as_of": as_of} | values
        )
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    finally:
        connection.execute("ROLLBACK")
