"""A backup or restore that is killed at any moment loses nothing, and the next one finishes it."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.kept_backup import Kept, kept_in, kept_store

from regulars.backup import make_backup, prove_backup, restore_backup
from regulars.errors import NothingHere, RegularsError, SettingsWrong, StoreDamaged
from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.journal_view import view_journal
from regulars.store.verify import verify_store

EXAMPLE = Path(__file__).parents[2] / "docs" / "how-to" / "import-files-example"
NOW = 1_796_000_000_000_000
BACKUP = """
import sys
from pathlib import Path
from regulars.backup import make_backup
print("ready", flush=True)
make_backup(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), lambda: None)
"""
RESTORE = """
import sys
from pathlib import Path
import duckdb
from regulars.backup import restore_backup
from regulars.settings import StoreSettings
settings = StoreSettings(folder=Path(sys.argv[1]), free_space_floor_mib=0, threads=1)
print("ready", flush=True)
restore_backup(Path(sys.argv[2]), settings, int(sys.argv[3]), [])
"""


@dataclass(frozen=True)
class Pair:
    """A store, its backup from before the last import, and one from after it."""

    kept: Kept
    before: Path
    after: Path
    entries: int


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    kept = kept_store(tmp_path_factory.mktemp("pair") / "kept")
    before, after = kept.folder / "before", kept.folder / "after"
    make_backup(kept.store, before, NOW, lambda: None)
    kept.run("import", "files", str(EXAMPLE), "--publication", "more")
    kept.run("backup", str(after))
    return Pair(kept, before, after, len(view_journal(kept.store / "journal")))


def settings_of(folder: Path) -> StoreSettings:
    return StoreSettings(folder=folder, free_space_floor_mib=0, threads=1)


def start(program: str, *words: Path) -> subprocess.Popen[str]:
    """A process that has said that it begins now."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, words), str(NOW)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def seconds_of(program: str, *words: Path) -> float:
    """How long it takes unharmed."""
    process = start(program, *words)
    begun = time.monotonic()
    assert process.wait(60) == 0, process.communicate()
    process.communicate()
    return time.monotonic() - begun


def kill_within(seconds: float, program: str, *words: Path) -> bool:
    """Whether it was killed before its end."""
    process = start(program, *words)
    time.sleep(seconds)
    process.kill()
    process.communicate()
    return process.returncode != 0


def kill_backups(pair: Pair, folder: Path, count: int, seed: int) -> int:
    """So many kills, half of them of a first backup; how many came before the end."""
    chance, killed = random.Random(seed), 0
    whole = {
        "first": seconds_of(BACKUP, pair.kept.store, folder / "whole-first"),
        "further": 0.0,
    }
    shutil.copytree(pair.before, folder / "whole-further")
    whole["further"] = seconds_of(BACKUP, pair.kept.store, folder / "whole-further")
    for number in range(count):
        to = folder / f"round-{number}"
        kind = ("first", "further")[number % 2]
        if kind == "further":
            shutil.copytree(pair.before, to)
        killed += kill_within(chance.uniform(0, whole[kind]), BACKUP, pair.kept.store, to)
        hold_after_a_killed_backup(pair, to, is_first=kind == "first")
        shutil.rmtree(to)
    return killed


def hold_after_a_killed_backup(pair: Pair, to: Path, *, is_first: bool) -> None:
    try:
        proof = prove_backup(to)
    except NothingHere:
        assert is_first
    else:
        assert proof.faults == []
        assert proof.manifest.entries in {70, pair.entries}
    made = make_backup(pair.kept.store, to, NOW, lambda: None)
    assert made.manifest.entries == pair.entries
    assert prove_backup(to).faults == []
    there = {path.name for path in (to / "objects").iterdir()}
    assert there == {one.name for one in made.manifest.objects}
    assert {path.name for path in to.iterdir()} == {"objects", "manifest.json"}


