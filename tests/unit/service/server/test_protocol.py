"""Clients that are too slow to send or to take are let go, and nobody else is."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
