"""`regulars import beehiiv-export` as a person types it: good files, bad files, wrong names."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command import Said, run
from support.newsletter import CONNECTION, FaultyProvider

from regulars_connectors.simulator import posts_csv, subscribers_csv


@pytest.fixture
def folder(faulty_provider: FaultyProvider) -> Path:
    return faulty_provider.fresh()


@pytest.fixture
def export(faulty_provider: FaultyProvider, tmp_path: Path) -> Path:
    letters = faulty_provider.letters
    folder = tmp_path / "export"
    folder.mkdir()
    text = subscribers_csv(letters.world, letters.clock())
    (folder / "subscribers.csv").write_text(text, encoding="utf-8")
    (folder / "posts.csv").write_text(posts_csv(letters.world, letters.clock()), encoding="utf-8")
    return folder


def imported(folder: Path, path: Path, publication: str = "letters") -> Said:
    words = ("import", "beehiiv-export", str(path), "--publication", publication)
    return run(folder / "regulars.toml", *words)


@pytest.mark.long
def test_an_export_is_imported_once(folder: Path, export: Path) -> None:
    said = imported(folder, export)
    assert said.code == 0, said.err
    assert "departures" in said.out
    assert "posts.csv was skipped: it is an export of posts" in said.out
    again = imported(folder, export)
    assert "0 new or different" in again.out
    assert run(folder / "regulars.toml", "verify").code == 0
    coverage = run(folder / "regulars.toml", "report", "coverage", "--json").json
    (told,) = coverage["result"]["departures"]
    assert (told["connection"], told["code"]) == (CONNECTION, "told")
    assert told["count"] > 0


def test_a_csv_export_of_another_language(folder: Path, export: Path) -> None:
    path = export / "abonnenten.csv"
    path.write_text("E-Mail;Status;Abgemeldet\na@example.org;aktiv;\n", encoding="utf-8")
    said = imported(folder, path)
    assert said.code == 3
    words = said.three_lines("bad_source")
    assert "Found columns: E-Mail, Status, Abgemeldet" in words["happened"]
    assert "English" in words["to_do"]


def test_a_name_that_has_nothing_from_beehiiv_records_nothing(folder: Path, export: Path) -> None:
    said = imported(folder, export, "other-letters")
    assert said.code == 2
    assert "has no beehiiv subscribers yet." in said.err
    status = run(folder / "regulars.toml", "status")
    assert "other-letters" not in status.out


def test_a_file_that_is_not_there(folder: Path, export: Path) -> None:
    said = imported(folder, export / "none.csv")
    assert "There is no" in said.three_lines("bad_source")["happened"]
