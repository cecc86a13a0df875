"""Stores that released versions left behind are read, answer the same, and go on.

``tests/samples/stores/<version>`` was written by that version, with what it said of it then
(``keep_store``); nothing in there is ever changed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.keep_store import KEPT, LAST_POST, NOW, TABLES, answers, rows_of, world
from support.newsletter import CONNECTION, Newsletter, before_post, newsletter

pytestmark = pytest.mark.long

VERSIONS = sorted(path.name for path in KEPT.iterdir())


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsletter]:
    with newsletter(tmp_path_factory.mktemp("kept"), world()) as made:
        yield made


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(letters: Newsletter, version: str, request: pytest.FixtureRequest) -> Path:
    """Its journal, history and secret, and settings of today."""
    made = letters.folder(request.node.name)
    shutil.copytree(KEPT / version, made / "data", ignore=shutil.ignore_patterns("answers.json"))
    (made / "data").chmod(0o700)
    letters.clock.set(NOW)
    return made


def test_there_is_one_of_every_released_version() -> None:
    changelog = (KEPT.parents[2] / "CHANGELOG.md").read_text()
    released = [line.split("]")[0][4:] for line in changelog.splitlines() if line[:4] == "## ["]
    assert sorted(VERSIONS) == sorted(one for one in released if one != "Unreleased")


def test_it_is_made_again_and_answers_the_same(
    letters: Newsletter, folder: Path, version: str
) -> None:
    said = json.loads((KEPT / version / "answers.json").read_text())
    assert answers(folder, letters) == said
    assert letters.run(folder, "verify").code == 0


def test_a_sync_goes_on_in_it_and_doubles_nothing(letters: Newsletter, folder: Path) -> None:
    before = rows_of(folder / "data")
    letters.clock.set(before_post(letters.world, LAST_POST))
    run = letters.run(folder, "sync", CONNECTION, "--json").json["runs"][0]
    assert run["state"] == "complete"
    assert run["streams"]
    after = rows_of(folder / "data")
    known = [table for table in TABLES if table != "signals"]
    assert {table: after[table] for table in known} == {table: before[table] for table in known}
    assert letters.run(folder, "verify").code == 0
