"""Publications that are removed, over the command line and a real store."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support.command import run
from support.newsletter import tables
from support.organisation import Provider
from support.three_publications import assert_whole, rows_by_publication, say, settings_of, store_of

from regulars.store.actions.publications import all_publication_data

pytestmark = pytest.mark.long

HERE = Path(__file__).parents[1]
KILLED = str(HERE.parent / "support" / "killed_command.py")


def test_what_it_left_is_named_before_it_goes(folder: Path) -> None:
    with store_of(folder) as store:
        own = all_publication_data(store.journal)["pub-2"]
        files = own.files(store.journal)
        size = sum((store.root / file["path"]).stat().st_size for file in files)
    parts = folder / "data" / "incoming" / "pub-2-beehiiv" / "posts"
    parts.mkdir(parents=True)
    (parts / "000000.parquet").write_bytes(b"x" * 2048)
    aside = folder / "data" / "regulars.duckdb.damaged-0001"
    aside.write_bytes(b"x" * 4096)
    before = (folder / "regulars.toml").read_bytes(), tables(folder)
    said = say(folder, "publication", "remove", "pub-2", "--dry-run")
    assert f"history: {len(files)} files" in said.out
    assert "parts of interrupted pulls: 1, 2 KiB" in said.out
    assert "regulars.duckdb.damaged-0001, 4 KiB (may hold its people)" in said.out
    assert f"journal: {own.entries} entries stay" in said.out
    assert "backups and copies made elsewhere: yours to remove" in said.out
    left = say(folder, "publication", "remove", "pub-2", "--dry-run", "--json").json["left"]
    assert (left["history_files"], left["history_bytes"]) == (len(files), size)
    assert ((folder / "regulars.toml").read_bytes(), tables(folder)) == before
    say(folder, "publication", "remove", "pub-2", "--yes")
    assert not parts.exists()
    assert not aside.exists()


def test_a_removed_publication_leaves_no_row_no_file_and_no_address(
    provider: Provider, folder: Path
) -> None:
    others = tables(folder)
    person = provider.apis[1].context.world.people[0]
    say(folder, "publication", "remove", "pub-2", "--yes")
    assert [one["name"] for one in settings_of(folder)] == ["pub-1", "pub-3"]
    assert not (folder / "data" / "history" / "pub-2").exists()
    assert_whole(folder)
    after = tables(folder)
    for table, rows in others.items():
        kept = [row for row in rows if "pub-2" not in row and provider.ids[1] not in row]
        assert sorted(after[table]) == sorted(kept), table
    for path in (folder / "data").rglob("*"):
        if path.is_file():
            assert person.email.encode() not in path.read_bytes(), path
    say(folder, "rebuild")
    assert tables(folder) == after
    assert "pub-2" not in say(folder, "status").out
    assert say(folder, "verify").code == 0


def test_a_removed_publication_can_be_set_up_anew(folder: Path) -> None:
    text = (folder / "regulars.toml").read_text()
    before = tables(folder)
    say(folder, "publication", "remove", "pub-2", "--yes")
    (folder / "regulars.toml").write_text(text)
    say(folder, "sync")
    assert {t: sorted(rows) for t, rows in tables(folder).items()} == {
        t: sorted(rows) for t, rows in before.items()
    }
    assert_whole(folder)


def test_kept_data_stay_and_can_be_removed_later(folder: Path) -> None:
    before = tables(folder)
    said = say(folder, "publication", "remove", "pub-2", "--keep-data", "--yes")
    assert "pub-2 is out of the settings." in said.out
    assert tables(folder) == before
    assert "pub-2  pub-2, not in the settings" in say(folder, "publication", "list").out
    say(folder, "publication", "remove", "pub-2", "--yes")
    assert set(rows_by_publication(folder)) == {"pub-1", "pub-3"}


def test_nothing_goes_without_a_yes(folder: Path) -> None:
    before = (folder / "regulars.toml").read_bytes()
    say(folder, "publication", "remove", "pub-2", "--no-input", code=2)
    said = say(folder, "publication", "remove", "pub-2", "--json", code=2)
    assert "Add --yes" in said.json["error"]["to_do"]
    path, words = folder / "regulars.toml", ("publication", "remove", "pub-2")
    for answer in ("n\n", "\n", ""):
        assert "Nothing was removed." in run(path, *words, typed=answer).err
    assert path.read_bytes() == before
    said = run(path, *words, typed="y\n")
    assert said.out.endswith("pub-2 is removed.\n")
    assert say(folder, "publication", "remove", "pub-2", "--yes", code=2)


def test_while_a_server_runs_the_commands_say_what_to_do(folder: Path) -> None:
    path = folder / "regulars.toml"
    server = subprocess.Popen(
        [sys.executable, "-m", "regulars.cli", "--config", str(path), "serve", "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        assert "Serving at" in server.stderr.readline()
        for words in (("rename", "pub-1", "other"), ("remove", "pub-1", "--yes")):
            said = say(folder, "publication", *words, code=8)
            assert "Stop it, run this command again" in said.three_lines("store_locked")["to_do"]
        said = say(folder, "publication", "pause", "pub-1")
        assert "Restart the running server" in said.err
        assert settings_of(folder)[0]["paused"] is True
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)


# Killed at any step

CHANGES = "regulars.publications.changes"
STEPS = (
    "regulars.settings.editor:SettingsFile.write",
    "regulars.store.journal:Journal.append",
    "regulars.store.store:Store.append",
    "regulars.store.store:apply_entries",
)
REMOVAL_STEPS = (
    *STEPS,
    f"{CHANGES}:shutil.rmtree",
    "regulars.store.history:History.drop",
    "regulars.store.store:Store.rebuild",
)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("words", "step"),
    [
        *((("rename", "pub-2", "other"), step) for step in STEPS),
        *((("remove", "pub-2", "--yes"), step) for step in REMOVAL_STEPS),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_a_kill_at_any_step_is_mended_by_the_same_command(
    provider: Provider,
    folder: Path,
    tmp_path: Path,
    words: tuple[str, ...],
    step: str,
    when: str,
) -> None:
    never_killed = Path(shutil.copytree(folder, tmp_path / "never-killed"))
    for one in (folder, never_killed):
        parts = one / "data" / "incoming" / "pub-2-beehiiv" / "posts"
        parts.mkdir(parents=True)
        (parts / "000000.parquet").write_bytes(b"cut short")
    say(never_killed, "publication", *words)
    command = [sys.executable, KILLED, str(provider.clock()), step, when]
    command += ["--config", str(folder / "regulars.toml"), "publication", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    half = sync_of(folder, "pub-2-beehiiv")
    assert half in (0, 2, 3)
    again = run(folder / "regulars.toml", "publication", *words)
    assert again.code in (0, 2), again.err
    assert (folder / "regulars.toml").read_text() == (never_killed / "regulars.toml").read_text()
    sync_of(folder, "pub-2-beehiiv")
    sync_of(never_killed, "pub-2-beehiiv")
    assert_whole(folder)
    found, wanted = tables(folder), tables(never_killed)
    for table, rows in wanted.items():
        assert sorted(found[table]) == sorted(rows), table


def sync_of(folder: Path, connection: str) -> int:
    return run(folder / "regulars.toml", "sync", connection, "--json").code


def test_json_says_what_was_left(folder: Path) -> None:
    said = say(folder, "publication", "remove", "pub-3", "--yes", "--json")
    facts = json.loads(said.out)
    assert facts["removed"] is True
    assert facts["left"]["names"] == ["pub-3"]
    assert facts["left"]["connections"] == ["pub-3-beehiiv"]


# What else may lie in the folder


def leave_traces(folder: Path, address: str) -> None:
    """What processes that died, and earlier repairs, leave of a publication."""
    data = folder / "data"
    words = next((data / "history" / "pub-2" / "words").glob("*.parquet"))
    moved = data / "quarantine" / "2026-01-01" / "history" / "pub-2" / "words"
    moved.mkdir(parents=True)
    shutil.copy(words, moved / "words.parquet")
    shutil.copy(words, moved / "words.parquet.2")
    for name in ("verify-killed/fresh.duckdb", "spill/overflow.tmp", "regulars.duckdb.new",
                 "regulars.duckdb.damaged-0007", "answers/half.tmp"):  # fmt: skip
        path = data / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"half " + address.encode())


def traces(folder: Path, address: str) -> list[Path]:
    found = []
    for path in [one for one in (folder / "data").rglob("*") if one.is_file()]:
        content = path.read_bytes()
        if ".parquet" in path.name:
            content += repr(pq.read_table(path).to_pylist()).encode()
        if address.encode() in content:
            found.append(path)
    return found


def test_no_byte_of_an_address_is_left_in_any_file(provider: Provider, folder: Path) -> None:
    address = provider.apis[1].context.world.people[0].email
    leave_traces(folder, address)
    assert len(traces(folder, address)) >= 7
    say(folder, "publication", "remove", "pub-2", "--yes")
    assert traces(folder, address) == []
    assert_whole(folder)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "step", ["regulars.store.history:History.drop", "regulars.store.store:Store.rebuild"]
)
def test_a_removal_that_was_killed_twice_is_finished_at_the_next_start(
    provider: Provider, folder: Path, step: str, when: str
) -> None:
    address = provider.apis[1].context.world.people[0].email
    leave_traces(folder, address)
    command = [sys.executable, KILLED, str(provider.clock()), step, when]
    command += ["--config", str(folder / "regulars.toml")]
    command += ["publication", "remove", "pub-2", "--yes"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    opening = [*command[:3], "regulars.store.opening:swap_in", when, *command[5:7], "verify"]
    assert subprocess.run(opening, capture_output=True, check=False).returncode in (
        -signal.SIGKILL,
        0,
    )
    say(folder, "status")
    assert traces(folder, address) == []
    assert_whole(folder)


def test_what_a_killed_verify_left_goes_at_the_next_start(folder: Path) -> None:
    leave_traces(folder, "somebody@example.org")
    say(folder, "status")
    left = {path.name for path in (folder / "data").iterdir()}
    assert not left & {"verify-killed", "spill", "regulars.duckdb.new"}
    assert (folder / "data" / "regulars.duckdb.damaged-0007").exists()
