"""Forks a process for every order on stdin. For programs that tests start.

Everything is imported before, so that a test can end hundreds of processes at random moments, each
by its own work and not by the start of an interpreter. An order is a line of JSON. It may have out
(a file for all that the process prints) and kill_at (where it ends itself, see ``kill_step``). The
answer is the process id. ``{"wait": pid}`` answers with its status, as ``os.waitpid`` gives it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from support.kill_step import kill_at

BROKEN = 71
"""The exit code where the work raised an error."""
Order = dict[str, Any]


def fork_for_each_order(run: Callable[[Order], int]) -> None:
    """Fork until stdin ends. run: does the work of an order, and returns the exit code."""
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _, answer = os.waitpid(int(order["wait"]), 0)
        else:
            answer = os.fork()
            if answer == 0:
                _run_and_end(order, run)
        print(answer, flush=True)


def _run_and_end(order: Order, run: Callable[[Order], int]) -> NoReturn:
    code = BROKEN
    try:
        if "out" in order:
            out = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            for stream in (1, 2):
                os.dup2(out, stream)
        if order.get("kill_at"):
            kill_at(*order["kill_at"])
        code = run(order)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)
