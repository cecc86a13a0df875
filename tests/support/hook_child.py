"""Forks a process for every order on stdin (``fork_loop``) that serves a store until it is killed.

An order has folder, and url: the file that gets the address once the server listens.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import duckdb  # noqa: F401  imported before forking
import pyarrow.parquet  # noqa: F401

from regulars.server.run import serving
from regulars.store import Store
from regulars_connectors.contract import Runtime
from regulars_connectors.registry import find

sys.path.insert(0, str(Path(__file__).parents[1]))  # a script knows its own folder only
from support.fork_loop import Order, fork_for_each_order
from support.hook_client import START, settings_with_hooks


def serve_once(order: Order) -> int:
    """Serve until somebody ends the process."""
    settings = settings_with_hooks(Path(order["folder"]))
    runtime = Runtime(clock=lambda: START, sleep=lambda _: None)
    with Store(settings.store) as store, serving(settings, store, runtime) as url:
        target = Path(order["url"])
        target.with_suffix(".tmp").write_text(url)
        target.with_suffix(".tmp").rename(target)
        threading.Event().wait()
    return 0


def main() -> None:
    """Import both connectors, then fork."""
    for name in ("beehiiv", "ghost"):
        find(name)
    fork_for_each_order(serve_once)


if __name__ == "__main__":
    main()
