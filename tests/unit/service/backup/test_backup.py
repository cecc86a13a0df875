"""A backup holds what a store needs, adds what is new, and is proven by digests."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import stat
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from support.command import run
from support.kept_backup import Kept

from regulars import clock
from regulars.backup import figures
from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.proven_backups import (
    ProvenBackup,
    last_proven,
    note_proven_backup,
    proven_backups,
)
from regulars_connectors.contract import Runtime
from regulars_connectors.instants import DAY

EXAMPLE = Path(__file__).parents[4] / "docs" / "how-to" / "import-files-example"


def files_of(store: Path) -> dict[str, bytes]:
    """What a backup must hold of a store: journal, history, secret."""
    paths = [
        *store.glob("journal/*.log"),
        *store.glob("history/[!.]*/**/*.parquet"),
        store / "secret",
    ]
    return {str(path.relative_to(store)): path.read_bytes() for path in paths}


def manifest_of(backup: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((backup / "manifest.json").read_text())
    return found


def objects_of(backup: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (backup / "objects").iterdir()}


def test_every_file_is_in_it_under_its_sha256(kept: Kept) -> None:
    objects = objects_of(kept.backup)
    for content in files_of(kept.store).values():
        assert objects[hashlib.sha256(content).hexdigest()] == content
    assert {one["name"] for one in manifest_of(kept.backup)["objects"]} == set(objects)


def test_only_you_can_read_it(kept: Kept) -> None:
    for path in [kept.backup, *kept.backup.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.long
def test_a_second_one_copies_what_is_new_alone(kept: Kept) -> None:
    before = {path: path.stat().st_mtime_ns for path in (kept.backup / "objects").iterdir()}
    kept.run("import", "files", str(EXAMPLE), "--publication", "more")
    said = kept.back_up("--json").json
    after = {path: path.stat().st_mtime_ns for path in (kept.backup / "objects").iterdir()}
    stayed = before.keys() & after.keys()
    assert {path: after[path] for path in stayed} == {path: before[path] for path in stayed}
    # The journal's one segment grew, and the contents name it.
    assert len(before.keys() - after.keys()) == said["removed"] == 2
    assert len(after.keys() - before.keys()) == said["copied"]
    assert kept.run("verify", str(kept.backup), "--json").json["entries"] == said["entries"] > 70


@pytest.mark.parametrize("all_days", [False, pytest.param(True, marks=pytest.mark.long)])
@pytest.mark.long
def test_restored_it_has_the_same_files_and_figures(
    kept: Kept, request: pytest.FixtureRequest, all_days: bool
) -> None:
    if all_days:
        request.getfixturevalue("figures_of_all_days")
    kept.back_up()
    new = kept.elsewhere()
    said = new.run("restore", str(kept.backup), "--json").json
    assert said["differences"] == []
    assert said["figures"] == (20 if all_days else 4)
    assert files_of(new.store) == files_of(kept.store)
    for publication, day in (("letters", "2026-06-01"), ("brought", "2026-11-20")):
        words = ("report", "house", "--publication", publication, "--as-of", day, "--json")
        assert new.run(*words).json["result"] == kept.run(*words).json["result"]
    assert new.run("verify").code == 0
    written = [new.store, *(new.store / path for path in files_of(new.store))]
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600, 0o700}


@pytest.mark.long
def test_figures_that_differ_after_a_restore_are_named(kept: Kept, monkeypatch: Any) -> None:
    real = figures.ask_store

    def other(*words: Any) -> Any:
        ask = real(*words)
        return lambda publication, day: {**ask(publication, day), "active_people": 1}

    monkeypatch.setattr("regulars.backup.restore.ask_store", other)
    said = kept.elsewhere().run("restore", str(kept.backup), code=7)
    assert "active people was" in said.out
    assert "and is 1" in said.out
    assert "Regulars" in said.err


def test_what_is_proven_is_known_to_doctor(kept: Kept, monkeypatch: Any) -> None:
    assert backup_finding(kept) == ("ok", "There is no proven backup yet")
    kept.run("verify", str(kept.backup))
    status, text = backup_finding(kept)
    assert (status, text.split(":")[0]) == ("ok", "The last proven backup is 0 days old")
    now = clock.system_clock()
    later = now + 8 * DAY + 1
    monkeypatch.setattr("regulars.clock.system_clock", lambda: later)
    monkeypatch.setattr("regulars.clock.real_runtime", lambda: Runtime(lambda: later, print))
    assert backup_finding(kept)[0] == "warning"


def test_the_newest_backup_counts_and_each_is_noted_once(tmp_path: Path) -> None:
    newer, older = (ProvenBackup(at, 1, "/a") for at in (5, 4))
    for one in (newer, older, newer):
        note_proven_backup(tmp_path, one)
    assert last_proven(tmp_path) == newer
    assert proven_backups(tmp_path) == [older, newer]


def backup_finding(kept: Kept) -> tuple[str, str]:
    said = run(kept.folder / "regulars.toml", "doctor", "--json").json
    (found,) = [one for one in said["findings"] if one["name"] == "backup"]
    return found["verdict"], found["text"].split(": see")[0]


@pytest.mark.long
def test_whoever_was_forgotten_after_a_backup_stays_out_of_its_restore(kept: Kept) -> None:
    settings = StoreSettings(folder=kept.store, free_space_floor_mib=0)
    with Store(settings) as store, store.read() as cursor:
        ((address,),) = cursor.execute(
            "SELECT email FROM words WHERE email IS NOT NULL LIMIT 1"
        ).fetchall()
    kept.run("forget", address, "--yes")
    shutil.rmtree(kept.store)
    said = kept.run("restore", str(kept.backup), "--json")
    assert json.loads(said.out)["forgotten"] == 1
    assert json.loads(said.out)["differences"] == []
    with Store(settings) as store, store.read() as cursor:
        assert cursor.execute("SELECT 1 FROM words WHERE email = $1", [address]).fetchall() == []
    for path in kept.store.rglob("*"):
        if path.is_file():
            assert address.encode() not in path.read_bytes(), path


@pytest.mark.long
def test_the_next_backup_after_forgetting_holds_nothing_of_the_person(kept: Kept) -> None:
    settings = StoreSettings(folder=kept.store, free_space_floor_mib=0)
    with Store(settings) as store, store.read() as cursor:
        asked = cursor.execute("SELECT email FROM words WHERE email IS NOT NULL LIMIT 1")
        ((address,),) = asked.fetchall()
    assert any(address in shown(path) for path in objects_in(kept.backup))
    kept.run("forget", address, "--yes")
    kept.back_up()
    assert not any(address in shown(path) for path in objects_in(kept.backup))
    assert kept.run("verify", str(kept.backup)).code == 0


def objects_in(backup: Path) -> list[Path]:
    return list((backup / "objects").iterdir())


def shown(path: Path) -> str:
    """What a file holds: the decoded values of Parquet, else its text."""
    content = path.read_bytes()
    if content.startswith(b"PAR1"):
        return str(pq.read_table(io.BytesIO(content)).to_pylist())
    return content.decode("utf-8", "replace")


@pytest.mark.long
def test_a_restore_that_was_cut_off_at_its_very_end_is_finished(kept: Kept) -> None:
    elsewhere = kept.elsewhere()
    elsewhere.run("restore", str(kept.backup))
    for path in elsewhere.store.iterdir():
        if path.name not in ("history", "journal", "secret"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (elsewhere.store / "journal").iterdir():
        if path.suffix != ".log":
            path.unlink()
    (elsewhere.store / ".restoring").mkdir()
    said = elsewhere.run("restore", str(kept.backup), "--json")
    assert json.loads(said.out)["differences"] == []
    assert not (elsewhere.store / ".restoring").exists()
    assert files_of(elsewhere.store) == files_of(kept.store)


@pytest.mark.long
def test_a_restore_that_was_cut_off_is_not_finished_from_another_backup(kept: Kept) -> None:
    elsewhere = kept.elsewhere()
    shutil.copytree(kept.store / "journal", elsewhere.store / "journal")
    (elsewhere.store / ".restoring").mkdir()
    kept.run("publication", "rename", "letters", "post")
    kept.back_up()
    said = elsewhere.run("restore", str(kept.backup), code=7)
    assert "another state" in said.err
