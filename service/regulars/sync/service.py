"""Sync runs inside a running server: started on request, one at a time for a connection."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from regulars.connections.accounts import account_of
from regulars.connections.factory import choose
from regulars.errors import NothingHere, RegularsError
from regulars.settings import ConnectionConfig, PublicationSettings, Settings
from regulars.store import Store
from regulars.store.timestamps import instant_of
from regulars_connectors.contract import Runtime
from regulars_connectors.errors import ConnectorError
from regulars_connectors.instants import to_datetime, to_iso

from .progress import Interrupted
from .queue import AccountQueues
from .record import STREAM_NAMES, begun, failed_facts, run_to_json
from .run import sync_connection

logger = logging.getLogger(__name__)
_ENDED_KEPT = 200


class AlreadyRunning(RegularsError):
    """A run of this connection is under way."""

    code = "sync_running"
    status = 409
    exit_code = 8
    to_do = "Wait until it has ended; `regulars status` shows it."


class SyncRuns:
    """The runs of one server process, those under way and those that the store remembers."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        runtime: Runtime,
        *,
        prefetch: Callable[[Store, PublicationSettings, datetime], None] = lambda *_: None,
    ) -> None:
        """``prefetch`` computes after each run what will be asked next; it never raises."""
        self._prefetch = prefetch
        self._store = store
        self._settings = settings
        self._tools = runtime
        self._lock = threading.Lock()
        self._lanes = AccountQueues()
        self._running: dict[str, dict[str, Any]] = {}
        self._ended: dict[str, dict[str, Any]] = {}
        self._stop = threading.Event()

    def start(
        self, connection: str | None, *, full: bool = False, accept_removals: bool = False
    ) -> list[dict[str, Any]]:
        """Start a run of the connection, or of all. Raises AlreadyRunning, NothingHere."""
        chosen = choose(self._settings, connection)
        with self._lock:
            for _, config in chosen:
                if config.name in self._running:
                    raise AlreadyRunning(f"A sync of {config.name} is under way.")
            return [
                self._begin(publication, config, full, accept_removals)
                for publication, config in chosen
            ]

    def list(self, limit: int = 50) -> list[dict[str, Any]]:
        """The newest runs first, those under way on top."""
        with self._lock:
            under_way = [dict(facts) for facts in self._running.values()]
        with self._store.read() as cursor:
            rows = cursor.execute(
                "SELECT run_id FROM runs ORDER BY entry DESC LIMIT $limit", {"limit": limit}
            ).fetchall()
        # A run whose record was just committed may still be ending in its thread.
        listed = {run["id"] for run in under_way}
        return (under_way + [self.get(row[0]) for row in rows if row[0] not in listed])[:limit]

    def get(self, run_id: str) -> dict[str, Any]:
        """One run. Raises NothingHere."""
        with self._lock:
            for facts in self._running.values():
                if facts["id"] == run_id:
                    return dict(facts)
            if run_id in self._ended:
                return dict(self._ended[run_id])
        return self._remembered(run_id)

    def stop(self) -> None:
        """Ask every run to end after its page, and wait for them."""
        self._stop.set()
        self._lanes.wait()

    def _begin(
        self,
        publication: PublicationSettings,
        config: ConnectionConfig,
        full: bool,
        accept_removals: bool,
    ) -> dict[str, Any]:
        facts = begun(publication, config, self._tools.clock())
        work = self._work(publication, config, facts, full, accept_removals)
        self._running[config.name] = facts
        self._lanes.submit(account_of(self._settings, config), work)
        return dict(facts)

    def _work(
        self,
        publication: PublicationSettings,
        config: ConnectionConfig,
        facts: dict[str, Any],
        full: bool,
        accept_removals: bool,
    ) -> Callable[[], None]:
        def work() -> None:
            try:
                if self._stop.is_set():
                    raise Interrupted
                result = sync_connection(
                    self._store,
                    self._settings,
                    publication,
                    config,
                    self._tools,
                    full=full,
                    accept_removals=accept_removals,
                    should_stop=self._stop.is_set,
                    run_id=facts["id"],
                )
                self._prefetch(self._store, publication, to_datetime(self._tools.clock()))
                ended = facts | run_to_json(result)
            except Interrupted:
                ended = facts | {"state": "partial", "reason": "The server was stopped."}
            except (RegularsError, ConnectorError) as error:
                ended = facts | failed_facts(error)
            except Exception:
                # The thread's edge: nobody above could hear it.
                logger.exception("sync run broke")
                ended = facts | failed_facts(
                    RegularsError("The run broke; the server's log says where.")
                )
            ended["ended_at"] = ended["ended_at"] or to_iso(self._tools.clock())
            with self._lock:
                self._ended[facts["id"]] = ended
                # The store remembers the rest; only what it does not is worth keeping here.
                while len(self._ended) > _ENDED_KEPT:
                    del self._ended[next(iter(self._ended))]
                self._running.pop(config.name, None)

        return work

    def _remembered(self, run_id: str) -> dict[str, Any]:
        with self._store.read() as cursor:
            rows = cursor.execute(
                "SELECT run_id, publication, connection, connector, outcome, started_at, ended_at,"
                " reason FROM runs WHERE run_id = $run_id",
                {"run_id": run_id},
            ).fetchall()
            streams = cursor.execute(
                "SELECT stream, outcome, seen, changed, gone, written, quarantined, held_removals,"
                " reason, alarm FROM run_streams WHERE run_id = $run_id"
                " ORDER BY started_at, stream",
                {"run_id": run_id},
            ).fetchall()
        if not rows:
            raise NothingHere(f"There is no sync run {run_id!r}.")
        names = ("id", "publication", "connection", "connector", "state")
        facts = dict(zip(names, rows[0][:5], strict=True))
        return facts | {
            "started_at": to_iso(instant_of(rows[0][5])),
            "ended_at": to_iso(instant_of(rows[0][6])),
            "reason": rows[0][7],
            "exit_code": None,
            "error": None,
            "streams": [dict(zip(STREAM_NAMES, row, strict=True)) for row in streams],
            "notices": [],
        }
