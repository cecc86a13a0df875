"""A disk that fills, at two hundred sizes: named, nothing lost, and finished once there is room."""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.newsletter import newsletter
from support.small_disk import SmallDisk, is_lent, small_disk
from support.verb_bases import EXAMPLE, make_bases, somebody
from support.verb_forks import Facts, Work, facts_of, history_of, holding

from regulars_connectors.simulator import World

SIZES = int(os.environ.get("REGULARS_DISK_SIZES", "200"))
LONGEST_SECONDS = int(os.environ.get("REGULARS_DISK_SECONDS", "1500"))
MEBIBYTES = 96
PAGE = 4096
WORKS = (
    Work("import files", (str(EXAMPLE), "--publication", "more")),
    Work("import files", (str(EXAMPLE), "--publication", "more"), base="empty"),
    Work("sync"),
    Work("sync", base="empty"),
    Work("rebuild"),
    Work("backup", ("backup",)),
    Work("restore", ("backup",), base="gone", codes=(0, 3)),
    Work("forget", ("{address}", "--yes"), takes_away=True),
)


@dataclass
class DiskRig:
    """Commands on a disk that fills. bases: the folders in which they begin."""

    root: Path
    disk: SmallDisk
    bases: dict[str, Path]
    truths: dict[str, Facts] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    number: int = 0

    def fill(self, work: Work, free: int) -> None:
        """Leave so many bytes free, run the work, make room, and run it again."""
        truth = self.truth(work)
        before = history_of(self.bases[work.base])
        folder, name = self._begin(work)
        self.disk.leave_free(free)
        code = self.disk.forks.run(folder, work.typed)
        said = self.disk.forks.said()
        what = f"{work.name} with {free:,} bytes free"
        assert code == 0 or "disk_full" in said, f"{what}: {code}\n{said}"
        self.counts["finished" if code == 0 else "named"] += 1
        if not work.takes_away:
            gone = before - history_of(self.disk.seen / name)
            assert gone == set(), what
        self.disk.make_room()
        self.disk.forks.go_on(work, folder)
        for key, value in self._facts(work, name).items():
            assert truth.get(key) == value, f"{what}: {key} differs"

    def truth(self, work: Work) -> Facts:
        """What the work leaves on a disk with room."""
        if work.name not in self.truths:
            folder, name = self._begin(work)
            code = self.disk.forks.run(folder, work.typed)
            assert code == 0, f"{work.name}: {code}\n{self.disk.forks.said()}"
            self.truths[work.name] = self._facts(work, name)
        return self.truths[work.name]

    def needed(self, work: Work) -> int:
        """The least room with which it succeeds, to a sixteenth of the last doubling."""
        low, high = 0, 64 * 1024
        while not self._succeeds(work, high):
            low, high = high, high * 2
        for _ in range(4):
            middle = (low + high) // 2
            low, high = (low, middle) if self._succeeds(work, middle) else (middle, high)
        return high

    def _succeeds(self, work: Work, free: int) -> bool:
        folder, name = self._begin(work)
        self.disk.leave_free(free)
        code = self.disk.forks.run(folder, work.typed)
        self.disk.make_room()
        self.disk.remove(name)
        return code == 0

    def _begin(self, work: Work) -> tuple[Path, str]:
        self.number += 1
        name = f"round-{self.number}"
        return self.disk.copy_in(self.bases[work.base], name), name

    def _facts(self, work: Work, name: str) -> Facts:
        """Of a copy elsewhere, because DuckDB finds files by their real places."""
        folder = self.disk.copy_out(name, self.root / name)
        self.disk.remove(name)
        if work.verb == "forget":
            assert holding(folder, self.disk.forks.values["address"]) == []
        found = facts_of(folder, verified=self.number % 10 == 0)
        shutil.rmtree(folder)
        return found


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DiskRig]:
    if not is_lent():
        pytest.skip("this machine lets nobody mount a small disk of their own")
    root = tmp_path_factory.mktemp("disks")
    world = World(5, subscribers=60, spike=False)
    with newsletter(root, world) as letters:
        bases = make_bases(letters, world, {"gone", "empty"})
        values = {"address": somebody(bases["kept"]), "base_url": letters.api_url}
        with small_disk(
            root / "disk", MEBIBYTES, letters.clock(), root / "printed", values
        ) as disk:
            aside = root / "aside"
            aside.mkdir()
            yield DiskRig(aside, disk, bases)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_disk_that_fills_early_and_late(rig: DiskRig) -> None:
    """The long form has every verb, and sizes up to what it needs."""
    for pages in (1, 8):
        rig.fill(WORKS[0], pages * PAGE)
    assert rig.counts["named"] == 2


@pytest.mark.soak
@pytest.mark.timeout(2 * LONGEST_SECONDS)
@pytest.mark.parametrize("work", WORKS, ids=[work.name for work in WORKS])
def test_two_hundred_sizes(rig: DiskRig, capsys: pytest.CaptureFixture[str], work: Work) -> None:
    """An eighth of them for each work, spread evenly up to the least room with which it succeeds.

    Stops early where the time is up.
    """
    rig.counts.clear()
    started, sizes, needed = time.monotonic(), -(-SIZES // len(WORKS)), rig.needed(work)
    # In another order than by size, so that a run that is stopped has met small and large ones.
    order = sorted(range(sizes), key=lambda number: number * 7 % sizes)
    done = 0
    for size in order:
        rig.fill(work, int(needed * (size + 0.5) / sizes) // PAGE * PAGE)
        done += 1
        if time.monotonic() - started > LONGEST_SECONDS / len(WORKS):
            break
    with capsys.disabled():
        print(f"\n{work.name}: {done} sizes up to {needed:,} bytes: {dict(rig.counts)}")
    assert rig.counts["named"] >= done // 2
