"""A database that proves damaged while it is read is rebuilt, and the question is answered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.damaged_blocks import damage_data

from regulars.errors import DiskFull, RegularsError, StoreDamaged
from regulars.store import Store
from regulars.store.database_errors import DatabaseMended, DatabaseUnusable
from regulars.store.mending import LEAST_SECONDS_BETWEEN, MendingLimit, asked_again
from regulars.store.readers import Readers
from regulars.store.verify import verify_store


@pytest.fixture
def damaged(
    provider: Any, sync: Callable[..., Any], person_of: Callable[..., Any], folder: Path
) -> Path:
    """A store with 25 people, whose database fails once its rows are read."""
    provider.people = [person_of(number) for number in range(25)]
    sync()
    damage_data(folder / "regulars.duckdb")
    return folder


@asked_again
def people_of(store: Store) -> int:
    with store.read() as cursor:
        rows = cursor.execute("SELECT * FROM words").fetchall()
    return len(rows)


def test_a_question_is_answered_and_the_notice_says_why(
    damaged: Path, opened: Callable[[], Store]
) -> None:
    with opened() as store:
        told: list[str] = []
        store.on_mended = told.append
        assert not store.notices
        assert people_of(store) == 25
        assert told == store.notices
        assert "was rebuilt from history and journal" in told[0]
        assert len(list(damaged.glob("regulars.duckdb.damaged-*"))) == 1
        assert verify_store(store) == []
    with opened() as store:
        assert people_of(store) == 25
        assert not store.notices


def test_many_readers_meet_the_damage_and_one_rebuild_serves_them(
    damaged: Path, opened: Callable[[], Store]
) -> None:
    found: list[Any] = []
    start = threading.Barrier(8)

    def ask(store: Store) -> None:
        start.wait()
        try:
            found.append(people_of(store))
        except BaseException as error:  # noqa: BLE001 - the test says which
            found.append(error)

    with opened() as store:
        threads = [threading.Thread(target=ask, args=(store,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [25] * 8
        assert len(store.notices) == 1
    assert len(list(damaged.glob("regulars.duckdb.damaged-*"))) == 1


def test_a_reader_inside_a_reader_leaves_the_rebuild_to_the_outer_one(
    damaged: Path, opened: Callable[[], Store]
) -> None:
    with opened() as store:
        with pytest.raises(DatabaseMended), store.read(), store.read() as inner:
            inner.execute("SELECT * FROM words").fetchall()
        assert people_of(store) == 25


@pytest.mark.usefixtures("damaged")
@pytest.mark.long
def test_a_sync_that_meets_the_damage_goes_on(
    provider: Any, sync: Callable[..., Any], person_of: Callable[..., Any],
    opened: Callable[[], Store],
) -> None:  # fmt: skip
    provider.people = [person_of(number) for number in range(27)]
    assert sync().outcome == "complete"
    with opened() as store:
        assert people_of(store) == 27
        assert verify_store(store) == []


def test_a_rebuilt_database_that_is_damaged_too_is_said(
    damaged: Path, opened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Any) -> Any:
        raise DatabaseUnusable("checksum")

    with opened() as store:
        assert people_of(store) == 25
        with pytest.raises(StoreDamaged, match="damaged again soon"), store.read():
            broken(store)
    assert len(list(damaged.glob("regulars.duckdb.damaged-*"))) == 1


def test_a_changed_history_file_stops_the_rebuild_and_is_named(
    damaged: Path, opened: Callable[[], Store]
) -> None:
    file = next((damaged / "history" / "pub" / "words").glob("*.parquet"))
    with opened() as store:
        file.write_bytes(file.read_bytes()[:-1])
        for _ in range(2):
            with pytest.raises(StoreDamaged, match=file.name):
                people_of(store)
    assert not list(damaged.glob("regulars.duckdb.damaged-*"))


def test_attempts_have_a_pause_between_them() -> None:
    now = [0.0]
    limit = MendingLimit(lambda: now[0])
    fault = DatabaseUnusable("checksum")
    limit.begin(fault)
    with pytest.raises(StoreDamaged, match="again soon"):
        limit.begin(fault)
    now[0] = LEAST_SECONDS_BETWEEN
    limit.begin(fault)
    limit.failed(DiskFull("Full."))
    with pytest.raises(DiskFull, match="Full"):
        limit.begin(fault)
    now[0] += 30
    limit.begin(fault)


def test_who_wants_to_be_alone_waits_for_readers_and_new_ones_wait() -> None:
    readers, order = Readers(), []
    inside, leave, alone = threading.Event(), threading.Event(), threading.Event()

    def read_long() -> None:
        with readers.reading():
            inside.set()
            leave.wait()
            with readers.reading():  # passes, although somebody waits to be alone
                order.append("reader")

    def exchange() -> None:
        with readers.alone():
            order.append("alone")
            alone.set()

    def read_late() -> None:
        with readers.reading():
            order.append("late")

    first = threading.Thread(target=read_long)
    first.start()
    inside.wait()
    second = threading.Thread(target=exchange)
    second.start()
    assert not alone.is_set()
    leave.set()
    alone.wait()
    third = threading.Thread(target=read_late)
    third.start()
    for thread in (first, second, third):
        thread.join()
    assert order == ["reader", "alone", "late"]


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        ("IO Error: Could not write file: No space left on device", "IOException", "disk_full"),
        ("Fatal: Failed to commit: No space left on device", "FatalException", "disk_full"),
        ("offload: max_temp_directory_size", "OutOfMemoryException", "disk_full"),
        ("Out of Memory Error: could not allocate block", "OutOfMemoryException", "out_of_memory"),
        ("std::bad_alloc", "InternalException", "out_of_memory"),
        ("IO Error: Could not set lock on file", "IOException", "store_locked"),
        ("TransactionContext Error: Transaction conflict", "TransactionException", "store_locked"),
        ("Corrupt database file: computed checksum 1", "Error", "store_damaged"),
        ("database has been invalidated", "InvalidInputException", "store_damaged"),
        ("No magic bytes found in 'a/b-words.parquet'", "InvalidInputException", "store_damaged"),
        ("Could not convert string 'somebody'", "ConversionException", "failed"),
        ("Referenced column not found", "BinderException", "failed"),
    ],
)
def test_every_error_of_the_database_is_one_of_ours(
    words: str, kind: str, code: str, opened: Callable[[], Store]
) -> None:
    import duckdb

    with opened() as store:
        store._mending.begin(DatabaseUnusable("used up"))
        with pytest.raises(RegularsError) as caught, store.read():
            raise getattr(duckdb, kind)(words)
        assert caught.value.code == code
        assert "somebody" not in caught.value.happened
