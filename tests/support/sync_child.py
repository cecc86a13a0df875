"""Forks a process for every line on stdin that syncs one connection once.

Everything heavy is imported before, so that a test can end hundreds of them at random moments.
A line is JSON: folder, connector, its options, at (the instant that counts as now), part_rows where
it is not a hundred, kill_at where it ends itself at a step (``kill_step``), ignores_dates where the
provider's clock differs on purpose. The answer is the child's process id; the child prints nothing.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import duckdb  # noqa: F401  imported before forking
import pyarrow.parquet  # noqa: F401
from kill_step import kill_at

from regulars.settings import ConnectionConfig, PublicationSettings, Settings, StoreSettings
from regulars.store import Store
from regulars.sync.clock import RunClock
from regulars.sync.run import sync_connection
from regulars_connectors.contract import Runtime
from regulars_connectors.registry import find


def settings_for(order: dict[str, Any]) -> Settings:
    """Small parts, so that a pull of a few hundred people has several."""
    connection = ConnectionConfig(
        name=f"letters-{order['connector']}",
        connector=order["connector"],
        options=order["options"],
    )
    return Settings(
        store=StoreSettings(
            folder=Path(order["folder"]),
            part_rows=order.get("part_rows", 100),
            free_space_floor_mib=0,
            threads=1,
        ),
        publications=(PublicationSettings(name="letters", connections=(connection,)),),
    )


def sync_once(order: dict[str, Any]) -> None:
    """One sync at the order's instant."""
    settings = settings_for(order)
    publication = settings.publications[0]
    at = int(order["at"])
    runtime = Runtime(clock=lambda: at, sleep=lambda _: None, unpaced=True)
    with Store(settings.store) as store:
        if order.get("ignores_dates"):
            # A real server's dates move on while the order's instant stands still.
            RunClock.note = lambda *_: None  # type: ignore[method-assign]
        result = sync_connection(store, settings, publication, publication.connections[0], runtime)
    if result.outcome != "complete":
        raise SystemExit(f"{result.outcome}: {result.reason}")


def main() -> None:
    """Fork for each line until stdin ends."""
    for name in ("beehiiv", "ghost"):
        find(name)
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(int(order["wait"]), 0)
            print(status, flush=True)
            continue
        child = os.fork()
        if child == 0:
            status = 1
            try:
                if "kill_at" in order:
                    kill_at(*order["kill_at"])
                sync_once(order)
                status = 0
            finally:
                os._exit(status)
        print(child, flush=True)


if __name__ == "__main__":
    main()
