"""The page of a server that syncs by itself, in a real Chromium: the last look, the next, and now.

The server is a process of its own, and its clock is the test's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.browser import find_programs, run_script
from support.newsletter import Newsletter, newsletter
from support.served_schedule import MINUTE, Served, folder_with, served

from regulars_connectors.instants import Instant, from_iso, to_datetime
from regulars_connectors.simulator import Request, Response, World

pytestmark = pytest.mark.servers


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[Newsletter]:
    # Its posts go out in winter, when Lisbon has the time of UTC.
    with newsletter(tmp_path, World(7, subscribers=60, spike=False, posts=12)) as made:
        yield made


def shown(instant: Instant) -> str:
    """As the page writes a moment."""
    moment = to_datetime(instant)
    return f"{moment.day} {moment:%B %Y, %H:%M}"


@contextmanager
def held(letters: Newsletter) -> Iterator[None]:
    """A provider that answers nobody while the block runs."""
    answers, goes_on = letters.api, threading.Event()

    def wait(request: Request) -> Response:
        assert answers is not None
        assert goes_on.wait(timeout=120)
        return answers(request)

    letters.api = wait
    try:
        yield
    finally:
        letters.api = answers
        goes_on.set()


def look(server: Served) -> dict[str, Any]:
    """What the page says now."""
    found: dict[str, Any] = run_script(find_programs(), "sources.mjs", server.url)
    assert found["said"] == []
    return found


def test_the_page_shows_the_last_look_and_the_next_and_starts_one(letters: Newsletter) -> None:
    folder = folder_with(letters, "every 5 minutes")
    with served(letters, folder) as server:
        server.wait_for(lambda: len(server.runs()) == 1)  # the first, at once
        # The schedule's own: its moment comes, and five minutes lie between two.
        moment = from_iso(server.line()["next_at"])
        server.set_clock(moment)
        server.wait_for(lambda: len(server.runs()) == 2)
        following = moment + 5 * MINUTE
        found = look(server)
        assert f"Last complete sync: {shown(moment)}." in found["text"]
        assert f"Next sync: {shown(following)}." in found["text"]
        assert found["buttons"] == 1
        by_hand = moment + 2 * MINUTE
        server.set_clock(by_hand)
        with held(letters):
            found = run_script(find_programs(), "sync-now.mjs", server.url)
            assert f"Last complete sync: {shown(moment)}." in found["before"]
            assert "A sync is running now." in found["after"]
            assert "Next sync" not in found["after"]
            assert (found["buttons"], found["said"]) == (0, [])
        server.wait_for(lambda: len(server.runs()) == 3)
        found = look(server)
        assert f"Last complete sync: {shown(by_hand)}." in found["text"]
        assert f"Next sync: {shown(following)}." in found["text"]  # a look by hand shifts nothing
        assert found["buttons"] == 1


def test_the_page_says_what_went_wrong_last_and_when_it_is_tried_again(
    letters: Newsletter,
) -> None:
    folder = folder_with(letters, "daily 05:00")
    with served(letters, folder) as server:
        server.wait_for(lambda: len(server.runs()) == 1)
        good = from_iso(server.runs()[0]["ended_at"])
        letters.trouble("refused-key")
        moment = from_iso(server.line()["next_at"])
        server.set_clock(moment)
        server.wait_for(lambda: len(server.runs()) == 2)
        failed = from_iso(server.runs()[0]["ended_at"])
        found = look(server)
        assert f"Last complete sync: {shown(good)}." in found["text"]
        assert f"It failed on {shown(failed)}. The newest sync failed: " in found["text"]
        assert f"Next sync: {shown(failed + 5 * MINUTE)}." in found["text"]
        letters.heal()
        server.set_clock(failed + 5 * MINUTE)
        server.wait_for(lambda: len(server.runs()) == 3)
        found = look(server)
        assert "failed" not in found["text"]
        assert f"Last complete sync: {shown(failed + 5 * MINUTE)}." in found["text"]
        assert f"Next sync: {shown(moment + 24 * 60 * MINUTE)}." in found["text"]
