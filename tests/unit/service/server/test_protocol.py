"""Clients that are too slow to send or to take are let go, and nobody else is."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
import uvicorn

from regulars.server import protocol
from regulars.server.protocol import TimedProtocol

LARGE = bytes(32 * 1024 * 1024)
POST = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n"
GET = b"GET /small HTTP/1.1\r\nHost: a\r\n\r\n"


async def _app(scope: Any, receive: Any, send: Any) -> None:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if scope["path"] == "/slow":
        await asyncio.sleep(1.0)
    answer = LARGE if scope["path"] == "/large" else body
    length = [(b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": answer})


@contextmanager
def serving() -> Iterator[socket.socket]:
    """A connection to a server with the protocol."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
    config = uvicorn.Config(
        _app, http=TimedProtocol, lifespan="off", log_level="critical", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        with socket.create_connection(listener.getsockname(), timeout=20) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        assert not thread.is_alive()


def dripped(client: socket.socket, byte: bytes) -> bytes:
    """What the server says to a client that goes on with one byte after the other."""
    client.settimeout(0.02)
    got = b""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            client.sendall(byte)
            more = client.recv(65536)
        except TimeoutError:
            continue
        except OSError:
            return got
        if not more:
            return got
        got += more
    raise AssertionError("the server did not let go")


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.3)
    monkeypatch.setattr(protocol, "REQUEST_SECONDS", 0.6)
    monkeypatch.setattr(protocol, "TAKING_SECONDS", 0.5)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    ("begin", "byte"), [(b"GET / HTTP/1.1\r\nX-Slow: ", b"a"), (POST, b""), (GET[:10], b"")]
)
def test_a_request_that_is_sent_by_half_is_let_go(begin: bytes, byte: bytes) -> None:
    with serving() as client:
        client.sendall(begin)
        assert dripped(client, byte).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


@pytest.mark.usefixtures("short")
def test_a_body_that_drips_is_let_go() -> None:
    with serving() as client:
        client.sendall(POST.replace(b"6", b"100000"))
        assert dripped(client, b"a").startswith(b"HTTP/1.1 408 ")


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("byte", [b"", b"\r\n"])
def test_a_connection_without_a_request_is_closed_without_a_word(byte: bytes) -> None:
    with serving() as client:
        assert dripped(client, byte) == b""


@pytest.mark.usefixtures("short")
def test_a_second_request_has_a_time_of_its_own() -> None:
    with serving() as client:
        for _ in range(3):
            client.sendall(GET)
            assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        client.sendall(GET[:10])
        assert dripped(client, b"a").startswith(b"HTTP/1.1 408 ")


@pytest.mark.usefixtures("short")
def test_an_answer_that_takes_long_is_waited_for() -> None:
    with serving() as client:
        client.sendall(GET.replace(b"/small", b"/slow"))
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.usefixtures("short")
def test_who_takes_nothing_is_let_go() -> None:
    with serving() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(GET.replace(b"/small", b"/large"))
        assert client.recv(1, socket.MSG_PEEK)
        assert _is_let_go(client)


def _is_let_go(client: socket.socket) -> bool:
    """Whether the server ends the connection, which shows in writing while nothing is taken."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            client.sendall(b"\r\n")
        except OSError:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.usefixtures("short")
@pytest.mark.long
def test_who_takes_slowly_gets_all_of_it() -> None:
    """A response of 32 MiB to a client that needs several times the limit for it."""
    request = GET.replace(b"/small", b"/large").replace(
        b"a\r\n\r\n", b"a\r\nConnection: close\r\n\r\n"
    )
    taken, begun = 0, time.monotonic()
    with serving() as client:
        client.sendall(request)
        while more := client.recv(256 * 1024):
            taken += len(more)
            time.sleep(0.01)
    assert taken > len(LARGE)
    assert time.monotonic() - begun > protocol.TAKING_SECONDS


def test_at_the_end_who_is_still_sending_is_let_go_at_once() -> None:
    with serving() as client:
        client.sendall(POST)
        begun = time.monotonic()
    assert time.monotonic() - begun < 1.0


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Large: " + b"a" * 70_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-Many: b\r\n" * 7_000 + b"\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 9\r\nX: " + b"a" * 70_000 + b"\r\n\r\nbody body",
    ],
)
def test_a_head_that_is_too_large_is_refused(head: bytes) -> None:
    with serving() as client:
        with suppress(OSError):  # the server may have closed before everything was sent
            client.sendall(head)
        assert received(client).startswith(b"HTTP/1.1 431 ")


def test_a_header_without_an_end_is_cut_off_long_before_its_time() -> None:
    with serving() as client:
        begun = time.monotonic()
        with suppress(OSError):
            client.sendall(b"GET / HTTP/1.1\r\nX-Endless: " + b"a" * 4_000_000)
        told = received(client)  # what the server left unread may take its words along
        assert told == b"" or told.startswith(b"HTTP/1.1 431 ")
        assert time.monotonic() - begun < protocol.HEADER_SECONDS / 2


def received(client: socket.socket) -> bytes:
    """All that comes until the server closes. What it left unread breaks the connection."""
    got = b""
    with suppress(ConnectionError):
        while more := client.recv(65536):
            got += more
    return got


def test_a_head_within_the_limit_and_a_long_body_before_it_are_served() -> None:
    large = b"GET /small HTTP/1.1\r\nHost: a\r\nX-Large: " + b"a" * 60_000 + b"\r\n\r\n"
    body = b"b" * 200_000
    post = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + body
    with serving() as client:
        client.sendall(large + post + large[:-2])
        client.sendall(large[-2:] + b"GET /small HTTP/1.0\r\n\r\n")
        assert received(client).count(b"HTTP/1.1 200 ") == 4


def test_one_connection_too_many_is_told_to_come_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TimedProtocol, "most_connections", 3)
    with serving() as client, ExitStack() as stack:
        others = [
            stack.enter_context(socket.create_connection(client.getpeername(), timeout=20))
            for _ in range(2)
        ]
        for one in (client, *others):
            one.sendall(GET)
            assert one.recv(65536).startswith(b"HTTP/1.1 200 ")
        with socket.create_connection(client.getpeername(), timeout=20) as late:
            told = received(late)
            assert told.startswith(b"HTTP/1.1 503 ")
            assert b"retry-after: 30\r\n" in told
        others[0].close()
        await_room(client)
        client.sendall(GET)
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")


def await_room(client: socket.socket) -> None:
    """Until the server has noticed that a connection is closed, and takes another one."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.create_connection(client.getpeername(), timeout=20) as another:
            with suppress(OSError):
                another.sendall(GET)
            with suppress(ConnectionError):
                if another.recv(65536).startswith(b"HTTP/1.1 200 "):
                    return
    raise AssertionError("no room was made")
