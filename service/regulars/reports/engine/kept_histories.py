"""Keeps the histories of each publication in the store: made again when what they tell has changed.

A sync or import ends with ``keep_histories``. It makes nothing where nothing changed, the rows of a
few people where what is new touches few, and everybody's otherwise. All three leave equal rows. See
docs/decisions/0044.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from regulars.settings import PublicationSettings
from regulars.store import Store
from regulars.store.mending import asked_again
from regulars.store.timestamps import naive
from regulars.store.writing import writing_soon

from . import partitions
from .facts import correct_posts, gather, statement
from .few_histories import FewHistories
from .histories import HistoryQuery, is_kept, make_chosen_rows, make_rows, set_aside_sendings
from .history_news import histories_before, news_since

if TYPE_CHECKING:
    import duckdb

logger = logging.getLogger(__name__)
Made: TypeAlias = Literal["nothing", "few", "whole"]
# Of all people, so many may be made by themselves; beyond, everybody's are made at once.
FEW = 0.1
_BESIDE = {
    "history_units": "made_units",
    "history_posts": "made_posts",
    "history_spells": "(SELECT person_id, connection, starts_at, ends_at FROM standing_spells_rows"
    " WHERE until_at > $as_of)",
    "history_replies": "made_replies",
}
"""What is kept beside histories, and from where it comes."""
_OF_TOUCHED = " AND person_id IN (SELECT person_id FROM touched)"


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
        self._name, self._as_of = publication.name, naive(now)
        ((self.entry,),) = cursor.execute("SELECT entry FROM applied").fetchall()
        self._before = histories_before(cursor, self._name)
        after = self.entry if self._before is None else self._before.entry
        self._news = news_since(store, self._name, after, self.entry)
        correct_posts(cursor, publication)
        self._few = self._begin_few()
        partitions.materialise_posts(
            cursor, self._name, self._as_of, has_opens=self._few is not None
        )
        rule = gather(cursor, publication, now, now).rule
        self.query = HistoryQuery.of(publication, now, rule)
        self.facts: dict[str, object] = {}
        self.has_posts = False

    def prepare(self) -> Made | None:
        """Make what is missing into ``temp.made_rows``. None: the kept ones hold as they are."""
        if is_kept(self._cursor, self.query):
            return None
        ties = self._one("ties_digest")
        self._read_letters(ties)
        self.facts = {
            "publication": self._name,
            "entry": self.entry,
            "made_from": self._as_of,
            "holds_until": self._one("histories_hold"),
            "definition": self.query.definition,
            "posts_digest": self._one("histories_posts"),
            "reach_digest": self._one("histories_reach"),
            "ties_digest": ties,
            "signals": self._signals_now,
        }
        made = self._how()
        if made != "nothing":
            self._make(made)
        if made == "whole" or self._news.has_signals:
            self._run("made_posts")
            self.has_posts = True
        if self._before is not None and made != "whole":
            self.facts.setdefault("partly_digest", self._before.partly_digest)
        else:
            self.facts["partly_digest"] = self._one("histories_partly")
        return made

    def _read_letters(self, ties: object) -> None:
        """Fill ``made_replies``. ties: their digest."""
        before = self._before
        is_known = before is not None and before.ties_digest == ties
        if is_known and self._few is not None and not self._news.has_letters:
            self._run("kept_replies")
            return
        partitions.set_aside_letters(self._cursor, self._name, self._as_of)
        self._run("made_replies")

    def _begin_few(self) -> FewHistories | None:
        """The few whom the news concern, if what is kept of the others still holds. None: all."""
        before = self._before
        self._signals_now = before.signals if before is not None else 0
        if before is None or self._news.has_signals:
            self._signals_now = self._signals(self.entry)
        if before is None or not self._news.is_plain:
            return None
        if before.holds_until is not None and self._as_of >= before.holds_until:
            return None
        if self._news.has_signals and self._signals(before.entry) != before.signals:
            return None  # some were replaced, and nothing says whose they were
        few = FewHistories(self._cursor, self._name, self._as_of, before.entry)
        few.show_opens()
        return few

    def _how(self) -> Made:
        """What has to be made, with ``touched`` and the tables filled where it is little."""
        before, few = self._before, self._few
        if (
            before is None
            or few is None
            or before.definition != self.facts["definition"]
            or before.posts_digest != self.facts["posts_digest"]
            or few.has_new_list()
        ):
            return "whole"
        touched, known = few.count_touched()
        if touched > FEW * known:
            return "whole"
        if touched or self._news.anything or before.reach_digest != self.facts["reach_digest"]:
            few.take()
            self.facts["partly_digest"] = partly = self._one("histories_partly")
            if partly != before.partly_digest:
                few.let_go()
                return "whole"
        return "few" if touched else "nothing"

    def _make(self, made: Made) -> None:
        self._cursor.execute(
            "CREATE OR REPLACE TEMP TABLE made_rows AS SELECT * FROM histories LIMIT 0"
        )
        if made == "few":
            set_aside_sendings(self._cursor, self.query, has_sums=True)
            rows = make_chosen_rows(self._cursor, self.query, "temp.made_rows")
        else:
            rows = make_rows(self._cursor, self.query, "temp.made_rows")
        for _ in rows:
            pass
        if made == "whole":
            self._run("made_replies")

    def _signals(self, entry: int) -> int:
        ((found,),) = self._cursor.execute(
            "SELECT count(*) FROM signals WHERE publication = $publication AND entry <= $entry",
            {"publication": self._name, "entry": entry},
        ).fetchall()
        return int(found)

    def _one(self, name: str) -> object:
        ((found,),) = self._run(name).fetchall()
        return found

    def _run(self, name: str) -> duckdb.DuckDBPyConnection:
        text = statement(name)
        values = {"publication": self._name, "as_of": self._as_of}
        used = {key: value for key, value in values.items() if f"${key}" in text}
        return self._cursor.execute(text, used)


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
                among = _OF_TOUCHED if made == "few" else ""
                cursor.execute(
                    f"DELETE FROM histories WHERE publication = $publication{among}",  # noqa: S608
                    of,
                )
                cursor.execute("INSERT INTO histories BY NAME SELECT * FROM temp.made_rows")
            _write_beside(cursor, work, made)
            cursor.execute("DELETE FROM histories_made WHERE publication = $publication", of)
            cursor.execute(statement("histories_made"), work.facts | {"is_current": not moved_on})
        except BaseException:
            cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")


def _write_beside(cursor: duckdb.DuckDBPyConnection, work: _Work, made: Made) -> None:
    """Keep what another making, of few people, takes as known of all others."""
    values = {"publication": work.query.publication}
    among = _OF_TOUCHED if made == "few" else ""
    people = ("history_spells", "history_replies") if made != "nothing" else ()
    tables = [(name, among) for name in people]
    if work.has_posts:
        tables.append(("history_posts", ""))
    if made == "whole":
        tables.append(("history_units", ""))
    for table, which in tables:
        rows = _BESIDE[table]
        cursor.execute(f"DELETE FROM {table} WHERE publication = $publication{which}", values)  # noqa: S608
        cursor.execute(
            f"INSERT INTO {table} BY NAME SELECT $publication AS publication, * FROM {rows}"  # noqa: S608
            f" WHERE TRUE{which}",
            values | ({"as_of": work.query.as_of} if "$as_of" in rows else {}),
        )


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
