"""Makes records of deliveries that alone carry a fact, and lets their bodies go."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

from regulars.errors import SettingsWrong
from regulars.settings import ConnectionConfig, PublicationSettings, Settings
from regulars.store import Store
from regulars.store.hook_bodies import KeptBody, kept_bodies, read_body
from regulars.store.hook_records import Told, commit_told
from regulars_connectors.contract import Runtime, SupportsWebhooks, WebhookEvent
from regulars_connectors.errors import ConnectorError
from regulars_connectors.records import Hint
from regulars_connectors.webhooks import SIGNED_WITHIN

logger = logging.getLogger(__name__)

READ_TOGETHER = 200
Found: TypeAlias = tuple[PublicationSettings, ConnectionConfig, SupportsWebhooks]
Find: TypeAlias = Callable[[str], "Found | None"]
"""From a connection's name to its publication, settings and connector, None if it takes none."""


def read_deliveries(
    store: Store, settings: Settings, find: Find, runtime: Runtime, passed_over: set[str]
) -> bool:
    """Make records of some deliveries of one connection. Returns whether more wait.

    passed_over: paths of bodies that cannot be read, to which this adds. Those stay.
    """
    names = {config.name for _, config in settings.connections()}
    waiting = [
        one
        for one in kept_bodies(store, with_records=True)
        if one.path not in passed_over and one.connection in names
    ]
    if not waiting:
        return False
    name = waiting[0].connection
    found = None
    with suppress(SettingsWrong, ConnectorError):
        found = find(name)
    if found is None:
        passed_over.update(one.path for one in waiting if one.connection == name)
        return True
    chosen = [one for one in waiting if one.connection == name][:READ_TOGETHER]
    _commit(store, found, runtime, chosen, passed_over)
    return len(waiting) > len(chosen)


def _commit(
    store: Store,
    found: Found,
    runtime: Runtime,
    chosen: Sequence[KeptBody],
    passed_over: set[str],
) -> None:
    """Commit these together. If that fails, each by itself, so that an odd one costs itself."""
    publication, config, connector = found
    told: list[Told] = []
    settled: list[str] = []
    for one in chosen:
        event = _event_of(store, connector, one)
        if event is None:
            passed_over.add(one.path)
            continue
        settled.append(one.path)
        told += _told_by(event, one)
    if not settled:
        return
    try:
        commit_told(
            store,
            told,
            settled,
            runtime.clock(),
            publication=publication.name,
            connection=config.name,
            connector=config.connector,
        )
    except (TypeError, ValueError, OverflowError) as error:
        if len(chosen) == 1:
            kind = type(error).__name__
            logger.warning("a webhook of %s cannot be stored (%s)", config.name, kind)
            passed_over.update(settled)
            return
        for one in chosen:
            _commit(store, found, runtime, [one], passed_over)


def _told_by(event: WebhookEvent, one: KeptBody) -> list[Told]:
    """The records of a delivery, dated by the provider unless it says a time still to come."""
    at = one.received_at if event.at is None else event.at
    if at > one.received_at + SIGNED_WITHIN:
        at = one.received_at
    return [Told(meaning, at) for meaning in event.meanings if not isinstance(meaning, Hint)]


def _event_of(store: Store, connector: SupportsWebhooks, one: KeptBody) -> WebhookEvent | None:
    body = read_body(store.root, one)
    if body is None:
        logger.error("the body of a webhook is missing or damaged: %s", one.path)
        return None
    return read_event(connector, one.connection, body)


def read_event(connector: SupportsWebhooks, connection: str, body: bytes) -> WebhookEvent | None:
    """What a body means. None, and a line in the log, if it cannot be read."""
    try:
        event = connector.handle_webhook(body)
    except ConnectorError as error:
        logger.warning("a webhook of %s cannot be read: %s", connection, error.happened)
        return None
    if event.unread:
        logger.warning(
            "a webhook of %s (%s): parts that cannot be read: %d",
            connection,
            event.event_type,
            event.unread,
        )
    return event
