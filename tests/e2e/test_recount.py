"""Random folders, imported: `house` and `regulars` say what a count in plain Python says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.exports_by_hand import read_exports
from support.imported_folders import MOMENTS, import_folders, importing, people_said, report, told
from support.invented_folders import invent_folders
from support.newsletter import Newsletter
from support.rule_by_hand import counted, figure_of, house_of, people_of


@pytest.fixture(scope="module")
def importer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsletter]:
    with importing(tmp_path_factory.mktemp("recount")) as made:
        yield made


def check(importer: Newsletter, seed: int, dates: slice = slice(None)) -> None:
    """One newsletter, asked at three dates."""
    folders = invent_folders(seed)
    folder = import_folders(importer, f"seed-{seed}-{dates.start}", folders)
    known = read_exports(folders.exports)
    for day in folders.dates[dates]:
        histories = counted(known, day)
        right = {
            names: person | {name: told(person[name]) for name in MOMENTS}
            for names, person in people_of(histories).items()
        }
        said = people_said(importer, folder, day)
        assert said.keys() == right.keys()
        for names, person in right.items():
            assert (seed, day, names, said[names]) == (seed, day, names, person)
        house = report(importer, folder, "house", day)
        counts = house_of(histories)
        assert {name: house[name] for name in counts} == counts
        check_figure(house, figure_of(histories), len(histories.numbers) < histories.rule.last)


def check_figure(house: dict[str, Any], right: dict[str, int], has_few_posts: bool) -> None:
    figure = house["by_rule"]
    if figure is None:
        assert has_few_posts or right["n"] == 0, house["reason"]
        return
    assert {name: figure[name] for name in right} == right


@pytest.mark.parametrize("seed", [5, 6])
def test_reports_say_what_a_recount_says(importer: Newsletter, seed: int) -> None:
    check(importer, seed, slice(-1, None))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(50))
def test_reports_say_what_a_recount_says_of_fifty(importer: Newsletter, seed: int) -> None:
    check(importer, seed)
