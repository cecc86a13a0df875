"""Tells the few people of whom something is new, and shows the tables with their rows alone.

What all signals say of posts is kept beside histories, and so is who stands. New signals add to it.
So telling whose histories change, and making them, goes through no signal of anybody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from . import partitions
from .facts import statement

if TYPE_CHECKING:
    import duckdb

# The tables whose rows belong to a subscription, which views of people read.
_OF_SUBSCRIPTIONS = (
    *("signals", "counters", "subscription_versions", "subscriptions", "departures"),
    *("list_standings", "people"),
)


class FewHistories:
    """The news since ``entry``. Run it in a transaction; the steps come in their order.

    as_of: naive UTC.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, publication: str, as_of: datetime, entry: int
    ) -> None:
        self._connection = connection
        self._publication, self._as_of = publication, as_of
        self._values: dict[str, object] = {
            "publication": publication, "as_of": as_of, "entry": entry,
        }  # fmt: skip

    def show_opens(self) -> None:
        """Set ``first_opens`` and ``first_sends`` aside, before ``materialise_posts``."""
        self._run("new_signals")
        with self._shown_as("signals", "new_signals"):
            self._run("shown_opens")
            self._run("shown_sends")
        for view in ("first_opens", "first_sends"):
            partitions.shadow_view(self._connection, view, {"publication": self._publication})

    def has_new_list(self) -> bool:
        """Whether a post has its first list of deliveries now, so that it reached others."""
        return self._run("new_sends").fetchone() is not None

    def count_touched(self) -> tuple[int, int]:
        """Fill ``touched``: how many people that are, and how many have histories.

        ``made_replies`` is there already.
        """
        self._run("clicks_beside")
        with self._shown_as("signals", "clicks_beside"):
            self._run("shown_links")
        values = {"publication": self._publication, "as_of": self._as_of}
        partitions.shadow_view(self._connection, "post_links", values)
        self._run("histories_touched")
        ((touched, known),) = self._connection.execute(
            "SELECT (SELECT count(*) FROM touched), (SELECT count(DISTINCT person_id)"
            " FROM histories WHERE publication = $publication)",
            {"publication": self._publication},
        ).fetchall()
        return touched, known

    def take(self) -> None:
        """Let the tables show the rows of ``touched`` alone, and set their standings aside.

        What is said of posts has been set aside before, besides the posts for a part of the people.
        """
        self._run("touched_subscriptions")
        for table in _OF_SUBSCRIPTIONS:
            self._connection.execute(
                # Whose rows they are takes two columns, and few blocks are then read as a whole.
                f"CREATE TEMP TABLE few_rows AS SELECT * FROM {table}"  # noqa: S608
                f" WHERE publication = $publication AND rowid IN (SELECT theirs.rowid FROM {table}"
                " AS theirs SEMI JOIN touched_subscriptions AS touched"
                " ON touched.subscription_id = theirs.subscription_id"
                " AND touched.connection = theirs.connection)",
                {"publication": self._publication},
            )
            self._connection.execute(f"ALTER TABLE temp.few_rows RENAME TO {table}")
        partitions.set_aside_chosen(self._connection, self._publication, self._as_of)

    def let_go(self) -> None:
        """Let the tables show everybody's rows again."""
        for table in _OF_SUBSCRIPTIONS:
            self._connection.execute(f"DROP TABLE temp.{table}")
        partitions.end_partitions(self._connection)

    @contextmanager
    def _shown_as(self, table: str, rows: str) -> Iterator[None]:
        self._connection.execute(f"CREATE TEMP VIEW {table} AS SELECT * FROM temp.{rows}")  # noqa: S608
        yield
        self._connection.execute(f"DROP VIEW temp.{table}")

    def _run(self, name: str) -> duckdb.DuckDBPyConnection:
        text = statement(name)
        values = {key: value for key, value in self._values.items() if f"${key}" in text}
        return self._connection.execute(text, values)
