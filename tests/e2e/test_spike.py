"""One lucky post does not move the figure: the same seed with and without its viral spike, pulled
week by week over the whole path. At each of the twelve pulls after the spike the two figures differ
by less than one per cent, and the truth of the world lies where the figure says that it may.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from regulars.demo import demo_provider, demo_settings, demo_tools, pull_moments
from regulars.reports.engine.ask import ask_report
from regulars.settings import PublicationSettings
from regulars.store import Store
from regulars.sync.run import sync_connection
from regulars_connectors.instants import to_datetime
from regulars_connectors.simulator import World

pytestmark = pytest.mark.long

PULLS_AFTER = 12
MOST_DIFFERENCE = 0.01
ALLOWED = 0.05
FEWEST_WEEKS = 9
"""Eight posts must have matured between two looks before there is a figure."""


@dataclass(frozen=True)
class Pulled:
    """What the report said after one pull, and what really was so in that world."""

    value: int
    open_ended: int
    truth: int


def _pull(world: World, folder: Path, moments: list[int], *, ask: bool = True) -> list[Pulled]:
    """Pull at every moment, and ask at once."""
    found = []
    with demo_provider(world) as (clock, url):
        settings = demo_settings(world, folder, url, 0)
        publication = settings.publications[0]
        with Store(settings.store) as store:
            for moment in moments:
                clock.set(moment)
                run = sync_connection(
                    store, settings, publication, publication.connections[0], demo_tools(clock)
                )
                assert run.outcome == "complete", run.reason
                found += [_asked(world, store, publication, moment)] if ask else []
    return found


def _asked(world: World, store: Store, publication: PublicationSettings, moment: int) -> Pulled:
    now = to_datetime(moment)
    house = ask_report(store, publication, "house", as_of=None, parameters={}, now=now).result
    figure = house.sustained_readers
    assert figure is not None, house.words
    truth = world.really_regular(moment, house.rule.k, house.rule.n)
    return Pulled(figure.value, house.uncertain + house.cannot_tell, len(truth))


def _moments(world: World) -> tuple[list[int], list[int]]:
    """The pulls of the past year up to the viral post, and the twelve after it."""
    assert world.viral_post is not None
    viral_at = world.viral_post.sent_at
    moments = pull_moments(world, world.ended_at)
    after = [moment for moment in moments if moment > viral_at][:PULLS_AFTER]
    assert len(after) == PULLS_AFTER
    return [moment for moment in moments if moment <= viral_at], after


def _hold(spiked: list[Pulled], calm: list[Pulled]) -> None:
    for number, (left, right) in enumerate(zip(spiked, calm, strict=True), start=1):
        told = f"pull {number}: {left} with the spike, {right} without"
        assert abs(left.value - right.value) < MOST_DIFFERENCE * right.value, told
        for pulled in (left, right):
            assert pulled.value > 30, told
            assert pulled.value <= pulled.truth * (1 + ALLOWED), told
            assert pulled.truth * (1 - ALLOWED) <= pulled.value + pulled.open_ended, told


def test_spike_does_not_move_the_figure(tmp_path: Path) -> None:
    """A smaller world, from as few weeks before the spike as the figure needs to six after it.

    Up to the viral post the two worlds look the same, so that time is pulled once.
    """
    spike = World(3, subscribers=600, spike_size=400)
    before, after = _moments(spike)
    after = after[:6]
    _pull(spike, tmp_path / "with", before[-FEWEST_WEEKS:], ask=False)
    shutil.copytree(tmp_path / "with", tmp_path / "without")
    spiked = _pull(spike, tmp_path / "with", after)
    _hold(spiked, _pull(World(3, subscribers=600, spike=False), tmp_path / "without", after))


@pytest.mark.parametrize(
    "seed", [7, *(pytest.param(seed, marks=pytest.mark.soak) for seed in (1, 2))]
)
def test_spike_does_not_move_the_figure_of_the_demo(tmp_path: Path, seed: int) -> None:
    spike, calm = World(seed), World(seed, spike=False)
    before, after = _moments(spike)
    figures = []
    for world, name in ((spike, "with"), (calm, "without")):
        _pull(world, tmp_path / name, before, ask=False)
        figures.append(_pull(world, tmp_path / name, after))
    _hold(*figures)
