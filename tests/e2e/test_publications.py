"""Publications that are paused, renamed and removed, over the command line and a real store."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.newsletter import Said, run, stored, tables
from support.organisation import InventedOrganisation, organisation

from regulars.cli import main
from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.actions.publications import all_publication_data
from regulars.store.verify import verify_store

pytestmark = pytest.mark.long

HERE = Path(__file__).parent
KILLED = str(HERE.parent / "support" / "killed_command.py")


@pytest.fixture(scope="module")
def provider() -> Iterator[InventedOrganisation]:
    with organisation(3) as made:
        yield made


@pytest.fixture(scope="module")
def synced(provider: InventedOrganisation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three publications, synced once."""
    folder = provider.folder(tmp_path_factory.mktemp("three") / "made")
    say(folder, "sync")
    return folder


@pytest.fixture
def folder(synced: Path, tmp_path: Path) -> Path:
    """A copy of them."""
    return Path(shutil.copytree(synced, tmp_path / "copy"))


def say(folder: Path, *words: str, code: int = 0) -> Said:
    said = run(folder / "regulars.toml", *words)
    assert said.code == code, f"{said.code}\n{said.out}\n{said.err}"
    return said


def settings_of(folder: Path) -> list[dict[str, Any]]:
    read = tomllib.loads((folder / "regulars.toml").read_text())
    found: list[dict[str, Any]] = read["publications"]
    return found


def store_of(folder: Path) -> Store:
    return Store(StoreSettings(folder=folder / "data", free_space_floor_mib=0))


def rows_by_publication(folder: Path) -> dict[str, int]:
    with store_of(folder) as store, store.read() as cursor:
        rows = cursor.execute(
            "SELECT publication, count(*) FROM subscriptions GROUP BY ALL"
        ).fetchall()
    return dict(rows)


def assert_whole(folder: Path) -> None:
    """Tables equal their rebuild, files their digests."""
    with store_of(folder) as store:
        assert verify_store(store) == []


# Paused


def test_a_paused_publication_is_left_out_and_every_surface_says_so(
    provider: InventedOrganisation, folder: Path
) -> None:
    assert say(folder, "publication", "pause", "pub-2").out == "pub-2 is paused.\n"
    assert settings_of(folder)[1]["paused"] is True
    provider.asked.clear()
    synced = say(folder, "sync")
    assert "pub-2 is paused and was left out." in synced.err
    assert "pub-2" not in synced.out
    assert not [request for request in provider.asked if provider.ids[1] in request.path]
    status = say(folder, "status")
    assert "pub-2 (Publication 2 (invented)), paused" in status.out
    listed = say(folder, "publication", "list", "--json").json["publications"]
    assert [one["paused"] for one in listed] == [False, True, False]
    doctor = say(folder, "doctor")
    assert "pub-2-beehiiv: pub-2 is paused; it is not asked." in doctor.out
    said = say(folder, "sync", "pub-2-beehiiv", code=2)
    assert "regulars publication resume pub-2" in said.three_lines("parameter_wrong")["to_do"]
    say(folder, "publication", "resume", "pub-2")
    assert "paused" not in settings_of(folder)[1]
    assert "pub-2-beehiiv: complete" in say(folder, "sync").out


def test_a_paused_publication_never_counts_as_stale(
    provider: InventedOrganisation, folder: Path
) -> None:
    now = provider.clock()
    provider.clock.set(now + 30 * 86_400 * 1_000_000)
    try:
        say(folder, "publication", "pause", "pub-2")
        items = say(folder, "status", "--json").json["publications"]
        report = say(folder, "report", "house", "--publication", "pub-2", "--json").json
    finally:
        provider.clock.set(now)
    stale = {item["name"]: item["sources"][0]["is_stale"] for item in items}
    assert stale == {"pub-1": True, "pub-2": False, "pub-3": True}
    assert report["sources"][0]["is_stale"] is False


def test_everything_paused_is_no_error(folder: Path) -> None:
    for name in ("pub-1", "pub-2", "pub-3"):
        say(folder, "publication", "pause", name)
    assert say(folder, "sync").out == ""


# Dry runs


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("rename", "pub-2", "harbour"), "pub-2 would be called harbour. Nothing was changed.\n"),
        (
            ("rename", "pub-2", "--title", "Harbour"),
            "pub-2 would be called pub-2 with the title 'Harbour'. Nothing was changed.\n",
        ),
        (("pause", "pub-2"), "pub-2 would be paused. Nothing was changed.\n"),
        (("resume", "pub-2"), "pub-2 would be resumed. Nothing was changed.\n"),
    ],
)
def test_a_dry_run_says_what_would_change_and_changes_nothing(
    folder: Path, words: tuple[str, ...], told: str
) -> None:
    before, kept = (folder / "regulars.toml").read_bytes(), stored(folder)
    assert say(folder, "publication", *words, "--dry-run").out == told
    assert say(folder, "publication", *words, "--dry-run", "--json").json["changed"] is False
    assert (folder / "regulars.toml").read_bytes() == before
    assert stored(folder) == kept


