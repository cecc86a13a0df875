"""Syncs the tests' Ghost into a store of ours and asks that store, by SQL."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.ghost_server import GhostServer

from regulars.settings import ConnectionConfig, PublicationSettings, Settings, StoreSettings
from regulars.store import Store
from regulars.sync.options import SyncOptions
from regulars.sync.record import RunResult
from regulars.sync.run import sync_connection
from regulars_connectors import Runtime
from regulars_connectors.instants import SECOND, Instant

CONNECTION = "letters-ghost"


def now() -> Instant:
    """This machine's clock."""
    return int(time.time() * SECOND)


@dataclass
class Keeping:
    """A store in a folder and the connection that fills it."""

    folder: Path
    server: GhostServer
    part_rows: int = 500

    def settings(self, **options: Any) -> Settings:
        given = {"base_url": self.server.url, "admin_key": self.server.key} | options
        connection = ConnectionConfig(name=CONNECTION, connector="ghost", options=given)
        return Settings(
            store=StoreSettings(
                folder=self.folder, part_rows=self.part_rows, free_space_floor_mib=0, threads=1
            ),
            publications=(PublicationSettings(name="letters", connections=(connection,)),),
        )

    def sync(self, *, full: bool = False, clock_ahead: float = 0, **options: Any) -> RunResult:
        """One run, as a person's `regulars sync` would do it, without waiting between requests."""
        settings = self.settings(**options)
        publication = settings.publications[0]
        runtime = Runtime(
            clock=lambda: now() + int(clock_ahead * SECOND), sleep=lambda _: None, unpaced=True
        )
        with Store(settings.store) as store:
            return sync_connection(
                store,
                settings,
                publication,
                publication.connections[0],
                runtime,
                options=SyncOptions(full=full),
            )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the store."""
        with Store(self.settings().store) as store, store.read() as cursor:
            return cursor.execute(sql).fetchall()

    def signals(self) -> dict[str, set[tuple[Any, ...]]]:
        """What is stored of each kind: id, subscription, post, time."""
        found: dict[str, set[tuple[Any, ...]]] = {}
        for kind, *row in self.rows(
            "SELECT kind, signal_key, subscription_id, post_id,"
            " strftime(happened_at, '%Y-%m-%d %H:%M:%S') FROM signals"
        ):
            found.setdefault(kind, set()).add(tuple(row))
        return found
