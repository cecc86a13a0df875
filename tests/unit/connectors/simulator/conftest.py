"""One small world for all these tests, and a way to ask its face."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from regulars_connectors.simulator import BeehiivApi, Handler, Request, SimulatedClock, World

KEY = {"Authorization": "Bearer any"}


@pytest.fixture(scope="session")
def world() -> World:
    """400 residents and a spike of 200 people."""
    return World(5, subscribers=400, spike_size=200)


@pytest.fixture
def clock(world: World) -> SimulatedClock:
    return SimulatedClock(world.ended_at)


@pytest.fixture
def api(world: World, clock: SimulatedClock) -> BeehiivApi:
    return BeehiivApi(world, clock)


@pytest.fixture
def target(world: World) -> Callable[[str], str]:
    """The path below the world's publication."""
    return lambda path: f"/v2/publications/{world.publication_id}/{path}"


@pytest.fixture
def ask(api: BeehiivApi, target: Callable[[str], str]) -> Callable[..., Any]:
    """Ask a face (the plain one unless told) and decode the body; expects ``status``."""

    def asked(path: str, status: int = 200, of: Handler | None = None) -> Any:
        response = (of or api)(Request.from_target("GET", target(path), KEY))
        assert response.status == status, response
        return msgspec.json.decode(response.body)

    return asked


@pytest.fixture
def walk(ask: Callable[..., Any]) -> Callable[..., list[Any]]:
    """Every row of a cursor list."""

    def walked(path: str, limit: int = 100) -> list[Any]:
        rows: list[Any] = []
        token = ""
        for _ in range(1_000):
            page = ask(f"{path}{'&' if '?' in path else '?'}limit={limit}{token}")
            rows += page["data"]
            if not page["has_more"]:
                return rows
            token = f"&cursor={page['next_cursor']}"
        raise AssertionError("the walk does not end")

    return walked
