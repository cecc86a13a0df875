"""What a pull costs beside fetching: CPU of a sync ÷ CPU of the same client dropping the bytes.

``python tests/benchmarks/pull.py [ROUNDS]``: 2,000 fixed pages of 100 subscriptions over loopback,
each measurement in a fresh process, in turns; medians.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from fixed_pages import PAGE_ROWS, POSTS, serving_pages
from measured import Cost, make_store, run

PAGES = 2_000
GOALS = {"first": 4.0, "unchanged": 2.5}


def measure(rounds: int, pages: int = PAGES) -> dict[str, list[Cost]]:
    """Fetch and drop, a first sync, a second one with nothing changed; so many times in turns."""
    costs: dict[str, list[Cost]] = {"dropped": [], "first": [], "unchanged": []}
    tables = []
    with serving_pages(pages) as url, tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            store = Path(folder) / f"store-{number}"
            make_store(store)
            costs["dropped"].append(run("drop", url, str(pages)))
            costs["first"].append(run("sync", url, str(store)))
            after_first = run("tables", str(store)).printed["tables"]
            costs["unchanged"].append(run("sync", url, str(store)))
            tables += [after_first, run("tables", str(store)).printed["tables"]]
    _check(costs, tables, pages)
    return costs


def _check(costs: dict[str, list[Cost]], tables: list[dict[str, list[int]]], pages: int) -> None:
    """Every store holds the same rows, as many as were served, before and after the second sync."""
    assert all(table == tables[0] for table in tables), "the stores differ"
    rows = {name: count for name, (count, _) in tables[0].items()}
    assert rows.pop("posts") == POSTS
    assert set(rows.values()) == {pages * PAGE_ROWS}, rows
    assert all(cost.printed["written"] == 0 for cost in costs["unchanged"])


def report(costs: dict[str, list[Cost]]) -> dict[str, float]:
    """Print medians and ratios with their goals; the ratios."""
    own = {name: median(cost.own for cost in found) for name, found in costs.items()}
    whole = {name: median(cost.cpu for cost in found) for name, found in costs.items()}
    peak = {name: median(cost.peak for cost in found) for name, found in costs.items()}
    print(
        f"\npull: {len(costs['first'])} rounds, medians; CPU s, with start and imports in brackets"
    )
    for name in costs:
        print(f"  {name:10s} {own[name]:6.2f} ({whole[name]:.2f})   peak {peak[name]:.0f} MiB")
    ratios = {name: own[name] / own["dropped"] for name in GOALS}
    for name, ratio in ratios.items():
        with_start = whole[name] / whole["dropped"]
        met = "met" if ratio <= GOALS[name] else "missed"
        print(f"  {name:10s} ratio {ratio:.2f} ({with_start:.2f}), goal {GOALS[name]}: {met}")
    return ratios


if __name__ == "__main__":
    report(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
