"""Keeps the fit of each publication in the store, beside the histories that it was made from.

A sync or import ends with ``keep_readers``, after ``keep_histories``. It fits nothing where the
histories stayed as they were. What was learned is kept under the digest of its cells, so histories
that change without them are scored and not learned again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from regulars.replies.making import tie_letters
from regulars.settings import PublicationSettings
from regulars.store import Store
from regulars.store.mending import asked_again
from regulars.store.timestamps import naive
from regulars.store.writing import writing_soon

from .engine.facts import PostFact, correct_posts, gather
from .engine.histories import HistoryQuery, is_kept
from .engine.kept_histories import keep_histories
from .engine.partitions import materialise_posts
from .readership import Fit, fit, fit_definition, kept_readership, put_rows

if TYPE_CHECKING:
    import duckdb

    from regulars.stats.forecasts import Weights

_MADE = "SELECT entry, made_from FROM histories_made WHERE publication = $name"
_CURRENT = (
    "SELECT 1 FROM readerships JOIN histories_made AS made USING (publication, entry, made_from)"
    " WHERE publication = $name"
)


@dataclass(frozen=True, slots=True)
class _Made:
    """A fit, and what its histories are of: their last entry, and from when on they hold."""

    fit: Fit
    posts: list[PostFact]
    definition: str
    entry: int
    made_from: datetime


def keep_reports(store: Store, publication: PublicationSettings, now: datetime) -> None:
    """Bring ties of letters, histories and the fit of a publication up to ``now``, which is aware.

    Call it outside of a transaction and of the store's ``writing``. Raises the errors of the
    database, and ShuttingDown.
    """
    tie_letters(store, publication)
    was_current = _is_current(store, publication.name)
    made = keep_histories(store, publication, now)
    if made == "nothing" and was_current:
        _say_it_holds(store, publication.name)
    keep_readers(store, publication, now)


@asked_again
def keep_readers(store: Store, publication: PublicationSettings, now: datetime) -> bool:
    """Fit the kept histories and keep what comes out. Says whether there was something to fit."""
    with store.report_cursor() as cursor:
        cursor.execute("BEGIN TRANSACTION")
        try:
            made = _make(cursor, publication, now)
        finally:
            cursor.execute("ROLLBACK")
        if made is not None:
            _write(store, cursor, publication.name, made)
    return made is not None


def _make(
    cursor: duckdb.DuckDBPyConnection, publication: PublicationSettings, now: datetime
) -> _Made | None:
    correct_posts(cursor, publication)
    materialise_posts(cursor, publication.name, naive(now))
    facts = gather(cursor, publication, now, now)
    rule = facts.rule
    if kept_readership(cursor, publication, now, rule) is not None:
        return None
    if not is_kept(cursor, HistoryQuery.of(publication, now, rule)):
        return None  # the store was busy: whoever asks makes both for themselves
    found = fit(cursor, publication.name, naive(now), rule)
    ((entry, made_from),) = cursor.execute(_MADE, {"name": publication.name}).fetchall()
    return _Made(found, facts.posts, fit_definition(rule), entry, made_from)


def _write(store: Store, cursor: duckdb.DuckDBPyConnection, name: str, made: _Made) -> None:
    """Put the fit in the place of the one kept so far, unless its histories moved on meanwhile."""
    with writing_soon(store) as may_write:
        if not may_write:
            return
        cursor.execute("BEGIN TRANSACTION")
        try:
            is_theirs = cursor.execute(_MADE, {"name": name}).fetchall() == [
                (made.entry, made.made_from)
            ]
            if is_theirs:
                _replace(cursor, name, made)
        except BaseException:
            cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")


def _replace(cursor: duckdb.DuckDBPyConnection, name: str, made: _Made) -> None:
    for table in ("reader_scores", "readerships", "reader_weights"):
        cursor.execute(f"DELETE FROM {table} WHERE publication = $name", {"name": name})  # noqa: S608
    put_rows(cursor, name, made.fit.rows, "INSERT INTO reader_scores BY NAME")
    cursor.execute(
        "INSERT INTO readerships BY NAME SELECT $name AS publication, $entry AS entry,"
        " $made_from AS made_from, $definition AS definition, $posts AS posts,"
        " $summary AS summary",
        {
            "name": name,
            "entry": made.entry,
            "made_from": made.made_from,
            "definition": made.definition,
            "posts": msgspec.json.encode(made.posts).decode(),
            "summary": msgspec.json.encode(made.fit.summary).decode(),
        },
    )
    _keep_weights(cursor, name, made.fit.weights)


def _keep_weights(cursor: duckdb.DuckDBPyConnection, name: str, learned: Sequence[Weights]) -> None:
    for one in learned:
        cursor.execute(
            "INSERT INTO reader_weights VALUES ($name, $digest, $fallen, $strata, $weights)",
            {
                "name": name,
                "digest": one.digest,
                "fallen": one.has_fallen_back,
                "strata": list(one.by_stratum),
                "weights": [weights.tolist() for weights in one.by_stratum.values()],
            },
        )


@asked_again
def _is_current(store: Store, name: str) -> bool:
    with store.read() as cursor:
        return cursor.execute(_CURRENT, {"name": name}).fetchone() is not None


def _say_it_holds(store: Store, name: str) -> None:
    """The histories were found to be the same: so the fit is of the same rows."""
    with writing_soon(store) as may_write, store.read() as cursor:
        if may_write:
            cursor.execute(
                "UPDATE readerships SET entry = made.entry, made_from = made.made_from"
                " FROM histories_made AS made"
                " WHERE made.publication = readerships.publication"
                " AND readerships.publication = $name",
                {"name": name},
            )
