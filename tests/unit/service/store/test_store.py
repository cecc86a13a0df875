"""The store opens, whatever happened to its database, and never two processes at once."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regulars.errors import DiskFull, StoreDamaged, StoreLocked
from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.verify import verify_store


def test_the_folder_and_its_files_are_private(filled: Path) -> None:
    assert filled.stat().st_mode & 0o777 == 0o700
    assert (filled / "secret").stat().st_mode & 0o777 == 0o600


def test_a_locked_store_names_the_holder(filled: Path) -> None:
    with Store(StoreSettings(folder=filled), purpose="serve"), pytest.raises(StoreLocked) as caught:
        Store(StoreSettings(folder=filled))
    assert str(os.getpid()) in caught.value.happened
    assert "serve" in caught.value.happened


def test_a_locked_store_of_another_process_is_refused(filled: Path) -> None:
    hold = (
        "import sys, pathlib\n"
        "from regulars.settings import StoreSettings\n"
        "from regulars.store import Store\n"
        f"store = Store(StoreSettings(folder=pathlib.Path({str(filled)!r})))\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreLocked, match=str(holder.pid)):
            Store(StoreSettings(folder=filled))
        holder.communicate(b"")
    Store(StoreSettings(folder=filled)).close()


@pytest.mark.usefixtures("stores_begin_bare")
def test_a_lost_database_is_made_again_equal(
    filled: Path, opened: Callable[[], Store], dumped: Callable[[Store], Any]
) -> None:
    with opened() as store:
        before = dumped(store)
    (filled / "regulars.duckdb").unlink()
    with opened() as store:
        assert dumped(store) == before
        assert verify_store(store) == []


@pytest.mark.parametrize("damage", ["cut", "garbage", "empty", "flipped head"])
@pytest.mark.usefixtures("stores_begin_bare")
def test_a_damaged_database_is_kept_and_made_again(
    filled: Path, opened: Callable[[], Store], dumped: Callable[[Store], Any], damage: str
) -> None:
    with opened() as store:
        before = dumped(store)
    path = filled / "regulars.duckdb"
    content = path.read_bytes()
    path.write_bytes(
        {
            "cut": content[: len(content) // 2],
            "garbage": b"not a database" * 1000,
            "empty": b"",
            "flipped head": bytes(byte ^ 0xFF for byte in content[:64]) + content[64:],
        }[damage]
    )
    with opened() as store:
        assert dumped(store) == before
        assert damage == "empty" or any("was rebuilt" in notice for notice in store.notices)
    assert damage == "empty" or list(filled.glob("regulars.duckdb.damaged-*"))


@pytest.mark.usefixtures("stores_begin_bare")
def test_tables_of_another_version_are_made_again(
    filled: Path, opened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.store.db.schema_text", _schema_with_one_more_table)
    with opened() as store, store.read() as cursor:
        assert cursor.execute("SELECT count(*) FROM one_more").fetchall() == [(0,)]
        assert cursor.execute("SELECT count(*) FROM subscriptions").fetchall() == [(25,)]


def test_a_database_behind_the_journal_catches_up(
    filled: Path,
    opened: Callable[[], Store],
    sync: Callable[..., Any],
    dumped: Callable[[Store], Any],
) -> None:
    before = (filled / "regulars.duckdb").read_bytes()
    sync()
    with opened() as store:
        after = dumped(store)
    (filled / "regulars.duckdb").write_bytes(before)
    with opened() as store:
        assert dumped(store) == after


def test_files_that_no_entry_names_are_kept_elsewhere_and_said(
    filled: Path, opened: Callable[[], Store]
) -> None:
    stray = filled / "history" / "pub" / "subscriptions" / "stray.parquet"
    stray.write_bytes(b"left by a process that died")
    with opened() as store:
        assert any("quarantine/" in notice for notice in store.notices)
    (kept,) = (filled / "quarantine").rglob("*.parquet")
    assert kept.read_bytes() == b"left by a process that died"
    assert not stray.exists()
    with opened() as store:
        assert store.notices == []


def test_a_missing_history_file_is_named_and_nothing_is_changed(
    filled: Path, opened: Callable[[], Store]
) -> None:
    gone = next((filled / "history" / "pub" / "words").glob("*.parquet"))
    gone.unlink()
    with opened() as store:
        assert verify_store(store) == [f"{gone.relative_to(filled)} is missing"]
    (filled / "regulars.duckdb").unlink()
    with pytest.raises(StoreDamaged, match=gone.name):
        opened()


def test_a_changed_history_file_is_found_by_verify(
    filled: Path, opened: Callable[[], Store]
) -> None:
    file = next((filled / "history" / "pub" / "words").glob("*.parquet"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with opened() as store:
        assert verify_store(store) == [
            f"{file.relative_to(filled)} has changed since it was written"
        ]


@pytest.mark.parametrize(
    ("change", "table", "rows"),
    [
        # The old row is missing, and a new one is there.
        ("UPDATE subscriptions SET status = 'left' WHERE subscription_id = 's003'",
         "subscriptions", 2),
        ("UPDATE subscriptions SET joined_at = NULL WHERE subscription_id IN ('s003', 's004')",
         "subscriptions", 4),
        ("DELETE FROM people WHERE subscription_id = 's003'", "people", 1),
        # Equal rows, once more than there should be.
        ("INSERT INTO people FROM people WHERE subscription_id IN ('s003', 's004', 's005')",
         "people", 3),
    ],
)  # fmt: skip
def test_every_row_of_a_changed_table_is_counted_by_verify(
    filled: Path, opened: Callable[[], Store], change: str, table: str, rows: int
) -> None:
    with opened() as store:
        with store.read() as cursor:
            cursor.execute(change)
        (fault,) = verify_store(store)
    count = f"{rows} row" if rows == 1 else f"{rows} rows"
    assert fault == f"the table {table} differs from its rebuild in {count}"


def test_a_full_disk_stops_before_anything_is_written(filled: Path) -> None:
    huge = 1 << 40
    with Store(StoreSettings(folder=filled, free_space_floor_mib=huge)) as store:
        assert not store.free_space_ok()
        with pytest.raises(DiskFull):
            store.require_room()


def test_a_lost_secret_is_not_replaced_in_silence(
    filled: Path, opened: Callable[[], Store]
) -> None:
    (filled / "secret").unlink()
    with pytest.raises(StoreDamaged, match="secret"):
        opened()


def test_no_statement_reaches_outside_the_folder(filled: Path, opened: Callable[[], Store]) -> None:
    import duckdb

    with opened() as store, store.read() as cursor:
        for statement in (
            "SELECT * FROM read_text('/etc/hostname')",
            "COPY (SELECT 1) TO '/tmp/regulars-escape.csv'",
            "SET enable_external_access = true",
            "INSTALL httpfs",
        ):
            with pytest.raises(duckdb.Error):
                cursor.execute(statement)


def test_words_about_people_stand_in_one_stream_only(filled: Path) -> None:
    import pyarrow.parquet as pq

    for path in (filled / "history").rglob("*.parquet"):
        text = json.dumps(pq.read_table(path).to_pylist(), default=str)
        assert ("@example.org" in text) == (path.parent.name == "words")


def _schema_with_one_more_table() -> str:
    from regulars.store.columns import schema_text

    return schema_text() + "\nCREATE TABLE one_more (id VARCHAR);\n"


def test_a_database_that_fails_verify_is_kept_and_made_again(
    filled: Path, opened: Callable[[], Store], dumped: Callable[[Store], Any]
) -> None:
    from regulars.store.verify import verify_and_mend

    with opened() as store:
        before = dumped(store)
        with store.read() as cursor:
            cursor.execute("DELETE FROM words WHERE id = 's003'")
        assert verify_and_mend(store)
        assert dumped(store) == before
        assert store.notices
    assert list(filled.glob("regulars.duckdb.damaged-*"))


def test_a_transaction_that_failed_after_its_entry_is_made_up_for(
    filled: Path,
    provider: Any,
    sync: Callable[..., Any],
    person_of: Callable[..., Any],
    opened: Callable[[], Store],
    dumped: Callable[[Store], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import regulars.store.store as module

    apply, calls = module.apply_entries, []

    def full_disk_once(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 1:
            raise DiskFull("The disk filled up.")
        apply(*args)

    provider.people = [person_of(number, 1, 1) for number in range(25)]
    monkeypatch.setattr(module, "apply_entries", full_disk_once)
    with opened() as store:
        from regulars.sync.record import RunRequest
        from regulars.sync.run import SyncRun
        from regulars_connectors.contract import Runtime

        runtime = Runtime(clock=lambda: provider.now, sleep=lambda _: None)
        with pytest.raises(DiskFull):
            SyncRun(store, provider, RunRequest("pub", "conn", "toy"), runtime).run()
        SyncRun(store, provider, RunRequest("pub", "conn", "toy"), runtime).run()
        with store.read() as cursor:
            assert cursor.execute("SELECT count(*) FROM counters").fetchall() == [(50,)]
        kept = dumped(store)
        store.rebuild()
        assert dumped(store) == kept


@pytest.mark.parametrize("lost", ["journal", "."])
def test_files_that_are_gone_show_while_the_database_still_answers(
    filled: Path, opened: Callable[[], Store], lost: str
) -> None:
    """As when a disk is unmounted under a server."""
    with opened() as store:
        assert store.files_answer()
        away = filled.with_name("away")
        (filled / lost).resolve().rename(away)
        try:
            with store.read() as cursor:
                assert cursor.execute("SELECT 1").fetchall() == [(1,)]
            assert not store.files_answer()
        finally:
            away.rename(filled if lost == "." else filled / lost)
        assert store.files_answer()
