"""Files of the store whose bytes say nothing: damage with the file's name, or made again.

A checksum that holds proves that bytes are as written, and not that this version can read them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regulars.errors import RegularsError, StoreDamaged
from regulars.store import Store
from regulars.store.actions.forgetting import new_action
from regulars.store.actions.widgets import publish
from regulars.store.columns import columns_in_file, parquet_errors
from regulars.store.erasure import forget
from regulars.store.forget_list import forget_list_of, read_list
from regulars.store.forgotten_keys import id_key
from regulars.store.history_folders import HistoryFolders
from regulars.store.incoming import open_pull
from regulars.store.journal import Journal
from regulars.store.journal_records import append_record
from regulars.store.journal_view import first_outline, view_journal
from regulars.store.lock import holder
from regulars.store.proven_backups import ProvenBackup, last_proven, note_proven_backup
from regulars.store.quarantine import quarantined_days
from regulars.store.run_record import run_of_entry, streams_of_entry
from regulars.store.timestamps import stored_moment
from regulars.widgets.publishing import _read
from regulars_connectors.errors import RetryLater

NOT_JSON = (b"no json", b"\xff\xfe\xfd", b'{"number": "one"}', b'{"kind": "run"}', b"[1, 2]")
HARMS = (b"", b"\xff\xfe noise", b"{", b"null", b"[[]]", b'{"a": "\xff"}', b"[" * 100_000)
FEW = [*HARMS[:3], *(pytest.param(one, marks=pytest.mark.long) for one in HARMS[3:])]


@pytest.mark.parametrize("payload", [*NOT_JSON, b"[" * 100_000])
def test_a_journal_entry(filled: Path, opened: Callable[[], Store], payload: bytes) -> None:
    """Its length and checksum are right, so it was written so."""
    append_record(filled / "journal" / "000001.log", payload)
    for read in (opened, lambda: view_journal(filled / "journal")):
        with pytest.raises(StoreDamaged, match=r"000001\.log has an entry that cannot be read"):
            read()


def test_the_first_journal_entry_of_a_store_that_a_backup_is_compared_with(tmp_path: Path) -> None:
    (tmp_path / "000001.log").touch()
    append_record(tmp_path / "000001.log", b"\xff")
    with pytest.raises(StoreDamaged, match=r"000001\.log"):
        first_outline(tmp_path)


def test_an_entry_that_was_changed_since_the_journal_was_opened(filled: Path) -> None:
    journal = Journal(filled / "journal")
    content = bytearray((filled / "journal" / "000001.log").read_bytes())
    content[len(content) // 2] ^= 1
    (filled / "journal" / "000001.log").write_bytes(content)
    with pytest.raises(StoreDamaged, match=r"000001\.log is damaged at byte"):
        list(journal.entries())


@pytest.mark.parametrize(
    "facts",
    [
        {"outcome": "splendid"},
        {"at": 1, "started_at": "yesterday"},
        {"streams": [{"stream": "posts"}]},
        {"streams": 5},
    ],
)
def test_the_facts_of_a_run(facts: dict[str, Any]) -> None:
    run = {"number": 7, "kind": "run", "run": "run_1", "publication": "pub", "connection": "conn"}
    run |= {"connector": "toy", "started_at": 1, "outcome": "complete"}
    with pytest.raises(StoreDamaged, match="Entry 7 of the journal cannot be read"):
        run_of_entry(run | facts)
    if "streams" in facts:
        with pytest.raises(StoreDamaged, match="Entry 7"):
            streams_of_entry(run | facts)


@pytest.mark.parametrize("instant", [10**18, -(10**18), 10**30])
def test_an_instant_outside_the_calendar(instant: int) -> None:
    with pytest.raises(StoreDamaged, match="years 1 to 9999"):
        stored_moment(instant)


def test_an_entry_with_such_an_instant_is_damage_when_it_is_applied(
    filled: Path, opened: Callable[[], Store]
) -> None:
    with opened() as store, store.writing, pytest.raises(StoreDamaged, match="years 1 to 9999"):
        publish(store, widget="w", publication="pub", period="2026", document="{}", at=10**30)


@pytest.mark.parametrize("content", HARMS)
def test_the_list_of_proven_backups(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "backups.json").write_bytes(content)
    assert last_proven(tmp_path) is None
    note_proven_backup(tmp_path, ProvenBackup(5, 1))
    assert last_proven(tmp_path) == ProvenBackup(5, 1)


@pytest.mark.parametrize(
    "line",
    [*FEW, '{"action": {"action": "fgt_1", "at": 1, "publications": [], "keys": []},'
     ' "proof": "ü"}'.encode()],
)  # fmt: skip
def test_the_list_of_forgotten_people(
    filled: Path, opened: Callable[[], Store], line: bytes
) -> None:
    """A harmed line is no action. The store opens, and the line stays for whoever looks at it."""
    forget_list_of(filled).write_bytes(line + b"\n")
    with opened() as store:
        assert read_list(forget_list_of(filled), store.secret) == []
        action = new_action(1, ["pub"], [id_key(store.secret, "conn", "s001")])
        forget(store, action)
        assert read_list(forget_list_of(filled), store.secret) == [action]


@pytest.mark.parametrize("content", [*HARMS, b'{"entry": 1, "folders": {"a\\u0000b": 1}}'])
def test_the_note_of_folders(filled: Path, opened: Callable[[], Store], content: bytes) -> None:
    (filled / "history" / ".tmp" / "folders.json").write_bytes(content)
    with opened() as store:
        assert store.notices == []
        assert store.faults() == []


def test_a_note_that_names_what_no_folder_can_be_called(filled: Path) -> None:
    journal = Journal(filled / "journal")
    note = filled / "note.json"
    folders = {"history": 1, "history/a\0b": 1}
    note.write_text(json.dumps({"entry": 1, "digest": journal.digest(1), "folders": folders}))
    found = HistoryFolders(filled, "history", but="history/.tmp", note=note)
    found.recall(journal, drops=())
    assert "history/pub" in set(found.changed())


@pytest.mark.parametrize("content", FEW)
def test_a_part_of_a_pull(
    filled: Path, sync: Callable[..., Any], provider: Any, opened: Callable[[], Store],
    content: bytes,
) -> None:  # fmt: skip
    provider.trouble = {("subscriptions", 20): RetryLater("away")}
    provider.now += 1
    sync()
    (part, *_) = sorted(filled.glob("incoming/*/subscriptions/*.parquet"))
    part.write_bytes(content)
    assert open_pull(part.parent, "subscriptions", Journal(filled / "journal")).rejected
    assert sync().outcome == "complete"


@pytest.mark.parametrize("content", HARMS)
def test_the_lock_file_of_another_process(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "lock").write_bytes(content)
    assert holder(tmp_path) == {}


def test_what_is_called_like_a_day_in_the_quarantine_and_is_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "quarantine"
    folder.mkdir()
    for name in ("2026-01-01", "0000-00-00", "2026-02-30", "x"):
        (folder / name).write_text("x")
    assert quarantined_days(tmp_path) == []


@pytest.mark.parametrize("content", [b"PAR1 cut short PAR1", b"", b"noise" * 100])
def test_a_history_file_of_somebody_who_is_to_be_forgotten(
    filled: Path, opened: Callable[[], Store], content: bytes
) -> None:
    with opened() as store:
        path = max(filled.glob("history/pub/subscriptions/*.parquet"))
        path.write_bytes(content)
        action = new_action(1, ["pub"], [id_key(store.secret, "conn", "s001")])
        with pytest.raises(StoreDamaged, match=re.escape(path.name)):
            forget(store, action)
        assert path.read_bytes() == content
    path.unlink()
    with pytest.raises(StoreDamaged, match="is missing"):
        columns_in_file(path)


def test_an_error_of_the_system_stays_one(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space"), parquet_errors(tmp_path):
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("text", ["", "{", "null", '{"widget": 5}'])
def test_a_document_that_a_widget_published(text: str) -> None:
    with pytest.raises(StoreDamaged, match="document that a widget published"):
        _read(text)


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"zz" * 32, b"ab" * 31, "é".encode() * 32])
def test_the_secret(filled: Path, opened: Callable[[], Store], content: bytes) -> None:
    (filled / "secret").write_bytes(content)
    with pytest.raises(RegularsError, match="`secret`") as raised:
        opened()
    assert raised.value.code == "store_damaged"
