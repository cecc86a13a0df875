"""A handler that takes too long is answered for by a named 503, and is heard no more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio.to_thread
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from regulars.api.answer_limit import AnswerLimit
from regulars.api.problems import AnswerTooSlow

START: Message = {"type": "http.response.start", "status": 200, "headers": []}
LAST: Message = {"type": "http.response.body", "body": b"last"}


async def asked(
    app: ASGIApp,
    seconds: float,
    method: str = "GET",
    then: Callable[[], Any] = lambda: None,
) -> list[Message]:
    """What the client is sent, also after the limit: ``then`` is called once it is over."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    limited = AnswerLimit(app, seconds)
    try:
        await limited({"type": "http", "method": method}, receive, send)
    except AnswerTooSlow:
        then()
        while limited._given_up:
            await asyncio.sleep(0)
        sent.append({"type": "too slow"})
    return sent


def test_a_wait_that_never_ends_is_broken_off() -> None:
    ended = []

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    assert asyncio.run(asked(app, 0.01)) == [{"type": "too slow"}]
    assert ended == [True]


def test_a_thread_that_ends_late_is_heard_no_more() -> None:
    may_end = threading.Event()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(may_end.wait)
            await send(START)

    assert asyncio.run(asked(app, 0.01, then=may_end.set)) == [{"type": "too slow"}]


def test_an_answer_that_has_begun_takes_what_it_takes() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(START)
        await asyncio.sleep(0.05)
        await send(LAST)

    assert asyncio.run(asked(app, 0.01)) == [START, LAST]


def test_a_change_is_never_broken_off() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.05)
        await send(START)

    assert asyncio.run(asked(app, 0.01, "POST")) == [START]


def test_an_error_is_passed_on() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ValueError("as it is")

    with pytest.raises(ValueError, match="as it is"):
        asyncio.run(asked(app, 60))


def test_a_client_that_goes_ends_the_work() -> None:
    ended = []

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def gone() -> None:
        asking = asyncio.ensure_future(asked(app, 60))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.sleep(0)

    asyncio.run(gone())
    assert ended == [True]


def test_over_http_it_is_a_503_with_the_time_to_come_back(
    make_client: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(server={"longest_answer_seconds": 1})
    may_end = threading.Event()

    @contextmanager
    def stuck() -> Iterator[Any]:
        may_end.wait(60)
        raise RuntimeError
        yield

    monkeypatch.setattr(client.store, "read", stuck)
    releasing = threading.Timer(1.5, may_end.set)  # a loop's end waits for its threads
    releasing.start()
    answer = client.get("/readyz")
    releasing.join()
    assert (answer.status_code, answer.json()["code"]) == (503, "answer_too_slow")
    assert answer.headers["retry-after"]
    assert client.get("/healthz").status_code == 200
