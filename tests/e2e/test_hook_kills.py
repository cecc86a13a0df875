"""A server that is killed while webhooks arrive keeps each that it acknowledged, and each once.

A provider sends again what was not acknowledged, under the same id. So does the test.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.hook_client import START, HookRig, post_sent, settings_with_hooks, signed, survey

from regulars.store import Store
from regulars.store.verify import verify_store

CHILD = Path(__file__).parents[1] / "support" / "hook_child.py"
SENDERS = 8


class Provider:
    """Sends deliveries to a server that may end at any moment, until each is acknowledged."""

    def __init__(self, count: int) -> None:
        self.waiting = [self._delivery(number) for number in range(count)]
        self.acknowledged: dict[str, bytes] = {}

    def _delivery(self, number: int) -> tuple[str, bytes]:
        body = survey(number) if number % 2 else post_sent(f"post_{number}")
        return f"msg_{number}", body

    def send(self, url: str, stopped: threading.Event) -> None:
        """Send everything that waits, from several threads, until the server is gone."""
        with ThreadPoolExecutor(SENDERS) as senders:
            list(senders.map(lambda n: self._send_some(url, n, stopped), range(SENDERS)))
        done = self.acknowledged
        self.waiting = [one for one in self.waiting if one[0] not in done]

    def _send_some(self, url: str, sender: int, stopped: threading.Event) -> None:
        with httpx.Client(timeout=30) as client:
            for delivery_id, body in self.waiting[sender::SENDERS]:
                if stopped.is_set():
                    return
                headers = signed(delivery_id, body, START)
                try:
                    answer = client.post(f"{url}/api/v1/hooks/bee", headers=headers, content=body)
                except httpx.HTTPError:
                    return
                assert answer.status_code == 204, answer.text
                self.acknowledged[delivery_id] = body


class Rounds:
    """Servers of one store, each killed at a random moment after its first acknowledgement."""

    def __init__(self, folder: Path, child: subprocess.Popen[str]) -> None:
        self.folder, self.child = folder, child

    def _ask(self, order: dict[str, Any]) -> int:
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.write(json.dumps(order) + "\n")
        self.child.stdin.flush()
        return int(self.child.stdout.readline())

    @contextlib.contextmanager
    def server(self) -> Iterator[tuple[str, int]]:
        """The address and the process of a server, which is killed at the end at the latest."""
        place = self.folder / "url"
        place.unlink(missing_ok=True)
        pid = self._ask({"folder": str(self.folder / "data"), "url": str(place)})
        try:
            deadline = time.monotonic() + 60
            while not place.exists():
                assert time.monotonic() < deadline, "the server does not listen"
                time.sleep(0.002)
            yield place.read_text(), pid
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            self._ask({"wait": pid})

    def kill_while_sending(self, provider: Provider, chance: random.Random) -> None:
        stopped = threading.Event()
        with self.server() as (url, pid):
            before = len(provider.acknowledged)
            sending = threading.Thread(target=provider.send, args=(url, stopped))
            sending.start()
            deadline = time.monotonic() + 30
            while len(provider.acknowledged) == before and sending.is_alive():
                assert time.monotonic() < deadline
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.12))
            os.kill(pid, signal.SIGKILL)
            stopped.set()
            sending.join()


@pytest.fixture
def rounds(tmp_path: Path) -> Iterator[Rounds]:
    with subprocess.Popen(
        [sys.executable, str(CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        yield Rounds(tmp_path, child)
        assert child.stdin is not None
        child.stdin.close()


def check(rounds: Rounds, provider: Provider, *, all_read: bool) -> None:
    """Each acknowledged delivery is there once, with its body or as a record."""
    settings = settings_with_hooks(rounds.folder / "data")
    with Store(settings.store) as store:
        rig = HookRig(store, settings)
        if all_read:
            rig.read()
        known = rig.rows("SELECT delivery_id, is_settled, path FROM hook_deliveries")
        ids = [name for name, _, _ in known]
        assert len(ids) == len(set(ids))
        assert set(provider.acknowledged) <= set(ids)
        for name, is_settled, path in known:
            if not is_settled and name in provider.acknowledged:
                assert (store.root / path).read_bytes() == provider.acknowledged[name]
        if all_read:
            answered = rig.rows("SELECT signal_key FROM signals ORDER BY ALL")
            surveys = [name for name in ids if int(name.removeprefix("msg_")) % 2]
            wanted = [name.removeprefix("msg_") for name in surveys]
            assert answered == sorted((f"resp_{n}/{n}",) for n in wanted)
            assert verify_store(store) == []


def kill_often(rounds: Rounds, count: int, deliveries: int) -> None:
    chance = random.Random(count)
    provider = Provider(deliveries)
    share = deliveries // count
    everything = provider.waiting
    for number in range(count):
        # Each server gets its share, and what the one before did not acknowledge.
        sent = everything[: (number + 1) * share]
        provider.waiting = [one for one in sent if one[0] not in provider.acknowledged]
        rounds.kill_while_sending(provider, chance)
        if number % 20 == 19:
            check(rounds, provider, all_read=False)
    provider.waiting = [one for one in everything if one[0] not in provider.acknowledged]
    with rounds.server() as (url, _):
        provider.send(url, threading.Event())
    assert len(provider.acknowledged) == deliveries
    check(rounds, provider, all_read=True)


@pytest.mark.long
def test_five_kills_while_two_hundred_deliveries_arrive(rounds: Rounds) -> None:
    kill_often(rounds, 5, 200)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_a_hundred_kills_while_a_thousand_deliveries_arrive(rounds: Rounds) -> None:
    kill_often(rounds, 100, 1000)
