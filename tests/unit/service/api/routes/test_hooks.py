"""Webhooks over HTTP: what is taken, what is refused, and in which words."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.hook_client import (
    GHOST_SECRET,
    OTHER_SECRET,
    START,
    HookRig,
    event,
    post_sent,
    settings_with_hooks,
    signed,
    survey,
)
from support.invented_service import FakeRuns

from regulars.api.app import create_app
from regulars.errors import DiskFull
from regulars.store import Store
from regulars.store.actions.hooks import Delivery
from regulars.sync.hooks import HookIntake
from regulars_connectors import WebhookRequest
from regulars_connectors.instants import SECOND

AT = "/api/v1/hooks/"
MIB = 1024 * 1024
Delivered = tuple[str, dict[str, str], bytes]


class Desk:
    """The application with an intake whose thread runs."""

    def __init__(self, rig: HookRig) -> None:
        self.rig = rig
        self.app = create_app(
            rig.settings, rig.store, FakeRuns(), lambda: rig.now, hooks=rig.intake
        )

    def send(self, *deliveries: Delivered, **options: Any) -> list[httpx.Response]:
        """Send all at once, in their order."""
        return asyncio.run(self._send(deliveries, options))

    async def _send(self, deliveries: Any, options: dict[str, Any]) -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8765"
        ) as client:
            sent = (
                client.post(AT + name, headers=headers, content=body, **options)
                for name, headers, body in deliveries
            )
            return await asyncio.gather(*sent)

    def status(self, connection: str, headers: dict[str, str], body: bytes) -> int:
        (answer,) = self.send((connection, headers, body))
        return answer.status_code


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    settings = settings_with_hooks(tmp_path_factory.mktemp("hooks") / "data")
    with Store(settings.store) as store:
        rig = HookRig(store, settings)
        rig.intake.start()
        yield Desk(rig)
        rig.intake.stop()


@pytest.fixture(autouse=True)
def _at_the_start(desk: Desk) -> None:
    desk.rig.now = START


def deliveries(desk: Desk) -> int:
    ((count,),) = desk.rig.rows("SELECT count(*) FROM hook_deliveries")
    return int(count)


def test_a_signed_delivery_is_taken_once(desk: Desk) -> None:
    before, body = deliveries(desk), post_sent()
    for _ in range(3):
        (answer,) = desk.send(("bee", signed("msg_once", body), body))
        assert (answer.status_code, answer.content) == (204, b"")
    assert deliveries(desk) == before + 1


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "", "nonsense"])
def test_any_content_type_is_taken(desk: Desk, kind: str) -> None:
    body = post_sent()
    headers = signed(f"msg_type_{len(kind)}", body) | {"Content-Type": kind, "Accept": "text/html"}
    assert desk.status("bee", headers | {"Origin": "https://provider.example"}, body) == 204


def test_another_host_name_is_refused_as_everywhere(desk: Desk) -> None:
    body = post_sent()
    assert desk.status("bee", signed("msg_h", body) | {"Host": "evil.example"}, body) == 421


def test_a_hook_for_an_unknown_connection_and_others_that_take_none_are_told_the_same(
    desk: Desk,
) -> None:
    body = post_sent()
    answers = desk.send(
        *((name, signed("msg_n", body), body) for name in ("unknown", "mute", "files", "Bee", "é"))
    )
    told = [answer.json() | {"instance": ""} for answer in answers]
    assert [one["status"] for one in told] == [404] * 5
    assert all(one == told[0] for one in told)


def test_a_hook_of_1_mib_is_taken_and_one_of_1_mib_and_a_byte_is_refused(desk: Desk) -> None:
    frame = event("post.sent", {"text": ""})
    whole = frame.replace(b'""', b'"' + b"x" * (MIB - len(frame)) + b'"')
    assert len(whole) == MIB
    assert desk.status("bee", signed("msg_whole", whole), whole) == 204
    larger = whole + b" "
    (answer,) = desk.send(("bee", signed("msg_larger", larger), larger))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_hook_that_is_forged_says_nothing_that_helps(desk: Desk) -> None:
    body = post_sent()
    answers = desk.send(
        ("bee", {}, body),
        ("bee", signed("msg_f", body, secret=OTHER_SECRET), body),
        ("bee", signed("msg_f", body, START - 301 * SECOND), body),
        ("bee", signed("msg_f", body), body[:-1]),
    )
    told = [answer.json() | {"instance": ""} for answer in answers]
    assert [one["code"] for one in told] == ["delivery_refused"] * 4
    assert all(one == told[0] for one in told)


def test_a_hook_that_is_stale_is_refused(desk: Desk) -> None:
    body = post_sent()
    headers = signed("msg_stale", body)
    desk.rig.now = START + 300 * SECOND
    assert desk.status("bee", headers, body) == 204
    for moved in (301, -301):
        desk.rig.now = START + moved * SECOND
        assert desk.status("bee", headers, body) == 403


def test_a_hook_that_is_replayed_within_five_minutes_does_nothing(desk: Desk) -> None:
    body = survey(77)
    headers = signed("msg_replayed", body)
    before = deliveries(desk)
    assert desk.status("bee", headers, body) == 204
    desk.rig.now = START + 200 * SECOND
    assert desk.status("bee", headers, body) == 204
    assert deliveries(desk) == before + 1


def test_a_hook_of_ghost_is_taken(desk: Desk) -> None:
    import hashlib
    import hmac

    body = b'{"member":{"current":{"id":"m1"},"previous":{}}}'
    moment = str(START // 1000)
    digest = hmac.new(GHOST_SECRET.encode(), body + moment.encode(), hashlib.sha256).hexdigest()
    headers = {"X-Ghost-Signature": f"sha256={digest}, t={moment}"}
    assert desk.status("ghost", headers, body) == 204
    assert desk.status("ghost", headers, body + b" ") == 403
    assert desk.status("bee", headers, body) == 403


def test_a_signed_body_that_cannot_be_read_is_taken(desk: Desk) -> None:
    for number, body in enumerate([b"", b"no json", b"\xff\xfe", b"[" * 5000]):
        assert desk.status("wasp", signed(f"msg_u{number}", body, secret=OTHER_SECRET), body) == 204


def spoilt(chance: random.Random, number: int) -> tuple[str, dict[str, str], bytes]:
    """A delivery that was good until one thing about it was changed."""
    body = survey(number, f"Öne {number}")
    headers = signed(f"msg_bad_{number}", body)
    match number % 10:
        case 0:
            headers = signed(f"msg_bad_{number}", body, secret=OTHER_SECRET)
        case 1:
            headers = signed(f"msg_bad_{number}", body, START - chance.randint(301, 10**6) * SECOND)
        case 2:
            headers = signed(f"msg_bad_{number}", body, START + chance.randint(301, 10**6) * SECOND)
        case 3:
            body = body[: chance.randrange(len(body))]
        case 4:
            body = body.replace(b"\\u00d6", "Ö".encode())
        case 5:
            headers["svix-id"] = f"msg_bad_{number + 1}"
        case 6:
            place = chance.randrange(3, len(headers["svix-signature"]) - 2)
            old = headers["svix-signature"]
            new = "A" if old[place] != "A" else "B"
            headers["svix-signature"] = old[:place] + new + old[place + 1 :]
        case 7:
            place = chance.randrange(len(body))
            body = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        case 8:
            headers["svix-timestamp"] = str(int(headers["svix-timestamp"]) + chance.randint(1, 299))
        case _:
            del headers[chance.choice(list(headers))]
    return "bee", headers, body


def test_a_thousand_bad_deliveries_are_refused_and_good_ones_among_them_taken_once(
    desk: Desk,
) -> None:
    chance = random.Random(7)
    before = deliveries(desk)
    for start in range(0, 1000, 100):
        bad = [spoilt(chance, number) for number in range(start, start + 100)]
        body = post_sent(f"post_{start}")
        good = ("bee", signed(f"msg_good_{start}", body), body)
        answers = desk.send(*bad, good, good)
        assert [answer.status_code for answer in answers] == [403] * 100 + [204, 204]
    assert deliveries(desk) == before + 10


class FullDisk:
    """Judges all as good, and has no room for them."""

    def judge(self, connection: str, request: WebhookRequest) -> Delivery:
        return Delivery(
            publication="letters",
            connection=connection,
            delivery_id="1",
            event_type="x",
            received_at=START,
            body=request.body,
        )

    def keep(self, delivery: Delivery) -> Future[None]:
        done: Future[None] = Future()
        done.set_exception(DiskFull("Only 1 MiB is free."))
        return done


def test_a_full_disk_is_no_success(desk: Desk) -> None:
    other = Desk(desk.rig)
    other.app = create_app(
        desk.rig.settings, desk.rig.store, FakeRuns(), lambda: START, hooks=FullDisk()
    )
    (answer,) = other.send(("bee", {}, b"{}"))
    assert (answer.status_code, answer.json()["code"]) == (503, "disk_full")


def test_more_than_can_wait_are_told_to_come_again(tmp_path: Path) -> None:
    settings = settings_with_hooks(tmp_path / "data")
    with Store(settings.store) as store:
        rig = HookRig(store, settings)  # whose thread does not run, so all of them wait
        body = post_sent()
        waiting = [
            rig.intake.keep(rig.intake.judge("bee", WebhookRequest(signed(f"msg_{n}", body), body)))
            for n in range(1000)
        ]
        (answer,) = Desk(rig).send(("bee", signed("msg_x", body), body))
        assert (answer.status_code, answer.json()["code"]) == (503, "too_many_deliveries")
        rig.intake.start()
        rig.intake.stop()
        assert all(one.done() and one.exception() is None for one in waiting)
        assert rig.rows("SELECT count(*) FROM hook_deliveries") == [(1000,)]


def test_settings_that_are_wrong_are_for_the_owner_alone(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_with_hooks(tmp_path, webhook_secret=[{"env": "REGULARS_TEST_MISSING"}])
    intake = HookIntake(desk.rig.store, settings, desk.rig.runtime)
    other = Desk(desk.rig)
    other.app = create_app(settings, desk.rig.store, FakeRuns(), lambda: START, hooks=intake)
    body = post_sent()
    (answer,) = other.send(("bee", signed("msg_1", body), body))
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert "REGULARS_TEST_MISSING" not in answer.text
    assert "REGULARS_TEST_MISSING" in caplog.text
    intake.stop()


def test_a_sender_who_left_holds_up_nobody(tmp_path: Path) -> None:
    settings = settings_with_hooks(tmp_path / "data")
    with Store(settings.store) as store:
        rig = HookRig(store, settings)
        body = post_sent()
        left, stayed = (
            rig.intake.keep(rig.intake.judge("bee", WebhookRequest(signed(f"msg_{n}", body), body)))
            for n in range(2)
        )
        assert left.cancel()
        rig.intake.start()
        assert stayed.result(timeout=30) is None
        rig.intake.stop()
        assert rig.rows("SELECT count(*) FROM hook_deliveries") == [(2,)]


def test_without_an_intake_nothing_is_taken(desk: Desk) -> None:
    other = Desk(desk.rig)
    other.app = create_app(desk.rig.settings, desk.rig.store, FakeRuns(), lambda: START)
    body = post_sent()
    assert other.status("bee", signed("msg_1", body), body) == 404


def test_the_intake_is_the_one_of_the_route() -> None:
    from regulars.api.routes.hooks import Hooks

    taken: type[Hooks] = HookIntake
    assert taken is HookIntake
