"""What a question about people stands on, found once and materialised, for one span at a time.

A view that others name five times is worked out five times, all within one statement and its
memory. The views that stay small (who is active, when was looked, what is told by name, which reads
came late) are therefore asked one after the other, each put into a temporary table, and a temporary
view of the same name hides the one of the store. Statements and other views name them as ever and
say the same; only what they cost is another matter. See docs/decisions/0018.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from .facts import statement

if TYPE_CHECKING:
    import duckdb

SPAN_PEOPLE = 50_000
_FOR_ALL = ("mailed_posts", "look_times")
_FOR_A_SPAN = ("told_by_name", "told_intervals", "late_reads", "mended_reads")


def partition_people(
    connection: duckdb.DuckDBPyConnection,
    publication: str,
    as_of: datetime,
    span_people: int | None,
) -> Iterator[int]:
    """Once for each span, as long as the caller does not go on, the views speak of it alone.

    Without anybody active there is one span of nobody. ``as_of`` is naive; ``span_people`` None
    means everybody at once. The connection is in a transaction whose rollback takes all away.
    """
    values = {"publication": publication, "as_of": as_of}
    for view in _FOR_ALL:
        _materialise(connection, view, values)
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
            # the one of the span before still hides the store's own
            connection.execute(f"DROP MACRO TABLE IF EXISTS temp.{view}")
            _materialise(connection, view, values)
        yield span


def _materialise(
    connection: duckdb.DuckDBPyConnection, view: str, values: dict[str, object]
) -> None:
    """Keep the rows of a view, and let them answer for it from now on."""
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
