"""Who keeps reading: one fit for a publication and an instant, for all reports of a page.

The fit is kept in the store beside the histories that it was made from, and found again as long as
they hold. A question about another instant fits aside, for its transaction. Either way the reports
then ask ``readers``: a row for each person who stands, or stood at the first back-test.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from regulars.settings import PublicationSettings
from regulars.stats.recurrence import Rule
from regulars.store.timestamps import naive

from .engine.facts import Facts, PostFact, facts_with, statement
from .engine.histories import HistoryQuery, is_kept, prepare_histories
from .engine.query import code_digest
from .readers.before import show_before
from .readers.summary import Readership

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from regulars.stats.forecasts import Recall, Weights

# Back-tests at K, 2K, … opportunities ago. The first two give the returns (section 2.6), all of
# them the report `calibration`.
WINDOWS = 4

__all__ = ["Readership", "prepare_readers"]


def prepare_readers(
    connection: duckdb.DuckDBPyConnection,
    publication: PublicationSettings,
    as_of: datetime,
    rule: Rule,
    *,
    windows: int = 0,
    back: int | None = None,
) -> Readership:
    """Let ``readers`` hold for an aware instant, for this transaction. Returns the fit's summary.

    windows: how many back-tests are needed; four are always made. back: how many opportunities ago
    ``readers_before`` speaks of, as many as the rule looks at without it. Call it after
    ``correct_posts`` and ``materialise_posts``.
    """
    prepare_histories(connection, publication, as_of, rule)
    found = kept_readership(connection, publication, as_of, rule)
    if found is None or windows > WINDOWS:
        found = fit_aside(connection, publication, as_of, rule, max(windows, WINDOWS))
    show_readers(connection, publication.name, naive(as_of), found)
    known = known_weights(connection, publication.name)
    return show_before(connection, publication.name, naive(as_of), rule, found, back, known)


def show_readers(
    connection: duckdb.DuckDBPyConnection, publication: str, as_of: datetime, found: Readership
) -> None:
    """Make the views ``readers``, of the forecasts that ``reader_scores`` holds, and
    ``reader_windows``, of the back-tests of the fit.
    """
    rows = [
        (place, one.back, one.at, one.people, one.expected, one.low, one.high, one.came, tenth,
         part.people, part.expected, part.came)
        for place, one in enumerate(found.windows, start=1)
        for tenth, part in enumerate(one.tenths)
    ]  # fmt: skip
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE reader_windows (window_no INTEGER, back INTEGER,"
        " began_at TIMESTAMP, people BIGINT, expected DOUBLE, low DOUBLE, high DOUBLE, came BIGINT,"
        " tenth INTEGER, tenth_people BIGINT, tenth_expected DOUBLE, tenth_came BIGINT)"
    )
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO reader_windows VALUES ({marks})", rows)  # noqa: S608
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE readers_asked AS SELECT"
        " $publication AS publication, $as_of AS as_of, $fewest AS fewest",
        {"publication": publication, "as_of": as_of, "fewest": found.fewest},
    )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW readers AS {statement('readers')}")
    _show_subscriptions(connection, publication, as_of)


def _show_subscriptions(
    connection: duckdb.DuckDBPyConnection, publication: str, as_of: datetime
) -> None:
    """Make the view ``reader_subscriptions``: person, connection, subscription.

    Who has one subscription has it now. Only of the others it is asked which are present.
    """
    values = {"publication": publication, "as_of": as_of}
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE several_subscriptions AS {statement('readers_several')}",
        {"publication": publication},
    )
    ((several,),) = connection.execute("SELECT count(*) FROM several_subscriptions").fetchall()
    if several:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE present_subscriptions AS"
            " SELECT person_id, connection, subscription_id"
            " FROM current_spells($publication, $as_of)"
            " SEMI JOIN several_subscriptions USING (person_id)",
            values,
        )
    more = " UNION ALL FROM present_subscriptions" if several else ""
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW reader_subscriptions AS"  # noqa: S608 - of constants
        " SELECT person_id, connection, subscription_id FROM people"
        " SEMI JOIN readers_asked USING (publication)"
        f" ANTI JOIN several_subscriptions USING (person_id){more}"
    )


@dataclass(frozen=True, slots=True)
class Fit:
    """A fit: what it adds up to, its rows, and the weights of each moment."""

    summary: Readership
    rows: pa.Table
    weights: Sequence[Weights]


def fit(
    connection: duckdb.DuckDBPyConnection,
    publication: str,
    as_of: datetime,
    rule: Rule,
    windows: int = WINDOWS,
) -> Fit:
    """Fit the histories that hold for ``as_of`` (naive UTC).

    Weights are taken from those kept under the digest of their cells, where there are any.
    """
    from .readers.gather import gather
    from .readers.judge import judge
    from .readers.summarise import summarise
    from .readers.table import rows_of

    values = {"publication": publication, "as_of": as_of}
    backs = [rule.of * window for window in range(1, windows + 1)]
    gathered = gather(connection, values, rule, backs)
    judged = judge(gathered, rule, as_of, known_weights(connection, publication))
    weights = [moment.weights for moment in judged.moments]
    return Fit(summarise(judged), rows_of(judged), weights)


def fit_aside(
    connection: duckdb.DuckDBPyConnection,
    publication: PublicationSettings,
    as_of: datetime,
    rule: Rule,
    windows: int,
) -> Readership:
    """Fit for an instant that nothing is kept for, into temporary tables."""
    found = fit(connection, publication.name, naive(as_of), rule, windows)
    put_rows(
        connection, publication.name, found.rows, "CREATE OR REPLACE TEMP TABLE reader_scores AS"
    )
    return found.summary


def put_rows(
    connection: duckdb.DuckDBPyConnection, publication: str, rows: pa.Table, into: str
) -> None:
    """Put the rows of a fit where a statement begins to say."""
    connection.register("fitted_rows", rows)
    try:
        connection.execute(
            f"{into} SELECT $publication AS publication, * FROM fitted_rows",  # noqa: S608
            {"publication": publication},
        )
    finally:
        connection.unregister("fitted_rows")


def kept_readership(
    connection: duckdb.DuckDBPyConnection,
    publication: PublicationSettings,
    as_of: datetime,
    rule: Rule,
) -> Readership | None:
    """The summary of the kept fit, if there is one that holds."""
    query = HistoryQuery.of(publication, as_of, rule)
    if not is_kept(connection, query):
        return None
    found = connection.execute(
        statement("readership_kept"),
        {"publication": publication.name, "definition": fit_definition(rule)},
    ).fetchall()
    return msgspec.json.decode(found[0][0], type=Readership) if found else None


def kept_facts(
    connection: duckdb.DuckDBPyConnection,
    publication: PublicationSettings,
    as_of: datetime,
    now: datetime,
) -> Facts | None:
    """Posts, rule and sources of a publication, if its fit is kept and holds for an instant."""
    found = connection.execute(
        "SELECT posts FROM readerships WHERE publication = $name", {"name": publication.name}
    ).fetchall()
    if not found:
        return None
    posts = msgspec.json.decode(found[0][0], type=list[PostFact])
    facts = facts_with(connection, publication, posts, now)
    kept = kept_readership(connection, publication, as_of, facts.rule)
    return None if kept is None else facts


def known_weights(connection: duckdb.DuckDBPyConnection, publication: str) -> Recall:
    """Finds kept weights by the digest of their cells."""

    def known(digest: str) -> Weights | None:
        import numpy as np

        from regulars.stats.forecasts import Weights

        found = connection.execute(
            "SELECT has_fallen_back, strata, weights FROM reader_weights"
            " WHERE publication = $name AND digest = $digest",
            {"name": publication, "digest": digest},
        ).fetchall()  # all of it: DuckDB refuses to register a table beside an open result
        if not found:
            return None
        has_fallen_back, strata, weights = found[0]
        by_stratum = {stratum: np.array(one) for stratum, one in zip(strata, weights, strict=True)}
        return Weights(by_stratum, has_fallen_back, digest)

    return known


def fit_definition(rule: Rule) -> str:
    """Digest of all that gives the same histories another fit."""
    return hashlib.sha256(
        f"{rule.reads} {rule.of} {rule.unit} {WINDOWS} {code_digest()}".encode()
    ).hexdigest()
