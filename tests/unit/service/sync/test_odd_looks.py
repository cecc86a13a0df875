"""A look at a provider that answers oddly says so, and healthy looks after it mend what it cost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.weekly_looks import Weeks, weeks_in

from regulars.sync.record import RunResult
from regulars_connectors.simulator import World
from regulars_connectors.simulator.odd_answers import ODD_ANSWERS

pytestmark = pytest.mark.long

FIRST, ODD, LAST = 14, 23, 26

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


@pytest.fixture(scope="module")
def world() -> World:
    return World(5, posts=32, subscribers=120, spike_size=0)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory, world: World) -> Path:
    """A store after healthy looks, up to the one that will be odd."""
    folder = tmp_path_factory.mktemp("looks") / "data"
    with weeks_in(folder, world) as weeks:
        for week in range(FIRST, ODD):
            assert weeks.look(week).outcome == "complete"
    return folder


@dataclass(frozen=True)
class Healthy:
    """A publication that was never answered oddly. notices: of each week."""

    states: list[tuple[str, str, int, int, int]]
    posts: list[object]
    notices: dict[int, list[str]]


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory, world: World, before: Path) -> Healthy:
    folder = tmp_path_factory.mktemp("healthy") / "data"
    shutil.copytree(before, folder)
    with weeks_in(folder, world) as weeks:
        notices = {week: weeks.look(week).notices for week in range(ODD, LAST + 1)}
        return Healthy(*weeks.figures(), notices)


@pytest.fixture
def weeks(tmp_path: Path, world: World, before: Path) -> Iterator[Weeks]:
    shutil.copytree(before, tmp_path / "data")
    with weeks_in(tmp_path / "data", world) as weeks:
        yield weeks


def says(run: RunResult, text: str) -> bool:
    return any(text in notice for notice in [*run.notices, run.reason or ""])


@pytest.mark.parametrize("fault", sorted(ODD_ANSWERS))
def test_an_odd_look_is_said_and_costs_no_figure(
    weeks: Weeks, healthy: Healthy, fault: str
) -> None:
    run = weeks.look(ODD, fault)
    said = SAID[fault]
    if said is None:
        assert run.notices == healthy.notices[ODD]
    else:
        assert says(run, said), run.notices
    assert run.outcome == ("partial" if fault in PARTIAL else "complete")
    for week in range(ODD + 1, LAST + 1):
        assert weeks.look(week).outcome == "complete"
    states, posts = weeks.figures()
    assert posts == healthy.posts
    if fault not in WITHIN:
        assert states == healthy.states
        return
    assert [row[0] for row in states] == [row[0] for row in healthy.states]
    for (_, _, low, high, judged), (_, _, right_low, right_high, right) in zip(
        states, healthy.states, strict=True
    ):
        assert low <= right_low <= right_high <= high
        assert judged == right
