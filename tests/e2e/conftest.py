"""A provider, a store that is a week behind, and the tables to which a healthy sync brings it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.newsletter import FaultyProvider, before_post, newsletter, tables

from regulars_connectors.simulator import World


@pytest.fixture(scope="module")
def faulty_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyProvider]:
    world = World(5, subscribers=450, spike=False, posts=24)
    with newsletter(tmp_path_factory.mktemp("weather"), world) as letters:
        letters.clock.set(before_post(world, 20))
        behind = letters.folder("behind")
        letters.run(behind, "sync")
        letters.clock.set(before_post(world, 21))
        whole = letters.folder("whole", behind)
        letters.run(whole, "sync")
        yield FaultyProvider(letters, behind, tables(whole))
