"""Hints: what a provider's webhooks reported and no pull has confirmed yet.

A pull that began after a hint came and saw people or posts shows what it was about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from regulars_connectors.instants import Instant

from .actions.hooks import settle
from .hook_bodies import FOLDER, kept_bodies
from .mending import asked_again
from .timestamps import instant_of

if TYPE_CHECKING:
    from .protocols import ReadableStore
    from .store import Store

# A pull that was broken off has seen what it has seen: it is tried again for that, not for hints.
_CONFIRMED = """
    SELECT connection, max(started_at) AS started_at
    FROM runs JOIN (
        SELECT DISTINCT run_id FROM run_streams
        WHERE stream IN ('posts', 'subscriptions') AND outcome IN ('whole', 'window', 'partial')
            AND seen > 0
    ) USING (run_id)
    GROUP BY connection
"""
_HINTS = """
    SELECT connection, max(received_at) FROM hook_deliveries WHERE hints <> '' GROUP BY connection
"""


@asked_again
def newest_hints(store: ReadableStore) -> dict[str, Instant]:
    """When the newest hint of each connection came that no later pull has confirmed."""
    with store.read() as cursor:
        rows = cursor.execute(_HINTS).fetchall()
    newest = {str(connection): instant_of(received_at) for connection, received_at in rows}
    until = _confirmed_until(store) if newest else {}
    return {name: at for name, at in newest.items() if name not in until or at > until[name]}


@asked_again
def _confirmed_until(store: ReadableStore) -> Mapping[str, Instant]:
    with store.read() as cursor:
        rows = cursor.execute(_CONFIRMED).fetchall()
    return {str(connection): instant_of(started_at) for connection, started_at in rows}


def settle_confirmed(store: Store, now: Instant) -> int:
    """Let go the bodies of hints that a pull has confirmed. Returns how many.

    Bodies that carry a fact stay until they have become records.
    """
    if not (store.root / FOLDER).is_dir():
        return 0
    count = 0
    with store.writing:
        store.catch_up()
        until = _confirmed_until(store)
        groups: dict[tuple[str, str], list[str]] = {}
        for one in kept_bodies(store):
            confirmed = until.get(one.connection)
            if not one.has_records and confirmed is not None and one.received_at < confirmed:
                groups.setdefault((one.publication, one.connection), []).append(one.path)
        for (publication, connection), paths in groups.items():
            settle(store, publication, connection, paths, now)
            count += len(paths)
    return count
