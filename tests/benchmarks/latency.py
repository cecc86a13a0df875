"""How long a widget is waited for while the same process syncs by its schedule.

``python tests/benchmarks/latency.py [SECONDS] [PAGES]``: a client in a process of its own asks
every two milliseconds while the server rests; while a sync at beehiiv's quota runs against the
simulator (SECONDS of it); while PAGES pages of 100 people are pulled unpaced, as in a backfill; and
while the reports of that publication are computed after it. Nobody asks for the syncs: the schedule
of the server starts them. The widget shows another publication than those that are synced.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
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
from server_process import get_json, server

# Milliseconds, at the 99th percentile; the sync runs in a thread of the server.
GOALS = {"quota": 1.0, "backfill": 25.0}
SECONDS, PAGES = 20, 1_000
_PAUSE = 0.002
_MOST_SECONDS = 1_800
_WORLD_PEOPLE, _WORLD_QUOTA = 6_000, 180
_CONNECTION = """
[[publications]]
name = "{name}"
[[publications.connections]]
name = "{name}-main"
connector = "beehiiv"
base_url = "{url}"
publication_id = "{publication}"
api_key = {{ env = "BENCH_KEY" }}
"""


def _serve(pace: str) -> None:
    """``regulars serve`` with its schedule or, at rest, without. Unpaced for a backfill.

    Prints when it began and ended to compute reports after a sync, by the clock of ``_ask``.
    """
    from regulars.clock import real_runtime, system_clock
    from regulars.jobs.loop import Scheduling
    from regulars.server import run
    from regulars.settings import load_settings
    from regulars.store import Store
    from regulars_connectors.contract import Runtime

    prepare = run.prepare

    def timed(*arguments: Any) -> None:
        began = time.perf_counter()
        prepare(*arguments)
        print(json.dumps([began, time.perf_counter()]), flush=True)

    run.prepare = timed
    unpaced = Runtime(clock=system_clock, sleep=lambda _: None, unpaced=True)
    settings = load_settings(Path("regulars.toml"))
    with Store(settings.store, purpose="serve") as store:
        run.serve(
            settings,
            store,
            unpaced if pace == "unpaced" else real_runtime(),
            lambda url: print(json.dumps({"url": url}), flush=True),
            scheduling=None if pace == "resting" else Scheduling(),
        )


def _simulate() -> None:
    """The simulator, with an invented newsletter that has come to its present, by real time."""
    from regulars_connectors.instants import DAY, SECOND
    from regulars_connectors.simulator import BeehiivApi, World, serving, under_quota
    from regulars_connectors.simulator.server import wall_clock

    posts = 104
    started = (wall_clock() // DAY - 7 * (posts - 1)) * DAY
    world = World(5, subscribers=_WORLD_PEOPLE, spike=False, posts=posts, started=started)
    api = under_quota(BeehiivApi(world, wall_clock), _WORLD_QUOTA, wall_clock)
    with serving(api) as url:
        publication = {"url": f"{url}/v2", "publication": world.publication_id}
        print(json.dumps(publication), flush=True)
        time.sleep(_MOST_SECONDS * SECOND)


def _ask(url: str) -> None:
    """Ask until standard input ends. Then print when each answer came and its milliseconds."""
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
            now = time.perf_counter()
            waited.append((now, 1_000 * (now - began)))
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
def _asking(url: str, into: list[tuple[float, float]]) -> Iterator[None]:
    """Let a client ask while the block runs. ``into`` has then when each answer came, and after
    how many milliseconds."""
    command = [sys.executable, __file__, "ask", url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        yield
        said, _ = client.communicate()
    assert client.returncode == 0, "the client failed"
    into += [(at, waited) for at, waited in json.loads(said)]


def _of_schedule(url: str, connection: str, longest: float) -> dict[str, Any]:
    """Wait for the end of the run that the schedule started, or so many seconds. The run."""
    until = time.monotonic() + _MOST_SECONDS
    run: dict[str, Any] = {}
    while not run:
        assert time.monotonic() < until, "the schedule starts nothing"
        items = get_json(f"{url}/api/v1/sync-runs?limit=1")["items"]
        run = next((item for item in items if item["connection"] == connection), {})
    until = time.monotonic() + longest
    while run["state"] == "running" and time.monotonic() < until:
        time.sleep(0.25)
        run = get_json(f"{url}/api/v1/sync-runs/{run['id']}")
    return run


def measure(seconds: float, pages: int) -> dict[str, list[float]]:
    """Milliseconds of every answer: at rest, at quota, during a backfill and during its reports."""
    found: dict[str, list[float]] = {}
    os.environ["BENCH_KEY"] = KEY
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_large_store(folder / "data", PEOPLE, POSTS)
        (folder / "regulars.toml").write_text(SETTINGS)
        with _served(folder, "resting") as (_, url):
            answers: list[tuple[float, float]] = []
            with _asking(url, answers):
                time.sleep(seconds)
            found["nothing"] = [waited for _, waited in answers]
        found["quota"] = _at_quota(folder, seconds)
        found |= _in_backfill(folder, pages)
    return found


def _at_quota(folder: Path, seconds: float) -> list[float]:
    command, answers = [sys.executable, __file__, "simulate"], []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as simulator:
        assert simulator.stdout is not None
        try:
            provider = json.loads(simulator.stdout.readline())
            _write_settings(folder, "synced", **provider)
            with _served(folder, "paced") as (_, url), _asking(url, answers):
                run = _of_schedule(url, "synced-main", seconds)
            assert run["state"] == "running", run["reason"]
        finally:
            simulator.terminate()
    return [waited for _, waited in answers]


def _in_backfill(folder: Path, pages: int) -> dict[str, list[float]]:
    answers: list[tuple[float, float]] = []
    with serving_pages(pages) as provider:
        _write_settings(folder, "large", provider, AT_PROVIDER)
        with _served(folder, "unpaced") as (process, url):
            with _asking(url, answers):
                run = _of_schedule(url, "large-main", _MOST_SECONDS)
            assert run["state"] == "complete", run["reason"]
            assert process.stdout is not None
            began, ended = json.loads(process.stdout.readline())
    return {
        "backfill": [waited for at, waited in answers if at < began],
        "reports": [waited for at, waited in answers if began <= at < ended],
    }


@contextmanager
def _served(folder: Path, pace: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with server([sys.executable, __file__, "serve", pace], folder) as (process, url):
        assert get_json(url + WIDGET)["figures"][0]["value"], "the widget shows no figure"
        yield process, url


def _write_settings(folder: Path, name: str, url: str, publication: str) -> None:
    connection = _CONNECTION.format(name=name, url=url, publication=publication)
    (folder / "regulars.toml").write_text(SETTINGS + connection)


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
    elif what == "simulate":
        _simulate()
    else:
        found = measure(float(what or SECONDS), int(sys.argv[2]) if len(sys.argv) > 2 else PAGES)
        report(found)