@pytest.mark.parametrize(
    "words", [("rename", "pub-2", "pub-3"), ("rename", "nowhere", "x"), ("pause", "nowhere")]
)
def test_a_dry_run_refuses_what_the_act_would_refuse(folder: Path, words: tuple[str, ...]) -> None:
    wet = say(folder, "publication", *words, code=2)
    dry = say(folder, "publication", *words, "--dry-run", code=2)
    assert wet.err == dry.err


# Renamed


def test_a_renamed_publication_keeps_everything_and_goes_on(
    provider: InventedOrganisation, folder: Path
) -> None:
    before = tables(folder)
    say(folder, "publication", "rename", "pub-1", "harbour", "--title", "The Harbour")
    first = settings_of(folder)[0]
    assert (first["name"], first["title"]) == ("harbour", "The Harbour")
    after = tables(folder)
    renamed = {
        table: [row.replace("'pub-1'", "'harbour'").replace('"pub-1"', '"harbour"') for row in rows]
        for table, rows in before.items()
    }
    assert {table: sorted(rows) for table, rows in after.items()} == {
        table: sorted(rows) for table, rows in renamed.items()
    }
    assert_whole(folder)
    written = [stream["written"] for run in syncs(folder) for stream in run["streams"]]
    assert sum(written) == 0
    assert_whole(folder)
    assert "harbour-" not in str(list((folder / "data" / "history").iterdir()))


def syncs(folder: Path) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = say(folder, "sync", "--json").json["runs"]
    return runs


def test_the_old_name_may_be_used_again_by_another_publication(
    provider: InventedOrganisation, folder: Path
) -> None:
    say(folder, "publication", "rename", "pub-1", "harbour")
    say(folder, "publication", "rename", "pub-2", "pub-1")
    provider.clock.advance(7 * 86_400 * 1_000_000)
    try:
        say(folder, "sync")
    finally:
        provider.clock.advance(-7 * 86_400 * 1_000_000)
    counted = rows_by_publication(folder)
    assert set(counted) == {"harbour", "pub-1", "pub-3"}
    assert_whole(folder)
    with store_of(folder) as store:
        own = all_publication_data(store.journal.entries())
        assert own["pub-1"].names == ["pub-2", "pub-1"]
        paths = {file["path"] for file in own["pub-1"].files}
        assert not paths & {file["path"] for file in own["harbour"].files}
        before = tables_without_store(store)
        store.rebuild()
        assert tables_without_store(store) == before
    say(folder, "publication", "remove", "pub-1", "--yes")
    assert set(rows_by_publication(folder)) == {"harbour", "pub-3"}
    assert rows_by_publication(folder)["harbour"] == counted["harbour"]
    assert_whole(folder)


def tables_without_store(store: Store) -> dict[str, list[str]]:
    from support.dump_store import tables_of

    return tables_of(store)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pub-1", "pub-2"), "There is a publication named 'pub-2' already."),
        (("pub-1", "pub-1"), "The publication is called 'pub-1' already."),
        (("pub-9", "other"), "There is no publication named 'pub-9'."),
        (("pub-1", "Two Words"), "cannot be the short name"),
        (("pub-1",), "Say the new short name"),
        (("pub-9", "--title", "x"), "There is no publication named 'pub-9'"),
    ],
)
def test_a_rename_that_cannot_be_is_refused_and_changes_nothing(
    folder: Path, words: tuple[str, ...], said: str
) -> None:
    before = (folder / "regulars.toml").read_bytes(), tables(folder)
    assert said in say(folder, "publication", "rename", *words, code=2).err
    assert ((folder / "regulars.toml").read_bytes(), tables(folder)) == before


def test_a_name_changed_by_hand_is_refused_until_the_store_knows(folder: Path) -> None:
    path = folder / "regulars.toml"
    path.write_text(path.read_text().replace('name = "pub-1"', 'name = "harbour"'))
    said = say(folder, "sync", "pub-1-beehiiv", code=3)
    assert "regulars publication rename pub-1 harbour" in said.err
    say(folder, "publication", "rename", "pub-1", "harbour")
    say(folder, "sync")
    assert set(rows_by_publication(folder)) == {"harbour", "pub-2", "pub-3"}


def test_a_publication_that_was_never_synced_is_renamed_in_the_settings(
    provider: InventedOrganisation, tmp_path: Path
) -> None:
    folder = provider.folder(tmp_path / "new")
    say(folder, "publication", "rename", "pub-1", "harbour")
    assert settings_of(folder)[0]["name"] == "harbour"
    assert not (folder / "data").exists()


def test_an_imported_publication_is_renamed_and_removed_without_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGULARS_STORE__FREE_SPACE_FLOOR_MIB", "0")
    example = HERE.parents[1] / "docs/how-to/import-files-example"
    assert run(None, "import", "files", str(example), "--publication", "old").code == 0
    assert run(None, "publication", "rename", "old", "new").code == 0
    assert run(None, "publication", "list").out.startswith("new  new, not in the settings")
    assert run(None, "publication", "remove", "new", "--yes").code == 0
    assert "No publication yet" in run(None, "publication", "list").out
    assert run(None, "import", "files", str(example), "--publication", "new").code == 0
    assert run(None, "verify").code == 0


