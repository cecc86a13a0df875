"""The verbs below `regulars widget`, with a store of their own and beside a real server; what was
shown stands after syncs, restarts and rebuilds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from e2e.test_serving import _served
from support.newsletter import Newsletter, newsletter, stored

from regulars.clock import system_clock
from regulars.settings import load_settings
from regulars_connectors.instants import DAY
from regulars_connectors.simulator import World

pytestmark = pytest.mark.long

KEY = "wgt_invented-widget-key-0001"
OTHER = "wgt_invented-widget-key-0002"
BASE = "https://www.example.org"
WEEKS = 30


def with_widgets(letters: Newsletter) -> str:
    sections = "".join(f'[[publications.widgets]]\nkey = "{key}"\n\n' for key in (KEY, OTHER))
    return letters.settings_text().replace(
        "[[publications.connections]]", sections + "[[publications.connections]]"
    )


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsletter]:
    """A provider of today, since processes of their own believe the machine's clock."""
    started = (system_clock() // DAY - 7 * WEEKS) * DAY
    world = World(5, subscribers=450, spike=False, posts=WEEKS + 10, started=started)
    with newsletter(tmp_path_factory.mktemp("widgets"), world) as made:
        yield made


@pytest.fixture(scope="module")
def base(letters: Newsletter) -> Path:
    """A store that was synced every week, so that there is a figure."""
    folder = letters.folder("base", settings=with_widgets(letters))
    today = system_clock()
    for week in range(14, -1, -1):
        letters.clock.set(today - week * 7 * DAY)
        letters.run(folder, "sync")
    letters.clock.set(today)
    return folder


@pytest.fixture
def folder(letters: Newsletter, base: Path, request: pytest.FixtureRequest) -> Path:
    return letters.folder(request.node.name.replace("[", "-").replace("]", ""), base)


def written(site: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()
    }


def document(site: Path, key: str = KEY) -> Any:
    return json.loads((site / f"w/{key}.json").read_bytes())


def test_list_shows_nothing_to_the_public_and_write_does(
    letters: Newsletter, folder: Path, tmp_path: Path
) -> None:
    before = stored(folder)
    first, second = letters.run(folder, "widget", "list", "--json").json["widgets"]
    assert (first["key"], first["is_shown"], first["periods"]) == (KEY, False, [])
    assert second["says"] == first["says"]
    assert "people keep coming back" in first["says"]
    assert stored(folder) == before
    assert "not shown yet" in letters.run(folder, "widget", "list").out

    said = letters.run(folder, "widget", "write", str(tmp_path), "--base-url", BASE)
    assert f"After you upload it: {BASE}/w/{KEY}" in said.out
    assert document(tmp_path)["text"]["headline"] == first["says"]
    after, _ = letters.run(folder, "widget", "list", "--json").json["widgets"]
    assert after["is_shown"]
    assert len(after["periods"]) == 1
    assert (tmp_path / f"w/{KEY}" / after["periods"][0] / "card.png").is_file()


def test_what_was_shown_stands_after_a_sync_and_a_rebuild(
    letters: Newsletter, folder: Path, tmp_path: Path
) -> None:
    words = ("widget", "write", str(tmp_path), "--base-url", BASE)
    letters.run(folder, *words)
    before = written(tmp_path)
    letters.run(folder, "sync", "--full")
    letters.run(folder, "rebuild")
    assert letters.run(folder, "verify").code == 0
    said = letters.run(folder, *words, "--json").json
    assert said["changed"] == 0
    assert said["files"] == len(before)
    assert written(tmp_path) == before


def test_write_beside_a_running_server_gives_the_same(
    letters: Newsletter, folder: Path, tmp_path: Path
) -> None:
    alone, beside = tmp_path / "alone", tmp_path / "beside"
    with _served(letters, folder) as served:
        listed = letters.run(folder, "widget", "list", "--json").json["widgets"]
        assert [item["is_shown"] for item in listed] == [False, False]
        letters.run(folder, "widget", "write", str(beside), "--base-url", BASE)
        live = served.get(f"/w/{KEY}.json").json()
        assert (
            served.get(f"/w/{KEY}/card.svg").content == (beside / f"w/{KEY}/card.svg").read_bytes()
        )
    letters.run(folder, "widget", "write", str(alone), "--base-url", BASE)
    assert written(alone) == written(beside)
    shown = document(alone)
    assert shown | {"links": None} == live | {"links": None}


def test_one_widget_alone(letters: Newsletter, folder: Path, tmp_path: Path) -> None:
    letters.run(
        folder, "widget", "write", str(tmp_path), "--widget", OTHER, "--base-url", f"{BASE}/x/"
    )
    assert (tmp_path / f"w/{OTHER}.json").is_file()
    assert not (tmp_path / f"w/{KEY}.json").exists()
    assert document(tmp_path, OTHER)["links"]["about"] == f"{BASE}/x/w/{OTHER}"


def test_two_widgets_of_a_publication_say_the_same(
    letters: Newsletter, folder: Path, tmp_path: Path
) -> None:
    letters.run(folder, "widget", "write", str(tmp_path), "--base-url", BASE)
    assert document(tmp_path)["figures"] == document(tmp_path, OTHER)["figures"]


@pytest.mark.parametrize(
    ("words", "error", "place"),
    [
        (["write", "x"], "parameter_wrong", "Links in the files need their public address"),
        (["write", "x", "--base-url", "www.example.org"], "parameter_wrong", "is not an address"),
        (["write", "x", "--base-url", "https://[::1"], "parameter_wrong", "is not an address"),
        (["write", "x", "--widget", "wgt_x", "--base-url", BASE], "not_found", "wgt_x"),
        (["new", "--publication", "nowhere"], "not_found", "nowhere"),
        (
            ["new", "--publication", "letters", "--public-base-url", "ftp://x"],
            "parameter_wrong",
            "is not an address",
        ),
    ],
)
def test_wrong_use_is_named_and_writes_nothing(
    letters: Newsletter, base: Path, words: list[str], error: str, place: str
) -> None:
    before = stored(base)
    said = letters.run(base, "widget", *words, "--json", code=2)
    assert place in said.three_lines(error)["happened"]
    assert stored(base) == before
    assert not Path("x").exists()


@pytest.mark.parametrize(
    "words", [["widget", "list"], ["widget", "write", "x", "--base-url", BASE], ["serve"]]
)
def test_a_report_without_a_public_figure_is_refused(
    letters: Newsletter, folder: Path, words: list[str]
) -> None:
    config = folder / "regulars.toml"
    config.write_text(config.read_text().replace("key =", 'report = "coverage"\nkey =', 1))
    before = stored(folder)
    said = letters.run(folder, *words, "--json", code=3).three_lines("settings_wrong")
    assert f"{config}: the widget wgt_" in said["happened"]
    assert said["to_do"] == "Name one of these: house, letters."
    assert stored(folder) == before
    found = letters.run(folder, "doctor", "--json", code=1).json["findings"]
    wrong = [one for one in found if one["name"] == "widgets"]
    assert [(one["verdict"], one["fix"]) for one in wrong] == [("error", said["to_do"])]


def test_without_a_widget_it_says_how_to_make_one(letters: Newsletter, tmp_path: Path) -> None:
    folder = letters.folder("none")
    assert "widget new" in letters.run(folder, "widget", "list").out
    said = letters.run(folder, "widget", "write", str(tmp_path), "--base-url", BASE, code=2)
    assert "widget new" in said.three_lines("not_found")["to_do"]


def test_a_new_section_can_be_put_into_the_settings(letters: Newsletter) -> None:
    folder = letters.folder("new")
    words = ("widget", "new", "--publication", "letters", "--public-base-url", BASE)
    first = letters.run(folder, *words, "--json").json
    assert letters.run(folder, *words, "--json").json["key"] != first["key"]
    assert letters.run(folder, *words).out.startswith("[[publications.widgets]]\nkey = ")
    config = folder / "regulars.toml"
    config.write_text(config.read_text() + "\n" + first["section"] + "\n")
    (widget,) = load_settings(config).publication("letters").widgets
    assert (widget.key, widget.public_base_url) == (first["key"], BASE)
