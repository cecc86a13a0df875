"""Requests a second of ours ÷ those of a bare Starlette that returns the same bytes.

``python tests/benchmarks/serve.py [ROUNDS] [REQUESTS]``: the widget from memory, the same
answered 304, and the report ``house`` from memory; in turns, over loopback, with uvicorn on uvloop
and httptools on both sides. The load comes from an asyncio client in a process of its own, eight
connections kept open. On a busy machine the CPU of the server for a request is the steadier figure.
"""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import cast

from large_store import PUBLICATION, make_large_store
from server_process import REGULARS, cpu_of, server

GOALS = {"widget": 0.55, "widget 304": 0.70, "report": 0.35}
PEOPLE, POSTS, CONNECTIONS, MOST_SECONDS = 2_000, 20, 8, 120
WIDGET = f"/w/wgt_{'a' * 24}.json"
REPORT = f"/api/v1/publications/{PUBLICATION}/reports/house"
SETTINGS = f"""
[store]
folder = "data"
free_space_floor_mib = 0
[server]
port = 0
[[publications]]
name = "{PUBLICATION}"
[[publications.widgets]]
key = "wgt_{"a" * 24}"
"""


@dataclass(frozen=True)
class Rate:
    """Requests a second by the wall's clock, and the server's CPU microseconds for one."""

    per_second: float
    cpu_each: float


def _fetch(url: str, headers: dict[str, str]) -> tuple[int, bytes, str | None]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return answer.status, answer.read(), answer.headers["ETag"]
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers["ETag"]


def _load(pid: int, url: str, path: str, headers: dict[str, str], requests: int) -> Rate:
    command = [sys.executable, __file__, "load", url, path, json.dumps(headers), str(requests)]
    before = cpu_of(pid)
    seconds = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return Rate(requests / seconds, 1e6 * (cpu_of(pid) - before) / requests)


def measure(rounds: int, requests: int) -> dict[str, dict[str, list[Rate]]]:
    """Every case, ours and bare, in turns; the bytes are equal or it stops."""
    found: dict[str, dict[str, list[Rate]]] = {name: {"ours": [], "bare": []} for name in GOALS}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "regulars.toml").write_text(SETTINGS)
        make_large_store(folder / "data", PEOPLE, POSTS)
        with server([*REGULARS, "serve", "--no-schedule", "--json"], folder) as (ours, url):
            tag = _fetch(url + WIDGET, {})[2]
            cases: dict[str, tuple[str, dict[str, str]]] = {
                "widget": (WIDGET, {}),
                "widget 304": (WIDGET, {"If-None-Match": tag or ""}),
                "report": (REPORT, {"Accept": "application/json"}),
            }
            for name, (path, headers) in cases.items():
                status, body, _ = _fetch(url + path, headers)
                assert status == (304 if name == "widget 304" else 200)
                told = json.dumps([status, base64.b64encode(body).decode(), path])
                with server([sys.executable, __file__, "bare", told], folder) as (other, bare):
                    assert _fetch(bare + path, headers)[:2] == (status, body)
                    for _ in range(rounds):
                        found[name]["bare"].append(_load(other.pid, bare, path, headers, requests))
                        found[name]["ours"].append(_load(ours.pid, url, path, headers, requests))
    return found


def report(found: dict[str, dict[str, list[Rate]]]) -> dict[str, float]:
    """Print medians and ratios with their goals; the ratios of requests a second."""
    print("\nserve: requests a second (server's CPU microseconds for one), medians")
    ratios = {}
    for name, sides in found.items():
        rate = {side: median(one.per_second for one in rates) for side, rates in sides.items()}
        cpu = {side: median(one.cpu_each for one in rates) for side, rates in sides.items()}
        ratios[name] = rate["ours"] / rate["bare"]
        print(
            f"  {name:10s} ours {rate['ours']:6.0f} ({cpu['ours']:.0f})"
            f"   bare {rate['bare']:6.0f} ({cpu['bare']:.0f})   ratio {ratios[name]:.2f},"
            f" by CPU {cpu['bare'] / cpu['ours']:.2f}, goal {GOALS[name]}"
        )
    return ratios


def _bare(told: str) -> None:
    """A Starlette with one route that returns the given bytes."""
    import socket

    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    status, encoded, path = json.loads(told)
    body = base64.b64decode(encoded)

    async def answer(_: Request) -> Response:
        return Response(body, status_code=status, media_type="application/json")

    listener = socket.create_server(("127.0.0.1", 0))
    print(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
    config = uvicorn.Config(
        Starlette(routes=[Route(path, answer)]), loop="uvloop", http="httptools",
        access_log=False, log_level="warning", server_header=False, proxy_headers=False,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[listener])


async def _first_answer(host: str, port: int, request: bytes) -> bytes:
    """Status line, head and body of one answer: all others are as long."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(request)
    answer = await reader.readuntil(b"\r\n\r\n")
    place = answer.lower().find(b"content-length:")
    if place >= 0:
        answer += await reader.readexactly(int(answer[place + 15 :].split(b"\r\n", 1)[0]))
    writer.close()
    return answer


class _Connection(asyncio.Protocol):
    """Asks, takes the whole answer, asks again. Cheaper than streams: it must not be the brake."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        if self._missing == self._load.size and not data.startswith(self._load.status):
            self._load.fail(data[:80])
        self._missing -= len(data)
        if self._missing < 0:
            self._load.fail(data[-80:])
        elif self._missing == 0:
            self._load.answered += 1
            self._ask()

    def _ask(self) -> None:
        if self._load.left > 0:
            self._load.left -= 1
            self._missing = self._load.size
            self._transport.write(self._load.request)
        elif self._load.answered == self._load.requests and not self._load.done.done():
            self._load.done.set_result(None)


class _Load:
    """All requests over a few connections, one at a time on each."""

    def __init__(self, request: bytes, requests: int, like: bytes) -> None:
        self.request, self.requests, self.left, self.answered = request, requests, requests, 0
        self.size, self.status = len(like), like.partition(b"\r\n")[0]
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def fail(self, what: bytes) -> None:
        if not self.done.done():
            self.done.set_exception(AssertionError(f"another answer came: {what!r}"))


async def _ask_many(url: str, request: bytes, requests: int) -> float:
    """Seconds for so many answers, each as long as the first and with its status."""
    host, _, port = url.removeprefix("http://").partition(":")
    load = _Load(request, requests, await _first_answer(host, int(port), request))
    loop = asyncio.get_running_loop()
    started = time.monotonic()
    for _ in range(CONNECTIONS):
        await loop.create_connection(lambda: _Connection(load), host, int(port))
    await asyncio.wait_for(load.done, MOST_SECONDS)
    return time.monotonic() - started


def _load_main(url: str, path: str, headers: str, requests: str) -> None:
    import uvloop

    named = {"Host": url.removeprefix("http://")} | json.loads(headers)
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    print(uvloop.run(_ask_many(url, request, int(requests))))


if __name__ == "__main__":
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    if what == "bare":
        _bare(sys.argv[2])
    elif what == "load":
        _load_main(*sys.argv[2:])
    else:
        report(measure(int(what or 3), int(sys.argv[2]) if len(sys.argv) > 2 else 10_000))