def test_an_import_goes_on_under_the_new_name_and_counts_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGULARS_STORE__FREE_SPACE_FLOOR_MIB", "0")
    example = str(HERE.parents[1] / "docs/how-to/import-files-example")
    run(None, "import", "files", example, "--publication", "old")
    before = tables(tmp_path)
    run(None, "publication", "rename", "old", "new")
    again = run(None, "import", "files", example, "--publication", "new", "--json").json["runs"]
    assert again[0]["connection"] == "old-files"
    assert sum(stream["written"] for stream in again[0]["streams"]) == 0
    other = run(None, "import", "files", example, "--publication", "old", "--json").json["runs"]
    assert other[0]["connection"] == "old-files-2"
    after = run(None, "import", "files", example, "--publication", "old", "--json").json["runs"]
    assert after[0]["connection"] == "old-files-2"
    assert len(tables(tmp_path)["subscriptions"]) == 2 * len(before["subscriptions"])
    assert run(None, "verify").code == 0


# All at a glance


def test_status_of_many_has_a_line_for_each_and_one_can_be_asked_for(tmp_path: Path) -> None:
    blocks = [
        f"""
[[publications]]
name = "pub-{number}"
paused = {str(number == 3).lower()}

[[publications.connections]]
name = "files-{number}"
connector = "files"
folder = "nowhere-{number}"
"""
        for number in range(1, 41)
    ]
    text = '[store]\nfolder = "data"\nfree_space_floor_mib = 0\n' + "".join(blocks)
    (tmp_path / "regulars.toml").write_text(text)
    lines = say(tmp_path, "status").out.splitlines()
    assert len(lines) == 42
    assert lines[1] == "pub-1   no complete sync yet"
    assert lines[3] == "pub-3   paused; no complete sync yet"
    assert lines[-1] == "40 publications; 0 need attention, 1 paused."
    say(tmp_path, "sync", "files-7", code=3)
    lines = say(tmp_path, "status").out.splitlines()
    assert lines[8].strip().startswith("files-7: failed (")
    assert lines[-1] == "40 publications; 1 needs attention, 1 paused."
    items = say(tmp_path, "status", "--json").json["publications"]
    assert [item["name"] for item in items] == [f"pub-{number}" for number in range(1, 41)]
    one = say(tmp_path, "status", "pub-7").out
    assert "files-7: failed; no complete sync yet" in one
    assert (
        "There is no publication named 'pub-99'." in say(tmp_path, "status", "pub-99", code=2).err
    )


# Removed


def test_what_it_left_is_named_before_it_goes(folder: Path) -> None:
    with store_of(folder) as store:
        own = all_publication_data(store.journal.entries())["pub-2"]
        size = sum((store.root / file["path"]).stat().st_size for file in own.files)
    parts = folder / "data" / "incoming" / "pub-2-beehiiv" / "posts"
    parts.mkdir(parents=True)
    (parts / "000000.parquet").write_bytes(b"x" * 2048)
    aside = folder / "data" / "regulars.duckdb.damaged-0001"
    aside.write_bytes(b"x" * 4096)
    before = (folder / "regulars.toml").read_bytes(), tables(folder)
    said = say(folder, "publication", "remove", "pub-2", "--dry-run")
    assert f"history: {len(own.files)} files" in said.out
    assert "parts of interrupted pulls: 1, 2 KiB" in said.out
    assert "regulars.duckdb.damaged-0001, 4 KiB (may hold its people)" in said.out
    assert f"journal: {own.entries} entries stay" in said.out
    assert "backups and copies made elsewhere: yours to remove" in said.out
    left = say(folder, "publication", "remove", "pub-2", "--dry-run", "--json").json["left"]
    assert (left["history_files"], left["history_bytes"]) == (len(own.files), size)
    assert ((folder / "regulars.toml").read_bytes(), tables(folder)) == before
    say(folder, "publication", "remove", "pub-2", "--yes")
    assert not parts.exists()
    assert not aside.exists()


def test_a_removed_publication_leaves_no_row_no_file_and_no_address(
    provider: InventedOrganisation, folder: Path
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
    words = ["--config", str(folder / "regulars.toml"), "publication", "remove", "pub-2"]
    for answer in ("n\n", "\n", ""):
        result = CliRunner().invoke(main, words, input=answer)
        assert "Nothing was removed." in result.stderr
    assert (folder / "regulars.toml").read_bytes() == before
    result = CliRunner().invoke(main, words, input="y\n")
    assert result.output.endswith("pub-2 is removed.\n")
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
            assert "End it, run this command again" in said.three_lines("store_locked")["to_do"]
        said = say(folder, "publication", "pause", "pub-1")
        assert "Start it again." in said.err
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
    provider: InventedOrganisation,
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
