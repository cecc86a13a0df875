"""What the reports about people cost on a large store, by the memory and threads of the database.

``python tests/benchmarks/reports.py FOLDER [PEOPLE] [POSTS]``: the five reports, each in a fresh
process and answered from what is kept, with what a store takes by default on this machine, on a
machine of 1 GiB, and with what version 0.2.0 took. Up to 100,000 people they are held against the
views of 0.2.0 in the same run. FOLDER keeps the store for another run. It holds running totals,
looked at after each weekly post. All answers about the same data are equal.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from histories import _ask_frozen
from large_store import FIRST_LOOK, PUBLICATION, WEEK, make_large_store
from measured import _peak

from regulars_connectors.instants import to_datetime

PEOPLE, POSTS = 100_000, 150
REPORTS = ("house", "regulars", "movement", "variation", "calibration")
GOALS = {"house": 1 / 50, "all five": 1 / 10}
"""Most of what the views of 0.2.0 cost in the same run."""
Costs = dict[str, dict[str, dict[str, Any]]]
LIMITS: dict[str, dict[str, int]] = {
    "default": {},
    "1 GiB machine": {"memory_limit_mib": 256},
    "as 0.2.0": {"memory_limit_mib": 144, "threads": 1},
}


def answer(folder: Path, report: str, limits: dict[str, int], now: str) -> dict[str, Any]:
    """Ask the report in this process: CPU seconds, most memory in MiB, digest of the result."""
    from datetime import datetime

    from regulars.reports.engine.ask import find_report
    from regulars.reports.engine.query import ReportQuery
    from regulars.settings import PublicationSettings, StoreSettings
    from regulars.store import Store

    with Store(StoreSettings(folder=folder, **limits)) as store:  # type: ignore[arg-type]
        before = os.times()
        query = ReportQuery(find_report(report), PublicationSettings(name=PUBLICATION))
        found = query.answered(store, datetime.fromisoformat(now))
        after = os.times()
    result = found.result.model_dump_json().encode()
    return {
        "cpu": after.user + after.system - before.user - before.system,
        "peak": _peak(),
        "digest": hashlib.sha256(result).hexdigest(),
        "megabytes": len(result) / 1e6,
    }


def in_fresh_process(folder: Path, report: str, limits: dict[str, int], now: str) -> dict[str, Any]:
    """The same in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), "--answer"]
    command += [str(folder), report, json.dumps(limits), now]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure(folder: Path, people: int, posts: int) -> tuple[Costs, float | None]:
    """Costs by report and limits, and CPU seconds of the views of 0.2.0 up to 100,000 people.

    The store is made where there is none.
    """
    if not (folder / "journal").exists():
        make_large_store(folder, people, posts)
    from regulars.reports.prepare import prepare
    from regulars.settings import PublicationSettings, StoreSettings
    from regulars.store import Store

    now = to_datetime(FIRST_LOOK + (posts + 3) * WEEK)
    frozen = None
    with Store(StoreSettings(folder=folder)) as store:  # new code makes the tables again
        if people <= PEOPLE:
            before = os.times()
            _ask_frozen(store, now)
            after = os.times()
            frozen = after.user + after.system - before.user - before.system
        prepare(store, PublicationSettings(name=PUBLICATION), now)
    costs = {
        report: {
            name: in_fresh_process(folder, report, LIMITS[name], now.isoformat())
            for name in (LIMITS if report in REPORTS[:2] else ("default",))
        }
        for report in REPORTS
    }
    for report, found in costs.items():
        assert len({cost["digest"] for cost in found.values()}) == 1, f"answers of {report} differ"
    return costs, frozen


def report_costs(people: int, costs: Costs, frozen: float | None) -> dict[str, float]:
    """Print them. Returns what `house` and all five cost of the views of 0.2.0, if known."""
    print(f"\nreports: {people:,} people; CPU s, most memory of the process")
    for report, found in costs.items():
        for name, cost in found.items():
            size = f"{cost['megabytes']:.1f} MB of JSON"
            print(
                f"  {report:11s} {name:14s} {cost['cpu']:7.2f} s {cost['peak']:6.0f} MiB   {size}"
            )
    five = {
        "house": costs["house"]["default"]["cpu"],
        "all five": sum(found["default"]["cpu"] for found in costs.values()),
    }
    if frozen is None:
        print(f"  house {five['house']:.2f} s (goal 1), all five {five['all five']:.2f} s (goal 6)")
        return {}
    ratios = {name: cost / frozen for name, cost in five.items()}
    print(f"  views of 0.2.0             {frozen:7.2f} s")
    for name, ratio in ratios.items():
        print(f"  {name:26s} {ratio:7.3f} of that (goal {GOALS[name]})")
    return ratios


if __name__ == "__main__":
    if sys.argv[1] == "--answer":
        print(
            json.dumps(answer(Path(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4]), sys.argv[5]))
        )
    else:
        place, *numbers = sys.argv[1:]
        how_many, weeks = (int(number) for number in (*numbers, *(PEOPLE, POSTS)[len(numbers) :]))
        report_costs(how_many, *measure(Path(place), how_many, weeks))
