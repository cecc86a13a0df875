"""A store whose journal lost entries is refused with what is missing, and is left as it was found.

Going on with what is left takes an order of the owner, and even then nothing is destroyed.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regulars.errors import StoreDamaged
from regulars.settings import StoreSettings
from regulars.store import Store, is_store
from regulars.store.verify import verify_store
from regulars_connectors.errors import Unreachable


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A copy of the store after its first sync."""
    return tmp_path / "before"


@pytest.fixture
def filled(
    provider: Any, sync: Callable[..., Any], person_of: Callable[..., Any], folder: Path,
    before: Path,
) -> Path:  # fmt: skip
    """A store of two syncs, each with an entry and files of its own."""
    provider.people = [person_of(number) for number in range(25)]
    sync()
    shutil.copytree(folder, before)
    provider.people.append(person_of(25, 1, 1))
    provider.now += 1_000_000
    sync()
    return folder


def bytes_of(folder: Path) -> dict[str, str]:
    """The digest of every file, but for the lock."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


def bring_back(before: Path, filled: Path, *names: str) -> None:
    """Put parts of the older copy in the place of the present ones."""
    for name in names:
        target = filled / name
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)
        if (before / name).is_dir():
            shutil.copytree(before / name, target)
        else:
            shutil.copy(before / name, target)


def drop_notes(folder: Path) -> None:
    """Take away what the journal itself knows of its end."""
    (folder / "journal" / "acknowledged").unlink(missing_ok=True)
    for path in (folder / "journal").glob("*.index"):
        path.unlink()


def refused(folder: Path, match: str) -> str:
    found = bytes_of(folder)
    with pytest.raises(StoreDamaged, match=match) as caught:
        Store(StoreSettings(folder=folder, free_space_floor_mib=0))
    assert bytes_of(folder) == found, "a refusal changes nothing"
    assert "verify --repair" in caught.value.to_do
    assert "backup" in caught.value.to_do
    return caught.value.happened


def repaired(folder: Path) -> int:
    """Repair it: sound afterwards, with every file still there. Returns the last entry."""
    found = bytes_of(folder)
    with Store(StoreSettings(folder=folder, free_space_floor_mib=0), repair=True) as store:
        assert any("goes on with" in notice for notice in store.notices)
        assert verify_store(store) == []
        version = store.version
    kept = set(bytes_of(folder).values())
    ours = ("journal/acknowledged", ".index", "folders.json")
    gone = [name for name, digest in found.items() if digest not in kept]
    assert [name for name in gone if not name.endswith((*ours, ".log"))] == []
    with Store(StoreSettings(folder=folder, free_space_floor_mib=0)) as store:
        assert store.notices == []
        assert store.version == version
    return version


@pytest.mark.long
def test_a_journal_of_an_older_copy_of_the_same_store(filled: Path, before: Path) -> None:
    bring_back(before, filled, "journal")
    refused(filled, r"regulars\.duckdb knows entry")
    entries = len_of(before)
    assert repaired(filled) == entries


def len_of(folder: Path) -> int:
    with Store(StoreSettings(folder=folder, free_space_floor_mib=0)) as store:
        return store.version


@pytest.mark.long
def test_a_segment_of_an_older_copy_of_the_same_store(filled: Path, before: Path) -> None:
    bring_back(before, filled, "journal/000001.log")
    refused(filled, "knows entry")
    assert repaired(filled) == len_of(before)


def test_a_cut_journal_is_told_by_the_database_alone(filled: Path, before: Path) -> None:
    bring_back(before, filled, "journal/000001.log")
    drop_notes(filled)
    shutil.rmtree(filled / "history")
    shutil.copytree(before / "history", filled / "history")
    refused(filled, r"regulars\.duckdb knows entry")


def test_a_cut_journal_is_told_by_the_database_of_another_version(
    filled: Path, before: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_back(before, filled, "journal")
    monkeypatch.setattr("regulars.store.db.schema_digest", lambda: "another")
    refused(filled, r"regulars\.duckdb knows entry")


@pytest.mark.long
def test_a_cut_journal_is_told_by_history_files_alone(
    filled: Path, before: Path, sync: Callable[..., Any], provider: Any,
    person_of: Callable[..., Any],
) -> None:  # fmt: skip
    """Files of the next entry are left by a crash; files of a later one prove the loss."""
    provider.people.append(person_of(26))
    sync()
    bring_back(before, filled, "journal/000001.log", "regulars.duckdb")
    drop_notes(filled)
    happened = refused(filled, "history file")
    assert "are lost" in happened
    assert repaired(filled) == len_of(before)


@pytest.mark.long
def test_a_cut_journal_is_told_by_parts_of_a_pull(
    filled: Path, before: Path, sync: Callable[..., Any], provider: Any
) -> None:
    provider.trouble = {("subscriptions", 20): Unreachable("cut off")}
    provider.people = list(provider.people)
    sync()
    assert list((filled / "incoming").rglob("*.parquet"))
    bring_back(before, filled, "journal", "history", "regulars.duckdb")
    refused(filled, "parts? of (a )?pulls?")
    assert repaired(filled) == len_of(before)


@pytest.mark.parametrize("state", ["missing", "empty"])
@pytest.mark.parametrize("database", ["there", "lost", "damaged"])
@pytest.mark.long
def test_a_store_without_its_journal(filled: Path, state: str, database: str) -> None:
    shutil.rmtree(filled / "journal")
    if state == "empty":
        (filled / "journal").mkdir(mode=0o700)
    if database == "lost":
        (filled / "regulars.duckdb").unlink()
    elif database == "damaged":
        (filled / "regulars.duckdb").write_bytes(b"no database" * 1000)
    assert is_store(filled)
    refused(filled, "entry|journal")
    assert repaired(filled) == 0


@pytest.mark.usefixtures("stores_begin_bare")
def test_an_empty_journal_after_the_crash_of_the_first_commit(folder: Path) -> None:
    """It leaves files of entry 1 beside a database without any entry: nothing was lost."""
    Store(StoreSettings(folder=folder, free_space_floor_mib=0)).close()
    stray = folder / "history" / "pub" / "posts" / "run_1-00000001-posts.parquet"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"left by a crash")
    with Store(StoreSettings(folder=folder, free_space_floor_mib=0)) as store:
        assert store.version == 0
    (kept,) = (folder / "quarantine").rglob("*.parquet")
    assert kept.read_bytes() == b"left by a crash"


def another_store(filled: Path, sync: Callable[..., Any], folder: Path) -> Path:
    """A second store with the same secret, by another first sync."""
    other = folder.with_name("other")
    filled.rename(other)
    folder.mkdir(mode=0o700)
    shutil.copy(other / "secret", folder / "secret")
    sync()
    return other


@pytest.mark.parametrize("piece", ["journal", "regulars.duckdb"])
@pytest.mark.long
def test_two_stores_with_one_secret_do_not_mix(
    filled: Path, sync: Callable[..., Any], folder: Path, provider: Any, piece: str
) -> None:
    provider.now += 5_000_000
    other = another_store(filled, sync, folder)
    bring_back(folder, other, piece)
    refused(other, "differs from the one|knows entry")


@pytest.mark.long
def test_a_history_file_of_another_store(filled: Path, before: Path) -> None:
    """One of a later entry is refused by its name, one of an earlier entry is moved away."""
    posts = filled / "history" / "pub" / "subscriptions"
    foreign = posts / "run_aaaa-00000099-subscriptions.parquet"
    foreign.write_bytes(b"from elsewhere")
    assert foreign.name in refused(filled, "knows entry 99")
    foreign.rename(posts / "run_aaaa-00000001-subscriptions.parquet")
    with Store(StoreSettings(folder=filled, free_space_floor_mib=0)) as store:
        assert verify_store(store) == []
    (kept,) = (filled / "quarantine").rglob("*.parquet")
    assert kept.read_bytes() == b"from elsewhere"


@pytest.mark.long
def test_parts_of_a_store_with_the_same_secret_are_thrown_away_and_said(
    filled: Path, sync: Callable[..., Any], folder: Path, provider: Any
) -> None:
    provider.trouble = {("subscriptions", 20): Unreachable("cut off")}
    sync()
    provider.now += 5_000_000
    other = another_store(filled, sync, folder)
    shutil.copytree(other / "incoming", folder / "incoming", dirs_exist_ok=True)
    for part in (folder / "incoming").rglob("*.parquet"):
        number, _, digest = part.stem.split("-")
        part.rename(part.with_name(f"{number}-00000001-{digest}.parquet"))
    assert any("could not be used" in notice for notice in sync().notices)


@pytest.mark.long
def test_damage_within_the_journal_is_refused_and_given_up_by_order(filled: Path) -> None:
    segment = filled / "journal" / "000001.log"
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    refused(filled, r"000001\.log is damaged at byte")
    assert repaired(filled) == 1
    (kept,) = (filled / "quarantine").rglob("000001.log.from-*")
    assert bytes(content).endswith(kept.read_bytes())
