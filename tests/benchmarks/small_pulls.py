"""What the demo costs: 53 weekly pulls of up to 2,500 people, most of it the cost of small things.

``python tests/benchmarks/small_pulls.py [ROUNDS]``: ``regulars demo --once`` in fresh processes;
CPU seconds of the whole, the start and the simulated provider included, and what the pulls left
in the store.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from server_process import REGULARS

_KEPT = "Kept in "


class Cost(NamedTuple):
    """CPU seconds of both processes, and the journal's entries by kind with all files they name."""

    cpu: float
    entries: Counter[str]
    files: int


def demo_once() -> Cost:
    """One demo in a fresh process."""
    command = [*REGULARS, "demo", "--once", "--keep", "--no-browser"]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    with process.stderr:
        said = process.stderr.read()
    # Of a process that waited for its own: theirs is counted with it.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, said
    folder = Path(said.rpartition(_KEPT)[2].strip().rstrip("."))
    entries = list(_entries(folder / "data" / "journal"))
    shutil.rmtree(folder)
    return Cost(
        usage.ru_utime + usage.ru_stime,
        Counter(str(facts["kind"]) for facts in entries),
        sum(len(facts.get("files", ())) for facts in entries),
    )


def _entries(journal: Path) -> Any:
    """What stands in the journal: eight bytes of length and checksum before each entry."""
    for segment in sorted(journal.glob("*.log")):
        content, place = segment.read_bytes(), 0
        while place < len(content):
            length = int.from_bytes(content[place : place + 4], "little")
            yield json.loads(content[place + 8 : place + 8 + length])
            place += 8 + length


def measure(rounds: int) -> list[Cost]:
    """So many demos, one after the other; each must leave the same behind."""
    costs = [demo_once() for _ in range(rounds)]
    assert len({(str(cost.entries), cost.files) for cost in costs}) == 1
    return costs


def report(costs: list[Cost]) -> float:
    """Print what they cost; the median."""
    middle = median(cost.cpu for cost in costs)
    pulls = costs[0].entries["run"]
    print(f"\nsmall pulls: the demo's {pulls} pulls, median of {len(costs)}")
    print(f"  CPU {middle:.1f} s of both processes, {1000 * middle / pulls:.0f} ms a pull")
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(costs[0].entries.items()))
    print(f"  {sum(costs[0].entries.values())} journal entries ({kinds}), {costs[0].files} files")
    return middle


if __name__ == "__main__":
    report(measure(int(sys.argv[1]) if sys.argv[1:] else 3))
