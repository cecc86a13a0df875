"""Runs report queries per partition of people, with small views materialised first.

DuckDB computes a view again wherever a statement names it, all within the memory of that statement.
So the small views (who is active, when was looked, what is known by name, which reads came late)
are put into temporary tables first, one after the other, and a temporary view of the same name
shadows each. Statements stay as they are and cost less. See docs/decisions/0018.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from .facts import statement

if TYPE_CHECKING:
    import duckdb

SPAN_PEOPLE = 50_000
_FOR_A_SPAN = ("doubled_people", "named_evidence", "named_intervals", "late_reads", "mended_reads")


def materialise_posts(
    connection: duckdb.DuckDBPyConnection, publication: str, as_of: datetime
) -> None:
    """Make the views of posts cheap, which statements of all kinds name, for this transaction.

    ``as_of`` is naive UTC.
    """
    for view in ("dated_posts", "mailed_posts"):
        _materialise(connection, view, {"publication": publication, "as_of": as_of})


def partition_people(
    connection: duckdb.DuckDBPyConnection,
    publication: str,
    as_of: datetime,
    span_people: int | None,
) -> Iterator[int]:
    """Yields the number of each partition; until the next one, the views hold its people alone.

    ``as_of`` is naive UTC. ``span_people``: most people of a partition, None for all at once.
    Without active people there is one empty partition. Run it in a transaction, best after
    ``materialise_posts``: its rollback removes the tables.
    """
    values = {"publication": publication, "as_of": as_of}
    _materialise(connection, "look_times", values)
    connection.execute(
        f"CREATE TEMP TABLE spells_in_spans AS {statement('spans')}",
        values | {"span_people": span_people or 2**62},
    )
    ((spans,),) = connection.execute("SELECT max(span) FROM spells_in_spans").fetchall()
    for span in range((spans or 0) + 1):
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE current_spells_rows AS"
            " SELECT * EXCLUDE (span) FROM spells_in_spans WHERE span = $span",
            {"span": span},
        )
        _shadow_view(connection, "current_spells")
        for view in _FOR_A_SPAN:
            # the one of the partition before still shadows the store's own
            connection.execute(f"DROP MACRO TABLE IF EXISTS temp.{view}")
            _materialise(connection, view, values)
        yield span


def _materialise(
    connection: duckdb.DuckDBPyConnection, view: str, values: dict[str, object]
) -> None:
    """Put the rows of a view into a table that shadows it from now on."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {view}_rows AS"  # noqa: S608 - names from the tuples above
        f" SELECT * FROM {view}($publication, $as_of)",
        values,
    )
    _shadow_view(connection, view)


def _shadow_view(connection: duckdb.DuckDBPyConnection, view: str) -> None:
    connection.execute(
        f"CREATE OR REPLACE TEMP MACRO {view}(publication_name, as_of) AS TABLE"  # noqa: S608
        f" SELECT * FROM {view}_rows"
    )
