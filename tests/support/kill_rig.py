"""Ends syncs with SIGKILL at random moments, and compares what a later sync makes of it.

Each round takes a fresh copy of a store that is empty or a while behind, kills a sync of it, lets
one more sync run to its end, and compares every table with a store that has the same secret and
was never killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.dump_store import OWN_TO_A_RUN, tables_of

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.journal import Journal
from regulars.store.verify import verify_store

HERE = Path(__file__).parent
ASIDE = ("entry", "run_id")
HEALTHY = 3
Order = dict[str, Any]


@dataclass(frozen=True)
class Pace:
    """Seconds that a sync takes until its first part lies in the store, and from there on."""

    until_part: float
    after_part: float

    @property
    def whole(self) -> float:
        return self.until_part + self.after_part


@dataclass
class KillRig:
    """A provider that stands still at two moments, and processes that sync it.

    order: what the child needs to know to sync a folder; see ``sync_child``.
    growing: tables in which a killed sync and the one after it may together come further.
    paces: how long a healthy sync of each base takes.
    """

    folder: Path
    order: Callable[[Path], Order]
    child: subprocess.Popen[str]
    growing: tuple[str, ...] = ()
    bases: dict[str, Path] = field(default_factory=dict)
    truths: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    paces: dict[str, Pace] = field(default_factory=dict)

    def start(self, folder: Path) -> int:
        return int(self._ask(self.order(folder)))

    def kill_at(self, folder: Path, step: str, when: str) -> None:
        """Sync ``folder`` in a process that ends itself before or after a step."""
        pid = int(self._ask(self.order(folder) | {"kill_at": [step, when]}))
        assert os.WTERMSIG(self.wait(pid)) == signal.SIGKILL, f"{when} {step} was not reached"

    def wait(self, pid: int) -> int:
        return int(self._ask({"wait": pid}))

    def sync(self, folder: Path) -> None:
        assert self.wait(self.start(folder)) == 0

    def _ask(self, order: Order) -> str:
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.write(json.dumps(order) + "\n")
        self.child.stdin.flush()
        return self.child.stdout.readline()

    def tables(self, folder: Path) -> dict[str, list[str]]:
        with Store(StoreSettings(folder=folder, free_space_floor_mib=0)) as store:
            found = tables_of(store, without=ASIDE)
        return {table: rows for table, rows in found.items() if table not in OWN_TO_A_RUN}

    def rounds(self, count: int, seed: int) -> int:
        """So many kills; how many came between the first part and the last commit."""
        chance = random.Random(seed)
        return sum(self._round(number, chance) for number in range(count))

    def prepare(self, later: Callable[[], None]) -> None:
        """Sync once, let time pass by ``later``, and keep what healthy syncs make of it."""
        behind, empty = self.folder / "behind", self.folder / "empty"
        self.sync(behind)
        empty.mkdir(mode=0o700)
        shutil.copy(behind / "secret", empty / "secret")
        later()
        for name, base in (("empty", empty), ("behind", behind)):
            self.bases[name] = base
            paces = [self._sync_unharmed(name, number) for number in range(HEALTHY)]
            self.paces[name] = sorted(paces, key=lambda pace: pace.whole)[HEALTHY // 2]

    def never_killed(self, name: str, number: int = 0) -> Path:
        """The folder of a healthy sync of this base."""
        return self.folder / f"{name}-never-killed-{number}"

    def _sync_unharmed(self, name: str, number: int) -> Pace:
        """How long one takes of the healthy syncs, which all say the same."""
        folder = self.never_killed(name, number)
        shutil.copytree(self.bases[name], folder)
        started = time.monotonic()
        pid = self.start(folder)
        _await_first_part(folder, at_most=60)
        until_part = time.monotonic() - started
        assert self.wait(pid) == 0
        pace = Pace(until_part, time.monotonic() - started - until_part)
        tables = self.tables(folder)
        assert self.truths.setdefault(name, tables) == tables
        return pace

    def _round(self, number: int, chance: random.Random) -> bool:
        name = ("empty", "behind")[number % 2]
        folder = self.folder / f"round-{number}"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.bases[name], folder)
        between = self._kill_somewhere(folder, name, chance, early=number % 4 == 3)
        self.sync(folder)
        tables = self.tables(folder)
        differences = self._differences(name, tables)
        assert differences == {}, f"round {number} ({name}): {differences}"
        if number % 20 == 0:
            with Store(StoreSettings(folder=folder, free_space_floor_mib=0)) as store:
                assert verify_store(store) == []
        shutil.rmtree(folder)
        return between

    def _differences(self, name: str, tables: dict[str, list[str]]) -> dict[str, list[str]]:
        """Rows in which these tables differ from those of a healthy sync, by table."""
        found = {}
        for table, rows in self.truths[name].items():
            further = table in self.growing and set(tables[table]) >= set(rows)
            if not further and tables[table] != rows:
                found[table] = sorted(set(tables[table]) ^ set(rows))
        return found

    def _kill_somewhere(self, folder: Path, name: str, chance: random.Random, early: bool) -> bool:
        """Kill a sync of ``folder``; whether it was between its first part and last commit."""
        before, pace = _entries(folder), self.paces[name]
        pid = self.start(folder)
        if not early:
            _await_first_part(folder, at_most=60)
        time.sleep(chance.uniform(0, pace.whole if early else pace.after_part * 0.95))
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.wait(pid)
        entries = list(Journal(folder / "journal").entries(after=before))
        ended = any(entry.kind == "run" for entry in entries)
        begun = bool(entries) or any((folder / "incoming").rglob("*.parquet"))
        return begun and not ended


@contextlib.contextmanager
def kill_rig(
    folder: Path,
    order: Callable[[Path], Order],
    later: Callable[[], None],
    growing: tuple[str, ...] = (),
) -> Iterator[KillRig]:
    """A rig whose healthy syncs, before and after ``later``, are done."""
    command = [sys.executable, str(HERE / "sync_child.py")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        rig = KillRig(folder, order, child, growing)
        try:
            rig.prepare(later)
            yield rig
        finally:
            assert child.stdin is not None
            child.stdin.close()


def _await_first_part(folder: Path, at_most: float) -> None:
    deadline = time.monotonic() + at_most
    while not any((folder / "incoming").rglob("*.parquet")):
        assert time.monotonic() < deadline, f"no part in {at_most} s"
        time.sleep(0.001)


def _entries(folder: Path) -> int:
    return len(Journal(folder / "journal")) if (folder / "journal").exists() else 0
