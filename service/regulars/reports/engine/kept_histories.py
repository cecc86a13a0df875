"""Keeps the histories of each publication in the store: made again when what they tell has changed.

A sync or import ends with ``keep_histories``. It makes nothing where nothing changed, the rows of a
few people where what is new touches few, and everybody's otherwise. All three leave equal rows. See
docs/decisions/0044.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from regulars.settings import PublicationSettings
from regulars.store import Store
from regulars.store.actions.registry import WITHOUT_FIGURES
from regulars.store.mending import asked_again
from regulars.store.timestamps import naive
from regulars.store.writing import writing_soon

from . import partitions
from .facts import correct_posts, gather, statement
from .histories import HistoryQuery, is_kept, make_chosen_rows, make_rows, set_aside_sendings

if TYPE_CHECKING:
    import duckdb

logger = logging.getLogger(__name__)
Made: TypeAlias = Literal["nothing", "few", "whole"]
# Of all people, so many may be made by themselves; beyond, everybody's are made at once.
FEW = 0.1
# What a pull or a part may bring without changing what is known of people whom it does not name.
_KINDS = ("pull", "part", "run")
_OF_PEOPLE = frozenset(
    ("subscriptions", "people", "words", "counters", "signals", "segment_results")
)
_OF_NOBODY = frozenset(("publications", "posts", "questions", "days", "lists"))
_AMONG = "SEMI JOIN touched USING (person_id)"


@dataclass(frozen=True, slots=True)
class _Before:
    """The histories that are kept so far. entry: the last journal entry that they contain."""

    entry: int
    holds_until: datetime | None
    definition: str
    posts_digest: str
    reach_digest: str
    partly_digest: str
    signals: int


@dataclass(frozen=True, slots=True)
class _News:
    """What has come since. anything: besides records of runs. of_people: something about people.
    is_plain: whether all of it names the people whom it concerns, or concerns nobody."""

    anything: bool
    of_people: bool
    is_plain: bool


@asked_again
def keep_histories(store: Store, publication: PublicationSettings, now: datetime) -> Made:
    """Bring the kept histories of a publication up to ``now``, which is aware.

    Returns what was made. Call it outside of a transaction and of the store's ``writing``, which it
    takes for a moment. Raises the errors of the database, and ShuttingDown.
    """
    with store.report_cursor() as cursor:
        cursor.execute("BEGIN TRANSACTION")
        try:
            work = _Work(cursor, store, publication, now)
            made = work.prepare()
        except BaseException:
            cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")  # of temporary tables alone
        if made is not None:
            _write(store, cursor, work, made)
    return made or "nothing"


class _Work:
    """One making: what it finds, and the temporary tables that it leaves."""

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        store: Store,
        publication: PublicationSettings,
        now: datetime,
    ) -> None:
        self._cursor = cursor
        self._store = store
        ((self.entry,),) = cursor.execute("SELECT entry FROM applied").fetchall()
        correct_posts(cursor, publication)
        partitions.materialise_posts(cursor, publication.name, naive(now))
        rule = gather(cursor, publication, now, now).rule
        self.query = HistoryQuery.of(publication, now, rule)
        self._plain = {"publication": publication.name, "as_of": naive(now)}
        self.facts: dict[str, object] = {}

    def prepare(self) -> Made | None:
        """Make what is missing into ``temp.made_rows``. None: the kept ones hold as they are."""
        if is_kept(self._cursor, self.query):
            return None
        before = self._before()
        self.facts = {
            "publication": self.query.publication,
            "entry": self.entry,
            "made_from": self.query.as_of,
            "holds_until": self._one("histories_hold"),
            "definition": self.query.definition,
            "posts_digest": self._one("histories_posts"),
            "reach_digest": self._one("histories_reach"),
            "signals": self._signals(self.entry),
        }
        made = self._how(before) if before is not None else "whole"
        if made != "nothing":
            self._make(made)
        elif before is not None:
            self.facts.setdefault("partly_digest", before.partly_digest)
        return made

    def _make(self, made: Made) -> None:
        self._cursor.execute(
            "CREATE OR REPLACE TEMP TABLE made_rows AS SELECT * FROM histories LIMIT 0"
        )
        if made == "few":
            set_aside_sendings(self._cursor, self.query)
            of = {"publication": self.query.publication}
            for chosen in ("histories_chosen", "histories_looks", "histories_signals"):
                self._cursor.execute(statement(chosen), of)
            partitions.choose_standings(
                self._cursor, self.query.publication, self.query.as_of, _AMONG
            )
            rows = make_chosen_rows(self._cursor, self.query, "temp.made_rows")
        else:
            rows = make_rows(self._cursor, self.query, "temp.made_rows")
        for _ in rows:
            pass
        self.facts.setdefault("partly_digest", self._one("histories_partly"))

    def _how(self, before: _Before) -> Made:
        """What has to be made, with ``touched`` filled where it is little."""
        news = self._news(before.entry)
        if not news.is_plain or self._is_of_everybody(before, news):
            return "whole"
        if not news.of_people:
            return "nothing"
        values = {"publication": self.query.publication, "entry": before.entry}
        replaced = self._signals(before.entry) != before.signals  # and nothing says whose it was
        if replaced or self._cursor.execute(statement("histories_sends"), values).fetchone():
            return "whole"
        return self._how_many(values)

    def _is_of_everybody(self, before: _Before, news: _News) -> bool:
        """Whether something changed that concerns everybody: time, settings, the posts."""
        is_past = before.holds_until is not None and self.query.as_of >= before.holds_until
        if (
            is_past
            or before.definition != self.query.definition
            or before.posts_digest != self.facts["posts_digest"]
        ):
            return True
        is_new = news.anything or before.reach_digest != self.facts["reach_digest"]
        return is_new and self._partly_digest() != before.partly_digest

    def _how_many(self, values: dict[str, object]) -> Made:
        """Fill ``touched``, and say by its number what to make. values: publication and entry."""
        self._cursor.execute(statement("histories_touched"), values)
        ((touched, known),) = self._cursor.execute(
            "SELECT (SELECT count(*) FROM touched), (SELECT count(DISTINCT person_id)"
            " FROM histories WHERE publication = $publication)",
            {"publication": self.query.publication},
        ).fetchall()
        if not touched:
            return "nothing"
        return "few" if touched <= FEW * known else "whole"

    def _before(self) -> _Before | None:
        found = self._cursor.execute(
            "SELECT entry, holds_until, definition, posts_digest, reach_digest, partly_digest,"
            " signals"
            " FROM histories_made WHERE publication = $publication",
            {"publication": self.query.publication},
        ).fetchone()
        return _Before(*found) if found else None

    def _news(self, after: int) -> _News:
        """What the journal brought of this publication since an entry, and up to this state."""
        anything, of_people, is_plain = False, False, after <= self.entry
        for entry in self._store.journal.entries(after):
            about = entry.facts.get("publication")
            if entry.number > self.entry:
                break
            if about not in (None, self.query.publication) or entry.kind in WITHOUT_FIGURES:
                continue
            streams = {str(file["stream"]) for file in entry.files}
            anything = anything or bool(streams)
            of_people = of_people or bool(streams & _OF_PEOPLE)
            known = entry.kind in _KINDS and streams <= _OF_PEOPLE | _OF_NOBODY
            is_plain = is_plain and known
        return _News(anything, of_people, is_plain)

    def _partly_digest(self) -> object:
        """Of the posts that went to a part of the people. To tell them, everybody is counted."""
        of = (self._cursor, self.query.publication, self.query.as_of)
        if not partitions.set_aside_if_nobody_counts(*of):
            partitions.set_aside_standings(*of)
        self.facts["partly_digest"] = found = self._one("histories_partly")
        return found

    def _signals(self, entry: int) -> object:
        ((found,),) = self._cursor.execute(
            "SELECT count(*) FROM signals WHERE publication = $publication AND entry <= $entry",
            {"publication": self.query.publication, "entry": entry},
        ).fetchall()
        return found

    def _one(self, name: str) -> object:
        text = statement(name)
        values = {key: value for key, value in self._plain.items() if f"${key}" in text}
        ((found,),) = self._cursor.execute(text, values).fetchall()
        return found


def _write(store: Store, cursor: duckdb.DuckDBPyConnection, work: _Work, made: Made) -> None:
    """Put the made rows in the place of those kept so far, unless the data moved on meanwhile."""
    of = {"publication": work.query.publication}
    with writing_soon(store) as may_write:
        if not may_write:
            logger.warning("histories of %s not kept: the store is busy", work.query.publication)
            return
        cursor.execute("BEGIN TRANSACTION")
        try:
            moved_on = store.standing(work.query.publication)[0] > work.entry
            if made != "nothing":
                among = " AND person_id IN (SELECT person_id FROM touched)" if made == "few" else ""
                cursor.execute(
                    f"DELETE FROM histories WHERE publication = $publication{among}",  # noqa: S608
                    of,
                )
                cursor.execute("INSERT INTO histories BY NAME SELECT * FROM temp.made_rows")
            if made == "whole":
                cursor.execute("DELETE FROM history_units WHERE publication = $publication", of)
                cursor.execute(
                    "INSERT INTO history_units BY NAME"
                    " SELECT $publication AS publication, * FROM made_units",
                    of,
                )
            cursor.execute("DELETE FROM histories_made WHERE publication = $publication", of)
            cursor.execute(
                "INSERT INTO histories_made BY NAME SELECT $publication AS publication,"
                " $entry AS entry, $is_current AS is_current, $made_from AS made_from,"
                " least($holds_until::TIMESTAMP, (SELECT min(closes_at) FROM history_units"
                " WHERE publication = $publication AND closes_at > $made_from)) AS holds_until,"
                " $definition AS definition,"
                " $posts_digest AS posts_digest, $reach_digest AS reach_digest,"
                " $partly_digest AS partly_digest, $signals AS signals",
                work.facts | {"is_current": not moved_on},
            )
        except BaseException:
            cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")


@asked_again
def next_making(store: Store, publications: list[str]) -> datetime | None:
    """When the kept histories of one of these publications cease to hold, aware. None: never."""
    with store.read() as cursor:
        found = cursor.execute(
            "SELECT min(holds_until) FROM histories_made WHERE is_current"
            " AND publication IN (SELECT unnest($publications))",
            {"publications": publications},
        ).fetchone()
    until = found[0] if found else None
    return None if until is None else until.replace(tzinfo=UTC)


@asked_again
def due_publications(store: Store, publications: list[str], now: datetime) -> set[str]:
    """Of publications with posts, those whose kept histories do not hold at ``now`` (aware)."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT DISTINCT publication FROM posts"
            " WHERE publication IN (SELECT unnest($publications)) AND publication NOT IN"
            " (SELECT publication FROM histories_made WHERE is_current"
            " AND (holds_until IS NULL OR holds_until > $now OR made_from = $now))",
            {"publications": publications, "now": naive(now)},
        ).fetchall()
    return {str(name) for (name,) in rows}
