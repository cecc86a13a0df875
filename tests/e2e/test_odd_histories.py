"""Odd histories, imported from files: every report answers, with a figure or with its reason.

What holds for each: the command succeeds and says nothing on stderr, no number is NaN, every figure
lies within its bounds and these within the people there are, and a figure that is missing has a
reason. The states of all people are those of the count by hand. Most of them run in ``make soak``:
``tests/unit/service/reports/test_odd_readers.py`` holds as much of the views in each check.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.exports_by_hand import read_exports
from support.imported_folders import import_folders, importing, people_said, report
from support.invented_folders import FIRST, MAIN, OTHER, Folders
from support.newsletter import Newsletter, before_post, newsletter
from support.plain_past import PlainPast, always, never, often
from support.rule_by_hand import counted, people_of
from support.sound_figures import require_reason, require_sound

from regulars.reports import REPORTS
from regulars.stats import mixture
from regulars_connectors.simulator import World

pytestmark = pytest.mark.long
DAY = timedelta(days=1)


class Asked:
    """Imports a past into a store of its own and asks every report of it."""

    def __init__(self, importer: Newsletter, name: str) -> None:
        self._importer, self._name = importer, name

    def __call__(self, *told: Folders, day: str | None = None) -> dict[str, Any]:
        """The result of ``house``. day: of the question, the last of the past unless given."""
        exports = [export for folders in told for export in folders.exports]
        day = day or max(one.day for one in exports)
        folder = import_folders(self._importer, self._name, Folders(exports, [day]))
        results = {one.name: report(self._importer, folder, one.name, day) for one in REPORTS}
        for name, result in results.items():
            require_sound(result, name)
        require_reason(results["house"])
        said = people_said(self._importer, folder, day)
        right = people_of(counted(read_exports(exports), day))
        assert {names: one["reads_low"] for names, one in said.items()} == {
            names: one["reads_low"] for names, one in right.items()
        }
        self.people = [one["state"] for one in said.values()]
        house: dict[str, Any] = results["house"]
        return house


@pytest.fixture(scope="module")
def importer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsletter]:
    with importing(tmp_path_factory.mktemp("odd")) as made:
        yield made


@pytest.fixture
def ask(importer: Newsletter, request: pytest.FixtureRequest) -> Asked:
    return Asked(importer, request.node.name)


def test_no_posts(ask: Asked) -> None:
    assert ask(PlainPast().join(5).told())["reason"] == "no_posts"


@pytest.mark.soak
def test_one_post(ask: Asked) -> None:
    house = ask(PlainPast().send(1).join(40).read(often).told())
    assert house["reason"] == "too_few_posts"
    assert house["posts_seen"] == 1


@pytest.mark.soak
def test_one_subscriber(ask: Asked) -> None:
    house = ask(PlainPast().send(30).join(1).read(often).told())
    assert house["active_people"] == house["sustained_readers"]["n"] == 1
    assert house["sustained_readers"]["high"] == 1


@pytest.mark.soak
def test_all_read_all(ask: Asked) -> None:
    house = ask(PlainPast().send(30).join(40).read(always).told())
    figure = house["sustained_readers"]
    assert figure["high"] == figure["n"] == 40
    assert figure["value"] >= 38


def test_none_read(ask: Asked) -> None:
    """Somebody who left opened each post until then, so it is known that opens were recorded."""
    past = PlainPast().send(30).join(40).join(1, left_at=FIRST + 30 * 7 * DAY)
    house = ask(past.read(lambda person, _: person == 40).told())
    figure = house["sustained_readers"]
    assert (figure["value"], figure["low"], figure["n"]) == (0, 0, 0)
    assert house["reason"] is None


@pytest.mark.soak
def test_none_read_and_nothing_says_that_opens_were_recorded(ask: Asked) -> None:
    house = ask(PlainPast().send(30, tracked="").join(40).join(1).told())
    assert house["reason"] == "not_measured"
    assert house["not_measured"] == 41


@pytest.mark.soak
def test_all_left(ask: Asked) -> None:
    past = PlainPast().send(30).join(40, left_at=FIRST + 25 * 7 * DAY)
    house = ask(past.read(lambda person, post: post < 25 and often(person, post)).told())
    assert house["active_people"] == 0
    assert house["sustained_readers"] is not None
    assert (house["sustained_readers"]["value"], house["sustained_readers"]["high"]) == (0, 0)


@pytest.mark.soak
def test_five_people(ask: Asked) -> None:
    house = ask(PlainPast().send(30).join(5).read(often).told())
    assert house["sustained_readers"]["n"] == 5
    assert 4 <= house["sustained_readers"]["value"] <= 5


@pytest.mark.soak
def test_newcomers_only(ask: Asked) -> None:
    past = PlainPast().send(30).join(40, at=FIRST + 25 * 7 * DAY + DAY)
    past.join(1, left_at=FIRST + 26 * 7 * DAY)
    house = ask(past.read(lambda person, post: person == 40 or post > 25).told())
    assert house["newcomers"] == house["active_people"] == 40
    assert house["sustained_readers"]["value"] == 0


@pytest.mark.soak
def test_all_opens_are_of_unknown_making(ask: Asked) -> None:
    house = ask(PlainPast().send(30).join(40).read(often, machine="").told())
    assert house["sustained_readers"] is not None
    assert house["uncertain"] == 0
    assert ask.people.count("regular") == 40


@pytest.mark.soak
def test_all_opens_of_everybody_are_of_unknown_making(ask: Asked) -> None:
    house = ask(PlainPast().send(30).join(40).read(always, machine="").told())
    assert house["uncertain"] == 40
    assert house["sustained_readers"]["value"] == 0


@pytest.mark.soak
def test_opens_of_machines_alone(ask: Asked) -> None:
    house = ask(PlainPast().send(30).join(40).read(always, machine="true").told())
    assert house["hidden"] == 40


@pytest.mark.soak
def test_tracking_off_for_some_posts(ask: Asked) -> None:
    past = PlainPast()
    for number in range(30):
        past.send(1, tracked="false" if number % 3 == 0 else "true")
    house = ask(past.join(40).read(lambda a, b: b % 3 > 0 and often(a, b)).told())
    assert house["sustained_readers"]["value"] >= 38


@pytest.mark.soak
def test_tracking_off_for_the_last_twelve_posts(ask: Asked) -> None:
    past = PlainPast().send(20).send(12, tracked="false").join(40)
    house = ask(past.read(lambda a, b: b < 20 and often(a, b)).told())
    assert house["sustained_readers"] is not None or house["reason"] == "not_measured"


def test_tracking_off_for_the_last_twelve_posts_and_clicks_in_them(ask: Asked) -> None:
    past = PlainPast().send(20).send(12, tracked="false").join(40)
    past.read(often, posts=slice(20)).read(lambda a, b: (a + b) % 4 == 0, kind="click")
    house = ask(past.told())
    assert house["sustained_readers"] is not None or house["reason"] == "not_measured"


@pytest.mark.soak
def test_tracking_off_for_all_posts(ask: Asked) -> None:
    house = ask(PlainPast().send(30, tracked="false").join(40).told())
    assert house["reason"] == "not_measured"
    assert house["not_measured"] == 40


@pytest.mark.soak
def test_tracking_off_for_all_posts_and_clicks_in_them(ask: Asked) -> None:
    past = PlainPast().send(30, tracked="false").join(40)
    ask(past.read(lambda a, b: (a + b) % 4 == 0, kind="click").told())


@pytest.mark.soak
def test_a_years_pause(ask: Asked) -> None:
    past = PlainPast().send(20).send(12, after=365 * DAY).join(40)
    house = ask(past.read(often).told())
    assert house["sustained_readers"]["value"] >= 38


@pytest.mark.soak
def test_within_a_years_pause(ask: Asked) -> None:
    past = PlainPast().send(20).join(40).read(often)
    day = str((FIRST + 20 * 7 * DAY + 360 * DAY).date())
    house = ask(past.told(day=day))
    assert house["sustained_readers"]["n"] == 40


def test_two_posts_a_day(ask: Asked) -> None:
    past = PlainPast().send(14 * 18 - 2, days=0.5).join(20).read(lambda a, b: (a + b) % 6 == 0)
    house = ask(past.told())  # the last post goes out on a Monday, in a week that is hardly begun
    assert house["rule"] == {"k": 4, "n": 8, "unit": "week"}
    assert house["by_rule"]["value"] == house["sustained_readers"]["n"] == 20


@pytest.mark.soak
def test_signals_that_come_twice_and_late(ask: Asked, importer: Newsletter) -> None:
    past = PlainPast().send(30).join(40).read(often)
    clean = Asked(importer, "signals-once")(past.told())
    past.read(often).read(lambda a, b: often(a, b) and b < 28, later=12 * DAY)
    past.signals += past.signals[:200]
    assert ask(past.told()) == clean


def test_two_connections_of_different_rhythm(ask: Asked) -> None:
    weekly = PlainPast().send(40).join(30).read(often)
    monthly = PlainPast().send(9, days=30, name="m").join(20).read(always)
    day = max(weekly.last_day(), monthly.last_day())
    house = ask(weekly.told(MAIN, day), monthly.told(OTHER, day))
    assert house["active_people"] == 30
    assert house["sustained_readers"]["value"] >= 28


@pytest.mark.soak
def test_all_with_a_long_history_left(ask: Asked) -> None:
    """Cells of leavers alone: whoever is there has just come."""
    past = PlainPast().send(30).join(40, left_at=FIRST + 27 * 7 * DAY)
    past.join(3, at=FIRST + 26 * 7 * DAY)
    house = ask(past.read(often).told())
    assert house["active_people"] == house["newcomers"] == 3
    assert house["sustained_readers"]["value"] == 0


@pytest.mark.soak
def test_everybody_reads_one_post_alone(ask: Asked) -> None:
    house = ask(PlainPast().send(30).join(40).read(lambda _, b: b == 3).read(never).told())
    assert house["sustained_readers"] is None or house["sustained_readers"]["value"] == 0


def test_a_fit_that_finds_no_maximum(ask: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixture, "learn", partial(mixture.learn, steps=1))
    house = ask(PlainPast().send(30).join(40).read(often).told())
    assert house["fallback"]
    assert house["sustained_readers"]["n"] == 40


@pytest.mark.soak
def test_a_fit_that_finds_its_maximum(ask: Asked) -> None:
    assert not ask(PlainPast().send(30).join(40).read(often).told())["fallback"]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("asked_from", [12, pytest.param(8, marks=pytest.mark.soak)])
def test_totals_that_fall(tmp_path: Path, asked_from: int) -> None:
    """From the ninth look on, every third person's totals are lower by two."""
    world = World(3, subscribers=40, spike=False, posts=14)
    with newsletter(tmp_path, world) as letters:
        folder = letters.folder("letters")
        for number in range(1, 13):
            if number == 8:
                letters.trouble("counters-fall")
            letters.clock.set(before_post(world, number))
            letters.run(folder, "sync")
            if number < asked_from:
                continue
            for one in REPORTS:
                require_sound(report(letters, folder, one.name), one.name)
            require_reason(report(letters, folder, "house"))
        assert report(letters, folder, "house")["sustained_readers"]["value"] > 0
