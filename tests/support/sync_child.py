"""Forks a process for every order on stdin (``fork_loop``) that syncs one connection once.

An order has folder, connector, its options, at (the instant that counts as now), part_rows where it
is not a hundred, letters (the section of the publication) where it has some, and ignores_dates
where the provider's clock differs on purpose.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb  # noqa: F401  imported before forking
import pyarrow.parquet  # noqa: F401

from regulars.settings import ConnectionConfig, PublicationSettings, Settings, StoreSettings
from regulars.store import Store
from regulars.sync.clock import RunClock
from regulars.sync.run import sync_connection
from regulars_connectors.contract import Runtime
from regulars_connectors.registry import find

sys.path.insert(0, str(Path(__file__).parents[1]))  # a script knows its own folder only
from support.fork_loop import Order, fork_for_each_order


def settings_for(order: Order) -> Settings:
    """Small parts, so that a pull of a few hundred people has several."""
    connection = ConnectionConfig(
        name=f"letters-{order['connector']}",
        connector=order["connector"],
        options=order["options"],
    )
    publication = PublicationSettings(
        name="letters", connections=(connection,), letters=order.get("letters", {})
    )
    return Settings(
        store=StoreSettings(
            folder=Path(order["folder"]),
            part_rows=order.get("part_rows", 100),
            free_space_floor_mib=0,
            threads=1,
        ),
        publications=(publication,),
    )


def sync_once(order: Order) -> int:
    """One sync at the order's instant. Returns the exit code."""
    settings = settings_for(order)
    publication = settings.publications[0]
    at = int(order["at"])
    runtime = Runtime(clock=lambda: at, sleep=lambda _: None, unpaced=True)
    with Store(settings.store) as store:
        if order.get("ignores_dates"):
            # A real server's dates move on while the order's instant stands still.
            RunClock.note = lambda *_: None  # type: ignore[method-assign]
        result = sync_connection(store, settings, publication, publication.connections[0], runtime)
    return int(result.outcome != "complete")


def main() -> None:
    """Import the connectors, then fork."""
    for name in ("beehiiv", "ghost", "imap"):
        find(name)
    fork_for_each_order(sync_once)


if __name__ == "__main__":
    main()
