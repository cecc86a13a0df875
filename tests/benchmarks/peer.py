"""Ours against dlt, the usual tool for such pulls: records per CPU second, and peak memory.

``python tests/benchmarks/peer.py [ROUNDS] [PAGES]``: the same fixed pages, through dlt's REST
source into one DuckDB table with its Parquet loader, and through our full path (connector, history,
journal, six tables), in turns, each in a fresh process. dlt is no dependency of ours: it gets a
virtual environment of its own in the cache folder, from requirements/bench-dlt.txt with hashes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fixed_pages import PAGE_ROWS, PUBLICATION, serving_pages
from measured import make_store, run
from support.environments import kept_environment

PAGES = 1_000
GOALS = {"records": 4.0, "memory": 0.7}
_HERE = Path(__file__).resolve().parent
_REQUIREMENTS = _HERE.parents[1] / "requirements" / "bench-dlt.txt"


def _through_dlt(python: Path, url: str, folder: Path) -> dict[str, Any]:
    command = [str(python), str(_HERE / "peer_dlt.py"), url, PUBLICATION, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(rounds: int, pages: int = PAGES) -> dict[str, list[dict[str, float]]]:
    """Both sides so many times in turns; each must have every row once."""
    python = kept_environment(_REQUIREMENTS)
    records = pages * PAGE_ROWS
    found: dict[str, list[dict[str, float]]] = {"ours": [], "dlt": []}
    with serving_pages(pages) as url:
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as temporary:
                folder = Path(temporary)
                theirs = _through_dlt(python, url, folder)
                assert theirs["rows"] == theirs["ids"] == theirs["with_totals"] == records, theirs
                found["dlt"].append({"own": theirs["own"], "peak": theirs["peak"]})
                make_store(folder / "store")
                cost = run("sync", url, str(folder / "store"))
                tables = run("tables", str(folder / "store")).printed["tables"]
                for name in ("subscriptions", "words", "people", "counters"):
                    assert tables[name][0] == records, name
                found["ours"].append({"own": cost.own, "peak": cost.peak})
    return found


def report(found: dict[str, list[dict[str, float]]], pages: int = PAGES) -> dict[str, float]:
    """Print medians and both ratios with their goals; the ratios."""
    own = {side: median(cost["own"] for cost in costs) for side, costs in found.items()}
    peak = {side: median(cost["peak"] for cost in costs) for side, costs in found.items()}
    print(f"\npeer: {pages * PAGE_ROWS:,} records, CPU s without start and imports, medians")
    for side in found:
        rate = pages * PAGE_ROWS / own[side]
        print(f"  {side:5s} {own[side]:7.2f} s  {rate:8,.0f} records/s  peak {peak[side]:.0f} MiB")
    ratios = {"records": own["dlt"] / own["ours"], "memory": peak["ours"] / peak["dlt"]}
    print(f"  records per CPU second: {ratios['records']:.1f} times, goal {GOALS['records']}")
    print(f"  peak memory: {ratios['memory']:.2f} times, goal {GOALS['memory']}")
    return ratios


if __name__ == "__main__":
    many = int(sys.argv[2]) if len(sys.argv) > 2 else PAGES
    report(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 3, many), many)
