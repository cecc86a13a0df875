"""A sync that is killed at any moment loses nothing and doubles nothing.

Each round takes a fresh copy of a store that is empty or a week behind, ends a sync of it with
SIGKILL, lets one more sync run to its end, and compares every table with a store that has the
same secret and was never killed.
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
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from e2e.dump_store import OWN_TO_A_RUN, tables_of

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.journal import Journal
from regulars.store.verify import verify_store
from regulars_connectors.instants import DAY
from regulars_connectors.simulator import (
    BeehiivFace,
    Request,
    SimulatedClock,
    World,
    serving,
)

HERE = Path(__file__).parent
ASIDE = ("entry", "run_id")


@dataclass
class Rig:
    """A provider that stands still at two moments a week apart, and processes that sync it."""

    folder: Path
    world: World
    clock: SimulatedClock
    api_url: str
    child: subprocess.Popen[str]
    bases: dict[str, Path] = field(default_factory=dict)
    truths: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def order(self, folder: Path) -> dict[str, Any]:
        return {
            "folder": str(folder),
            "api_url": self.api_url,
            "publication_id": self.world.publication_id,
            "at": self.clock(),
            "segments": segments_of(self.world, 69),
        }

    def start(self, folder: Path) -> int:
        return int(self._ask(self.order(folder)))

    def wait(self, pid: int) -> int:
        return int(self._ask({"wait": pid}))

    def sync(self, folder: Path) -> None:
        assert self.wait(self.start(folder)) == 0

    def _ask(self, order: dict[str, Any]) -> str:
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.write(json.dumps(order) + "\n")
        self.child.stdin.flush()
        return self.child.stdout.readline()

    def tables(self, folder: Path) -> dict[str, list[str]]:
        with Store(StoreSettings(folder=folder, free_space_floor_mib=0)) as store:
            found = tables_of(store, without=ASIDE)
        return {table: rows for table, rows in found.items() if table not in OWN_TO_A_RUN}


def segments_of(world: World, number: int) -> list[dict[str, str]]:
    """The segments of a post as the settings name them."""
    face, post = BeehiivFace(world, SimulatedClock(world.ended_at)), world.posts[number]
    found = []
    for page in (1, 2, 3):
        target = f"/v2/publications/{world.publication_id}/segments?limit=100&page={page}"
        answer = face(Request.from_target("GET", target, {"Authorization": "Bearer any"}))
        for row in json.loads(answer.body)["data"]:
            means, _, slug = row["name"].partition(": ")
            if slug == post.slug:
                found.append({"segment": row["id"], "means": means, "post": post.id})
    assert len(found) == 2
    return found


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("kills")
    world = World(5, subscribers=450, spike=False)
    clock = SimulatedClock(world.posts[70].sent_at - DAY)
    command = [sys.executable, str(HERE / "sync_child.py")]
    with (
        serving(BeehiivFace(world, clock)) as url,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as child,
    ):
        made = Rig(folder, world, clock, f"{url}/v2", child)
        _prepare(made)
        yield made
        assert child.stdin is not None
        child.stdin.close()


def _prepare(rig: Rig) -> None:
    behind, empty = rig.folder / "behind", rig.folder / "empty"
    rig.sync(behind)
    empty.mkdir(mode=0o700)
    shutil.copy(behind / "secret", empty / "secret")
    rig.clock.set(rig.world.posts[71].sent_at - DAY)
    for name, base in (("empty", empty), ("behind", behind)):
        whole = rig.folder / f"{name}-whole"
        shutil.copytree(base, whole)
        started = time.monotonic()
        rig.sync(whole)
        rig.seconds[name] = time.monotonic() - started
        rig.bases[name] = base
        rig.truths[name] = rig.tables(whole)


def _kill_somewhere(rig: Rig, folder: Path, name: str, chance: random.Random, early: bool) -> bool:
    """Kill a sync of ``folder``; whether it was between its first part and its last commit."""
    before = _entries(folder)
    pid = rig.start(folder)
    if not early:
        _await_first_part(folder, before, rig.seconds[name])
    time.sleep(chance.uniform(0, rig.seconds[name] * (1 if early else 0.95)))
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    rig.wait(pid)
    entries = Journal(folder / "journal").entries()[before:]
    ended = any(entry.kind == "run" for entry in entries)
    begun = bool(entries) or any((folder / "incoming").rglob("*.parquet"))
    return begun and not ended


def _await_first_part(folder: Path, before: int, at_most: float) -> None:
    deadline = time.monotonic() + at_most
    while time.monotonic() < deadline:
        if any((folder / "incoming").rglob("*.parquet")):
            return
        time.sleep(0.001)


def _entries(folder: Path) -> int:
    return len(Journal(folder / "journal").entries()) if (folder / "journal").exists() else 0


def _round(rig: Rig, number: int, chance: random.Random) -> bool:
    name = ("empty", "behind")[number % 2]
    folder = rig.folder / f"round-{number}"
    shutil.copytree(rig.bases[name], folder)
    between = _kill_somewhere(rig, folder, name, chance, early=number % 4 == 3)
    rig.sync(folder)
    tables = rig.tables(folder)
    for table, rows in rig.truths[name].items():
        assert tables[table] == rows, f"round {number} ({name}): {table} differs"
    if number % 20 == 0:
        with Store(StoreSettings(folder=folder, free_space_floor_mib=0)) as store:
            assert verify_store(store) == []
    shutil.rmtree(folder)
    return between


def test_ten_kills_lose_and_double_nothing(rig: Rig) -> None:
    chance = random.Random(1)
    assert sum(_round(rig, number, chance) for number in range(10)) >= 2


@pytest.mark.servers
def test_two_hundred_kills_lose_and_double_nothing(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(2)
    between = sum(_round(rig, number, chance) for number in range(200))
    with capsys.disabled():
        print(f"\n200 kills, {between} between the first part and the last commit: tables equal")
    assert between >= 100
