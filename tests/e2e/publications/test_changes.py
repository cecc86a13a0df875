"""Publications that are paused and renamed, over the command line and a real store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.command import run
from support.newsletter import stored, tables
from support.organisation import Provider
from support.three_publications import assert_whole, rows_by_publication, say, settings_of, store_of

from regulars.store import Store
from regulars.store.actions.publications import all_publication_data

pytestmark = pytest.mark.long

HERE = Path(__file__).parents[1]
KILLED = str(HERE.parent / "support" / "killed_command.py")


def test_a_paused_publication_is_left_out_and_every_surface_says_so(
    provider: Provider, folder: Path
) -> None:
    assert say(folder, "publication", "pause", "pub-2").out == "pub-2 is paused.\n"
    assert settings_of(folder)[1]["paused"] is True
    provider.asked.clear()
    synced = say(folder, "sync")
    assert "pub-2 is paused and was skipped." in synced.err
    assert "pub-2" not in synced.out
    assert not [request for request in provider.asked if provider.ids[1] in request.path]
    status = say(folder, "status")
    assert "pub-2 (Publication 2 (invented)), paused" in status.out
    listed = say(folder, "publication", "list", "--json").json["publications"]
    assert [one["paused"] for one in listed] == [False, True, False]
    doctor = say(folder, "doctor")
    assert "pub-2-beehiiv: pub-2 is paused and was skipped." in doctor.out
    said = say(folder, "sync", "pub-2-beehiiv", code=2)
    assert "regulars publication resume pub-2" in said.three_lines("parameter_wrong")["to_do"]
    say(folder, "publication", "resume", "pub-2")
    assert "paused" not in settings_of(folder)[1]
    assert "pub-2-beehiiv: complete" in say(folder, "sync").out


def test_a_paused_publication_never_counts_as_stale(provider: Provider, folder: Path) -> None:
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
    provider: Provider, folder: Path
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
    provider: Provider, folder: Path
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
        own = all_publication_data(store.journal)
        assert own["pub-1"].names == ["pub-2", "pub-1"]
        paths = {file["path"] for file in own["pub-1"].files(store.journal)}
        assert not paths & {file["path"] for file in own["harbour"].files(store.journal)}
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
        (("pub-1", "pub-2"), "A publication named 'pub-2' already exists."),
        (("pub-1", "pub-1"), "The publication is already called 'pub-1'."),
        (("pub-9", "other"), "There is no publication named 'pub-9'."),
        (("pub-1", "Two Words"), "is not a valid short name"),
        (("pub-1",), "Give a new short name"),
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
    provider: Provider, tmp_path: Path
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
