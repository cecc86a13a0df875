"""Forks a process for every order on stdin (``fork_loop``) that runs one command of ``regulars``.

An order has words, folder (the working folder), at (the instant that counts as now) and unforeseen
(whether it begins without asking how much room there is).
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from pathlib import Path
from types import ModuleType

import duckdb  # noqa: F401  imported before forking
import pyarrow.parquet  # noqa: F401

import regulars
import regulars_connectors
from regulars import clock
from regulars.backup import make, restore
from regulars.cli import main as command
from regulars.reports import prepare
from regulars_connectors.contract import Runtime

sys.path.insert(0, str(Path(__file__).parents[1]))  # a script knows its own folder only
from support.fork_loop import Order, fork_for_each_order
from support.worlds import EARLIEST_WORLD


def import_below(package: ModuleType) -> None:
    """Import every module of a package but its programs."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def run(order: Order) -> int:
    """Run the command here. Returns its exit code."""
    at = int(order["at"])
    clock.system_clock = lambda: at
    clock.real_runtime = lambda: Runtime(lambda: at, lambda _: None, unpaced=True)
    clock.RELEASED = EARLIEST_WORLD
    prepare.prepare = lambda *_: None  # costs as much as the pull, and stores nothing else
    if order["unforeseen"]:
        make._require_room = lambda *_: None
        restore.require_room = lambda *_: None
    os.chdir(order["folder"])
    try:
        command(order["words"], prog_name="regulars")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def main() -> None:
    """Import everything, then fork."""
    import_below(regulars)
    import_below(regulars_connectors)
    fork_for_each_order(run)


if __name__ == "__main__":
    main()
