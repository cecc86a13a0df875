"""A real Ghost delivers by itself: each delivery is taken, and hints at what was changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.ghost_server import VERSIONS, GhostServer, ghost_server
from support.hook_client import GHOST_SECRET, settings_with_hooks

from regulars import clock
from regulars.server.run import serving
from regulars.store import Store
from regulars_connectors import Runtime

pytestmark = pytest.mark.servers

EVENTS = ("member.added", "member.edited", "member.deleted", "post.added", "page.added")


@pytest.fixture(scope="module", params=VERSIONS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GhostServer]:
    with ghost_server(request.param, tmp_path_factory.mktemp("ghost")) as made:
        yield made


def deliver_to(server: GhostServer, url: str, secret: str) -> None:
    """Let Ghost deliver each event to this address."""
    made = server.call(
        "POST", "/integrations/?include=api_keys", json={"integrations": [{"name": url}]}
    )
    integration = made["integrations"][0]["id"]
    for event in EVENTS:
        webhook = {"event": event, "target_url": url, "secret": secret, "name": event}
        row = webhook | {"integration_id": integration}
        server.call("POST", "/webhooks/", json={"webhooks": [row]})


def change_things(server: GhostServer) -> dict[str, str]:
    """Add, edit and delete, and return the ids."""
    member = server.call(
        "POST", "/members/", json={"members": [{"email": "öne@example.org", "name": "Öne €"}]}
    )["members"][0]["id"]
    server.call("PUT", f"/members/{member}/", json={"members": [{"name": "Another"}]})
    server.call("DELETE", f"/members/{member}/")
    post = server.call("POST", "/posts/", json={"posts": [{"title": "Öne"}]})["posts"][0]["id"]
    server.call("POST", "/pages/", json={"pages": [{"title": "A page"}]})
    return {"member": member, "post": post}


def deliveries(store: Store) -> list[Any]:
    with store.read() as cursor:
        return cursor.execute(
            "SELECT event_type, hints FROM hook_deliveries ORDER BY ALL"
        ).fetchall()


def test_what_ghost_signs_is_taken_and_understood(server: GhostServer, tmp_path: Path) -> None:
    settings = settings_with_hooks(tmp_path / "data")
    runtime = Runtime(clock=clock.system_clock, sleep=lambda _: None)
    arrived = threading.Event()
    with Store(settings.store) as store, serving(settings, store, runtime) as url:
        deliver_to(server, f"{url}/api/v1/hooks/ghost", GHOST_SECRET)
        deliver_to(server, f"{url}/api/v1/hooks/ghost?wrong", "another secret by chance")
        change_things(server)
        deadline = time.monotonic() + 60
        while len(deliveries(store)) < len(EVENTS) and time.monotonic() < deadline:
            arrived.wait(0.05)
        page = "page.added" if server.line == "line6" else "page"  # line 5 names no event
        assert deliveries(store) == [
            ("member.added", "subscriptions"),
            ("member.deleted", "subscriptions"),
            ("member.edited", "subscriptions"),
            (page, ""),
            ("post.added", "posts"),
        ]
        bodies = [path.read_bytes() for path in (store.root / "hooks").rglob("*.body")]
        assert sum("Öne €".encode() in body for body in bodies) >= 1
