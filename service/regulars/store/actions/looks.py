"""Looks that a wrong clock dated in the future, taken out of the figures by a journal entry.

What such a look saw is true, and only its date is wrong. Facts that have times of their own stay.
Running totals and absence mean something only with their date, so they stop counting. The next look
compares itself with the last one whose date is right, as if the other had never been.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..journal import Entry
from ..timestamps import stored_moment

if TYPE_CHECKING:
    import duckdb

SET_ASIDE = "looks_set_aside"
REASON = "its date lay in the future"
_TOTALS = ("counters", "counter_state")


def set_aside(cursor: duckdb.DuckDBPyConnection, entry: Entry) -> None:
    """Forget totals and absence of the connection dated later than ``after``, and date the rest."""
    values = {
        "connection": entry.facts["connection"],
        "after": stored_moment(entry.facts["after"]),
        "at": stored_moment(entry.facts["at"]),
    }
    _forget_totals(cursor, values)
    for table, columns in _tables_of_looks(cursor).items():
        absence = _ABSENCE if "presence" in columns else ""
        cursor.execute(
            f"UPDATE {table} SET {absence} seen_at = $at"  # noqa: S608 - names of our own tables
            " WHERE connection = $connection AND seen_at > $after",
            values,
        )
    for table, whole in (("runs", "complete"), ("run_streams", "whole")):
        cursor.execute(
            f"UPDATE {table} SET started_at = least(started_at, $at), ended_at = $at,"  # noqa: S608
            f" outcome = CASE outcome WHEN '{whole}' THEN 'partial' ELSE outcome END,"
            " reason = coalesce(reason, $reason)"
            " WHERE connection = $connection AND ended_at > $after",
            values | {"reason": REASON},
        )


# Somebody whom the look missed is there again, and somebody whose absence it confirmed is missing.
_ABSENCE = """
    absent_since = CASE presence WHEN 'removed' THEN least(absent_since, $at) END,
    presence = CASE presence WHEN 'removed' THEN 'missing' WHEN 'pushed' THEN 'pushed'
        ELSE 'present' END,
"""


def _forget_totals(cursor: duckdb.DuckDBPyConnection, values: dict[str, object]) -> None:
    """Delete the rows, and make the newest of those that are left the state again."""
    for table in _TOTALS:
        cursor.execute(
            f"DELETE FROM {table} WHERE connection = $connection AND seen_at > $after",  # noqa: S608
            {name: values[name] for name in ("connection", "after")},
        )
    cursor.execute(
        "INSERT INTO counter_state BY NAME"
        " SELECT counters.* FROM counters JOIN ("
        "  SELECT subscription_id, max(entry) AS entry FROM counters"
        "  WHERE connection = $connection AND subscription_id NOT IN ("
        "   SELECT subscription_id FROM counter_state WHERE connection = $connection)"
        "  GROUP BY subscription_id"
        " ) AS newest USING (subscription_id, entry)"
        " WHERE counters.connection = $connection",
        {"connection": values["connection"]},
    )


def _tables_of_looks(cursor: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """The tables whose rows are dated by a look, with their columns."""
    columns: dict[str, set[str]] = {}
    rows = cursor.execute(
        "SELECT table_name, column_name FROM duckdb_columns()"
        " JOIN duckdb_tables() USING (table_oid, table_name)"
        " WHERE NOT duckdb_tables.internal AND NOT duckdb_tables.temporary"
        " AND duckdb_tables.database_name = current_database() ORDER BY table_name"
    ).fetchall()
    for table, column in rows:
        columns.setdefault(table, set()).add(column)
    return {
        table: named
        for table, named in columns.items()
        if {"connection", "seen_at"} <= named and table not in _TOTALS
    }
