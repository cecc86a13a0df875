"""Servers that several test modules start: a real Ghost of each line, filled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.ghost_server import VERSIONS, ghost_server
from support.ghost_world import GhostWorld, populate


@pytest.fixture(scope="module", params=VERSIONS)
def ghost(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GhostWorld]:
    """A Ghost of the module's own, with three hundred members and ten mailed posts."""
    with ghost_server(request.param, tmp_path_factory.mktemp("ghost")) as server:
        yield populate(server)


@pytest.fixture(scope="session", params=VERSIONS)
def small_ghost(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GhostWorld]:
    """One with two pages of members, and more than a page of mails of each of seven posts."""
    with ghost_server(request.param, tmp_path_factory.mktemp("ghost")) as server:
        yield populate(server, members=120, mailed=7)
