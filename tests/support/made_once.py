"""What is dear to make and never changed is made once for a run of tests, and copied by those who
change it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder of that name, filled by whichever worker asks first; the others wait for it.

    make: fills the empty folder that it is given, which is moved to its place afterwards. A failed
    one leaves nothing, so the next to ask fails with a reason of its own.
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # that of all workers of the run
    folder = base / name
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = factory.mktemp(f"{name}-unfinished")
            make(unfinished)
            unfinished.rename(folder)
    return folder
