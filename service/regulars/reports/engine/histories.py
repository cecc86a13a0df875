"""Histories: one row for each standing with a bit for each post, made once and asked by reports.

The views define what counts as evidence; a history is what they say, set down. The kept ones lie in
the store's database, from the moment when they were made until the next one at which something
changes without new data. A question about another instant makes the same rows aside, for its
transaction. See docs/decisions/0044.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from regulars.settings import PublicationSettings
from regulars.stats.recurrence import Rule
from regulars.store.timestamps import naive

from . import partitions
from .facts import statement

if TYPE_CHECKING:
    import duckdb

_STATEMENTS = ("history_units", "history_facts", "history_even", "history_rows")
_EVERYBODY = "SELECT * FROM standing_spells(publication_name, as_of)"


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which histories: of a publication at an instant (naive UTC), by posts or by weeks.

    definition: digest of all that gives the same data another meaning.
    """

    publication: str
    as_of: datetime
    by_week: bool
    time_zone: str
    definition: str

    @classmethod
    def of(cls, publication: PublicationSettings, as_of: datetime, rule: Rule) -> HistoryQuery:
        """The query of a publication at an aware instant, with the rule in force."""
        by_week = rule.unit == "week"
        return cls(
            publication.name, naive(as_of), by_week, publication.time_zone,
            _definition(publication, by_week),
        )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """The parameters of the statements."""
        return {
            "publication": self.publication, "as_of": self.as_of,
            "by_week": self.by_week, "time_zone": self.time_zone,
        }  # fmt: skip


def prepare_histories(
    connection: duckdb.DuckDBPyConnection,
    publication: PublicationSettings,
    as_of: datetime,
    rule: Rule,
) -> None:
    """Let ``histories_of`` and ``units_of`` hold for an aware instant, for this transaction.

    Kept histories that hold are left alone. Otherwise the same rows are made into temporary tables.
    Call it after ``correct_posts`` and ``materialise_posts``.
    """
    query = HistoryQuery.of(publication, as_of, rule)
    if is_kept(connection, query):
        return
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE histories_rows AS SELECT * FROM histories LIMIT 0"
    )
    for _ in make_rows(connection, query, "temp.histories_rows"):
        pass
    _restore_views(connection)
    connection.execute(
        "CREATE OR REPLACE TEMP MACRO histories_of(publication_name, as_of) AS TABLE"
        " SELECT * EXCLUDE (publication) FROM temp.histories_rows;"
        " CREATE OR REPLACE TEMP MACRO units_of(publication_name, as_of) AS TABLE"
        " SELECT * FROM made_units"
    )


def is_kept(connection: duckdb.DuckDBPyConnection, query: HistoryQuery) -> bool:
    """Whether the kept histories hold for the query."""
    found = connection.execute(
        statement("histories_kept"),
        {
            "publication": query.publication,
            "as_of": query.as_of,
            "definition": query.definition,
        },
    ).fetchone()
    return found is not None


def make_rows(
    connection: duckdb.DuckDBPyConnection, query: HistoryQuery, target: str
) -> Iterator[int]:
    """Add everybody's histories to the table ``target``, span by span; yields each span."""
    partitions.set_aside_standings(connection, query.publication, query.as_of)
    partitions.set_aside_letters(connection, query.publication, query.as_of)
    set_aside_sendings(connection, query)
    yield from make_chosen_rows(connection, query, target)


def set_aside_sendings(
    connection: duckdb.DuckDBPyConnection, query: HistoryQuery, *, has_sums: bool = False
) -> None:
    """Make cheap what the signals of everybody say of posts. Weeks are told row by row.

    ``has_sums``: links and first deliveries are set aside already.
    """
    partitions.set_aside_sendings(
        connection,
        query.publication,
        query.as_of,
        has_even=not query.by_week,
        has_sums=has_sums,
    )


def make_chosen_rows(
    connection: duckdb.DuckDBPyConnection, query: HistoryQuery, target: str
) -> Iterator[int]:
    """The same of the people in ``standing_spells``, after ``partitions.set_aside_chosen``.

    ``set_aside_sendings`` has come before.
    """
    values = query.values()
    plain = {name: values[name] for name in ("publication", "as_of")}
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE made_units AS {statement('history_units')}", values
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE made_facts AS {statement('history_facts')}", plain
    )
    ((units,),) = connection.execute("SELECT count(*) FROM made_units").fetchall()
    partitions.set_aside_replies(connection, query.publication, query.as_of)
    partitions.set_aside_clicks(connection, query.publication, query.as_of)
    chosen = partitions.partition_people(
        connection, query.publication, query.as_of, partitions.SPAN_PEOPLE, standings=_EVERYBODY
    )
    for span in chosen:
        partitions.set_aside_even(connection, query.publication, query.as_of)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE made_even AS {statement('history_even')}",
            plain | {"last": max(units - 1, 0)},
        )
        connection.execute(
            f"INSERT INTO {target} BY NAME {statement('history_rows')}",
            values | {"last": max(units - 1, 0)},
        )
        yield span


def _restore_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Let the views about people speak of everybody again."""
    partitions.end_partitions(connection)


def _definition(publication: PublicationSettings, by_week: bool) -> str:
    parts = [statement(name) for name in _STATEMENTS]
    parts += [publication.time_zone, repr(by_week)]
    parts += [repr(publication.same_posts), repr(publication.different_posts)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
