"""`regulars verify --repair` over the command line: what was lost, what came back, what is kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.command import run

SAMPLE = Path(__file__).parents[1] / "samples" / "stores" / "0.2.0"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings of a store of 0.2.0 that this version has opened once."""
    shutil.copytree(SAMPLE, tmp_path / "data", ignore=shutil.ignore_patterns("answers.json"))
    (tmp_path / "data").chmod(0o700)
    path = tmp_path / "regulars.toml"
    path.write_text('[store]\nfolder = "data"\nfree_space_floor_mib = 0\n')
    assert run(path, "verify").code == 0
    return path


def cut_last_entry(data: Path) -> None:
    log = data / "journal" / "000001.log"
    content, place, before = log.read_bytes(), 0, 0
    while place < len(content):
        before, place = place, place + 8 + int.from_bytes(content[place : place + 4], "little")
    log.write_bytes(content[:before])


@pytest.mark.long
def test_a_lost_entry_is_named_by_every_verb_and_given_up_by_order(settings: Path) -> None:
    data = settings.parent / "data"
    cut_last_entry(data)
    for verb in ("status", "verify", "rebuild"):
        said = run(settings, verb)
        assert said.code == 7, verb
        lines = said.three_lines("store_damaged")
        assert "ends at entry 69" in lines["happened"]
        assert "entry 70 is lost" in lines["happened"]
        assert "verify --repair" in lines["to_do"]
    found = run(settings, "doctor", "--json").json["findings"]
    assert any(one["name"] == "store" and "entry 70 is lost" in one["text"] for one in found)
    repaired = run(settings, "verify", "--repair")
    assert repaired.code == 0
    assert "entry 70 is lost" in repaired.err
    assert "History, journal and tables agree (69 journal entries)." in repaired.out
    assert "In quarantine: " in run(settings, "status").out
    days = run(settings, "status", "--json").json["quarantine"]
    assert [day["by_repair"] for day in days] == [True]
    found = run(settings, "doctor", "--json").json["findings"]
    assert any("--empty-quarantine" in one["text"] for one in found if one["name"] == "quarantine")
    # It is too young to go, whoever says so.
    emptied = run(settings, "verify", "--empty-quarantine", "--json")
    assert emptied.json["quarantine"] == days
    assert emptied.code == 0


@pytest.mark.long
def test_a_damaged_file_comes_back_from_the_quarantine(settings: Path) -> None:
    data = settings.parent / "data"
    file = min(data.glob("history/letters/posts/*.parquet"))
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    said = run(settings, "verify")
    assert said.code == 7
    assert f"{file.name} has changed since it was written" in said.out
    said = run(settings, "verify", "--repair")
    assert said.code == 7
    assert "Only a backup holds it." in said.out
    assert "--give-up" in said.out
    copy = data / "quarantine" / "2026-01-01" / "history" / file.name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(whole)
    said = run(settings, "verify", "--repair", "--json")
    assert said.code == 0
    (repair,) = said.json["repairs"]
    assert repair["is_mended"]
    assert "quarantine" in repair["remedy"]
    assert file.read_bytes() == whole


def lose_database(data: Path) -> None:
    for path in data.glob("regulars.duckdb*"):
        path.unlink()


@pytest.mark.long
def test_database_and_history_file_are_gone_and_the_file_lies_in_quarantine(
    settings: Path,
) -> None:
    data = settings.parent / "data"
    before = run(settings, "report", "house", "--publication", "letters", "--json").json["result"]
    file = max(data.glob("history/letters/posts/*.parquet"))
    copy = data / "quarantine" / "2026-01-01" / file.name
    copy.parent.mkdir(parents=True)
    file.rename(copy)
    lose_database(data)
    for verb in ("status", "verify", "rebuild"):
        lines = run(settings, verb).three_lines("store_damaged")
        assert f"{file.name} is missing" in lines["happened"], verb
        assert "verify --repair" in lines["to_do"]
    said = run(settings, "verify", "--repair")
    assert said.code == 0
    assert f"{file.name} is missing. The same file lay in the quarantine and is back." in said.out
    assert "History, journal and tables agree (70 journal entries)." in said.out
    after = run(settings, "report", "house", "--publication", "letters", "--json").json["result"]
    assert after == before


@pytest.mark.long
def test_a_history_file_that_lies_nowhere_is_given_up_by_order(settings: Path) -> None:
    data = settings.parent / "data"
    file = max(data.glob("history/letters/posts/*.parquet"))
    file.unlink()
    lose_database(data)
    said = run(settings, "verify", "--repair")
    assert said.code == 7
    lines = said.three_lines("store_damaged")
    assert f"history/letters/posts/{file.name} is missing (entry " in lines["happened"]
    assert "of posts)" in lines["happened"]
    assert "Restore the store from a backup." in lines["to_do"]
    assert "`regulars verify --repair --give-up`" in lines["to_do"]
    assert run(settings, "verify", "--give-up").code == 2
    said = run(settings, "verify", "--repair", "--give-up", "--json")
    assert said.code == 0
    (repair,) = said.json["repairs"]
    assert repair["is_mended"]
    assert "without these rows" in repair["remedy"]
    assert said.json["entries"] == 71
    assert run(settings, "verify").code == 0
    assert run(settings, "report", "house", "--publication", "letters").code == 0
