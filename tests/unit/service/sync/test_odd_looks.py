"""A look at a provider that answers oddly says so, and healthy looks after it mend what it cost."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.weekly_looks import weeks_in

from regulars.sync.record import RunResult
from regulars_connectors.instants import SECOND
from regulars_connectors.simulator import World
from regulars_connectors.simulator.odd_answers import ODD_ANSWERS

pytestmark = pytest.mark.long
MINUTE = 60 * SECOND

SAID = {
    "odd-status": "a status that Regulars does not know: needs_attention (",
    "new-status-words": "a status that Regulars does not know: is_active (",
    "undated-posts": "posts that were sent came without a date",
    "date-zero": "1 post that was sent came without a date",
    "posts-as-drafts": "2 posts that were sent came without a date, as a draft",
    "posts-on-the-web": "2 posts that were sent came without a date, as a draft or as a web page",
    "new-post-status": "the post's `status` is unknown",
    "untitled-posts": None,
    "quoted-deliveries": None,
    "odd-rates": "stats.click_rate (",
    "float-counts": None,
    "stats-as-list": "stats (",
    "negative-total": "came without the lifetime totals",
    "odd-fields": "referrals (",
    "decimal-created": None,
}
"""What the run with the fault says. None: nothing was lost that anybody could miss."""

PARTIAL = {"new-post-status", "undated-posts", "posts-as-drafts", "posts-on-the-web"}
WITHIN = {"stats-as-list", "negative-total"}
"""A look without totals leaves two posts between two looks: bounds in place of exact counts."""


@dataclass(frozen=True)
class Healthy:
    """A publication that was never answered oddly. before: its store before the look that will be
    odd elsewhere. notices: of that look.
    """

    world: World
    before: Path
    odd: int
    last: int
    notices: list[str]
    states: list[tuple[str, str, int, int, int]]
    posts: list[object]


def healthy_weeks(folder: Path, world: World, first: int, odd: int, last: int) -> Healthy:
    before = folder / "before"
    with weeks_in(before, world) as weeks:
        for week in range(first, odd):
            assert weeks.look(week).outcome == "complete"
    shutil.copytree(before, folder / "after")
    with weeks_in(folder / "after", world) as weeks:
        notices = weeks.look(odd).notices
        for week in range(odd + 1, last + 1):
            weeks.look(week)
        return Healthy(world, before, odd, last, notices, *weeks.figures())


@pytest.fixture(scope="module")
def some_weeks(tmp_path_factory: pytest.TempPathFactory) -> Healthy:
    world = World(5, posts=32, subscribers=120, spike_size=0)
    return healthy_weeks(tmp_path_factory.mktemp("weeks"), world, 14, 23, 26)


@pytest.fixture(scope="module")
def a_year(tmp_path_factory: pytest.TempPathFactory) -> Healthy:
    world = World(7, posts=70, subscribers=400, spike_size=100)
    return healthy_weeks(tmp_path_factory.mktemp("year"), world, 14, 40, 66)


def says(run: RunResult, text: str) -> bool:
    return any(text in notice for notice in [*run.notices, run.reason or ""])


@pytest.mark.parametrize("fault", sorted(ODD_ANSWERS))
def test_an_odd_look_is_said_and_costs_no_figure(
    tmp_path: Path, some_weeks: Healthy, fault: str
) -> None:
    check_odd_look(tmp_path / "data", some_weeks, fault)


@pytest.mark.soak
@pytest.mark.timeout(1_500)
@pytest.mark.parametrize("fault", sorted(ODD_ANSWERS))
def test_a_year_with_an_odd_look_ends_in_the_same_figures(
    tmp_path: Path, a_year: Healthy, fault: str
) -> None:
    check_odd_look(tmp_path / "data", a_year, fault)


def check_odd_look(folder: Path, healthy: Healthy, fault: str) -> None:
    """One look is odd, and healthy looks follow."""
    shutil.copytree(healthy.before, folder)
    with weeks_in(folder, healthy.world) as weeks:
        run = weeks.look(healthy.odd, fault)
        said = SAID[fault]
        if said is None:
            assert run.notices == healthy.notices
        else:
            assert says(run, said), run.notices
        assert run.outcome == ("partial" if fault in PARTIAL else "complete")
        for week in range(healthy.odd + 1, healthy.last + 1):
            assert weeks.look(week).outcome == "complete"
        states, posts = weeks.figures()
    assert posts == healthy.posts
    if fault not in WITHIN:
        assert states == healthy.states
        return
    check_within(states, healthy)


def check_within(states: list[tuple[str, str, int, int, int]], healthy: Healthy) -> None:
    """Everybody's right reads lie inside the bounds that were found."""
    assert [row[0] for row in states] == [row[0] for row in healthy.states]
    for (_, _, low, high, judged), (_, _, right_low, right_high, right) in zip(
        states, healthy.states, strict=True
    ):
        assert low <= right_low <= right_high <= high
        assert judged == right


@pytest.mark.parametrize("minutes", [1, 20, 90, 230])
def test_a_look_while_a_post_is_being_sent_costs_no_figure(
    tmp_path: Path, some_weeks: Healthy, minutes: int
) -> None:
    check_look_while_sending(tmp_path / "data", some_weeks, minutes)


@pytest.mark.soak
@pytest.mark.timeout(1_500)
@pytest.mark.parametrize("minutes", [1, 5, 20, 60, 90, 150, 230])
def test_a_year_with_looks_while_sending_ends_in_the_same_figures(
    tmp_path: Path, a_year: Healthy, minutes: int
) -> None:
    check_look_while_sending(tmp_path / "data", a_year, minutes)


def check_look_while_sending(folder: Path, healthy: Healthy, minutes: int) -> None:
    """Beside the weekly looks, or in the place of one, a look comes while a post goes out."""
    sent = healthy.world.posts[healthy.odd].sent_at
    for in_place_of_one in (False, True):
        store = folder.with_name(f"{folder.name}{in_place_of_one}")
        shutil.copytree(healthy.before, store)
        with weeks_in(store, healthy.world) as weeks:
            weeks.look(healthy.odd)
            run = weeks.look_at(sent + minutes * MINUTE, "slow-sending")
            assert run.outcome == "complete"
            for week in range(healthy.odd + 1 + in_place_of_one, healthy.last + 1):
                assert weeks.look(week).outcome == "complete"
            states, posts = weeks.figures()
        assert posts == healthy.posts
        if in_place_of_one:
            check_within(states, healthy)
        else:
            assert states == healthy.states
