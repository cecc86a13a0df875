"""Opening a store proves who owns it and what it takes up before it changes anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from regulars.errors import StoreDamaged, StoreLocked
from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.verify import repair, verify_store
from regulars_connectors.errors import Unreachable

_HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@contextmanager
def database_held(folder: Path) -> Iterator[None]:
    """Another program has the database open."""
    command = [sys.executable, "-c", _HOLD, str(folder / "regulars.duckdb")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        try:
            yield
        finally:
            child.communicate("\n")


def stray(folder: Path) -> Path:
    path = folder / "history" / "pub" / "subscriptions" / "stray.parquet"
    path.write_bytes(b"left by a process that died")
    return path


def test_a_held_database_is_refused_before_anything_is_touched(filled: Path) -> None:
    stray(filled)
    (filled / "secret.sha256").unlink()
    (filled / "journal" / "000001.index").unlink()
    filled.chmod(0o755)
    with database_held(filled):
        before = contents(filled)
        with pytest.raises(StoreLocked, match="Another program"):
            Store(StoreSettings(folder=filled, free_space_floor_mib=0))
        assert contents(filled) == before
        assert filled.stat().st_mode & 0o777 == 0o755


def test_a_held_store_is_refused_before_anything_is_touched(filled: Path) -> None:
    with Store(StoreSettings(folder=filled, free_space_floor_mib=0)):
        stray(filled)
        filled.chmod(0o755)
        before = contents(filled)
        with pytest.raises(StoreLocked):
            Store(StoreSettings(folder=filled, free_space_floor_mib=0))
        assert contents(filled) == before
        assert filled.stat().st_mode & 0o777 == 0o755
        filled.chmod(0o700)


def test_a_store_whose_lock_was_replaced_commits_nothing_more(
    filled: Path, opened: Callable[[], Store]
) -> None:
    with opened() as store:
        entries = len(store.journal)
        (filled / "lock").unlink()
        (filled / "lock").touch()
        with store.writing, pytest.raises(StoreLocked, match="removed or replaced"):
            store.append({"kind": "run"})
        with pytest.raises(StoreLocked, match="removed or replaced"):
            store.rebuild()
        assert len(store.journal) == entries


def harm_a_file(folder: Path) -> Path:
    file = next((folder / "history" / "pub" / "words").glob("*.parquet"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    return file


def test_a_rebuild_takes_up_no_changed_file_and_the_old_database_goes_on(
    filled: Path, opened: Callable[[], Store], dumped: Callable[[Store], Any]
) -> None:
    file = harm_a_file(filled)
    with opened() as store:
        before = dumped(store)
        with pytest.raises(StoreDamaged, match=f"{file.name} has changed"):
            store.rebuild()
        assert dumped(store) == before
        with pytest.raises(StoreDamaged, match=f"{file.name} has changed"):
            store.replace_database("a test")
        assert dumped(store) == before


def test_an_upgrade_takes_up_no_changed_file_and_leaves_the_old_database(
    filled: Path, opened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = harm_a_file(filled)
    before = contents(filled)
    with monkeypatch.context() as patch:
        patch.setattr("regulars.store.db.schema_digest", lambda: "another")
        with pytest.raises(StoreDamaged, match=f"{file.name} has changed"):
            opened()
    before.pop(filled / "lock")
    found = contents(filled)
    found.pop(filled / "lock")
    assert found == before
    opened().close()


def test_a_catch_up_takes_up_no_changed_file(
    filled: Path, opened: Callable[[], Store], sync: Callable[..., Any], provider: Any,
    person_of: Callable[..., Any],
) -> None:  # fmt: skip
    behind = (filled / "regulars.duckdb").read_bytes()
    provider.people.append(person_of(30))
    before = set(filled.rglob("history/pub/words/*.parquet"))
    sync()
    (new,) = set(filled.rglob("history/pub/words/*.parquet")) - before
    new.write_bytes(new.read_bytes()[:-1])
    (filled / "regulars.duckdb").write_bytes(behind)
    with pytest.raises(StoreDamaged, match=new.name):
        opened()
    assert (filled / "regulars.duckdb").read_bytes() == behind


@pytest.mark.usefixtures("stores_begin_bare")
def test_a_rebuild_that_was_not_written_whole_is_not_swapped_in(
    filled: Path, opened: Callable[[], Store], dumped: Callable[[Store], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with opened() as store:
        before = dumped(store)
        monkeypatch.setattr("regulars.store.rebuild.apply_entries", lambda *_: None)
        with pytest.raises(Exception, match="lacks the last entry"):
            store.rebuild()
        assert dumped(store) == before
    assert not (filled / "regulars.duckdb.new").exists()


@pytest.mark.usefixtures("stores_begin_bare")
def test_everything_in_a_store_is_private(
    filled: Path, opened: Callable[[], Store], sync: Callable[..., Any], provider: Any
) -> None:
    provider.trouble["subscriptions", 20] = Unreachable("The provider went away.")
    old = os.umask(0o022)
    try:
        sync()
        stray(filled).chmod(0o644)
        with opened() as store:
            with store.writing:
                store.append({"kind": "run_note", "at": 1})
            modes = {
                str(path.relative_to(filled)): oct(path.stat().st_mode & 0o777)
                for path in filled.rglob("*")
            }
    finally:
        os.umask(old)
    folders = {name for name in modes if (filled / name).is_dir()}
    assert {name: mode for name, mode in modes.items() if name in folders and mode != "0o700"} == {}
    files = {name: mode for name, mode in modes.items() if name not in folders}
    assert {name: mode for name, mode in files.items() if mode != "0o600"} == {}
    assert any("incoming" in name for name in files)


def test_a_store_of_an_earlier_version_becomes_private_when_it_is_rebuilt(
    filled: Path, opened: Callable[[], Store]
) -> None:
    file = next((filled / "history" / "pub" / "words").glob("*.parquet"))
    file.chmod(0o644)
    file.parent.chmod(0o755)
    with opened() as store:
        store.rebuild()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.long
def test_repair_brings_a_file_back_that_lies_in_quarantine(
    filled: Path, opened: Callable[[], Store]
) -> None:
    file = harm_a_file(filled)
    harmed = file.read_bytes()
    whole = bytearray(harmed)
    whole[len(whole) // 2] ^= 1
    copy = filled / "quarantine" / "2026-01-01" / file.relative_to(filled)
    copy.parent.mkdir(parents=True)
    copy.write_bytes(whole)
    with opened() as store:
        (one,) = repair(store)
        assert one.is_mended
        assert file.name in one.fault
        assert verify_store(store) == []
    assert harmed in [path.read_bytes() for path in (filled / "quarantine").rglob("*.parquet")]


def test_repair_says_that_only_a_backup_has_a_file(
    filled: Path, opened: Callable[[], Store]
) -> None:
    harm_a_file(filled)
    with opened() as store:
        (one,) = repair(store)
        assert not one.is_mended
        assert "backup" in one.remedy


# The secret


def test_a_secret_without_a_checksum_gets_one_if_the_people_come_from_it(
    filled: Path, opened: Callable[[], Store]
) -> None:
    check = filled / "secret.sha256"
    before = check.read_bytes()
    check.unlink()
    opened().close()
    assert check.read_bytes() == before


def test_a_changed_secret_without_a_checksum_is_told_by_the_people(
    filled: Path, opened: Callable[[], Store]
) -> None:
    (filled / "secret.sha256").unlink()
    secret = filled / "secret"
    text = secret.read_text()
    secret.write_text(text[:-1] + ("0" if text[-1] != "0" else "1"))
    with pytest.raises(StoreDamaged, match="another one than that of the people"):
        opened()


def test_a_changed_secret_is_refused_by_repair_as_well(filled: Path) -> None:
    secret = filled / "secret"
    text = secret.read_text()
    secret.write_text(text[:-1] + ("0" if text[-1] != "0" else "1"))
    settings = StoreSettings(folder=filled, free_space_floor_mib=0)
    for attempt in (False, True):
        with pytest.raises(StoreDamaged, match="secret"):
            Store(settings, repair=attempt)


def test_a_harmed_checksum_is_made_again_by_repair(filled: Path) -> None:
    check = filled / "secret.sha256"
    before = check.read_bytes()
    check.write_bytes(b"0" * 64)
    settings = StoreSettings(folder=filled, free_space_floor_mib=0)
    with pytest.raises(StoreDamaged, match="checksum"):
        Store(settings)
    Store(settings, repair=True).close()
    assert check.read_bytes() == before


# Parts of a pull


@pytest.mark.parametrize("harm", ["changed", "cut", "renamed", "later one changed"])
def test_a_part_that_fails_its_digest_is_thrown_away_and_said(
    filled: Path, sync: Callable[..., Any], provider: Any, person_of: Callable[..., Any],
    rows: Callable[[str], Any], harm: str,
) -> None:  # fmt: skip
    provider.people = [person_of(number) for number in range(45)]
    provider.trouble["subscriptions", 30] = Unreachable("The provider went away.")
    sync()
    parts = sorted((filled / "incoming" / "conn" / "subscriptions").glob("*.parquet"))
    assert len(parts) == 3
    part = parts[2 if harm == "later one changed" else 0]
    content = part.read_bytes()
    if harm == "renamed":
        part.rename(part.with_name("000000.parquet"))
    else:
        part.write_bytes(content[:-3] if harm == "cut" else b"PAR2" + content[4:])
    provider.asked.clear()
    notices = sync().notices
    count = "1 part" if harm == "later one changed" else "3 parts"
    assert f"people: {count} of an interrupted pull could not be used, so they are pulled" in (
        " ".join(notices)
    )
    begun = "20" if harm == "later one changed" else None
    assert ("subscriptions", begun) in provider.asked
    assert rows("SELECT count(*) FROM subscriptions") == [(45,)]


def test_a_full_disk_leaves_unnamed_files_where_they_are(
    filled: Path, opened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They do no harm there, and the next start moves them."""

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    path = stray(filled)
    with monkeypatch.context() as patch:
        patch.setattr("regulars.store.quarantine.Quarantine.move", full)
        with opened() as store:
            assert store.notices == []
    assert path.exists()
    opened().close()
    assert not path.exists()


def test_a_database_with_a_log_is_only_looked_at_before_a_refusal(filled: Path) -> None:
    """Opening it for writing would put the log into it."""
    with Store(StoreSettings(folder=filled, free_space_floor_mib=0)) as store:
        with store.writing:
            store.append({"kind": "run_note", "at": 1})
        killed = filled.with_name("killed")
        shutil.copytree(filled, killed)
    assert (killed / "regulars.duckdb.wal").stat().st_size > 0
    foreign = killed / "history" / "pub" / "posts" / "run_1-00000099-posts.parquet"
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_bytes(b"from elsewhere")
    before = contents(killed)
    with pytest.raises(StoreDamaged, match="knows entry 99"):
        Store(StoreSettings(folder=killed, free_space_floor_mib=0))
    before[killed / "lock"] = b""
    assert contents(killed) == before
