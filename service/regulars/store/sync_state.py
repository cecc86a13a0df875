"""The state that a connector needs to plan its walks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from regulars_connectors.contract import SyncState

from .mending import asked_again
from .store import Store
from .streams import PARENTS


class _Parents(Mapping[str, Mapping[str, int | None]]):
    """The ids of each stream, read at their first use, since connectors use few."""

    def __init__(self, store: Store, connection: str, before: Callable[[], None]) -> None:
        self._store = store
        self._before = before
        self._connection = connection
        self._asked: dict[str, dict[str, int | None]] = {}

    @asked_again
    def __getitem__(self, stream: str) -> Mapping[str, int | None]:
        if stream not in self._asked:
            self._before()
            with self._store.read() as cursor:
                rows = cursor.execute(PARENTS[stream], {"connection": self._connection}).fetchall()
            self._asked[stream] = {str(parent): answers for parent, answers in rows}
        return self._asked[stream]

    def __iter__(self) -> Iterator[str]:
        return iter(PARENTS)

    def __len__(self) -> int:
        return len(PARENTS)


@asked_again
def sync_state_of(
    store: Store, connection: str, *, full: bool, before: Callable[[], None] = lambda: None
) -> SyncState:
    """Parents (polls with their number of answers, posts) and checkpoints of a connection.

    before: called before parents are read, to commit what must be among them.
    """
    with store.read() as cursor:
        checkpoints = cursor.execute(
            "SELECT stream, nullif(parent, ''), checkpoint FROM walks"
            " WHERE connection = $connection AND checkpoint IS NOT NULL",
            {"connection": connection},
        ).fetchall()
    return SyncState(
        parents=_Parents(store, connection, before),
        checkpoints={(row[0], row[1]): row[2] for row in checkpoints},
        full=full,
    )


@asked_again
def place_of(
    store: Store, connection: str, stream: str, parent: str | None
) -> tuple[str | None, str | None]:
    """The cursor of an interrupted walk, and the checkpoint of the last one that ended."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT cursor, checkpoint FROM walks"
            " WHERE connection = $connection AND stream = $stream AND parent = $parent",
            {"connection": connection, "stream": stream, "parent": parent or ""},
        ).fetchall()
    return rows[0] if rows else (None, None)


@asked_again
def owner_of(store: Store, connection: str) -> str | None:
    """The publication of a connection's data, None before it has any."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT publication, entry FROM runs WHERE connection = $connection"
            " UNION ALL BY NAME SELECT publication, 0 AS entry FROM posts"
            " WHERE connection = $connection ORDER BY entry DESC LIMIT 1",
            {"connection": connection},
        ).fetchall()
    return str(rows[0][0]) if rows else None


@asked_again
def ids_in_stream(store: Store, stream: str, connection: str) -> frozenset[str]:
    """The ids of a stream's records that the store knows. stream: one of ``PARENTS``."""
    with store.read() as cursor:
        rows = cursor.execute(PARENTS[stream], {"connection": connection}).fetchall()
    return frozenset(str(row_id) for row_id, _ in rows)
