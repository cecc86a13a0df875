"""What the reports about people cost on a large store, by the memory and threads of the database.

``python tests/benchmarks/reports.py FOLDER [PEOPLE] [POSTS]``: ``house`` and ``regulars``, each in
a fresh process, with what a store takes by default on this machine, on a machine of 1 GiB, and with
what version 0.2.0 took. FOLDER keeps the store for another run. It holds running totals, looked at
after each weekly post. All answers about the same data are equal.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from large_store import PUBLICATION, make_large_store
from measured import _peak

PEOPLE, POSTS = 100_000, 150
REPORTS = ("house", "regulars")
LIMITS: dict[str, dict[str, int]] = {
    "default": {},
    "1 GiB machine": {"memory_limit_mib": 256},
    "as 0.2.0": {"memory_limit_mib": 144, "threads": 1},
}


def answer(folder: Path, report: str, limits: dict[str, int]) -> dict[str, Any]:
    """Ask the report in this process: CPU seconds, most memory in MiB, digest of the result."""
    from datetime import UTC, datetime

    from regulars.reports.engine.ask import find_report
    from regulars.reports.engine.query import ReportQuery
    from regulars.settings import PublicationSettings, StoreSettings
    from regulars.store import Store

    with Store(StoreSettings(folder=folder, **limits)) as store:  # type: ignore[arg-type]
        before = os.times()
        query = ReportQuery(find_report(report), PublicationSettings(name=PUBLICATION))
        found = query.answered(store, datetime.now(UTC))
        after = os.times()
    result = found.result.model_dump_json().encode()
    return {
        "cpu": after.user + after.system - before.user - before.system,
        "peak": _peak(),
        "digest": hashlib.sha256(result).hexdigest(),
        "megabytes": len(result) / 1e6,
    }


def in_fresh_process(folder: Path, report: str, limits: dict[str, int]) -> dict[str, Any]:
    """The same in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), "--answer"]
    command += [str(folder), report, json.dumps(limits)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure(folder: Path, people: int, posts: int) -> dict[str, dict[str, dict[str, Any]]]:
    """Costs by report and limits; the store is made where there is none."""
    if not (folder / "journal").exists():
        make_large_store(folder, people, posts)
    from regulars.settings import StoreSettings
    from regulars.store import Store

    Store(StoreSettings(folder=folder)).close()  # an update of the code makes the tables again
    costs = {
        report: {name: in_fresh_process(folder, report, LIMITS[name]) for name in LIMITS}
        for report in REPORTS
    }
    for report, found in costs.items():
        assert len({cost["digest"] for cost in found.values()}) == 1, f"answers of {report} differ"
    return costs


def report_costs(people: int, costs: dict[str, dict[str, dict[str, Any]]]) -> None:
    """Print them."""
    print(f"\nreports: {people:,} people; CPU s, most memory of the process")
    for report, found in costs.items():
        for name, cost in found.items():
            size = f"{cost['megabytes']:.1f} MB of JSON"
            print(f"  {report:9s} {name:14s} {cost['cpu']:7.1f} s {cost['peak']:6.0f} MiB   {size}")


if __name__ == "__main__":
    if sys.argv[1] == "--answer":
        print(json.dumps(answer(Path(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4]))))
    else:
        place, *numbers = sys.argv[1:]
        how_many, weeks = (int(number) for number in (*numbers, *(PEOPLE, POSTS)[len(numbers) :]))
        report_costs(how_many, measure(Path(place), how_many, weeks))
