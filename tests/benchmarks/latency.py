"""How long a widget is waited for while the same process syncs.

``python tests/benchmarks/latency.py [SECONDS] [PAGES]``: a client in a process of its own asks
every two milliseconds while nothing runs, while a sync at beehiiv's quota runs (SECONDS of it),
and while PAGES pages of 100 people are pulled unpaced, as in a backfill. The widget shows another
publication than the one that is synced.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from fixed_pages import PUBLICATION as AT_PROVIDER
from fixed_pages import serving_pages
from large_store import make_large_store
from measured import KEY
from serve import PEOPLE, POSTS, SETTINGS, WIDGET
from server_process import server

# Milliseconds, at the 99th percentile; the sync runs in a thread of the server.
GOALS = {"quota": 1.0, "backfill": 25.0}
SECONDS, PAGES = 20, 1_000
_PAUSE = 0.002
_MOST_SECONDS = 1_800
_SETTINGS = f"""{SETTINGS}
[[publications]]
name = "synced"
[[publications.connections]]
name = "synced-main"
connector = "beehiiv"
base_url = "URL"
publication_id = "{AT_PROVIDER}"
api_key = {{ env = "BENCH_KEY" }}
"""


def _serve(pace: str) -> None:
    """``regulars serve``, with or without a pace."""
    from regulars.clock import real_runtime, system_clock
    from regulars.server.run import serve
    from regulars.settings import load_settings
    from regulars.store import Store
    from regulars_connectors.contract import Runtime

    unpaced = Runtime(clock=system_clock, sleep=lambda _: None, unpaced=True)
    settings = load_settings(Path("regulars.toml"))
    with Store(settings.store, purpose="serve") as store:
        runtime = unpaced if pace == "unpaced" else real_runtime()
        serve(settings, store, runtime, lambda url: print(json.dumps({"url": url}), flush=True))


def _ask(url: str) -> None:
    """Ask until standard input ends; then print how many milliseconds each answer took."""
    host, _, port = url.removeprefix("http://").partition(":")
    request = f"GET {WIDGET} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
    waited = []
    os.set_blocking(sys.stdin.fileno(), False)
    with socket.create_connection((host, int(port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while sys.stdin.buffer.read(1) is None:
            began = time.perf_counter()
            connection.sendall(request)
            _whole_answer(connection)
            waited.append(1_000 * (time.perf_counter() - began))
            time.sleep(_PAUSE)
    print(json.dumps(waited))


def _whole_answer(connection: socket.socket) -> None:
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65_536)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head[:80]
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    while len(body) < length:
        body += connection.recv(65_536)


@contextmanager
def _asking(url: str, into: list[float]) -> Iterator[None]:
    """Let a client ask while the block runs; ``into`` has then what each answer took."""
    command = [sys.executable, __file__, "ask", url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        yield
        said, _ = client.communicate()
    assert client.returncode == 0, "the client failed"
    into += json.loads(said)


def _json(url: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def _sync(url: str, longest: float) -> dict[str, Any]:
    """Start a sync and wait for its end, or so many seconds; the run as it then is."""
    (run,) = _json(f"{url}/api/v1/sync-runs", {})["items"]
    until = time.monotonic() + longest
    while run["state"] == "running" and time.monotonic() < until:
        time.sleep(0.25)
        run = _json(f"{url}/api/v1/sync-runs/{run['id']}")
    return dict(run)


def measure(seconds: float, pages: int) -> dict[str, list[float]]:
    """Milliseconds of every answer: while nothing runs, at quota, during a backfill."""
    found: dict[str, list[float]] = {"nothing": [], "quota": [], "backfill": []}
    os.environ["BENCH_KEY"] = KEY
    with serving_pages(pages) as provider, tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "regulars.toml").write_text(_SETTINGS.replace("URL", provider))
        make_large_store(folder / "data", PEOPLE, POSTS)
        with server([sys.executable, __file__, "serve", "paced"], folder) as (_, url):
            assert _json(url + WIDGET)["figures"][0]["value"], "the widget shows no figure"
            with _asking(url, found["nothing"]):
                time.sleep(seconds)
            with _asking(url, found["quota"]):
                run = _sync(url, seconds)
            assert run["state"] == "running", run["reason"]
        with server([sys.executable, __file__, "serve", "unpaced"], folder) as (_, url):
            _json(url + WIDGET)
            with _asking(url, found["backfill"]):
                run = _sync(url, _MOST_SECONDS)
            assert run["state"] == "complete", run["reason"]
    return found


def report(found: dict[str, list[float]]) -> dict[str, float]:
    """Print median, 99th percentile and worst of each; the 99th percentiles."""
    print("\nlatency: milliseconds that a widget is waited for")
    tails = {}
    for name, waited in found.items():
        tails[name] = quantiles(waited, n=100)[98]
        goal = f", goal {GOALS[name]:.0f}" if name in GOALS else ""
        print(
            f"  {name:9s} {len(waited):6d} answers   median {median(waited):.2f}"
            f"   p99 {tails[name]:.2f}   worst {max(waited):.1f}{goal}"
        )
    return tails


if __name__ == "__main__":
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    if what == "serve":
        _serve(sys.argv[2])
    elif what == "ask":
        _ask(sys.argv[2])
    else:
        found = measure(float(what or SECONDS), int(sys.argv[2]) if len(sys.argv) > 2 else PAGES)
        report(found)
