"""A scripted provider for the tests of the HTTP client, in memory and on a real socket."""

import socket
import threading
from typing import Any

import httpx
import msgspec
from pydantic import SecretStr

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
    """Gives its answers in turn, the last one for ever."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.clock = Clock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, pacer: Pacer | None = None, **changes: Any) -> HttpClient:
        options: dict[str, Any] = {
            "base_url": "https://api.example.org/v2",
            "key": SecretStr(KEY),
            "allowed": ALLOWED,
            "pacer": pacer,
            "monotonic": lambda: self.clock.now,
            "runtime": Runtime(
                clock=lambda: NOW,
                sleep=self.clock.sleep,
                transport=httpx.MockTransport(self),
            ),
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
    return httpx.Response(200, headers=named, stream=httpx.ByteStream(body))


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
