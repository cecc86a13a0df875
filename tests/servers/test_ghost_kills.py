"""Syncs of a real Ghost that are killed at any moment lose nothing and double nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.ghost_store import Keeping, now
from support.ghost_world import GhostWorld
from support.kill_rig import KillRig, kill_rig

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def rig(small_ghost: GhostWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillRig]:
    at = now()
    small_ghost.delete_member(10)

    def order(folder: Path) -> dict[str, Any]:
        options = {"base_url": small_ghost.server.url, "admin_key": small_ghost.server.key}
        return {
            "folder": str(folder),
            "connector": "ghost",
            "options": options,
            "at": at,
            "part_rows": 250,
            # One instant for hundreds of syncs, while Ghost's own clock goes on for many minutes.
            "ignores_dates": True,
        }

    def later() -> None:
        """Another post, and opens that Ghost learns of late.

        Nobody goes: somebody whom a killed sync has missed is missed a second time by the next
        one, and so removed, which is as it should be and not as if never killed.
        """
        small_ghost.mail(7)
        small_ghost.respond(7)
        small_ghost.open_late(4, after=timedelta(weeks=2, minutes=30) - timedelta(hours=47))

    folder = tmp_path_factory.mktemp("kills")
    # What had ended when a sync was killed is walked no more: the next one is at the feed already.
    with kill_rig(folder, order, later, growing=("walks",)) as made:
        yield made


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("small_ghost", ["line5"], indirect=True)
def test_fifteen_kills_lose_and_double_nothing(
    small_ghost: GhostWorld, rig: KillRig, capsys: pytest.CaptureFixture[str]
) -> None:
    """On line 5 alone: what a kill can hurt is ours, and they take minutes."""
    hold(small_ghost, rig, capsys, kills=15, seed=3)


@pytest.mark.soak
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("small_ghost", ["line5"], indirect=True)
@pytest.mark.parametrize("seed", [3, 4, 5, 6, 7])
def test_two_hundred_and_fifty_kills_lose_and_double_nothing(
    small_ghost: GhostWorld, rig: KillRig, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    """In five parts, so that the ledger can resume between them."""
    hold(small_ghost, rig, capsys, kills=50, seed=seed)


def hold(
    ghost: GhostWorld, rig: KillRig, capsys: pytest.CaptureFixture[str], kills: int, seed: int
) -> None:
    """So many kills, half of them where they can hurt."""
    between = rig.rounds(kills, seed)
    with capsys.disabled():
        print(f"\n{kills} kills, {between} between first part and last commit: tables equal")
    assert between >= kills // 2
    for name in ("empty", "behind"):
        never_killed = Keeping(rig.never_killed(name), ghost.server)
        assert never_killed.signals() == ghost.truth()
