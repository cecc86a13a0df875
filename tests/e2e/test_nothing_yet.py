"""Reading verbs where nothing is yet: they make nothing, and say what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command import Said, run

SETTINGS = """
[[publications]]
name = "letters"

[[publications.connections]]
name = "letters-files"
connector = "files"
folder = "history"

[[publications.widgets]]
key = "wgt_AAAAAAAAAAAAAAAAAAAAAA"
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, and no settings anywhere else."""
    empty = tmp_path / "here"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    return empty


def asked(place: Path, *words: str, code: int = 0) -> Said:
    """A command that must leave the folder as it was."""
    before = sorted(place.rglob("*"))
    said = run(None, *words)
    assert sorted(place.rglob("*")) == before, words
    assert said.code == code, said
    return said


READING = {
    "status": 0,
    "publication list": 0,
    "widget list": 0,
    "doctor": 0,
    "report": 0,
    "connector list": 0,
    "report house": 2,
    "verify": 2,
    "rebuild": 2,
    "sync": 3,
}


@pytest.mark.parametrize("words", READING)
def test_reading_in_an_empty_folder_makes_nothing(place: Path, words: str) -> None:
    asked(place, *words.split(), code=READING[words])


def test_status_of_an_empty_folder_says_what_to_do(place: Path) -> None:
    store, nothing, to_do = asked(place, "status").out.splitlines()
    assert store == f"Store: {place / 'data'} (none yet)"
    assert nothing == "No publication yet."
    assert to_do.startswith("To do: `regulars init`")


def test_a_report_and_a_check_of_nothing_say_what_to_do(place: Path) -> None:
    said = asked(place, "report", "house", code=2).three_lines("not_found")
    assert said["happened"] == "There is no publication yet."
    assert "regulars import files" in said["to_do"]
    said = asked(place, "verify", code=2).three_lines("not_found")
    assert said["happened"] == f"There is no store in {place / 'data'} yet."


def test_settings_without_a_store_are_read_and_nothing_is_made(place: Path) -> None:
    (place / "regulars.toml").write_text(SETTINGS)
    said = asked(place, "status")
    assert "letters-files: never; no complete sync yet" in said.out
    assert said.out.startswith(f"Store: {place / 'data'} (none yet: `regulars sync` creates it)\n")
    assert "letters" in asked(place, "publication", "list").out
    assert "wgt_AAAAAAAAAAAAAAAAAAAAAA" in asked(place, "widget", "list").out
    asked(place, "report", "house")
    asked(place, "report", "coverage", "--json")
    coverage = asked(place, "report", "coverage").out
    assert "\n  letters-files: not synced yet\n" in coverage


def test_a_folder_that_somebody_made_for_the_data_stays_empty(place: Path) -> None:
    (place / "data").mkdir(mode=0o700)
    for words in (("status",), ("doctor",), ("publication", "list")):
        asked(place, *words)


def test_a_sync_of_what_is_paused_makes_nothing(place: Path) -> None:
    paused = SETTINGS.replace('name = "letters"', 'name = "letters"\npaused = true', 1)
    (place / "regulars.toml").write_text(paused)
    assert "letters is paused" in asked(place, "sync").err
