"""A provider for the tests of the HTTP client, mocked by respx and on a real socket."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import respx
from pydantic import SecretStr
from support.mocked_provider import answer_with

from regulars_connectors import Runtime
from regulars_connectors.http import Allowed, HttpClient, Pacer
from regulars_connectors.instants import from_iso

NOW = from_iso("2026-10-01T12:00:00Z")
KEY = "canary-key-0123456789"
GOOD = httpx.Response(200, json={"ok": True})
ALLOWED = (Allowed("GET", r"/things(/[a-z0-9%]+)?"),)


class Clock:
    """A clock for durations that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Provider:
    """A provider mocked by respx: one answer for ever, or several in turn."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.router = respx.Router()
        self.route = self.router.route(host__in=["api.example.org", "127.0.0.1"])
        answer_with(self.route, answers[0] if len(answers) == 1 else [*answers])
        self.clock = Clock()

    def runtime(self, *, unpaced: bool = False) -> Runtime:
        transport = httpx.MockTransport(self.router.handler)
        return Runtime(lambda: NOW, self.clock.sleep, unpaced=unpaced, transport=transport)

    def client(self, pacer: Pacer | None = None, **changes: Any) -> HttpClient:
        options: dict[str, Any] = {
            "base_url": "https://api.example.org/v2",
            "key": SecretStr(KEY),
            "allowed": ALLOWED,
            "pacer": pacer,
            "monotonic": lambda: self.clock.now,
            "runtime": self.runtime(),
        }
        return HttpClient(**options | changes)

    def get(self, path: str = "/things", **changes: Any) -> Any:
        client = self.client(**changes)
        try:
            return client.get(path, (("cursor", "canary-cursor"),), msgspec.json.decode).value
        finally:
            client.close()


def status(code: int, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(code, headers=named, json={"errors": []})


def raw(body: bytes, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(200, headers=named, stream=Unread(body))


class Unread(httpx.SyncByteStream):
    """A body that comes as it is: one of httpx's own is read and unpacked by respx beforehand."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body


class serving:
    """A server on loopback that gives each connection the next of its raw answers."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = list(answers)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._thread.join(timeout=10)
        self._socket.close()

    def _serve(self) -> None:
        for answer in self._answers:
            connection, _ = self._socket.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)


def ask(base: str, clock: Clock) -> Any:
    runtime = Runtime(clock=lambda: NOW, sleep=clock.sleep)
    client = HttpClient(
        base_url=base, key=SecretStr(KEY), allowed=ALLOWED, runtime=runtime, pacer=None
    )
    try:
        return client.get("/things", (("email", "anna@example.org"),), msgspec.json.decode).value
    finally:
        client.close()
