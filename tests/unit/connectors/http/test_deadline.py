"""A request has one deadline from its first byte, and every wait in it hears an interrupt.

Each provider here is a real socket that keeps a per-read timeout happy for ever.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import httpcore
import msgspec
import pytest
from pydantic import SecretStr
from support.dripping import dripping
from support.http_client import ALLOWED, KEY, NOW, Clock

from regulars_connectors import Runtime, Unreachable
from regulars_connectors.errors import Interrupted
from regulars_connectors.http import HttpClient, client, deadline, network
from regulars_connectors.http.deadline import GRACE_SECONDS, Deadline, DeadlinePassed

SLOW = ["silent", "headers drip", "interim responses", "body drips"]


def asked(base: str, should_stop: Callable[[], bool] = lambda: False) -> Any:
    runtime = Runtime(clock=lambda: NOW, sleep=Clock().sleep, should_stop=should_stop)
    http = HttpClient(
        base_url=base, key=SecretStr(KEY), allowed=ALLOWED, runtime=runtime, pacer=None
    )
    try:
        return http.get("/things", (), msgspec.json.decode)
    finally:
        http.close()


@pytest.mark.parametrize("kind", SLOW)
def test_a_request_ends_at_its_deadline(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.1)
    begun = time.monotonic()
    with dripping(kind) as (base, _), pytest.raises(Unreachable, match="took longer than"):
        asked(base)
    assert time.monotonic() - begun < 5 * (0.1 + 0.5)  # each of five attempts


@pytest.fixture
def short_grace(monkeypatch: pytest.MonkeyPatch) -> float:
    """A request under way has this long after an interrupt; in life it has longer."""
    monkeypatch.setattr(deadline, "GRACE_SECONDS", 0.1)
    return 0.1


@pytest.mark.parametrize("kind", SLOW)
def test_a_request_hears_an_interrupt(kind: str, short_grace: float) -> None:
    with dripping(kind) as (base, has_come):
        stopped_at = []

        def should_stop() -> bool:
            if has_come.is_set() and not stopped_at:
                stopped_at.append(time.monotonic())
            return has_come.is_set()

        with pytest.raises(Interrupted):
            asked(base, should_stop)
        assert time.monotonic() - stopped_at[0] < short_grace + 1


@pytest.mark.usefixtures("short_grace")
def test_a_handshake_hears_an_interrupt() -> None:
    with dripping("silent") as (base, has_come), pytest.raises(Interrupted):
        asked(base.replace("http:", "https:"), has_come.is_set)


@pytest.mark.usefixtures("short_grace")
def test_connecting_hears_an_interrupt() -> None:
    """A listener whose queue is full answers no further connection."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        waiting = []
        for _ in range(3):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
            waiting.append(one)
        try:
            with pytest.raises(Interrupted):
                asked(f"http://127.0.0.1:{listener.getsockname()[1]}", lambda: True)
        finally:
            for one in waiting:
                one.close()


@pytest.mark.usefixtures("short_grace")
def test_the_look_up_of_a_name_hears_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait(30) and [])
    try:
        with pytest.raises(Interrupted):
            asked("https://api.example.org", lambda: True)
    finally:
        ended.set()


def test_a_look_up_that_takes_too_long_is_a_connection_that_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait(30) and [])
    try:
        with pytest.raises(httpcore.ConnectTimeout):
            network.PatientBackend().connect_tcp("api.example.org", 443, timeout=0.1)
    finally:
        ended.set()


def test_a_closed_port_is_a_connection_that_failed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable, match="ConnectError"):
        asked(f"http://127.0.0.1:{port}")


def test_a_large_request_to_somebody_who_does_not_read_ends_in_time() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(httpcore.WriteTimeout):
        network.PatientStream(ours).write(bytes(16 * 1024 * 1024), timeout=0.1)


def test_a_request_under_way_has_a_second_after_the_interrupt() -> None:
    clock = Clock()
    stop = []
    deadline = Deadline(120, lambda: bool(stop), lambda: clock.now)
    deadline.check()
    stop.append(True)
    deadline.check()
    clock.now += GRACE_SECONDS / 2
    deadline.check()
    clock.now += GRACE_SECONDS
    with pytest.raises(Interrupted):
        deadline.check()


def test_the_deadline_is_of_the_whole_request() -> None:
    clock = Clock()
    deadline = Deadline(120, lambda: False, lambda: clock.now)
    for _ in range(120):
        clock.now += 1
        deadline.check()
    clock.now += 1
    with pytest.raises(DeadlinePassed):
        deadline.check()
