"""A sync that is killed at a step of the store, twice in a row, loses and doubles nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.kill_rig import KillRig, kill_rig

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.verify import verify_store
from regulars_connectors.instants import DAY
from regulars_connectors.simulator import BeehiivApi, SimulatedClock, World, serving

pytestmark = pytest.mark.long

# Steps of every sync, and steps of a start that finds no database.
OF_A_SYNC = (
    "regulars.store.opening:Opening.open",
    "regulars.store.opening:Opening._take_up",
    "regulars.store.history:History.clear",
    "regulars.store.journal:Journal.save_notes",
    "regulars.store.incoming:move_into_place",
    "regulars.store.history:History.place",
    "regulars.store.history:move_into_place",
    "regulars.store.store:Store.append",
    "regulars.store.journal:append_record",
    "regulars.store.journal:write_acknowledged",
    "regulars.store.journal_index:SegmentIndex.save",
    "regulars.store.history:History.committed",
    "regulars.store.history_folders:HistoryFolders.note",
    "regulars.store.store:apply_entries",
)
OF_A_REBUILD = (
    "regulars.store.opening:build_database",
    "regulars.store.rebuild:apply_entries",
    "regulars.store.rebuild:_prove",
    "regulars.store.opening:swap_in",
)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillRig]:
    world = World(5, subscribers=120, spike=False)
    clock = SimulatedClock(world.posts[70].sent_at - DAY)
    with serving(BeehiivApi(world, clock)) as url:

        def order(folder: Path) -> dict[str, Any]:
            options = {
                "publication_id": world.publication_id,
                "api_key": "any",
                "base_url": f"{url}/v2",
            }
            at = clock()
            return {"folder": str(folder), "connector": "beehiiv", "options": options, "at": at}

        def a_week_later() -> None:
            clock.set(world.posts[71].sent_at - DAY)

        with kill_rig(tmp_path_factory.mktemp("steps"), order, a_week_later) as made:
            yield made


@pytest.mark.timeout(900)
@pytest.mark.parametrize("step", [*OF_A_SYNC, *OF_A_REBUILD])
@pytest.mark.parametrize("when", ["before", "after"])
def test_two_kills_at_a_step_lose_and_double_nothing(
    rig: KillRig, tmp_path: Path, step: str, when: str
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(rig.bases["behind"], folder)
    files = {path.name: path.read_bytes() for path in folder.glob("history/*/*/*.parquet")}
    for _ in range(2):
        if step in OF_A_REBUILD:
            (folder / "regulars.duckdb").unlink(missing_ok=True)
        rig.kill_at(folder, step, when)
    rig.sync(folder)
    assert rig.tables(folder) == rig.truths["behind"]
    with Store(StoreSettings(folder=folder, free_space_floor_mib=0)) as store:
        assert verify_store(store) == []
    kept = {path.name: path.read_bytes() for path in folder.glob("history/*/*/*.parquet")}
    assert files.items() <= kept.items()
