"""Real commands that wait for something which never comes, and how soon they end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.command import CANARY_KEY
from support.dripping import dripping
from support.newsletter import CONNECTION, KEY_NAME, Newsletter

PROVIDER_WAITS = [
    "pacing", "retry after", "silent", "headers drip", "interim responses", "body drips",
]  # fmt: skip
SERVER_WAITS = ["report", "questions", "slow clients", "lock", "commit"]
MANY = 200
_MOST_SECONDS = 60
_RUNS = "/api/v1/sync-runs"
_REPORT = "/api/v1/publications/letters/reports/house"
_HALF_HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
_HALF_BODY = (
    b"POST /api/v1/sync-runs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b'Content-Length: 1000\r\n\r\n{"connection": '
)


def until(condition: Callable[[], bool], what: str) -> None:
    """Poll until the condition holds, within a bound."""
    deadline = time.monotonic() + _MOST_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.01)


@dataclass
class Waiting:
    """A process that waits, and where it serves, if it does."""

    folder: Path
    process: subprocess.Popen[str]
    url: str = ""

    def ask(self, path: str, body: Any = None) -> int:
        """The status of an answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data else {}
        request = urllib.request.Request(self.url + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=_MOST_SECONDS) as answer:
                answer.read()
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def least_seconds_of(self, path: str) -> float:
        """The fastest of three good answers: what blocks others blocks each, a busy machine one."""
        return min(self.seconds_of(path) for _ in range(3))

    def seconds_of(self, path: str) -> float:
        """How long a good answer takes."""
        begun = time.monotonic()
        status = self.ask(path)
        assert status == 200, f"{path}: {status}"
        return time.monotonic() - begun

    def end(self, *signals: signal.Signals) -> float:
        """Seconds from the first signal to the end of the process."""
        begun = time.monotonic()
        for number in signals or (signal.SIGTERM,):
            self.process.send_signal(number)
        self.process.wait(timeout=_MOST_SECONDS)
        return time.monotonic() - begun

    def said(self) -> str:
        """The rest of what it said on stderr."""
        assert self.process.stderr is not None
        return self.process.stderr.read()


@contextmanager
def raw_clients(url: str, requests: list[bytes]) -> Iterator[list[socket.socket]]:
    """Clients that have each sent their bytes, and stay."""
    host, _, port = url.removeprefix("http://").partition(":")
    with ExitStack() as stack:
        clients = []
        for request in requests:
            client = stack.enter_context(socket.create_connection((host, int(port))))
            client.sendall(request)
            clients.append(client)
        yield clients


def questions(number: int = MANY) -> list[bytes]:
    """Requests for as many different reports, none of which is cached."""
    return [
        f"GET {_REPORT}?as_of=2025-01-01T00:{n // 60:02d}:{n % 60:02d}Z HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n\r\n".encode()
        for n in range(number)
    ]


def slow_requests(number: int = MANY) -> list[bytes]:
    """Requests that were sent by half: heads and bodies."""
    return [_HALF_HEAD, _HALF_BODY] * (number // 2)


def settings_for(letters: Newsletter, wait: str, provider: str) -> str:
    """The settings of a connection that meets this wait."""
    text = letters.settings_text()
    if wait == "pacing":
        return text.replace("requests_per_minute = 100000", "requests_per_minute = 1")
    return text.replace(letters.api_url, provider) if wait in PROVIDER_WAITS else text


@contextmanager
def waiting(letters: Newsletter, base: Path, verb: str, wait: str) -> Iterator[Waiting]:
    """``regulars serve`` or ``regulars sync`` once it waits. base: a folder with a store."""
    with ExitStack() as stack:
        has_come, provider = _provider(stack, letters, wait)
        settings = settings_for(letters, wait, provider)
        folder = letters.folder(f"{verb} {wait}", base, settings)
        made = stack.enter_context(running(folder, verb, wait))
        if wait in ("report", "questions"):
            (folder / "hold").touch()
            number = MANY if wait == "questions" else 1
            stack.enter_context(raw_clients(made.url, questions(number)))
            until((folder / "waits").exists, "the wait")
        elif wait == "slow clients":
            stack.enter_context(raw_clients(made.url, slow_requests()))
        else:
            if verb == "serve":
                assert made.ask(_RUNS, {"connection": CONNECTION}) == 202
            until(lambda: has_come() or (folder / "waits").exists(), "the wait")
        yield made


def _provider(stack: ExitStack, letters: Newsletter, wait: str) -> tuple[Callable[[], bool], str]:
    """Whether the provider was asked, and its address."""
    letters.heal()
    if wait == "pacing":
        asked: list[object] = []
        inner = letters.api
        assert inner is not None
        letters.api = lambda request: asked.append(request) or inner(request)  # type: ignore[func-returns-value]
        return lambda: bool(asked), ""
    if wait in PROVIDER_WAITS:
        url, has_come = stack.enter_context(dripping(wait))
        return has_come.is_set, url
    return lambda: False, ""


@contextmanager
def running(folder: Path, verb: str, wait: str = "") -> Iterator[Waiting]:
    """The command in a process of its own, with the wait of that name in it."""
    words = ["--config", str(folder / "regulars.toml"), verb]
    words += ["--port", "0", "--no-schedule"] if verb == "serve" else []
    start = [sys.executable, "-m", "regulars.cli"]
    place = {"questions": "report"}.get(wait, wait)
    if place in ("report", "lock", "commit"):
        child = str(Path(__file__).with_name("waiting_command.py"))
        start = [sys.executable, child, place, str(folder / "waits")]
    environment = os.environ | {KEY_NAME: CANARY_KEY}
    with subprocess.Popen(
        [*start, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            made = Waiting(folder, process)
            if verb == "serve":
                assert process.stderr is not None
                line = process.stderr.readline()
                assert line.startswith("Serving at "), line + process.stderr.read()
                made.url = line.split()[2]
            yield made
        finally:
            with suppress(ProcessLookupError):
                process.kill()