def kill_restores(pair: Pair, folder: Path, count: int, seed: int) -> int:
    chance, killed = random.Random(seed), 0
    whole = seconds_of(RESTORE, folder / "whole", pair.after)
    for number in range(count):
        root = folder / f"round-{number}"
        killed += kill_within(chance.uniform(0, whole), RESTORE, root, pair.after)
        try:
            assert restore_backup(pair.after, settings_of(root), NOW, []).differences == []
        except SettingsWrong:  # all files had their places: it is a store
            assert (root / "journal").is_dir()
        with Store(settings_of(root)) as store:
            assert store.version == pair.entries
            assert store.faults() == []
            assert number % 10 or verify_store(store) == []
        shutil.rmtree(root)
    return killed


@pytest.mark.long
@pytest.mark.timeout(600)
def test_six_killed_backups(pair: Pair, tmp_path: Path) -> None:
    assert kill_backups(pair, tmp_path, 6, seed=1) >= 1


@pytest.mark.long
@pytest.mark.timeout(600)
def test_three_killed_restores(pair: Pair, tmp_path: Path) -> None:
    assert kill_restores(pair, tmp_path, 3, seed=1) >= 1


@pytest.mark.soak
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_three_hundred_killed_backups_and_restores(pair: Pair, tmp_path: Path, seed: int) -> None:
    for name in ("backups", "restores"):
        (tmp_path / name).mkdir()
    assert kill_backups(pair, tmp_path / "backups", 50, seed) >= 10
    assert kill_restores(pair, tmp_path / "restores", 50, seed) >= 10


@pytest.fixture
def importing(pair: Pair, tmp_path: Path) -> Iterator[Kept]:
    """A store into which another process imports one publication after the other."""
    busy = kept_in(tmp_path / "busy")
    shutil.copytree(pair.kept.store, busy.store)
    words = [f"import files {EXAMPLE} --publication busy-{number}" for number in range(2)]
    command = f"{sys.executable} -m regulars.cli --config {busy.folder}/regulars.toml"
    with subprocess.Popen(
        ["sh", "-c", " && ".join(f"{command} {one}" for one in words)],
        stdout=subprocess.DEVNULL,
    ) as process:
        yield busy
        assert process.wait(120) == 0


@pytest.mark.long
@pytest.mark.timeout(600)
def test_copies_made_by_cp_while_another_process_writes(
    pair: Pair, importing: Kept, tmp_path: Path
) -> None:
    """Such a copy opens as the store was at some entry, or is refused by name."""
    copies = list(copies_while_growing(importing.store, tmp_path / "copies", upto=pair.entries + 3))
    for copy in copies:
        try:
            with Store(settings_of(copy)) as store:
                assert pair.entries <= store.version
                assert verify_store(store) == []
        except StoreDamaged:
            continue


@pytest.mark.long
@pytest.mark.timeout(600)
def test_backups_made_while_another_process_writes(
    pair: Pair, importing: Kept, tmp_path: Path
) -> None:
    """Each is one state of the store: it restores, and tables equal their rebuild."""
    seen = set[int]()
    to = tmp_path / "backup"
    for number in range(6):
        made = make_backup(importing.store, to, NOW + number, lambda: None)
        assert prove_backup(to).faults == []
        seen.add(made.manifest.entries)
        if number in {0, 5}:
            root = tmp_path / f"restored-{number}"
            assert restore_backup(to, settings_of(root), NOW, []).differences == []
            with Store(settings_of(root)) as store:
                assert store.version == made.manifest.entries
                assert verify_store(store) == []
        time.sleep(0.05)
    assert min(seen) >= pair.entries


def copies_while_growing(store: Path, to: Path, upto: int) -> Iterator[Path]:
    """Copies until the journal has so many entries, four at most."""
    to.mkdir()
    for number in range(4):
        copy = to / str(number)
        subprocess.run(["cp", "-r", str(store), str(copy)], check=False, stderr=subprocess.DEVNULL)
        yield copy
        try:
            if len(view_journal(store / "journal")) >= upto:
                return
        except RegularsError:
            continue
