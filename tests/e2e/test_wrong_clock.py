"""A year of weekly looks, one of them by a wrong clock: what figures say afterwards.

``right`` is a store whose every look had the right date, ``skipped`` one that never had that look.
The provider is right about the time. Where it dates its responses, a wrong clock changes nothing.
Where it does not, the look counts for nothing, or for what a look at that hour can.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from support.two_clocks import TwoClocks, two_clocks

from regulars.errors import ClockWrong
from regulars_connectors.instants import DAY, SECOND, Instant, from_iso
from regulars_connectors.simulator import World

HOUR = 3600 * SECOND
FIRST_POST = 30
LATER = 10
WRONG: dict[str, Instant] = {
    "a year back": -365 * DAY,
    "an hour back": -HOUR,
    "an hour ahead": HOUR,
    "a year ahead": 365 * DAY,
    "1970": 0,
    "2100": 0,
}
SMALL = ("an hour back", "an hour ahead")
Figures = list[dict[str, Any]]


@dataclass
class Year:
    """Weekly looks, of which the one in ``place`` may be by a wrong clock, and ten later ones."""

    clocks: TwoClocks
    place: int
    before_a_post: Instant

    @property
    def looks(self) -> list[Instant]:
        posts = self.clocks.world.posts[FIRST_POST : FIRST_POST + self.place + 1 + LATER]
        return [post.sent_at - self.before_a_post for post in posts]

    @property
    def asked(self) -> list[Instant]:
        return [look + HOUR // 2 for look in self.looks[self.place + 1 :]]

    @cached_property
    def base(self) -> Path:
        """A store with every look up to the one in question."""
        folder = self.clocks.folder(f"base-{self.place}-{self.before_a_post}")
        for look in self.looks[: self.place]:
            self.clocks.at(look)
            assert self.clocks.sync(folder).outcome == "complete"
        return folder

    @cached_property
    def right(self) -> Figures:
        return self.figures(self.after("right", 0))

    @cached_property
    def skipped(self) -> Figures:
        return self.figures(self.after("skipped", None))

    def after(self, name: str, wrong: Instant | None) -> Path:
        """The store after the look in question, None for none, and all later ones."""
        folder = self.clocks.folder(f"{self.base.name}-{name}", self.base)
        if wrong is not None:
            self.clocks.at(self.looks[self.place], wrong)
            try:
                self.clocks.sync(folder)
            except ClockWrong:
                assert self.clocks.tables(folder) == self.clocks.tables(self.base)
        for look in self.looks[self.place + 1 :]:
            self.clocks.at(look)
            assert self.clocks.sync(folder).outcome == "complete"
        return folder

    def figures(self, folder: Path) -> Figures:
        return self.clocks.figures(folder, self.asked, self.asked[-1] + DAY)

    def wrong_by(self, name: str) -> Instant:
        look = self.looks[self.place]
        return {"1970": 5 * DAY - look, "2100": from_iso("2100-01-01") - look}.get(
            name, WRONG[name]
        )


@pytest.fixture(scope="module")
def clocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoClocks]:
    world = World(11, subscribers=200, spike=False)
    with two_clocks(tmp_path_factory.mktemp("clocks"), world) as made:
        yield made


@pytest.fixture(scope="module")
def years(clocks: TwoClocks) -> dict[tuple[int, Instant], Year]:
    """A year for each place of the wrong look and each hour of looking, made once."""
    return {
        (place, before): Year(clocks, place, before)
        for place in (1, 11, 26, 41)
        for before in (DAY, 60 * SECOND)
    }


def check(clocks: TwoClocks, year: Year, name: str, *, is_dated: bool) -> None:
    clocks.date = lambda _: None
    assert len(year.right) == len(year.skipped) == LATER
    if is_dated:
        clocks.tells_the_time()
    folder = year.after(f"{name.replace(' ', '-')}-{is_dated}", year.wrong_by(name))
    figures = year.figures(folder)
    if (is_dated and name != "1970") or name in SMALL:
        assert figures == year.right
    else:
        assert figures == year.skipped
    for mine, true in zip(figures, year.right, strict=True):
        assert_inside(mine, true)
    if name == "a year ahead":
        assert clocks.tables(folder) == clocks.tables(folder, rebuilt=True)


def assert_inside(mine: dict[str, Any], true: dict[str, Any]) -> None:
    """Every true figure lies within the bounds of ours, over all people and for each of them."""
    if mine["figure"] is not None and true["figure"] is not None:
        assert mine["figure"][0] <= true["figure"][1] <= mine["figure"][2]
    for person, (low, high, of) in mine["evidence"].items():
        if person in true["evidence"] and true["evidence"][person][2] == of:
            assert low <= true["evidence"][person][0]
            assert true["evidence"][person][1] <= high


@pytest.mark.long
@pytest.mark.parametrize("is_dated", [True, False])
@pytest.mark.parametrize("name", ["a year back", "a year ahead"])
def test_one_wrong_look(
    clocks: TwoClocks, years: dict[tuple[int, Instant], Year], name: str, is_dated: bool
) -> None:
    check(clocks, years[11, DAY], name, is_dated=is_dated)


@pytest.mark.long
@pytest.mark.parametrize("name", SMALL)
def test_an_hour_matters_a_minute_before_a_post(
    clocks: TwoClocks, years: dict[tuple[int, Instant], Year], name: str
) -> None:
    check(clocks, years[11, 60 * SECOND], name, is_dated=True)


@pytest.mark.soak
@pytest.mark.parametrize("is_dated", [True, False])
@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("place", [1, 26, 41])
def test_one_wrong_look_in_a_year(
    clocks: TwoClocks,
    years: dict[tuple[int, Instant], Year],
    place: int,
    name: str,
    is_dated: bool,
) -> None:
    check(clocks, years[place, DAY], name, is_dated=is_dated)
