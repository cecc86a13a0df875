"""Histories as reports read them: made aside for an instant, or the kept ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from regulars.reports.engine.facts import correct_posts, gather
from regulars.reports.engine.histories import HistoryQuery, make_rows, prepare_histories
from regulars.reports.engine.partitions import materialise_posts
from regulars.settings import PublicationSettings
from regulars.stats.recurrence import Rule
from regulars.store import Store
from regulars.store.timestamps import naive

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


def made_whole(store: Store, publication: PublicationSettings, now: datetime) -> list[str]:
    """Everybody's histories at an aware instant, made afresh and aside, as sorted texts."""
    with store.read() as cursor:
        cursor.execute("BEGIN")
        correct_posts(cursor, publication)
        materialise_posts(cursor, publication.name, naive(now))
        rule = gather(cursor, publication, now, now).rule
        query = HistoryQuery.of(publication, now, rule)
        cursor.execute("CREATE TEMP TABLE whole AS SELECT * FROM histories LIMIT 0")
        for _ in make_rows(cursor, query, "temp.whole"):
            pass
        rows = cursor.execute("SELECT * FROM temp.whole").fetchall()
        units = cursor.execute("SELECT $name, * FROM made_units", {"name": publication.name})
        rows += units.fetchall()
        cursor.execute("ROLLBACK")
    return sorted(map(repr, rows))


def kept(store: Store, publication: str) -> list[str]:
    """The kept histories, as sorted texts."""
    with store.read() as cursor:
        rows = [
            row
            for table in ("histories", "history_units")
            for row in cursor.execute(
                f"SELECT * FROM {table} WHERE publication = $name",
                {"name": publication},
            ).fetchall()
        ]
    return sorted(map(repr, rows))
