"""Histories as reports read them: made aside for an instant, or the kept ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from regulars.reports.engine.bit_columns import bits_of, parts_of
from regulars.reports.engine.facts import correct_posts, gather
from regulars.reports.engine.histories import HistoryQuery, make_rows, prepare_histories
from regulars.reports.engine.partitions import materialise_posts
from regulars.settings import PublicationSettings
from regulars.stats.recurrence import Rule
from regulars.stats.rule_evidence import rule_evidence, rule_states
from regulars.store import Store
from regulars.store.timestamps import naive

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

EVERY_HISTORY = "SELECT * FROM histories_of($publication, $as_of) ORDER BY person_id, standing_no"
BY_POST, BY_WEEK = (Rule(4, 8, unit, None) for unit in ("post", "week"))


_OF_THE_RULE = {
    "opportunities": "opportunities", "posts_reached": "reached", "posts_judged": "judged",
    "reads_low": "reads_low", "reads_high": "reads_high", "opens": "opens", "clicks": "clicks",
    "answers": "answers", "seen": "seen", "machine_only": "machine_only",
    "seen_reads": "seen_reads", "acted": "is_settled",
}  # fmt: skip
"""Columns of ``people_reading`` and what they are called among the evidence of the bits."""
_TOLD = ("person_id", "since_at", "is_dated", "is_unsure", "last_read_at", "last_answer_at")


def ask_rule(
    connection: duckdb.DuckDBPyConnection,
    publication: PublicationSettings,
    as_of: datetime,
    needed_reads: int,
    last_posts: int,
    *,
    rule: Rule = BY_POST,
) -> list[dict[str, Any]]:
    """What the reports read from the bits by the rule, in the columns of ``people_reading``."""
    with histories_at(connection, publication, as_of, rule) as values:
        ((units,),) = connection.execute(
            "SELECT count(*) FROM units_of($publication, $as_of)", values
        ).fetchall()
        parts = list(parts_of(connection, "cells", values))
    return [
        row
        for part in parts
        for row in _rule_rows(part, max(units, 1), as_of, needed_reads, last_posts)
    ]


def _rule_rows(
    part: pa.RecordBatch, units: int, as_of: datetime, needed_reads: int, last_posts: int
) -> Iterator[dict[str, Any]]:
    evidence = rule_evidence(bits_of(part, units), last_posts)
    unsure = part.column("is_unsure").to_numpy(zero_copy_only=False)
    states = rule_states(evidence, unsure, needed_reads, last_posts)
    for place, told in enumerate(part.to_pylist()):
        if told["end_kind"] != "open":
            continue
        replied_at = told["last_reply_at"]
        yield {
            **{name: told[name] for name in _TOLD},
            **{name: int(getattr(evidence, own)[place]) for name, own in _OF_THE_RULE.items()},
            "wrote_back": int(replied_at is not None and replied_at >= as_of - timedelta(days=182)),
            "state": states[place],
        }


@contextmanager
def histories_at(
    connection: duckdb.DuckDBPyConnection,
    publication: PublicationSettings,
    as_of: datetime,
    rule: Rule,
) -> Iterator[dict[str, Any]]:
    """Meanwhile histories hold for an instant in UTC without a zone. Yields the values."""
    connection.execute("BEGIN")
    try:
        correct_posts(connection, publication)
        materialise_posts(connection, publication.name, as_of)
        prepare_histories(connection, publication, as_of.replace(tzinfo=UTC), rule)
        yield {"publication": publication.name, "as_of": as_of}
    finally:
        connection.execute("ROLLBACK")


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
    with histories_at(connection, publication, as_of, rule) as asked:
        found = connection.execute(statement, asked | values)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def made_whole(store: Store, publication: PublicationSettings, now: datetime) -> list[str]:
    """Everybody's histories at an aware instant, made afresh and aside, as sorted texts."""
    with store.read() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("DELETE FROM histories_made")  # nothing is taken from what is kept
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
