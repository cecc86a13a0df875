"""Deliveries that other code signed are taken once: the svix package, and node's crypto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.hook_client import (
    GHOST_SECRET,
    OTHER_SECRET,
    SECRET,
    START,
    HookRig,
    post_sent,
    settings_with_hooks,
    survey,
)
from support.node_scripts import find_node, run_node

from regulars.server.run import serving
from regulars.store import Store
from regulars_connectors import Runtime

pytestmark = pytest.mark.servers

COUNT = 40
AT_MS = START // 1000


@pytest.fixture(scope="module")
def node() -> str:
    """Node with the packages; a missing part is a failure, never a skip."""
    return find_node("svix")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[HookRig]:
    settings = settings_with_hooks(tmp_path / "data")
    with Store(settings.store) as store:
        yield HookRig(store, settings)


def signed_by(node: str, orders: list[dict[str, Any]]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = run_node(node, "webhooks.cjs", given=json.dumps(orders))
    return found


def order(by: str, number: int, secret: str) -> dict[str, Any]:
    body = survey(number, f"Öne {number} €") if number % 2 else post_sent(f"post_{number}")
    if by == "ghost":
        body = json.dumps({"member": {"current": {"id": f"m{number}"}, "previous": {}}}).encode()
    at = AT_MS + (number % 7) * 1000
    return {"by": by, "id": f"msg_{number}", "at": at, "body": body.decode(), "secret": secret}


@pytest.mark.parametrize(
    ("by", "connection", "right", "wrong"),
    [
        ("svix", "bee", SECRET, OTHER_SECRET),
        ("node", "bee", SECRET, OTHER_SECRET),
        ("ghost", "ghost", GHOST_SECRET, "another secret by chance"),
    ],
)
def test_what_other_code_signed_is_taken_once(
    node: str, rig: HookRig, by: str, connection: str, right: str, wrong: str
) -> None:
    good = [order(by, number, right) for number in range(COUNT)]
    bad = [order(by, number, wrong) for number in range(COUNT, 2 * COUNT)]
    headers = signed_by(node, good + bad)
    runtime = Runtime(clock=lambda: START, sleep=lambda _: None)
    with serving(rig.settings, rig.store, runtime) as url, httpx.Client() as client:
        place = f"{url}/api/v1/hooks/{connection}"
        for _ in range(2):
            answers = [
                client.post(place, content=one["body"].encode(), headers=given).status_code
                for one, given in zip(good + bad, headers, strict=True)
            ]
            assert answers == [204] * COUNT + [403] * COUNT
    rig.read()
    assert rig.rows("SELECT count(*), count(DISTINCT delivery_id) FROM hook_deliveries") == [
        (COUNT, COUNT)
    ]
    if by != "ghost":
        assert rig.rows("SELECT count(*) FROM signals") == [(COUNT // 2,)]
        ((text,),) = rig.rows("SELECT text FROM words WHERE id = 'survey/resp_1/1'")
        assert text == "Öne 1 €"
