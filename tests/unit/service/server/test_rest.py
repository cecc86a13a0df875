"""A server that nobody asks wakes for nothing, and its responses are dated all the same."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import uvicorn

from regulars.clock import real_runtime
from regulars.server import protocol, run
from regulars.settings import load_settings
from regulars.store import Store


class Loop(asyncio.SelectorEventLoop):
    """Counts the wakes that somebody wants by time."""

    wakes = 0

    def call_at(self, *arguments: Any, **named: Any) -> asyncio.TimerHandle:
        self.wakes += 1
        return super().call_at(*arguments, **named)


class NoJobs:
    """Nothing runs."""

    def ask_to_stop(self) -> None:
        """Nothing to stop."""


def server() -> Any:
    jobs: Any = NoJobs()
    store: Any = None
    return run._Server(uvicorn.Config(lambda: None), store, jobs)


def test_it_waits_without_a_wake_and_ends_when_it_is_told() -> None:
    made = server()

    async def wait() -> None:
        waiting = asyncio.create_task(made.main_loop())
        await asyncio.sleep(0)
        assert not waiting.done()
        thread = threading.Thread(target=made.begin_to_end)
        thread.start()
        await waiting
        thread.join()

    loop = Loop()
    try:
        loop.run_until_complete(wait())
    finally:
        loop.close()
    assert loop.wakes == 0
    made.begin_to_end()  # after its end it is nothing to it


def test_it_ends_at_once_if_it_was_told_before() -> None:
    made = server()
    made.begin_to_end()
    asyncio.run(made.main_loop())


def test_each_response_has_the_date_of_its_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "regulars.toml"
    path.write_text('[store]\nfolder = "data"\nfree_space_floor_mib = 0\n[server]\nport = 0\n')
    settings = load_settings(path)
    with Store(settings.store) as store, run.serving(settings, store, real_runtime()) as url:
        for seconds, date in (
            (1774745999.9, "Sun, 29 Mar 2026 00:59:59 GMT"),
            (1774746000.0, "Sun, 29 Mar 2026 01:00:00 GMT"),
            (1798761600.0, "Fri, 01 Jan 2027 00:00:00 GMT"),
        ):
            clock = SimpleNamespace(time=lambda seconds=seconds: seconds)
            monkeypatch.setattr(protocol, "time", clock)
            assert httpx.get(f"{url}/healthz").headers.get_list("date") == [date]
