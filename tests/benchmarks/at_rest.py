"""What the schedule costs: a server at rest, and a day of forty publications by default.

``python tests/benchmarks/at_rest.py [SECONDS] [PUBLICATIONS] [PEOPLE]``: first a day of the default
schedule by a clock that jumps from one moment to the next, unpaced, in a process of its own: 40
publications of 12 accounts against fixed pages. Then ``regulars serve`` on copies of that store by
the machine's clock, with its schedule and without, both at the same time, for a real minute in
which nothing is due and nobody asks.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fixed_pages import PAGE_ROWS, PUBLICATION, serving_pages
from measured import KEY, make_store
from server_process import REGULARS, exact_cpu_of, get_json, server

SECONDS, PUBLICATIONS, PEOPLE, ACCOUNTS = 60.0, 40, 1_000, 12
# CPU seconds an hour of a server at rest.
GOAL = 1.0
_PATIENCE = 1_800.0
_DAY, _HOUR = 86_400_000_000, 3_600_000_000


def _settings(publications: int, url: str, zone: str) -> str:
    text = '[store]\nfolder = "data"\nfree_space_floor_mib = 0\n[server]\nport = 0\n'
    for number in range(publications):
        text += (
            f'[[publications]]\nname = "letters-{number}"\ntime_zone = "{zone}"\n'
            f'[[publications.connections]]\nname = "letters-{number}"\nconnector = "beehiiv"\n'
            f'base_url = "{url}"\npublication_id = "{PUBLICATION}"\n'
            f'account = "{number % ACCOUNTS}"\napi_key = {{ env = "BENCH_KEY" }}\n'
        )
    return text


def _zone_of_afternoon() -> str:
    """A zone where it is two in the afternoon: the daily times lie between two and eight."""
    ahead = 14 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


# A day, by a clock that jumps


@dataclass
class _Meter:
    """How often something was done, the CPU seconds of its threads, and what it last returned."""

    times: int = 0
    cpu: float = 0.0
    last: Any = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*arguments: Any) -> Any:
            began = time.thread_time()
            found = function(*arguments)
            with self.lock:
                self.last = found
                self.times += 1
                self.cpu += time.thread_time() - began
            return found

        return measured

    def read(self) -> tuple[int, float]:
        with self.lock:
            return self.times, self.cpu


def _day(folder: Path) -> dict[str, Any]:
    """First runs of everything, then a day of the schedule, in this process: what each cost."""
    from regulars.clock import system_clock
    from regulars.jobs.loop import Scheduling
    from regulars.jobs.planner import Planner
    from regulars.jobs.process import Jobs
    from regulars.reports.prepare import prepare
    from regulars.settings import load_settings
    from regulars.store import Store
    from regulars_connectors.contract import Runtime

    now = end = system_clock()
    now -= _DAY
    planning, pages = _Meter(), _Meter()
    Planner.standings = planning.around(Planner.standings)  # type: ignore[method-assign]
    settings = load_settings(folder / "regulars.toml")
    runtime = Runtime(clock=lambda: now, sleep=lambda _: None, unpaced=True)
    with Store(settings.store) as store:
        jobs = Jobs(
            store, settings, runtime, Scheduling(), prepare=pages.around(prepare)
        )  # fmt: skip

        def step(moment: int) -> int:
            """Let it be ``moment``, and everything that is due then be done. The next moment."""
            nonlocal now
            seen, now = planning.times, moment
            jobs.wake()
            until = time.monotonic() + _PATIENCE
            while (
                planning.times == seen
                or jobs.runs.under_way()
                or any(one.is_due or one.running_since for one in planning.last)
            ):
                assert time.monotonic() < until, "the schedule does not come to rest"
                time.sleep(0.005)
            return min(one.next.at for one in planning.last)

        jobs.start()
        moment = step(now)
        first, ended, steps = time.process_time(), jobs.runs.ended, 0
        planned, shown = planning.read(), pages.read()
        while moment <= end:
            moment = step(min(moment, now + _HOUR))
            steps += 1
        cpu = time.process_time() - first
        runs = [run.record.connection for run in jobs.runs.list(jobs.runs.ended)]
        outcomes = {run.record.outcome for run in jobs.runs.list(jobs.runs.ended)}
        jobs.stop()
    assert outcomes == {"complete"}, outcomes
    names = sorted(config.name for _, config in settings.connections())
    # The first run, and the one of the day, of each.
    assert sorted(runs[: len(runs) - ended]) == names, "not every connection ran once in the day"
    return {
        "first": first, "cpu": cpu, "runs": len(runs) - ended, "steps": steps,
        "planned": planning.times - planned[0], "planning": planning.cpu - planned[1],
        "pages": pages.cpu - shown[1],
    }  # fmt: skip


# A real minute of rest


def _rest(folders: dict[str, Path], seconds: float) -> dict[str, float]:
    """CPU seconds of each server while nobody asks and nothing is due, side by side."""
    with ExitStack() as stack:
        pids, urls = {}, {}
        for name, folder in folders.items():
            more = [] if name == "schedule" else ["--no-schedule"]
            command = [*REGULARS, "serve", *more, "--json"]
            process, urls[name] = stack.enter_context(server(command, folder))
            pids[name] = process.pid
        before = {}
        for name, url in urls.items():
            # Answered once both the first step and the imports of a request are over.
            items = get_json(f"{url}/api/v1/schedule")["items"]
            assert not any(item["is_due"] or item["why"] == "running" for item in items)
            before[name] = get_json(f"{url}/api/v1/sync-runs")
        _settle(pids)
        began = {name: exact_cpu_of(pid) for name, pid in pids.items()}
        time.sleep(seconds)
        found = {name: exact_cpu_of(pid) - began[name] for name, pid in pids.items()}
        for name, url in urls.items():
            assert get_json(f"{url}/api/v1/sync-runs") == before[name], "a sync ran meanwhile"
    return found


def _settle(pids: dict[str, int]) -> None:
    """Wait until what the start and the questions left to do is done."""
    until = time.monotonic() + _PATIENCE
    before: dict[str, float] = {}
    now = {name: exact_cpu_of(pid) for name, pid in pids.items()}
    while not before or any(now[name] - before[name] > 0.01 for name in pids):
        assert time.monotonic() < until, "the servers do not come to rest"
        time.sleep(2)
        before, now = now, {name: exact_cpu_of(pid) for name, pid in pids.items()}


def measure(seconds: float, publications: int, people: int) -> dict[str, Any]:
    """A day, then a rest."""
    os.environ["BENCH_KEY"] = KEY
    with serving_pages(people // PAGE_ROWS) as url, tempfile.TemporaryDirectory() as temporary:
        folders = {name: Path(temporary) / name for name in ("schedule", "none")}
        first, second = folders.values()
        first.mkdir()
        (first / "regulars.toml").write_text(_settings(publications, url, _zone_of_afternoon()))
        make_store(first / "data")
        done = subprocess.run(
            [sys.executable, __file__, "day", str(first)],
            check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        shutil.copytree(first, second)
        return {"day": json.loads(done.stdout), "rest": _rest(folders, seconds)}


def report(seconds: float, publications: int, people: int, found: dict[str, Any]) -> float:
    """Print what a day and an hour of rest cost. CPU seconds of an hour of rest."""
    day, hour = found["day"], 3_600 / seconds
    print(f"\nschedule: {publications} publications of {people:,} people, {ACCOUNTS} accounts")
    print(
        f"  a simulated day: CPU {day['cpu']:.1f} s for {day['runs']} syncs, of it pages"
        f" {day['pages']:.1f}; planning {day['planning']:.2f}, {day['planned']} times"
    )
    rest = {name: cpu * hour for name, cpu in found["rest"].items()}
    print(
        f"  {seconds:.0f} s at rest, scaled to an hour: CPU {rest['schedule']:.2f} s,"
        f" without a schedule {rest['none']:.2f} s, goal {GOAL:.0f}"
    )
    return rest["schedule"]


if __name__ == "__main__":
    given = sys.argv[1:]
    if given and given[0] == "day":
        print(json.dumps(_day(Path(given[1]))))
    else:
        length = float(given[0]) if given else SECONDS
        size = (
            int(given[1]) if given[1:] else PUBLICATIONS,
            int(given[2]) if given[2:] else PEOPLE,
        )
        report(length, *size, measure(length, *size))
