"""How soon others are answered while many wait, and how soon a signal ends each wait.

``python tests/benchmarks/waiting.py``: real ``regulars serve`` and ``regulars sync`` processes, and
providers on loopback that keep a wait going for ever. Each wait is met in a process of its own.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.newsletter import Newsletter, newsletter
from support.waits import (
    MANY,
    PROVIDER_WAITS,
    SERVER_WAITS,
    Waiting,
    questions,
    raw_clients,
    running,
    slow_requests,
    until,
    waiting,
)

from regulars.clock import system_clock
from regulars_connectors.instants import DAY
from regulars_connectors.simulator import World

PATHS = ["/", "/readyz", "/api/v1/sync-runs"]
GOALS = {"others": 1.0, "end": 5.0}
_WEEKS, _TIMES = 12, 20


def measure() -> tuple[dict[str, list[float]], dict[str, float]]:
    """Seconds of each answer by what else went on, and from a signal to the end in each wait."""
    started = (system_clock() // DAY - 7 * _WEEKS) * DAY
    real = system_clock
    world = World(5, subscribers=60, spike=False, posts=_WEEKS + 10, started=started)
    with tempfile.TemporaryDirectory() as root, newsletter(Path(root), world) as letters:
        letters.clock.set(real())
        base = letters.folder("base")
        letters.run(base, "sync")
        return _others(letters, base), _ends(letters, base)


def _others(letters: Newsletter, base: Path) -> dict[str, list[float]]:
    found = {}
    with running(letters.folder("others", base), "serve", "report") as made:
        made.ask("/")
        beside: dict[str, AbstractContextManager[object]] = {
            "nothing else": raw_clients(made.url, []),
            f"{MANY} slow clients": raw_clients(made.url, slow_requests()),
            f"{MANY} questions": _waiting_questions(made),
        }
        for name, going_on in beside.items():
            with going_on:
                for path in PATHS:
                    found[f"{path} beside {name}"] = [made.seconds_of(path) for _ in range(_TIMES)]
    return found


@contextmanager
def _waiting_questions(made: Waiting) -> Iterator[None]:
    (made.folder / "hold").touch()
    with raw_clients(made.url, questions(MANY + 1)):
        until((made.folder / "waits").exists, "the first computation")
        yield


def _ends(letters: Newsletter, base: Path) -> dict[str, float]:
    found = {}
    waits = [("serve", wait) for wait in [*PROVIDER_WAITS, *SERVER_WAITS]]
    waits += [("sync", wait) for wait in PROVIDER_WAITS]
    for verb, wait in waits:
        with waiting(letters, base, verb, wait) as made:
            found[f"{verb}: {wait}"] = made.end()
        letters.heal()
    return found


def report(found: tuple[dict[str, list[float]], dict[str, float]]) -> dict[str, float]:
    """Print both tables. Returns the worst answer and the latest end, in seconds."""
    others, ends = found
    for name, seconds in others.items():
        print(f"{name}: median {1_000 * median(seconds):.1f} ms, worst {1_000 * max(seconds):.1f}")
    for name, one in ends.items():
        print(f"SIGTERM, {name}: {one:.2f} s")
    worst = max(max(seconds) for seconds in others.values())
    return {"others": worst, "end": max(ends.values())}


if __name__ == "__main__":
    report(measure())
