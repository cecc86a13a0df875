"""A real `regulars serve` whose backfill decodes in a process of its own, and how that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from support.command import CANARY_KEY
from support.decoding import children_of
from support.newsletter import CONNECTION, KEY_NAME, Newsletter
from support.processes import said_until
from support.waits import until

from regulars.clock import system_clock
from regulars_connectors.instants import DAY
from regulars_connectors.simulator import (
    BeehiivApi,
    Request,
    Response,
    SimulatedClock,
    World,
    serving,
)

WORLD = World(7, subscribers=60, spike=False, posts=6, started=system_clock() - 6 * 7 * DAY)
RUNS = "/api/v1/sync-runs"


class Provider:
    """The world's provider, which holds back people while told to."""

    def __init__(self) -> None:
        self.healthy = BeehiivApi(WORLD, system_clock)
        self.may_answer = threading.Event()
        self.is_held = threading.Event()

    def __call__(self, request: Request) -> Response:
        if "/subscriptions" in request.path:
            self.is_held.set()
            self.may_answer.wait(60)
        return self.healthy(request)


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.may_answer.set()


@contextmanager
def served(folder: Path, provider: Provider) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The server, whose schedule has begun its first sync, and its address."""
    letters = Newsletter(folder, WORLD, SimulatedClock(WORLD.ended_at))
    with serving(provider) as url:
        letters.api_url = f"{url}/v2"
        (folder / "regulars.toml").write_text(letters.settings_text() + "\n[server]\nport = 0\n")
        words = ["--config", str(folder / "regulars.toml"), "serve"]
        with subprocess.Popen(
            [sys.executable, "-m", "regulars.cli", *words],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, KEY_NAME: CANARY_KEY},
        ) as process:
            try:
                yield process, said_until(process, "Serving at ").split()[2]
            finally:
                provider.may_answer.set()
                process.kill()


def runs(url: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = httpx.get(url + RUNS, timeout=30).json()["items"]
    return found


@pytest.mark.long
def test_a_backfill_has_a_process_of_its_own_and_the_next_sync_none(
    tmp_path: Path, provider: Provider
) -> None:
    with served(tmp_path, provider) as (process, url):
        assert provider.is_held.wait(60)
        (child,) = children_of(process.pid)
        assert httpx.get(f"{url}/p/letters", timeout=30).status_code == 200
        provider.may_answer.set()
        until(lambda: runs(url)[0]["state"] != "running", "the end of the first sync")
        assert runs(url)[0]["state"] == "complete"
        until(lambda: not Path(f"/proc/{child}").exists(), "the end of the child")
        provider.is_held.clear()
        provider.may_answer.clear()
        httpx.post(url + RUNS, json={"connection": CONNECTION}, timeout=30).raise_for_status()
        assert provider.is_held.wait(60)
        assert children_of(process.pid) == []
        provider.may_answer.set()
        until(lambda: runs(url)[0]["state"] != "running", "the end of the second sync")
        provider.is_held.clear()
        provider.may_answer.clear()
        whole = {"connection": CONNECTION, "full": True}
        httpx.post(url + RUNS, json=whole, timeout=30).raise_for_status()
        assert provider.is_held.wait(60)
        assert len(children_of(process.pid)) == 1


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_its_server_however_that_ends(
    tmp_path: Path, provider: Provider, number: signal.Signals
) -> None:
    with served(tmp_path, provider) as (process, _):
        assert provider.is_held.wait(60)
        (child,) = children_of(process.pid)
        process.send_signal(number)
        process.wait(timeout=30)
        assert (process.returncode == 0) == (number != signal.SIGKILL)
        until(lambda: not Path(f"/proc/{child}").exists(), "the end of the child")
