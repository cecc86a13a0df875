"""Changes of a settings file keep what was written by hand, or are refused."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest

from regulars.errors import NothingHere, SettingsWrong
from regulars.settings.editor import SettingsFile

BY_HAND = """# my letters

[store]
folder = "data"   # the big disk

# the first one
[[publications]]
name = "one"  # short
title = 'One'

  [[publications.connections]]
  name = "one-files"
  connector = "files"
  folder = "x"

# the second one,
# in two lines
[[ publications ]]
name = "two"

[[publications.widgets]]
key = "wgt_AAAAAAAAAAAAAAAAAAAAAA"  # a figure

# the server
[server]
port = 9000  # mine
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "regulars.toml"
    made.write_text(BY_HAND)
    return made


def after(path: Path, publication: str | None = None, **changes: object) -> str:
    file = SettingsFile(path)
    if changes:
        file.change_publication(publication or "one", changes)
    file.write()
    return path.read_text()


def test_nothing_is_touched_without_a_change(path: Path) -> None:
    before = path.stat().st_mtime_ns
    assert after(path) == BY_HAND
    assert path.stat().st_mtime_ns == before


def test_a_value_is_set_and_taken_away_again_and_the_rest_stays(path: Path) -> None:
    text = after(path, "two", paused=True)
    assert text == BY_HAND.replace('name = "two"\n', 'name = "two"\npaused = true\n')
    assert after(path, "two", paused=None) == BY_HAND


def test_a_renamed_publication_keeps_its_comments(path: Path) -> None:
    assert after(path, "one", name="uno") == BY_HAND.replace('"one"  # short', '"uno"  # short')


@pytest.mark.parametrize(
    ("name", "gone", "kept"),
    [
        ("one", ["# the first one", "one-files"], ["# the second one,", "# in two lines"]),
        ("two", ["# the second one", "# in two", "wgt_"], ["# the first one", "# the server"]),
    ],
)
def test_a_removed_publication_takes_its_own_comments_only(
    path: Path, name: str, gone: list[str], kept: list[str]
) -> None:
    file = SettingsFile(path)
    file.remove_publication(name)
    file.write()
    text = path.read_text()
    assert not [words for words in gone if words in text]
    assert not [words for words in [*kept, "# my letters", "# mine"] if words not in text]
    (left,) = tomllib.loads(text)["publications"]
    assert left["name"] != name


def test_the_last_publication_may_go(path: Path) -> None:
    file = SettingsFile(path)
    file.remove_publication("one")
    file.remove_publication("two")
    file.write()
    assert set(tomllib.loads(path.read_text())) == {"store", "server"}


def test_a_publication_is_added_after_all_that_stands_there(path: Path) -> None:
    file = SettingsFile(path)
    connection = {"name": "c", "connector": "files", "folder": 'a "b"', "x": {"env": "K"}}
    added = file.add_publication({"name": "three", "title": "日本 \\ '"}, connection)
    file.write()
    assert path.read_text() == f"{BY_HAND}\n{added}"
    third = tomllib.loads(path.read_text())["publications"][2]
    assert third == {"name": "three", "title": "日本 \\ '", "connections": [connection]}


def test_publications_in_one_line_are_changed_too(path: Path) -> None:
    path.write_text('publications = [ { name = "one" }, { name = "two" } ] # short\n')
    assert "paused = true" in after(path, "two", paused=True)
    file = SettingsFile(path)
    file.remove_publication("one")
    file.write()
    assert [one["name"] for one in tomllib.loads(path.read_text())["publications"]] == ["two"]


def test_what_cannot_be_changed_safely_is_left_to_a_person(path: Path) -> None:
    path.write_text('publications = [ { name = "one" } ]\n')
    file = SettingsFile(path)
    file.add_publication({"name": "two"}, {"name": "c", "connector": "files"})
    with pytest.raises(SettingsWrong) as caught:
        file.write()
    assert "by hand" in caught.value.to_do
    assert path.read_text() == 'publications = [ { name = "one" } ]\n'


def test_a_change_that_makes_wrong_settings_is_refused(path: Path) -> None:
    with pytest.raises(SettingsWrong, match="duplicate publication name"):
        after(path, "two", name="one")
    assert path.read_text() == BY_HAND


def test_an_unknown_publication_is_named(path: Path) -> None:
    with pytest.raises(NothingHere, match="'nobody'"):
        SettingsFile(path).remove_publication("nobody")


def test_rights_and_links_stay(path: Path, tmp_path: Path) -> None:
    path.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    after(link, "one", title="Uno")
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert "Uno" in path.read_text()


def test_a_new_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "below" / "regulars.toml"
    file = SettingsFile(path)
    file.set_store_folder("data")
    file.write()
    assert path.read_text() == '[store]\nfolder = "data"\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
