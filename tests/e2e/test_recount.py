"""Random folders, imported: `house` and `regulars` say what a count in plain Python says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.exports_by_hand import read_exports
from support.histories_by_hand import Histories
from support.imported_folders import (
    EVIDENCE,
    MOMENTS,
    import_folders,
    importing,
    people_said,
    report,
    told,
)
from support.invented_folders import invent_folders
from support.newsletter import Newsletter
from support.rule_by_hand import counted, end_of, figure_of, house_of, people_of
from support.told_histories import right_histories, told_histories

from regulars.settings import load_settings
from regulars.store import Store

SAME = (*EVIDENCE, "rule_state", "since", "until", "joined_at", "wrote_back", "last_answer_at")
BY_MODEL = ("regular", "fading", "quiet", "occasional")

IN_EACH_CHECK = 8
FIFTY = [
    pytest.param(seed, marks=[pytest.mark.soak] * (seed >= IN_EACH_CHECK)) for seed in range(50)
]


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
        said = people_said(importer, folder, day)
        right = people_of(histories)
        assert said.keys() == right.keys()
        for names, person in right.items():
            check_person(said[names], person, (seed, day, names))
        check_house(report(importer, folder, "house", day), histories)


def check_person(said: dict[str, Any], right: dict[str, Any], where: object) -> None:
    """The evidence as counted, and a state that fits it. The model alone tells four of them."""
    right = right | {name: told(right[name]) for name in MOMENTS}
    same = {name: right[name] for name in SAME}
    assert (where, {name: said[name] for name in SAME}) == (where, same)
    state = said["state"]
    assert (where, "judged" if state in BY_MODEL else state) == (where, right["state"])


def check_house(house: dict[str, Any], histories: Histories) -> None:
    """The counts that need no model, and the figure by the rule."""
    counts = house_of(histories)
    assert {name: house[name] for name in counts} == counts
    by_rule, right = house["by_rule"], figure_of(histories)
    if by_rule is None:
        too_few = len(histories.numbers) < histories.rule.last
        assert too_few or house["reason"] == "not_measured"
        return
    assert {name: by_rule[name] for name in right} == right


@pytest.mark.parametrize("seed", [6])
def test_reports_say_what_a_recount_says(importer: Newsletter, seed: int) -> None:
    check(importer, seed, slice(-1, None))


@pytest.mark.long
@pytest.mark.parametrize("seed", FIFTY)
def test_reports_say_what_a_recount_says_of_fifty(importer: Newsletter, seed: int) -> None:
    check(importer, seed)


def check_histories(importer: Newsletter, seed: int, dates: slice = slice(None)) -> None:
    """What is set down of every standing, of people who left too, at three dates."""
    folders = invent_folders(seed)
    folder = import_folders(importer, f"histories-{seed}-{dates.start}", folders)
    known = read_exports(folders.exports)
    settings = load_settings(folder / "regulars.toml")
    (publication,) = settings.publications
    with Store(settings.store) as store:
        for day in folders.dates[dates]:
            right = counted(known, day)
            told = told_histories(store, publication, end_of(day), right.rule)
            rows = right_histories(right)
            assert told.rows.keys() == rows.keys()
            for key, one in rows.items():
                assert (seed, day, key, told.rows[key]) == (seed, day, key, one)
            left_out = {right.numbers[place] for place in told.left_out}
            assert right.going_on <= left_out
            assert told.cells == {
                (one.names, one.number): one.cell(left_out) for one in right.standings
            }


@pytest.mark.parametrize("seed", [6])
def test_histories_say_what_a_recount_says(importer: Newsletter, seed: int) -> None:
    check_histories(importer, seed, slice(-1, None))


@pytest.mark.long
@pytest.mark.parametrize("seed", FIFTY)
def test_histories_say_what_a_recount_says_of_fifty(importer: Newsletter, seed: int) -> None:
    check_histories(importer, seed)
