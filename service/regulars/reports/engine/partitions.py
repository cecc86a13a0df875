"""Runs report queries per partition of people, with small views materialised first.

DuckDB computes a view again wherever a statement names it, all within the memory of that statement.
So the small views (who is active, when was looked, what is known by name, which reads came late)
are put into temporary tables first, one after the other, and a temporary view of the same name
shadows each. A view that cannot have rows here is shadowed by an empty table without being asked.
Statements stay as they are and cost less. See docs/decisions/0018.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from .empty_views import EVEN, LOOKS, NEEDED, ODD, SHAPES, has_rows
from .facts import statement

if TYPE_CHECKING:
    import duckdb

SPAN_PEOPLE = 50_000
# In the order of their use. The last ones of each are only set aside where they are empty.
_OF_POSTS = ("sent_posts", "same_posts", "dated_posts", "mailed_posts", "parted_posts")
_TIMELESS = (
    "sent_posts",
    "same_posts",
    "parted_posts",
    "list_readers",
    *("first_opens", "first_sends"),
)
_OF_POSTS_IF_EMPTY = (
    "list_readers",
    *("named_reads", "shared_evidence"),
    *("signal_opportunities", "counter_intervals", "counter_opportunities"),
)
_OF_LOOKS = ("missed_mails", "named_evidence", "named_intervals", "late_reads", "mended_reads")
_OF_SIGNALS = ("first_sends", "post_links")
_OF_SENDINGS = ("delivered_posts", "even_posts")
_OF_PEOPLE = (
    *("standing_spells", "current_spells", "partly_posts", "look_times"),
    *("doubled_people", "doubled_opportunities", *_OF_LOOKS),
    *(*_OF_SIGNALS, *_OF_SENDINGS, "letters_given", "replies_given"),
    *("even_spells", "judged_clicks", "signal_opportunities"),
)
_PARAMETERS = {"publication": "publication_name", "as_of": "as_of"}


def materialise_posts(
    connection: duckdb.DuckDBPyConnection,
    publication: str,
    as_of: datetime,
    *,
    has_opens: bool = False,
) -> None:
    """Make the views of posts cheap, which statements of all kinds name, for this transaction.

    ``as_of`` is naive UTC. ``has_opens``: ``first_opens`` is set aside already. Otherwise what is
    kept of it is taken, where nothing came since.
    """
    values: dict[str, object] = {"publication": publication, "as_of": as_of}
    if not has_opens and not _show_kept_opens(connection, publication):
        _set_aside(connection, "first_opens", {"publication": publication})
    for view in _OF_POSTS:
        _set_aside(connection, view, _values_of(view, values))
    for view in _OF_POSTS_IF_EMPTY:
        _set_aside_if_empty(connection, view, _values_of(view, values))


def _show_kept_opens(connection: duckdb.DuckDBPyConnection, publication: str) -> bool:
    """Let ``first_opens`` be what is kept beside histories; says whether that is of all signals."""
    of: dict[str, object] = {"publication": publication}
    made = "histories_made WHERE publication = $publication AND is_current"
    if not has_rows(connection, made, of):
        return False
    connection.execute(statement("kept_opens"), of)
    shadow_view(connection, "first_opens", of)
    return True


def partition_people(
    connection: duckdb.DuckDBPyConnection,
    publication: str,
    as_of: datetime,
    span_people: int | None,
    *,
    standings: str | None = None,
) -> Iterator[int]:
    """Yields the number of each partition; until the next one, the views hold its people alone.

    ``as_of`` is naive UTC. ``span_people``: most people of a partition, None for all at once.
    Without active people there is one empty partition. Run it in a transaction, after
    ``materialise_posts``: its rollback removes the tables. ``standings``: a query for rows of
    ``standing_spells``, whose people come in place of those active. Each standing is a person then,
    and ``set_aside_standings`` has come before.
    """
    values: dict[str, object] = {"publication": publication, "as_of": as_of}
    has_looks = has_rows(connection, LOOKS, values)
    if has_looks:
        _set_aside(connection, "look_times", values)
    if standings is not None:
        connection.execute(
            "CREATE OR REPLACE TEMP MACRO current_spells(publication_name, as_of) AS TABLE"
            f" {standings}"
        )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE spells_in_spans AS {statement('spans')}",
        values | {"span_people": span_people or 2**62},
    )
    if standings is None:
        _set_aside_partly_posts(connection, values)
    ((spans,),) = connection.execute("SELECT max(span) FROM spells_in_spans").fetchall()
    for span in range((spans or 0) + 1):
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE current_spells_rows AS"
            " SELECT * EXCLUDE (span) FROM spells_in_spans WHERE span = $span",
            {"span": span},
        )
        shadow_view(connection, "current_spells", values)
        for view in ("doubled_people", *(_OF_LOOKS if has_looks else ())):
            _set_aside(connection, view, values)
        _set_aside_if_empty(connection, "doubled_opportunities", values)
        yield span


def set_aside_standings(
    connection: duckdb.DuckDBPyConnection, publication: str, as_of: datetime
) -> None:
    """Make cheap the view of all standings, and what counts everybody present.

    ``as_of`` is naive UTC.
    """
    values: dict[str, object] = {"publication": publication, "as_of": as_of}
    _set_aside(connection, "standing_spells", values)
    _set_aside(connection, "partly_posts", values)


def set_aside_sendings(
    connection: duckdb.DuckDBPyConnection,
    publication: str,
    as_of: datetime,
    *,
    has_even: bool,
    has_sums: bool = False,
) -> None:
    """Make cheap what the signals of everybody say of posts: links, deliveries, even posts.

    ``as_of`` is naive UTC. ``has_even``: whether even posts are told by bits, without rows.
    ``has_sums``: links and first deliveries are set aside already. Call it after
    ``set_aside_standings``.
    """
    values: dict[str, object] = {"publication": publication, "as_of": as_of}
    for view in (*(() if has_sums else _OF_SIGNALS), *_OF_SENDINGS):
        _set_aside(connection, view, _values_of(view, values))
    if not has_even:
        connection.execute("DELETE FROM even_posts_rows")


def set_aside_letters(
    connection: duckdb.DuckDBPyConnection, publication: str, as_of: datetime
) -> None:
    """Read the letters once. ``as_of`` is naive UTC."""
    _set_aside(connection, "letters_given", {"publication": publication, "as_of": as_of})


def set_aside_replies(
    connection: duckdb.DuckDBPyConnection, publication: str, as_of: datetime
) -> None:
    """Read the replies once, after ``set_aside_letters``. ``as_of`` is naive UTC."""
    _set_aside(connection, "replies_given", {"publication": publication, "as_of": as_of})


def set_aside_clicks(
    connection: duckdb.DuckDBPyConnection, publication: str, as_of: datetime
) -> None:
    """Judge the clicks once for all partitions. ``as_of`` is naive UTC."""
    _set_aside(connection, "judged_clicks", {"publication": publication, "as_of": as_of})


def set_aside_even(
    connection: duckdb.DuckDBPyConnection, publication: str, as_of: datetime
) -> None:
    """Leave to rows what spans of time do not tell: for one partition, while it is there."""
    values: dict[str, object] = {"publication": publication, "as_of": as_of}
    connection.execute("DROP MACRO TABLE IF EXISTS temp.signal_opportunities")
    if _set_aside_if_empty(connection, "signal_opportunities", values):
        return
    _set_aside(connection, "even_spells", values)
    if not has_rows(connection, EVEN, values):
        return
    if has_rows(connection, ODD, values):
        connection.execute(
            "CREATE TEMP MACRO signal_opportunities(publication_name, as_of) AS TABLE"
            " SELECT * FROM signal_rows(publication_name, as_of, TRUE)"
        )
        return
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE signal_opportunities_rows ({SHAPES['signal_opportunities']})"
    )
    shadow_view(connection, "signal_opportunities", values)


def set_aside_chosen(
    connection: duckdb.DuckDBPyConnection, publication: str, as_of: datetime
) -> None:
    """Make cheap the view of standings of the few people whose rows the tables show.

    What counts everybody present takes those of the others from the kept ones. ``as_of`` is naive
    UTC.
    """
    values: dict[str, object] = {"publication": publication, "as_of": as_of}
    _set_aside(connection, "standing_spells", values)
    if _set_aside_if_empty(connection, "partly_posts", values):
        return
    connection.execute(statement("shown_spells"), values)
    shadow_view(connection, "current_spells", values)
    _set_aside(connection, "partly_posts", values)
    connection.execute("DROP MACRO TABLE temp.current_spells")


def end_partitions(connection: duckdb.DuckDBPyConnection) -> None:
    """Let the views of people speak of everybody again, as the store defines them."""
    for view in _OF_PEOPLE:
        connection.execute(f"DROP MACRO TABLE IF EXISTS temp.{view}")


def _values_of(view: str, values: dict[str, object]) -> dict[str, object]:
    """The values that a view takes: a timeless one is of the publication alone."""
    return {"publication": values["publication"]} if view in _TIMELESS else values


def _set_aside_partly_posts(
    connection: duckdb.DuckDBPyConnection, values: dict[str, object]
) -> None:
    """Set a view aside that counts people, while those of all partitions are there."""
    connection.execute(
        "CREATE OR REPLACE TEMP MACRO current_spells(publication_name, as_of) AS TABLE"
        " SELECT * EXCLUDE (span) FROM spells_in_spans"
    )
    _set_aside(connection, "partly_posts", values)


def _set_aside(connection: duckdb.DuckDBPyConnection, view: str, values: dict[str, object]) -> None:
    """Put the rows of a view into a table that shadows it from now on."""
    if _set_aside_if_empty(connection, view, values):
        return
    marks = ", ".join(f"${name}" for name in values)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {view}_rows AS"  # noqa: S608 - names from the tuples above
        f" SELECT * FROM {view}({marks})",
        values,
    )
    shadow_view(connection, view, values)


def _set_aside_if_empty(
    connection: duckdb.DuckDBPyConnection, view: str, values: dict[str, object]
) -> bool:
    """Shadow a view by an empty table if rows that it needs are missing; says whether it did.

    Otherwise the store's own definition holds again: that of the partition before goes.
    """
    connection.execute(f"DROP MACRO TABLE IF EXISTS temp.{view}")
    if view not in NEEDED or has_rows(connection, NEEDED[view], values):
        return False
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {view}_rows ({SHAPES[view]})")
    shadow_view(connection, view, values)
    return True


def shadow_view(
    connection: duckdb.DuckDBPyConnection, view: str, values: dict[str, object]
) -> None:
    """Let a view be the rows of the temporary table ``<view>_rows``. values: as it takes them."""
    parameters = ", ".join(_PARAMETERS[name] for name in values)
    connection.execute(
        f"CREATE OR REPLACE TEMP MACRO {view}({parameters}) AS TABLE"  # noqa: S608
        f" SELECT * FROM {view}_rows"
    )
