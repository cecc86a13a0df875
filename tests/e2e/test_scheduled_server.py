"""A server syncs by itself, by a clock that the test drives, and goes on after it was killed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from support.hook_client import SECRET, event, signed
from support.newsletter import CONNECTION, Newsletter, newsletter
from support.served_schedule import MINUTE, folder_with, served, set_clock

from regulars_connectors.instants import SECOND, from_iso
from regulars_connectors.simulator import World


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[Newsletter]:
    world = World(7, subscribers=60, spike=False, posts=12)
    with newsletter(tmp_path, world) as made:
        yield made


@pytest.mark.long
def test_every_five_minutes_it_syncs_by_itself_and_goes_on_after_a_kill(
    letters: Newsletter,
) -> None:
    folder = folder_with(letters, "every 5 minutes")
    with served(letters, folder) as server:
        server.wait_for(lambda: len(server.runs()) == 1)  # the first, at once
        for number in range(2, 7):
            following = from_iso(server.line()["next_at"])
            server.set_clock(following - SECOND)
            assert len(server.runs()) == number - 1
            server.set_clock(following)
            server.wait_for(lambda number=number: len(server.runs()) == number)
        before = server.line()
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(timeout=30)
    # An hour passes: eleven or twelve times were missed, and are made up once.
    set_clock(letters, folder, from_iso(before["next_at"]) + 60 * MINUTE)
    with served(letters, folder) as server:
        server.wait_for(lambda: len(server.runs()) == 7)
        for number in range(8, 12):
            server.set_clock(from_iso(server.line()["next_at"]))
            server.wait_for(lambda number=number: len(server.runs()) == number)
        runs = server.runs()
        assert {run["state"] for run in runs} == {"complete"}
        starts = [from_iso(run["started_at"]) for run in reversed(runs)]
        apart = [(later - before) // MINUTE for before, later in pairwise(starts)]
        # The first came by itself, at any moment between two times. So did the seventh.
        assert apart[1:5] == [5] * 4
        assert apart[7:] == [5] * 3
        assert server.line()["why"] == "regular"
        page = httpx.get(server.url, timeout=30).text
        assert "Last complete sync: <time" in page
        assert f'Next sync: <time datetime="{server.line()["next_at"]}"' in page


@pytest.mark.long
def test_a_webhook_brings_the_next_sync_forward(
    letters: Newsletter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_WEBHOOK_SECRET", SECRET)
    folder = folder_with(letters, "daily 05:00", 'webhook_secret = { env = "TEST_WEBHOOK_SECRET" }')
    with served(letters, folder) as server:
        server.wait_for(lambda: len(server.runs()) == 1)
        server.set_clock(from_iso(server.runs()[0]["ended_at"]) + 10 * MINUTE)
        assert server.line()["why"] == "regular"
        now = letters.clock()
        body = event("subscription.created", {"id": "sub_new"}, now)
        address = f"{server.url}/api/v1/hooks/{CONNECTION}"
        for _ in range(2):  # providers send again what they are not sure of
            taken = httpx.post(address, content=body, headers=signed("msg_1", body, now))
            assert taken.status_code == 204
        server.wait_for(lambda: len(server.runs()) == 2)
        assert from_iso(server.runs()[0]["started_at"]) - now < MINUTE
        assert server.line()["why"] == "regular"
