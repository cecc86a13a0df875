"""Deliveries of webhooks in this process: judged, committed together, and made records of.

A delivery is judged in the thread of its request. One thread commits all that wait, with one entry
for each connection, and answers them. After that it reads those that alone carry a fact. A delivery
that was committed by a process that died is read at the next start.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from regulars.connections.factory import connect, require_owner
from regulars.errors import NothingHere, RegularsError, TooManyDeliveries
from regulars.settings import ConnectionConfig, PublicationSettings, Settings
from regulars.store import Store
from regulars.store.actions.hooks import Delivery, commit_deliveries
from regulars.store.hints import settle_confirmed
from regulars_connectors.contract import Runtime, SupportsWebhooks, WebhookRequest
from regulars_connectors.errors import FeatureUnavailable
from regulars_connectors.records import Hint

from .hook_reading import READ_TOGETHER, Found, read_deliveries, read_event

logger = logging.getLogger(__name__)

MOST_WAITING_BYTES = 32 * 1024 * 1024
"""Of bodies that wait to be committed. Beyond that, a provider is asked to try again."""
_MOST_WAITING = 1_000
_QUIET_SECONDS = 1.0
Queued = tuple[Delivery, "Future[None]"]


class HookIntake:
    """Takes the webhooks of every connection in the settings. Call ``start`` before, ``stop`` at
    the end.

    on_hint: called once deliveries with hints are durable, from the thread that commits them.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        runtime: Runtime,
        *,
        on_hint: Callable[[], object] = lambda: None,
    ) -> None:
        self._store, self._settings, self._runtime = store, settings, runtime
        self._on_hint = on_hint
        self._connectors: dict[str, SupportsWebhooks | None] = {}
        self._making = threading.Lock()
        self._changed = threading.Condition()
        self._waiting: deque[Queued] = deque()
        self._waiting_bytes = 0
        self._is_ending = False
        self._unread = READ_TOGETHER  # a dead process may have left some
        self._passed_over: set[str] = set()
        # Called when everything that was committed has been read.
        self.on_read: Callable[[], object] = lambda: None
        self._thread = threading.Thread(target=self._work, name="hooks", daemon=True)

    def start(self) -> None:
        """Begin to commit deliveries, those first that a dead process left unread."""
        self._thread.start()

    def stop(self) -> None:
        """Commit what waits, and take nothing afterwards. May be called twice."""
        with self._changed:
            self._is_ending = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()
        with self._making:
            connectors, self._connectors = list(self._connectors.values()), {}
        for one in connectors:
            if one is not None:
                closing: Any = one
                closing.close()

    def judge(self, connection: str, request: WebhookRequest) -> Delivery:
        """The delivery in a request, once its signature holds.

        Raises WebhookRefused. Raises NothingHere in the same words for a connection that is
        unknown, that takes no webhooks, or that lacks a secret.
        """
        found = self.find(connection)
        if found is None:
            raise _nothing_here()
        publication, _, connector = found
        try:
            delivery_id = connector.verify_webhook(request)
        except FeatureUnavailable:
            raise _nothing_here() from None
        event = read_event(connector, connection, request.body)
        meanings = event.meanings if event is not None else ()
        hints = {one.stream for one in meanings if isinstance(one, Hint)}
        return Delivery(
            publication=publication.name,
            connection=connection,
            delivery_id=delivery_id,
            event_type=event.event_type if event is not None else "unreadable",
            received_at=self._runtime.clock(),
            body=request.body,
            hints=tuple(sorted(hints)),
            # One that cannot be read is kept: a later version may read it.
            has_records=event is None or any(not isinstance(one, Hint) for one in meanings),
        )

    def keep(self, delivery: Delivery) -> Future[None]:
        """Commit the delivery. The result is there once it is durable, or was known already.

        Raises TooManyDeliveries.
        """
        done: Future[None] = Future()
        with self._changed:
            size = self._waiting_bytes + len(delivery.body)
            if self._is_ending or size > MOST_WAITING_BYTES or len(self._waiting) >= _MOST_WAITING:
                raise TooManyDeliveries("Too many deliveries wait to be written.")
            self._waiting.append((delivery, done))
            self._waiting_bytes = size
            self._changed.notify()
        return done

    def find(self, name: str) -> Found | None:
        """The publication, settings and connector of a connection that takes webhooks, or None."""
        for publication, config in self._settings.connections():
            if config.name == name:
                connector = self._connector(publication, config)
                return None if connector is None else (publication, config, connector)
        return None

    def _connector(
        self, publication: PublicationSettings, config: ConnectionConfig
    ) -> SupportsWebhooks | None:
        """Made once, since a connector keeps no state. None for one that takes no webhooks."""
        with self._making:
            if config.name not in self._connectors:
                require_owner(self._store, publication.name, config.name)
                made = connect(self._settings, config, self._runtime)
                takes = isinstance(made, SupportsWebhooks)
                if not takes:
                    made.close()
                self._connectors[config.name] = made if isinstance(made, SupportsWebhooks) else None
            return self._connectors[config.name]

    # The thread

    def _work(self) -> None:
        is_over = False
        while not is_over:
            group, is_over = self._next_group()
            if group:
                self._commit(group)
            is_time = self._unread >= READ_TOGETHER or (self._unread and not group)
            if is_time and not is_over:
                self._unread = READ_TOGETHER if self._read_some() else 0
                if not self._unread:
                    self.on_read()

    def _next_group(self) -> tuple[list[Queued], bool]:
        """Everything that waits to be committed, and whether it is the last. Empty if it is time
        to read what was committed."""
        with self._changed:
            while not (self._waiting or self._unread or self._is_ending):
                self._changed.wait()
            if not self._waiting and self._unread < READ_TOGETHER and not self._is_ending:
                # Reading one costs as much as reading many, so more may come first.
                self._changed.wait(_QUIET_SECONDS)
            group = list(self._waiting)
            self._waiting.clear()
            self._waiting_bytes = 0
            return group, self._is_ending

    def _commit(self, group: list[Queued]) -> None:
        try:
            commit_deliveries(self._store, [delivery for delivery, _ in group])
        except BaseException as error:  # whoever waits must hear it
            for _, done in group:
                _tell(done, error)
            if not isinstance(error, RegularsError):
                logger.exception("deliveries could not be written")
            return
        self._unread += sum(delivery.has_records for delivery, _ in group)
        for _, done in group:
            _tell(done)
        if any(delivery.hints for delivery, _ in group):
            self._on_hint()

    def _read_some(self) -> bool:
        """Make records of some deliveries. Returns whether more wait."""
        try:
            return read_deliveries(
                self._store, self._settings, self.find, self._runtime, self._passed_over
            )
        except RegularsError as error:
            # A full disk, say. The bodies stay, and the next delivery or start tries again.
            logger.warning("webhooks wait to be read: %s", error.happened)
        except Exception:
            logger.exception("webhooks could not be read")
        return False


def _tell(done: Future[None], error: BaseException | None = None) -> None:
    """Answer whoever waits for a delivery, unless they have gone."""
    if not done.set_running_or_notify_cancel():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)


def after_a_run(store: Store, runtime: Runtime) -> None:
    """Let go the bodies of hints that the run has confirmed. Without room on the disk they stay."""
    try:
        settle_confirmed(store, runtime.clock())
    except RegularsError as error:
        logger.warning("bodies of webhooks stay for now: %s", error.happened)


def _nothing_here() -> NothingHere:
    return NothingHere(
        "No webhooks are taken at this address.",
        to_do="Compare the address at your provider with the connection's name, and see"
        " webhook_secret in its settings.",
    )
