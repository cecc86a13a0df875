"""What the schedule reads from the store: runs, and the moments of posts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from regulars.store.mending import asked_again
from regulars.store.protocols import ReadableStore
from regulars.store.timestamps import instant_of
from regulars.sync.record import RunResult, is_stop, machine_start
from regulars_connectors.instants import DAY, Instant, to_datetime

from .table import Run

_MOST_RUNS = 200
"""Of a connection: as many failures in a row take two months of the longest back-off."""
_POSTS_AROUND: Instant = 8 * DAY

# A walk through the people that came to its end shows who is there. A provider without such a
# stream is seen by any complete run.
_RUNS = """
WITH looks AS (
    SELECT
        run_id,
        max(CASE WHEN outcome IN ('whole', 'window', 'partial') THEN 1 ELSE 0 END) AS ended
    FROM run_streams
    WHERE stream = 'subscriptions'
    GROUP BY run_id
), known AS (
    SELECT
        runs.connection, runs.run_id, runs.started_at, runs.ended_at, runs.outcome, runs.reason,
        runs.retry_at, runs.entry, coalesce(ended = 1, runs.outcome = 'complete') AS saw_people
    FROM runs
    LEFT JOIN looks ON looks.run_id = runs.run_id
), placed AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY connection ORDER BY entry DESC) AS place,
        row_number() OVER (PARTITION BY connection, saw_people ORDER BY entry DESC) AS place_alike
    FROM known
)
SELECT connection, run_id, started_at, ended_at, outcome, reason, retry_at, saw_people
FROM placed
WHERE place <= $most OR (saw_people AND place_alike = 1)
ORDER BY entry DESC
"""
_POSTS = """
SELECT connection, status, sent_at
FROM posts
WHERE status IN ('scheduled', 'sent')
    AND form <> 'web'
    AND presence <> 'removed'
    AND sent_at BETWEEN $since AND $until
"""


@dataclass(slots=True)
class Posts:
    """When posts of a connection go out and went out."""

    planned: list[Instant] = field(default_factory=list)
    sent: list[Instant] = field(default_factory=list)


@asked_again
def runs_of(store: ReadableStore) -> dict[str, dict[str, Run]]:
    """The runs that have a record, by connection and by id, the newest first."""
    with store.read() as cursor:
        rows = cursor.execute(_RUNS, {"most": _MOST_RUNS}).fetchall()
    found: dict[str, dict[str, Run]] = defaultdict(dict)
    for connection, run_id, started_at, ended_at, outcome, reason, retry_at, saw_people in rows:
        found[connection][run_id] = Run(
            started_at=instant_of(started_at),
            ended_at=instant_of(ended_at),
            asked_at=machine_start(run_id),
            outcome=outcome,
            saw_people=saw_people,
            was_stopped=is_stop(reason),
            reason=reason,
            retry_at=instant_of(retry_at) if retry_at is not None else None,
        )
    return found


def run_of(result: RunResult) -> Run:
    """A run that ended without a record, as on a full disk. Only this process knows of it."""
    record = result.record
    return Run(
        started_at=record.started_at,
        ended_at=record.ended_at or record.started_at,
        outcome=record.outcome,
        was_stopped=result.was_stopped,
        reason=record.reason,
        retry_at=record.retry_at,
    )


@asked_again
def posts_of(store: ReadableStore, now: Instant) -> Mapping[str, Posts]:
    """The posts of some days around ``now``, by connection."""
    span = {"since": now - _POSTS_AROUND, "until": now + _POSTS_AROUND}
    with store.read() as cursor:
        rows = cursor.execute(
            _POSTS, {name: to_datetime(at).replace(tzinfo=None) for name, at in span.items()}
        ).fetchall()
    found: dict[str, Posts] = defaultdict(Posts)
    for connection, status, sent_at in rows:
        posts = found[connection]
        (posts.planned if status == "scheduled" else posts.sent).append(instant_of(sent_at))
    return found
