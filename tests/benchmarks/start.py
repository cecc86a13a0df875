"""How long from the start of a process to the first answered report, on a large store.

``python tests/benchmarks/start.py [PEOPLE] [POSTS] [ROUNDS] [FOLDER]``: 1,000,000 people and 150
weekly posts unless given; making that store takes long, so FOLDER keeps it for another run.
Each start is a fresh process: ``regulars serve`` until ``house`` is answered over HTTP, and
``regulars report house``; once with no answer kept, then with the one that was kept.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from large_store import PUBLICATION, make_large_store
from server_process import REGULARS, cpu_of, server

PEOPLE, POSTS = 1_000_000, 150
GOAL_SECONDS = 1.0
_SETTINGS = """
[store]
folder = "data"
free_space_floor_mib = 0
[server]
port = 0
[[publications]]
name = "letters"
"""
_HOUSE = f"/api/v1/publications/{PUBLICATION}/reports/house"
_MOST_SECONDS = 1800


@dataclass(frozen=True)
class Start:
    """seconds: by the clock on the wall. cpu: of the process. answer: JSON."""

    seconds: float
    cpu: float
    answer: dict[str, object]


def served(folder: Path) -> Start:
    """From the start of ``regulars serve`` to the answer of its first request."""
    started = time.monotonic()
    with server([*REGULARS, "serve", "--no-schedule", "--json"], folder) as (process, url):
        with urllib.request.urlopen(url + _HOUSE, timeout=_MOST_SECONDS) as answer:
            body = answer.read().decode()
        answered = time.monotonic()
        cpu = cpu_of(process.pid)
    return Start(answered - started, cpu, json.loads(body))


def reported(folder: Path) -> Start:
    """The whole of ``regulars report house --json``."""
    command = [*REGULARS, "report", "house", "--json"]
    before, started = os.times(), time.monotonic()
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    seconds, after = time.monotonic() - started, os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])
    return Start(seconds, cpu, json.loads(done.stdout))


def measure(people: int, posts: int, rounds: int, kept: Path | None) -> dict[str, list[Start]]:
    """The first answer, then starts with it kept; all answers about the same data are equal."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = kept or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "regulars.toml").write_text(_SETTINGS)
        if not (folder / "data").exists():
            make_large_store(folder / "data", people, posts)
        shutil.rmtree(folder / "data" / "answers", ignore_errors=True)
        found = {"first ever": [served(folder)], "serve": [], "report": []}
        for _ in range(rounds):
            found["serve"].append(served(folder))
            found["report"].append(reported(folder))
    results = [start.answer["result"] for starts in found.values() for start in starts]
    assert all(result == results[0] for result in results), "the answers differ"
    assert results[0]["active_people"] == people  # type: ignore[index]
    return found


def report(people: int, posts: int, found: dict[str, list[Start]]) -> float:
    """Print medians with the goal; the seconds of ``serve`` with a kept answer."""
    print(f"\nstart: {people:,} people, {posts} posts; seconds to the answer (CPU s), medians")
    for name, starts in found.items():
        seconds = median(start.seconds for start in starts)
        print(f"  {name:10s} {seconds:8.2f} ({median(start.cpu for start in starts):.2f})")
    seconds = median(start.seconds for start in found["serve"])
    print(f"  goal {GOAL_SECONDS}: {'met' if seconds <= GOAL_SECONDS else 'missed'}")
    return seconds


if __name__ == "__main__":
    given = sys.argv[1:]
    how_many = (int(given[0]) if given else PEOPLE, int(given[1]) if len(given) > 1 else POSTS)
    times = int(given[2]) if len(given) > 2 else 3
    report(*how_many, measure(*how_many, times, Path(given[3]) if len(given) > 3 else None))
