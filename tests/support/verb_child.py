"""Forks a process for every line on stdin that runs one command of ``regulars``.

Everything is imported before, so that a test can end hundreds of commands at random moments, each
by its own work and not by the start of an interpreter. A line is JSON: words, folder (the working
folder), at (the instant that counts as now), out (a file for all that it prints), unforeseen
(whether it begins without asking how much room there is), kill_at (where it ends itself, see
``kill_step``, or empty). The answer is the child's process id.
``{"wait": pid}`` answers with its status, as ``os.waitpid`` gives it.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb  # noqa: F401  imported before forking
import pyarrow.parquet  # noqa: F401

import regulars
import regulars_connectors
from regulars import clock
from regulars.backup import make, restore
from regulars.cli import main as command
from regulars.pages import prefetch
from regulars_connectors.contract import Runtime

sys.path.insert(0, str(Path(__file__).parents[1]))  # a script knows its own folder only
from support.kill_step import kill_at
from support.worlds import EARLIEST_WORLD


def import_below(package: ModuleType) -> None:
    """Import every module of a package but its programs."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def run(order: dict[str, Any]) -> int:
    """Run the command here. Returns its exit code."""
    at = int(order["at"])
    clock.system_clock = lambda: at
    clock.real_runtime = lambda: Runtime(lambda: at, lambda _: None, unpaced=True)
    clock.RELEASED = EARLIEST_WORLD
    prefetch.prefetch_page = lambda *_: None  # costs as much as the pull, and stores nothing else
    if order["unforeseen"]:
        make._require_room = lambda *_: None
        restore.require_room = lambda *_: None
    if order["kill_at"]:
        kill_at(*order["kill_at"])
    os.chdir(order["folder"])
    try:
        command(order["words"], prog_name="regulars")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def main() -> None:
    """Fork for each line until stdin ends."""
    import_below(regulars)
    import_below(regulars_connectors)
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(int(order["wait"]), 0)
            print(status, flush=True)
            continue
        child = os.fork()
        if child == 0:
            status = 71
            try:
                out = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                for stream in (1, 2):
                    os.dup2(out, stream)
                status = run(order)
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(status)
        print(child, flush=True)


if __name__ == "__main__":
    main()
