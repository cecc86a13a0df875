"""Signing in and out with a real Chromium, whose forms say where they come from."""

from __future__ import annotations

import pytest
from support.browser import find_programs, run_script
from support.invented_house import Invented
from support.invented_service import ApiClient, serving, settings_of

pytestmark = pytest.mark.servers

HEADLINE = "keep coming back."


def test_a_person_signs_in_by_the_link_and_out_again() -> None:
    settings = settings_of(server={"public_host": "regulars.example.org"})
    client = ApiClient(settings, Invented(wrote_back=9))
    _, link = client.register.make_link()
    with serving(client) as url:
        told = run_script(find_programs(), "sign-in.mjs", f"{url}/sign-in?link={link}")
    assert told["violations"] == []
    steps = {one["step"]: one for one in told["steps"]}
    found = {name: (one["status"], one["path"]) for name, one in steps.items()}
    assert found == {
        "before": (401, "/"),
        "link": (200, "/sign-in"),
        "signed in": (200, "/"),
        "on the way out": (200, "/sign-out"),
        "signed out": (200, "/sign-in"),
        "after": (401, "/"),
        "link again": (410, "/sign-in"),
    }
    assert HEADLINE in steps["signed in"]["heading"]
    cookie = {"name": "regulars", "httpOnly": True, "sameSite": "Lax"}
    assert [name for name, one in steps.items() if one["cookies"] == [cookie]] == [
        "signed in", "on the way out"
    ]  # fmt: skip
    assert not any(steps[name]["cookies"] for name in ("before", "link", "signed out", "after"))
