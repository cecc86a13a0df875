"""Deliveries of webhooks, as journal entries. Their bodies lie in files that these name.

``hooks`` says that deliveries came. ``hooks_read`` commits the records that some of them alone
carry. ``hooks_settled`` says which bodies are needed no more, because a later pull confirmed them.
An entry concerns one connection, and deliveries that come at once share one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.files import disk_errors
from regulars_connectors.instants import DAY, Instant

from ..hook_bodies import Body, path_of, write_bodies
from ..journal import Entry
from ..mending import asked_again
from ..timestamps import stored_moment

if TYPE_CHECKING:
    import duckdb

    from ..store import Store

KIND, READ, SETTLED = "hooks", "hooks_read", "hooks_settled"
REMEMBERED_FOR = 7 * DAY
"""A delivery that comes again within this time is known."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery whose signature holds. delivery_id: the provider's, the same at each try.

    hints: the streams whose next pull confirms it. has_records: whether it alone carries a fact.
    place: how often its body was written anew, without a person who was forgotten.
    """

    publication: str
    connection: str
    delivery_id: str
    event_type: str
    received_at: Instant
    body: bytes
    hints: tuple[str, ...] = ()
    has_records: bool = False
    place: int = 0

    @property
    def path(self) -> str:
        """Where its body lies, relative to the store's folder."""
        return path_of(self.connection, self.delivery_id, self.received_at, self.place)

    def facts(self) -> dict[str, Any]:
        """Its form in the journal, without the body."""
        return {
            "id": self.delivery_id,
            "event_type": self.event_type,
            "received_at": self.received_at,
            "hints": list(self.hints),
            "has_records": self.has_records,
        } | Body.of(self.path, self.body).facts()


def commit_deliveries(store: Store, deliveries: Sequence[Delivery]) -> int:
    """Commit those that are new. Returns how many. Durable when this returns.

    Raises DiskFull, and errors of the store.
    """
    with store.writing, disk_errors(store.root):
        store.require_room()
        store.catch_up()
        new = _without_known(store, deliveries)
        write_bodies(store.root, {one.path: one.body for one in new})
        for group in _by_connection(new):
            first = group[0]
            store.append(
                {
                    "kind": KIND,
                    "at": group[-1].received_at,
                    "publication": first.publication,
                    "connection": first.connection,
                    "deliveries": [one.facts() for one in group],
                }
            )
    return len(new)


def settle(store: Store, publication: str, connection: str, paths: list[str], at: Instant) -> None:
    """Commit that the bodies are needed no more, then remove them. The caller holds ``writing``."""
    store.append(settled_facts(publication, connection, paths, at))
    for path in paths:
        (store.root / path).unlink(missing_ok=True)


def settled_facts(
    publication: str, connection: str, paths: Sequence[str], at: Instant, kind: str = SETTLED
) -> dict[str, Any]:
    """The entry after which these bodies are no part of the store."""
    return {
        "kind": kind,
        "at": at,
        "publication": publication,
        "connection": connection,
        "settled": list(paths),
    }


def _by_connection(deliveries: Iterable[Delivery]) -> list[list[Delivery]]:
    groups: dict[tuple[str, str], list[Delivery]] = {}
    for one in deliveries:
        groups.setdefault((one.publication, one.connection), []).append(one)
    return list(groups.values())


@asked_again
def _without_known(store: Store, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """The deliveries that neither the store nor an earlier one of these has."""
    found = {(one.connection, one.delivery_id): one for one in reversed(deliveries)}
    oldest = min(one.received_at for one in deliveries) - REMEMBERED_FOR
    with store.read() as cursor:
        known = cursor.execute(
            "SELECT connection, delivery_id FROM hook_deliveries"
            " WHERE received_at > $oldest AND delivery_id IN (SELECT unnest($ids))",
            {"oldest": stored_moment(oldest), "ids": [name for _, name in found]},
        ).fetchall()
    for connection, name in known:
        found.pop((str(connection), str(name)), None)
    return list(reversed(found.values()))


def apply_deliveries(cursor: duckdb.DuckDBPyConnection, entries: Sequence[Entry]) -> None:
    """Put deliveries into their table, and note which bodies are needed no more."""
    new = [(entry, one) for entry in entries for one in entry.facts.get("deliveries", ())]
    if new:
        rows = [_row(entry, one) for entry, one in new]
        values = ", ".join(f"unnest(${name}) AS {name}" for name in rows[0])
        cursor.execute(
            f"INSERT INTO hook_deliveries BY NAME SELECT {values}",
            {name: [row[name] for row in rows] for name in rows[0]},
        )
    settled = [path for entry in entries for path in entry.facts.get("settled", ())]
    if settled:
        cursor.execute(
            "UPDATE hook_deliveries SET is_settled = TRUE"
            " WHERE NOT is_settled AND path IN (SELECT unnest($paths))",
            {"paths": settled},
        )


def _row(entry: Entry, one: dict[str, Any]) -> dict[str, Any]:
    return {
        "publication": entry.facts["publication"],
        "connection": entry.facts["connection"],
        "delivery_id": one["id"],
        "event_type": one["event_type"],
        "received_at": stored_moment(one["received_at"]),
        "hints": ",".join(one["hints"]),
        "has_records": one["has_records"],
        "path": one["path"],
        "size": one["size"],
        "sha256": one["sha256"],
        "is_settled": False,
        "entry": entry.number,
    }
