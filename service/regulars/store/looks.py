"""When a connection was looked at: the dates of its runs, in the order of their commits.

A look is dated by a clock, and a clock may be wrong. The order of the journal is always right.
"""

from __future__ import annotations

from dataclasses import dataclass

from regulars_connectors.instants import Instant

from .actions import looks
from .mending import asked_again
from .store import Store
from .timestamps import instant_of


@dataclass(frozen=True, slots=True)
class Look:
    """What one run saw of a connection: the instants of its first and its last page."""

    first_at: Instant
    last_at: Instant


@asked_again
def looks_at(store: Store, connection: str) -> list[Look]:
    """The looks at a connection, in the order in which they were committed."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT min(started_at), max(ended_at) FROM run_streams"
            " WHERE connection = $connection AND outcome NOT IN ('unavailable', 'failed')"
            " GROUP BY run_id ORDER BY max(entry)",
            {"connection": connection},
        ).fetchall()
    return [Look(instant_of(first), instant_of(last)) for first, last in rows]


def has_seen_people(store: Store, connection: str) -> bool:
    """Whether a run came to the end of the people, or was complete without such a stream."""
    with store.read() as cursor:
        ((found,),) = cursor.execute(
            "SELECT count(*) FROM runs LEFT JOIN run_streams USING (run_id)"
            " WHERE runs.connection = $connection AND (runs.outcome = 'complete'"
            " OR (stream = 'subscriptions' AND run_streams.outcome IN ('whole', 'window')))",
            {"connection": connection},
        ).fetchall()
    return bool(found)


def newest_event(store: Store, connection: str) -> Instant | None:
    """The latest time that the provider gave to a post, an answer or an open.

    A post that reached nobody is none: a clock that was ahead takes a planned one for sent.
    """
    with store.read() as cursor:
        ((newest,),) = cursor.execute(
            "SELECT max(happened) FROM ("
            " SELECT max(sent_at) AS happened FROM posts"
            "  WHERE connection = $connection AND status IN ('sent', 'archived')"
            "   AND delivered IS DISTINCT FROM 0"
            " UNION ALL SELECT max(happened_at) FROM signals WHERE connection = $connection"
            ") AS events",
            {"connection": connection},
        ).fetchall()
    return None if newest is None else instant_of(newest)


def set_looks_aside(
    store: Store, publication: str, connection: str, *, after: Instant, at: Instant
) -> None:
    """Take the looks at a connection that are dated later than ``after`` out of the figures.

    at: now, which dates what else they brought. The journal and the history files keep all of it.
    """
    with store.writing:
        store.catch_up()
        store.append(
            {
                "kind": looks.SET_ASIDE,
                "at": at,
                "publication": publication,
                "connection": connection,
                "after": after,
            }
        )
