"""Tables filled by hand: a database made from the schema and the views, and words to fill it.

Posts go out on Mondays at 09:00 UTC: week(0) is 5 January 2026. A post matures when the next one
is sent (seven days later), so just after week(8) the posts 0 to 7 can be judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support.empty_database import tables_in_memory
from support.set_aside import ask_views

from regulars.reports.engine.report import Report, run
from regulars.settings import PublicationSettings

# naive, as in the tables
FIRST = datetime(2026, 1, 5, 9, 0)  # noqa: DTZ001
SEEN = datetime(2026, 12, 1)  # noqa: DTZ001


def week(number: float) -> datetime:
    return FIRST + timedelta(days=7 * number)


class Tables:
    """A publication ``notes`` with the connection ``main``; every row can say otherwise."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.keys = 0
        self.pulled: set[str] = set()

    def insert(self, table: str, **values: Any) -> None:
        row = {"publication": "notes", "connection": "main"} | values
        names = ", ".join(row)
        marks = ", ".join(f"${name}" for name in row)
        self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", row)

    def posts(self, count: int, **values: Any) -> None:
        for number in range(count):
            self.post(number, week(number), **values)

    def post(self, number: int, sent_at: datetime | None, **values: Any) -> None:
        """A post whose opens were recorded and looked for, unless ``values`` say otherwise."""
        row = {
            "opens_tracked": True,
            "id": f"post{number}", "title": f"Post {number}", "status": "sent", "form": "email",
            "sent_at": sent_at, "presence": "present", "seen_at": SEEN,
        }  # fmt: skip
        row |= values
        self.insert("posts", **row)
        self.keys += 1
        walk = {
            "connection": row.get("connection", "main"), "parent": row["id"], "entry": self.keys
        }  # fmt: skip
        self.connection.execute(
            "INSERT INTO walks (connection, stream, parent, seen_at, entry)"
            " VALUES ($connection, 'signals', $parent, $seen_at, $entry)",
            walk | {"seen_at": SEEN},
        )

    def version(self, name: str, seen_at: datetime, **values: Any) -> None:
        """One version of a standing; the newest of its key is how it stands."""
        self.keys += 1
        row = {
            "subscription_id": name, "spell": "", "status": "active", "joined_at": week(-1),
            "presence": "present", "seen_at": seen_at, "entry": self.keys,
        }  # fmt: skip
        self.insert("subscription_versions", **row | values)
        self.connection.execute(
            "CREATE OR REPLACE TABLE subscriptions AS SELECT DISTINCT ON "
            "(connection, subscription_id, spell) * FROM subscription_versions "
            "ORDER BY entry DESC"
        )

    def person(self, name: str, *, of: str | None = None, **values: Any) -> None:
        """A subscription that was always active, unless ``values`` say otherwise."""
        connection = values.get("connection", "main")
        self.insert(
            "people", connection=connection, subscription_id=name, person_id=f"per_{of or name}"
        )
        self.version(name, SEEN, **values)

    def signal(self, kind: str, name: str | None, post: int | None, **values: Any) -> None:
        self.keys += 1
        row = {
            "kind": kind, "signal_key": f"key{self.keys}", "subscription_id": name,
            "post_id": None if post is None else f"post{post}", "seen_at": SEEN,
            "entry": self.keys,
            "happened_at": None if post is None else week(post) + timedelta(hours=3),
        }  # fmt: skip
        self.insert("signals", **row | values)
        self.signals_pulled(values.get("connection", "main"))

    def signals_pulled(self, connection: str = "main", ended_at: datetime = SEEN) -> None:
        """A pull of signals came to its end, so that what it shows of a post is all of it."""
        if connection not in self.pulled:
            self.pulled.add(connection)
            self.run_stream(
                "signals", ended_at, connection=connection, run_id="run_0", outcome="events"
            )

    def opens(self, name: str, *posts: int, **values: Any) -> None:
        for post in posts:
            self.signal("open", name, post, **{"machine": False} | values)

    def totals(
        self, name: str, seen_at: datetime, now: tuple[int, ...], was: Any = None, **values: Any
    ) -> None:
        """A row of counters (received, opened[, clicked]); ``was``: (moment, the totals then)."""
        self.keys += 1
        received, opened, clicked = (*now, 0)[:3]
        row = {
            "subscription_id": name, "seen_at": seen_at, "received": received, "opened": opened,
            "clicked": clicked, "rounded": False, "epoch": 1, "entry": self.keys,
        }  # fmt: skip
        if was is not None:
            moment, before = was
            names = ("was_received", "was_opened", "was_clicked")
            row |= {"was_at": moment} | dict(zip(names, (*before, 0), strict=False))
        self.insert("counters", **row | values)

    def history(self, name: str, *totals: tuple[int, ...], start: float = -0.5) -> None:
        """Totals seen at each weekly look; the first is the base. Looks are Thursday evenings."""
        self.totals(name, week(start), totals[0])
        last, top = (week(start), totals[0]), totals[0]
        for number, now in enumerate(totals[1:], start=1):
            if now != last[1]:
                tops = ("top_received", "top_opened", "top_clicked")
                height = dict(zip(tops, top, strict=False))
                self.totals(name, week(start + number), now, last, **height)
            last, top = (week(start + number), now), tuple(map(max, top, now))

    def run(self, ended_at: datetime, **values: Any) -> None:
        """The end of a run, and with ``stream`` what it saw of that."""
        self.keys += 1
        row = {
            "run_id": "run_1", "connector": "files", "started_at": ended_at,
            "ended_at": ended_at, "outcome": "complete", "entry": self.keys,
        }  # fmt: skip
        self.insert("runs", **row | values)

    def run_stream(self, stream: str, ended_at: datetime, **values: Any) -> None:
        """What the run saw of a stream."""
        self.keys += 1
        row = {
            "run_id": "run_1", "connection": "main", "stream": stream, "outcome": "whole",
            "seen": 50, "written": 50, "quarantined": 0, "held_removals": 0,
            "without_totals": 0, "started_at": ended_at, "ended_at": ended_at, "entry": self.keys,
        } | values  # fmt: skip
        names, marks = ", ".join(row), ", ".join(f"${name}" for name in row)
        self.connection.execute(f"INSERT INTO run_streams ({names}) VALUES ({marks})", row)

    def reading(
        self,
        as_of: datetime,
        needed: int = 4,
        of: int = 8,
        span_people: int | None = None,
        **asked: Any,
    ) -> Any:
        """What ``people_reading`` says, by person without the ``per_``."""
        values = {
            "publication": "notes", "as_of": as_of, "needed": needed, "of": of,
            "by_week": False, "zone": "UTC",
        } | asked  # fmt: skip
        statement = (
            "SELECT * FROM people_reading($publication, $as_of, $needed, $of, $by_week, $zone)"
        )
        rows = self.rows(statement, values, span_people)
        return {row["person_id"].removeprefix("per_"): row for row in rows}

    def rows(
        self, statement: str, values: dict[str, Any], span_people: int | None = None
    ) -> list[dict[str, Any]]:
        """What views say of a moment among ``values``."""
        as_of = values["as_of"]
        return ask_views(
            self.connection, "notes", as_of, statement, values, span_people=span_people
        )

    def ask(self, report: Report[Any, Any, Any], as_of: datetime, **asked: Any) -> Any:
        """The envelope of a report as of a naive UTC moment."""
        settings = {"name": "notes", "regular_reads": 4, "regular_of": 8}
        parameters = asked.pop("parameters", None)
        publication = PublicationSettings(**settings | asked)
        moment = as_of.replace(tzinfo=UTC)
        return run(report, self.connection, publication, parameters, as_of=moment, now=moment)


@pytest.fixture
def tables(empty_database: Path) -> Iterator[Tables]:
    with tables_in_memory(empty_database) as connection:
        yield Tables(connection)


@pytest.fixture
def new_tables(empty_database: Path) -> Any:
    """Makes empty tables, as often as one test wants."""

    @contextmanager
    def new_tables() -> Iterator[Tables]:
        with tables_in_memory(empty_database) as connection:
            yield Tables(connection)

    return new_tables


@pytest.fixture
def at() -> Any:
    """week(n): the moment at which post n goes out."""
    return week
