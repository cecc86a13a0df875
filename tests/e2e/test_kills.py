"""A sync that is killed at any moment loses nothing and doubles nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.kill_rig import KillRig, kill_rig

from regulars_connectors.instants import DAY
from regulars_connectors.simulator import (
    BeehiivApi,
    Request,
    SimulatedClock,
    World,
    serving,
)


def segments_of(world: World, number: int) -> list[dict[str, str]]:
    """The segments of a post as the settings name them."""
    api, post = BeehiivApi(world, SimulatedClock(world.ended_at)), world.posts[number]
    found = []
    for page in (1, 2, 3):
        target = f"/v2/publications/{world.publication_id}/segments?limit=100&page={page}"
        answer = api(Request.from_target("GET", target, {"Authorization": "Bearer any"}))
        for row in json.loads(answer.body)["data"]:
            means, _, slug = row["name"].partition(": ")
            if slug == post.slug:
                found.append({"segment": row["id"], "means": means, "post": post.id})
    assert len(found) == 2
    return found


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillRig]:
    world = World(5, subscribers=450, spike=False)
    clock = SimulatedClock(world.posts[70].sent_at - DAY)
    with serving(BeehiivApi(world, clock)) as url:

        def order(folder: Path) -> dict[str, Any]:
            options = {
                "publication_id": world.publication_id,
                "api_key": "any",
                "base_url": f"{url}/v2",
                "segments": segments_of(world, 69),
            }
            return {
                "folder": str(folder),
                "connector": "beehiiv",
                "options": options,
                "at": clock(),
            }

        def a_week_later() -> None:
            clock.set(world.posts[71].sent_at - DAY)

        with kill_rig(tmp_path_factory.mktemp("kills"), order, a_week_later) as made:
            yield made


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_fifteen_kills_lose_and_double_nothing(
    rig: KillRig, capsys: pytest.CaptureFixture[str]
) -> None:
    hold(rig, capsys, kills=15, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_two_hundred_and_fifty_kills_lose_and_double_nothing(
    rig: KillRig, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    """In five parts, so that the ledger can resume between them."""
    hold(rig, capsys, kills=50, seed=seed)


def hold(rig: KillRig, capsys: pytest.CaptureFixture[str], kills: int, seed: int) -> None:
    """So many kills, half of them where they can hurt."""
    between = rig.rounds(kills, seed)
    with capsys.disabled():
        print(f"\n{kills} kills, {between} between first part and last commit: tables equal")
    assert between >= kills // 2
