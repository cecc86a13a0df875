"""Posts that the settings name: one that no sync has brought is told, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command import Said, run

pytestmark = pytest.mark.long

SETTINGS = """
[store]
folder = "data"
free_space_floor_mib = 0
[[publications]]
name = "letters"
SAME
[[publications.connections]]
name = "main"
connector = "files"
folder = "main"
[[publications.connections]]
name = "old"
connector = "files"
folder = "old"
"""
UNKNOWN = "`same_posts` of letters names the post old/8, which no sync has brought."


def regulars(folder: Path, same: str, *words: str) -> Said:
    config = folder / "regulars.toml"
    config.write_text(SETTINGS.replace("SAME", same))
    return run(config, *words)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("main", "old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "posts.csv").write_text("id,title,sent_at\n7,One,2025-01-07\n")
    return tmp_path


def test_bad_input_a_pair_of_posts_with_an_unknown_id(folder: Path) -> None:
    wrong = 'same_posts = [["main/7", "old/8"]]'
    said = regulars(folder, wrong, "sync", "--json").json
    told = [
        (one["connection"], text)
        for one in said["runs"]
        for text in one["notices"]
        if "same_posts" in text
    ]
    to_do = "Correct its id there, or take the pair out."
    assert told == [("old", f"{UNKNOWN.replace('of letters', 'in your settings')} {to_do}")]
    doctor = regulars(folder, wrong, "doctor")
    assert UNKNOWN in doctor.out + doctor.err
    right = 'same_posts = [["main/7", "old/7"]]'
    assert "same_posts" not in regulars(folder, right, "sync", "--json").out
    doctor = regulars(folder, right, "doctor")
    assert "same_posts" not in doctor.out + doctor.err
