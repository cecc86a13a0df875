"""What every report needs of a publication: its posts, the rule that fits, its sources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from regulars.settings import PublicationSettings
from regulars.stats.recurrence import Rule, median_gap_days, rule_for
from regulars.store.run_record import StreamState
from regulars.store.sql_files import sql_text
from regulars.store.timestamps import aware, naive

from .envelope import Source, SourceStream

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")
STALE_AFTER = timedelta(days=8)


class PostFact(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A post sent by mail. Times are naive UTC, as in the tables.

    is_unsaid: nothing says whether its opens were recorded. is_shared: several connections know it.
    connections, sent_times: of each that knows it, when it was sent there.
    """

    connection: str
    post_id: str
    title: str
    sent_at: datetime
    matured_at: datetime
    is_matured: bool
    is_measured: bool
    is_seen: bool
    is_unsaid: bool = False
    is_shared: bool = False
    connections: list[str] = []
    sent_times: list[datetime] = []


class SourceFact(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The newest run of a connection."""

    connection: str
    connector: str
    last_complete_sync: datetime | None
    last_outcome: str
    reason: str | None


class StreamFact(StreamState, array_like=True, forbid_unknown_fields=True, kw_only=True):
    """What was last seen of a stream of a connection."""

    connection: str
    ended_at: datetime


class Facts(msgspec.Struct, frozen=True):
    """Posts, sources and rule at one instant."""

    posts: list[PostFact]
    sources: list[Source]
    rule: Rule

    def units_seen(self, zone: str) -> int:
        """How many posts, or weeks with a post, can be judged so far."""
        seen = [post.sent_at for post in self.posts if post.is_seen]
        if self.rule.unit == "post":
            return len(seen)
        return len({aware(at).astimezone(ZoneInfo(zone)).isocalendar()[:2] for at in seen})

    def window_start(self, zone: str) -> datetime | None:
        """When the first of the posts that the rule looks at went out, in UTC."""
        matured = [aware(post.sent_at) for post in self.posts if post.is_matured]
        if self.rule.unit == "post":
            return min(matured[-self.rule.of :], default=None)
        weeks = sorted({at.astimezone(ZoneInfo(zone)).isocalendar()[:2] for at in matured})
        inside = set(weeks[-self.rule.of :])
        return min(
            (at for at in matured if at.astimezone(ZoneInfo(zone)).isocalendar()[:2] in inside),
            default=None,
        )


def statement(name: str) -> str:
    """The text of a ``.sql`` file of a report, or of the engine."""
    return sql_text(name, "reports", "reports/engine")


def ask(
    connection: duckdb.DuckDBPyConnection, name: str, values: dict[str, Any], row: type[T]
) -> list[T]:
    """Rows of the statement ``name`` as ``row`` objects, checked."""
    rows = connection.execute(statement(name), values).fetchall()
    return msgspec.convert(rows, list[row])  # type: ignore[valid-type]


def gather(
    connection: duckdb.DuckDBPyConnection,
    publication: PublicationSettings,
    as_of: datetime,
    now: datetime,
) -> Facts:
    """The facts of a publication at an instant. ``as_of`` and ``now`` are aware."""
    values = {"publication": publication.name, "as_of": naive(as_of)}
    posts = ask(connection, "facts_posts", values, PostFact)
    return facts_with(connection, publication, posts, now)


def facts_with(
    connection: duckdb.DuckDBPyConnection,
    publication: PublicationSettings,
    posts: list[PostFact],
    now: datetime,
) -> Facts:
    """The same where the posts are known."""
    name = {"publication": publication.name}
    runs = ask(connection, "facts_sources", name, SourceFact)
    streams = ask(connection, "facts_streams", name, StreamFact)
    by_connection = defaultdict(list)
    for post in posts:
        for place, sent_at in zip(post.connections, post.sent_times, strict=True):
            by_connection[place].append(sent_at)
    rule = rule_for(
        median_gap_days(by_connection.values()), publication.regular_reads, publication.regular_of
    )
    return Facts(posts, _sources(publication, runs, streams, now), rule)


def correct_posts(connection: duckdb.DuckDBPyConnection, publication: PublicationSettings) -> None:
    """Make views match posts as the owner says, until the end of the transaction."""
    pairs = [(*pair, True) for pair in publication.same_posts]
    pairs += [(*pair, False) for pair in publication.different_posts]
    if not pairs:
        return
    connection.execute(
        statement("told_posts_rows"),
        {"pairs": [list(pair[:2]) for pair in pairs], "same": [pair[2] for pair in pairs]},
    )
    connection.execute(
        "CREATE OR REPLACE TEMP MACRO told_posts(publication_name) AS TABLE"
        " SELECT * FROM told_posts_rows"
    )


def _sources(
    publication: PublicationSettings,
    runs: Sequence[SourceFact],
    streams: Sequence[StreamFact],
    now: datetime,
) -> list[Source]:
    seen = {run.connection: run for run in runs}
    for config in publication.connections:
        never = SourceFact(config.name, config.connector, None, "never", None)
        seen.setdefault(config.name, never)
    return [
        Source(
            connection=run.connection,
            connector=run.connector,
            last_complete_sync=aware(run.last_complete_sync) if run.last_complete_sync else None,
            last_outcome=run.last_outcome,
            reason=run.reason,
            is_stale=not publication.paused and _is_old(run, now),
            streams=[_stream(fact) for fact in streams if fact.connection == run.connection],
        )
        for _, run in sorted(seen.items())
    ]


def _is_old(run: SourceFact, now: datetime) -> bool:
    last = run.last_complete_sync
    return last is None or now - aware(last) > STALE_AFTER


def _stream(fact: StreamFact) -> SourceStream:
    return SourceStream(
        stream=fact.stream,
        outcome=fact.outcome,
        seen_at=aware(fact.ended_at),
        seen=fact.seen,
        quarantined=fact.quarantined,
        held_removals=fact.held_removals,
        without_totals=fact.without_totals,
        held_changes=fact.held_changes,
        unknown_standings=fact.unknown_standings,
        taken_back=fact.taken_back,
        undated=fact.undated,
        reason=fact.reason,
        alarm=fact.alarm,
        count_difference=fact.count_difference,
        accepted_difference=fact.accepted_difference,
        statistics_age=fact.statistics_age,
    )
