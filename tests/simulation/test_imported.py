"""Invented readers, imported as files: `report house` says what the simulation works out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from simulation.counting import Counted
from simulation.folder import day_after, files_of
from simulation.gather import OF, READS
from simulation.worlds import Lived, burst, live, reopened
from support.imported_folders import importing
from support.newsletter import Newsletter

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def importer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsletter]:
    with importing(tmp_path_factory.mktemp("simulated")) as made:
        yield made


class Imported:
    """A store with a world, imported once or several times as it went on."""

    def __init__(self, importer: Newsletter, name: str) -> None:
        head, _, _ = importer.settings_text().partition("[[publications.connections]]")
        self._importer = importer
        self._folder = importer.folder(name, settings=head)

    def bring_in(self, lived: Lived, at: int) -> Imported:
        """Import what an owner would know once ``at`` units have matured."""
        export = self._folder / f"export-{at}"
        export.mkdir()
        for file, text in files_of(lived, at).items():
            (export / file).write_text(text)
        words = ("import", "files", str(export), "--publication", "letters")
        self._importer.run(self._folder, *words, "--as-exported", day_after(at))
        return self

    def house(self, asked: int) -> Any:
        """The result of `report house` when ``asked`` units had matured."""
        words = ("report", "house", "--publication", "letters", "--as-of", day_after(asked))
        return self._importer.run(self._folder, *words, "--json").json["result"]


def check(said: Any, counted: Counted) -> None:
    printed = counted.headcount.estimate()
    figure = said["sustained_readers"]
    assert figure == {
        "value": printed.value,
        "low": printed.low,
        "high": printed.high,
        "n": printed.n,
        "method": printed.method,
    }
    then = counted.back_test(OF)
    came = counted.now.reads[:, counted.now.units_after(OF)].sum(axis=1) >= READS
    first = said["back_tests"][0]
    assert first["expected"]["value"] == pytest.approx(then.headcount.value, abs=0.51)
    assert first["came"] == int((came & then.now.is_eligible).sum())


@pytest.mark.parametrize("world", ["a", "b", "e"])
def test_the_headline_of_an_imported_world_is_that_of_the_simulation(importer, world):
    lived = live(world, 200, 11)
    imported = Imported(importer, f"world-{world}").bring_in(lived, 65)
    check(imported.house(65), Counted(lived, 65))


def test_an_earlier_date_has_the_headline_of_that_time(importer):
    lived = live("d", 200, 12)
    check(Imported(importer, "earlier").bring_in(lived, 65).house(50), Counted(lived, 50))


def test_a_burst_and_a_post_that_everybody_opens_are_set_aside(importer):
    lived = live("a", 200, 13)
    spiked = reopened(lived.with_others(burst(45, 300, 13, units=75)), 55, 13)
    said = Imported(importer, "burst").bring_in(spiked, 65).house(65)
    check(said, Counted(spiked, 65))
    assert [one["flag"] for one in said["set_aside"]["posts"]] == ["high"]
    assert [one["people"] >= 300 for one in said["set_aside"]["arrivals"]] == [True]


def test_a_world_imported_bit_by_bit_has_the_headline_of_one_imported_at_once(importer):
    lived = live("a", 150, 14)
    at_once = Imported(importer, "at-once").bring_in(lived, 65)
    grown = Imported(importer, "bit-by-bit")
    for units in (20, 45, 58, 64, 65):
        grown.bring_in(lived, units)
    for asked in (50, 65):
        assert grown.house(asked) == at_once.house(asked)
