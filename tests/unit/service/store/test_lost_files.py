"""History files that are gone together with the database: brought back, or given up by order."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regulars.backup import make_backup, note_proof, prove_backup
from regulars.errors import StoreDamaged
from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.verify import repair, verify_store
from regulars_connectors.instants import DAY, from_iso

NOW = from_iso("2026-06-01T05:00:00Z")


@pytest.fixture
def filled(
    provider: Any, sync: Callable[..., Any], person_of: Callable[..., Any], filled: Path
) -> Path:
    """A second sync brings five more people."""
    provider.now += DAY
    provider.people = [person_of(number) for number in range(30)]
    sync()
    return filled


@pytest.fixture
def whole(filled: Path, opened: Callable[[], Store], dumped: Callable[[Store], Any]) -> Any:
    with opened() as store:
        return dumped(store)


def settings_of(folder: Path) -> StoreSettings:
    return StoreSettings(folder=folder, part_rows=10, free_space_floor_mib=0)


def words_of(folder: Path) -> Path:
    """The file with the words of the second sync."""
    return max((folder / "history" / "pub" / "words").glob("*.parquet"))


def lose_database(folder: Path) -> None:
    for path in folder.glob("regulars.duckdb*"):
        path.unlink()


def refused(folder: Path, **how: bool) -> StoreDamaged:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(StoreDamaged) as caught:
        Store(settings_of(folder), **how)
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    before.pop(folder / "lock", None)
    after.pop(folder / "lock", None)
    assert after == before
    return caught.value


def into_the_quarantine(folder: Path, file: Path) -> None:
    target = folder / "quarantine" / "2026-01-01" / file.relative_to(folder)
    target.parent.mkdir(parents=True)
    file.rename(target)


def under_another_name_in_the_quarantine(folder: Path, file: Path) -> None:
    target = folder / "quarantine" / "2026-01-01" / "somewhere"
    target.parent.mkdir(parents=True)
    file.rename(target)


def under_another_name(_: Path, file: Path) -> None:
    file.rename(file.with_name("renamed.parquet"))


def into_another_folder(_: Path, file: Path) -> None:
    file.rename(file.parents[1] / "subscriptions" / file.name)


@pytest.mark.parametrize(
    "move",
    [
        into_the_quarantine, under_another_name_in_the_quarantine, under_another_name,
        into_another_folder,
    ],
)  # fmt: skip
@pytest.mark.parametrize("damaged", [False, True])
@pytest.mark.long
def test_database_and_file_gone_and_the_file_lies_elsewhere(
    filled: Path, whole: Any, dumped: Callable[[Store], Any],
    move: Callable[[Path, Path], None], damaged: bool,
) -> None:  # fmt: skip
    file = words_of(filled)
    content = file.read_bytes()
    move(filled, file)
    if damaged:
        file.write_bytes(b"harmed" + content)
    lose_database(filled)
    assert file.name in refused(filled).happened
    with Store(settings_of(filled), repair=True) as store:
        (one,) = repair(store)
        assert one.is_mended
        assert file.name in one.fault
        assert one.remedy.endswith("and is back.")
        assert verify_store(store) == []
        assert dumped(store) == whole
    assert file.read_bytes() == content
    kept = [path.read_bytes() for path in (filled / "quarantine").rglob("*") if path.is_file()]
    assert (b"harmed" + content in kept) == damaged


@pytest.mark.long
def test_one_file_lies_elsewhere_and_another_nowhere(filled: Path) -> None:
    """The repair is refused before it brings the first one back."""
    file = words_of(filled)
    into_the_quarantine(filled, file)
    gone = max((filled / "history" / "pub" / "subscriptions").glob("*.parquet"))
    gone.unlink()
    lose_database(filled)
    error = refused(filled, repair=True)
    assert gone.name in error.happened
    assert file.name not in error.happened
    with Store(settings_of(filled), repair=True, give_up=True) as store:
        assert verify_store(store) == []
    assert file.exists()


@pytest.mark.parametrize("has_a_copy", [True, False])
@pytest.mark.long
def test_a_repair_that_died_left_the_file_unfinished(
    filled: Path, whole: Any, dumped: Callable[[Store], Any], has_a_copy: bool
) -> None:
    file = words_of(filled)
    content = file.read_bytes()
    into_the_quarantine(filled, file)
    (filled / "history" / ".tmp" / file.name).write_bytes(content)
    if not has_a_copy:
        shutil.rmtree(filled / "quarantine")
    lose_database(filled)
    with Store(settings_of(filled), repair=True) as store:
        (one,) = store.repairs
        assert one.is_mended
        assert dumped(store) == whole
        assert verify_store(store) == []
    assert file.read_bytes() == content


@pytest.mark.long
def test_a_proven_plain_backup_gives_the_file_back(
    filled: Path, whole: Any, dumped: Callable[[Store], Any], tmp_path: Path
) -> None:
    backup = tmp_path / "backup"
    make_backup(filled, backup, NOW, figures=lambda: None)
    assert note_proof(backup, prove_backup(backup).manifest, filled)
    file = words_of(filled)
    content = file.read_bytes()
    file.unlink()
    lose_database(filled)
    with Store(settings_of(filled), repair=True) as store:
        (one,) = repair(store)
        assert str(backup) in one.remedy
        assert dumped(store) == whole
        assert verify_store(store) == []
    assert file.read_bytes() == content
    # Bytes that went bad there are no copy.
    (backup / "objects" / digest_of(content)).write_bytes(content[:-1])
    file.unlink()
    lose_database(filled)
    assert "Neither the quarantine nor a proven backup" in refused(filled, repair=True).happened


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.long
def test_what_lies_nowhere_is_named_and_given_up_by_order_alone(
    filled: Path, opened: Callable[[], Store], sync: Callable[..., Any], provider: Any
) -> None:
    file = words_of(filled)
    content = file.read_bytes()
    with opened() as store:
        (entry,) = [number for number, path in entries_of(store) if path.endswith(file.name)]
        last = len(store.journal)
    file.write_bytes(content[:-1])
    lose_database(filled)
    error = refused(filled, repair=True)
    assert f"history/pub/words/{file.name} has changed since it was written" in error.happened
    assert f"(entry {entry}, 5 rows of words)" in error.happened
    assert "--give-up" in error.to_do
    assert "backup" in error.to_do
    with Store(settings_of(filled), repair=True, give_up=True) as store:
        (one,) = repair(store)
        assert one.is_mended
        assert "without these rows" in one.remedy
        assert verify_store(store) == []
        assert store.journal.entry(last + 1).facts["dropped"] == [f"history/pub/words/{file.name}"]
        assert words_in(store) == 25
    # What was left of it is kept, and stays out if it lies in its place again.
    assert content[:-1] in [
        path.read_bytes() for path in (filled / "quarantine").rglob("*.parquet*")
    ]
    file.write_bytes(content)
    with opened() as store:
        assert "no entry names" in store.notices[0]
        assert words_in(store) == 25
    assert content in [path.read_bytes() for path in (filled / "quarantine").rglob("*.parquet*")]
    # The provider still shows these people, so the next look brings them again.
    provider.now += DAY
    assert sync().outcome == "complete"
    with opened() as store:
        assert words_in(store) == 30
        assert verify_store(store) == []


def entries_of(store: Store) -> list[tuple[int, str]]:
    return [(one.number, file["path"]) for one in store.journal.entries() for file in one.files]


def words_in(store: Store) -> int:
    with store.read() as cursor:
        ((count,),) = cursor.execute("SELECT count(*) FROM words").fetchall()
    return int(count)


@pytest.mark.long
def test_a_file_that_the_database_still_answers_for_is_given_up_by_order_alone(
    filled: Path, opened: Callable[[], Store], whole: Any, dumped: Callable[[Store], Any]
) -> None:
    words_of(filled).unlink()
    with Store(settings_of(filled), repair=True) as store:
        (one,) = repair(store)
        assert not one.is_mended
        assert "--give-up" in one.remedy
        assert dumped(store) == whole
    with Store(settings_of(filled), repair=True, give_up=True) as store:
        assert words_in(store) == 25
        assert verify_store(store) == []
    assert len(list(filled.glob("regulars.duckdb.damaged-*"))) == 1
    with opened() as store:
        assert store.notices == []
        assert verify_store(store) == []


def test_the_journal_lost_its_end_and_a_file_lies_nowhere(
    filled: Path, opened: Callable[[], Store]
) -> None:
    log = filled / "journal" / "000001.log"
    content, place, before = log.read_bytes(), 0, 0
    while place < len(content):
        before, place = place, place + 8 + int.from_bytes(content[place : place + 4], "little")
    log.write_bytes(content[:before])
    first = min((filled / "history" / "pub" / "words").glob("*.parquet"))
    first.unlink()
    lose_database(filled)
    assert "lost" in refused(filled).happened
    assert first.name in refused(filled, repair=True).happened
    with Store(settings_of(filled), repair=True, give_up=True) as store:
        assert verify_store(store) == []
        assert any("are lost" in one or "is lost" in one for one in store.notices)
    with opened() as store:
        assert store.notices == []


def test_a_backup_goes_on_after_files_were_given_up(filled: Path, tmp_path: Path) -> None:
    words_of(filled).unlink()
    Store(settings_of(filled), repair=True, give_up=True).close()
    make_backup(filled, tmp_path / "backup", NOW, figures=lambda: None)
    assert prove_backup(tmp_path / "backup").faults == []


def test_nothing_is_given_up_where_nothing_is_lost(
    filled: Path, whole: Any, dumped: Callable[[Store], Any], opened: Callable[[], Store]
) -> None:
    shutil.rmtree(filled / "answers", ignore_errors=True)
    with opened() as store:
        last = len(store.journal)
    with Store(settings_of(filled), repair=True, give_up=True) as store:
        assert repair(store) == []
        assert len(store.journal) == last
        assert dumped(store) == whole
