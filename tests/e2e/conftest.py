"""A provider, a store that is a week behind, and the tables to which a healthy sync brings it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.made_once import made_once
from support.newsletter import FaultyProvider, before_post, newsletter, tables

from regulars_connectors.simulator import World


@pytest.fixture(scope="session")
def small_world() -> World:
    """450 people and 24 posts, of which the 21st is the next."""
    return World(5, subscribers=450, spike=False, posts=24)


@pytest.fixture(scope="session")
def synced_once(tmp_path_factory: pytest.TempPathFactory, small_world: World) -> Path:
    """``behind``: a folder whose store was synced before the 21st post; ``tables.json``: what the
    next healthy sync makes of it, a week later. Copies of it are synced, it stays as it is."""

    def make(root: Path) -> None:
        with newsletter(root, small_world) as letters:
            letters.clock.set(before_post(small_world, 20))
            behind = letters.folder("behind")
            letters.run(behind, "sync")
            letters.clock.set(before_post(small_world, 21))
            whole = letters.folder("whole", behind)
            letters.run(whole, "sync")
        (root / "tables.json").write_text(json.dumps(tables(whole)))

    return made_once(tmp_path_factory, "synced-once", make)


@pytest.fixture(scope="module")
def faulty_provider(
    tmp_path_factory: pytest.TempPathFactory, small_world: World, synced_once: Path
) -> Iterator[FaultyProvider]:
    with newsletter(tmp_path_factory.mktemp("weather"), small_world) as letters:
        letters.clock.set(before_post(small_world, 21))
        behind = letters.folder("behind", synced_once / "behind", letters.settings_text())
        oracle = json.loads((synced_once / "tables.json").read_text())
        yield FaultyProvider(letters, behind, oracle)
