"""The pages in a real Chromium: axe-core, the page's own policy, reflow, no other host."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from support.browser import find_programs, run_script
from support.invented_forty import forty_desk
from support.invented_house import FULL, Invented, first_day, house_result, never_synced, nobody
from support.invented_service import ApiClient, FakeSchedule, serving, settings_of

from regulars.settings import build_settings

pytestmark = pytest.mark.servers

LOOKS_PER_PAGE = 6


def full() -> ApiClient:
    """A house with people in every state."""
    return ApiClient(settings_of(), Invented(wrote_back=21))


def large() -> ApiClient:
    """A house whose seats stand for several people."""
    counts = FULL | {"regular": 4_000, "quiet": 900, "newcomer": 700}
    return ApiClient(settings_of(), Invented(counts, wrote_back=60))


def small() -> ApiClient:
    """A house of a dozen."""
    return ApiClient(
        settings_of(), Invented({"regular": 9, "quiet": 3, "newcomer": 2}, wrote_back=1)
    )


def early() -> ApiClient:
    """The first day: people, and no figure yet."""
    counts = {"newcomer": 140}
    return ApiClient(settings_of(), Invented(counts, house=first_day(counts)))


def empty() -> ApiClient:
    """Settings, and never a sync."""
    house = house_result(nobody(), sustained_readers=None, reason="no_posts", words="None yet.")
    return ApiClient(settings_of(), Invented(nobody(), house=house, sources=[never_synced()]))


def scheduled() -> ApiClient:
    """A house that a schedule keeps fresh, with the button that starts a sync."""
    return ApiClient(settings_of(), Invented(wrote_back=3), schedule=FakeSchedule())


def several() -> ApiClient:
    """The list of publications."""
    return ApiClient(settings_of(more=[{"name": "second", "title": "Second Letters"}]), Invented())


def forty() -> ApiClient:
    """An agency's list: some that want a look, some paused, one never read."""
    return forty_desk()


def waiting(count: int) -> ApiClient:
    """Readers wait for an answer."""
    return ApiClient(settings_of(), Invented(wrote_back=9, waiting=count))


def unset() -> ApiClient:
    """No settings at all."""
    return ApiClient(build_settings({}, None), Invented())


PAGES: dict[str, tuple[Callable[[], ApiClient], str]] = {
    "full": (full, "/"),
    "large": (large, "/"),
    "small": (small, "/"),
    "first day": (early, "/"),
    "empty": (empty, "/"),
    "scheduled": (scheduled, "/"),
    "several": (several, "/"),
    "forty": (forty, "/"),
    "unset": (unset, "/"),
    "nobody waits": (partial(waiting, 0), "/p/invented/waiting"),
    "one waits": (partial(waiting, 1), "/"),
    "eight wait": (partial(waiting, 8), "/"),
    "more wait": (partial(waiting, 300), "/"),
    "all who wait": (partial(waiting, 300), "/p/invented/waiting"),
    "problem": (full, "/problems/not_found"),
    "sign in": (full, "/sign-in"),
    "sign out": (full, "/sign-out"),
}


@pytest.fixture(scope="module")
def programs() -> tuple[str, str]:
    """Node and a browser; a missing part is a failure, never a skip."""
    return find_programs()


@pytest.fixture(scope="module")
def looks(programs: tuple[str, str]) -> dict[str, list[Any]]:
    """What the browser found on each page, at each width and in each scheme."""
    with ExitStack() as stack:
        urls = {
            name: stack.enter_context(serving(make())) + path
            for name, (make, path) in PAGES.items()
        }
        found = run_script(programs, "axe.mjs", *urls.values())["looks"]
    return {name: [look for look in found if look["url"] == url] for name, url in urls.items()}


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest, looks: dict[str, list[Any]]) -> list[Any]:
    found = looks[request.param]
    assert len(found) == LOOKS_PER_PAGE
    return found


def told(look: dict[str, Any], what: str) -> str:
    return f"{look['width']} px, {look['colorScheme']}: {json.dumps(look[what], indent=1)}"


def test_axe_finds_nothing(page: list[Any]) -> None:
    for look in page:
        assert look["rules"] > 5
        assert look["violations"] == [], told(look, "violations")


def test_the_pages_own_policy_lets_all_of_it_through(page: list[Any]) -> None:
    for look in page:
        assert look["said"] == [], told(look, "said")
        assert look["failed"] == [], told(look, "failed")
        assert "Newsreader" in look["fonts"]


def test_nothing_is_asked_of_another_host_and_no_script_runs(page: list[Any]) -> None:
    for look in page:
        assert look["foreign"] == [], told(look, "foreign")
        assert look["scripts"] == 0


def test_nothing_sticks_out_sideways(page: list[Any]) -> None:
    for look in page:
        assert look["overflow"] <= 0, told(look, "overflow")


def test_everything_that_can_be_pressed_is_large_enough(page: list[Any]) -> None:
    for look in page:
        assert look["small"] == [], told(look, "small")


def test_the_button_starts_a_sync_and_the_page_says_so(programs: tuple[str, str]) -> None:
    """A form without a script: what a browser sends on its own is let through."""
    schedule = FakeSchedule()
    with serving(ApiClient(settings_of(), Invented(wrote_back=3), schedule=schedule)) as url:
        found = run_script(programs, "sync-now.mjs", f"{url}/p/invented")
    assert "Next sync: 26 November 2026, 07:00." in found["before"]
    assert schedule.started == ["invented"]
    assert found["url"] == f"{url}/p/invented#fresh"
    assert "A sync is running now." in found["after"]
    assert found["buttons"] == 0
    assert found["said"] == []
