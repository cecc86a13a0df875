"""Whether memory stays flat: most resident memory of a sync of 100,000 and of 1,000,000 people.

``python tests/benchmarks/flat_memory.py``: a first sync and a second one with nothing changed,
each in a fresh process, with the memory that a store takes on a machine of 1 GiB.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from fixed_pages import PAGE_ROWS, serving_pages
from measured import Cost, make_store, run

SIZES = (100_000, 1_000_000)
GOAL_RATIO, GOAL_PEAK = 1.3, 512
MEMORY_MIB = 256  # what a store takes of 1 GiB


def measure(people: int) -> tuple[Cost, Cost]:
    """A first and an unchanged second sync of so many people; their rows are counted."""
    pages = people // PAGE_ROWS
    with serving_pages(pages) as url, tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        make_store(store)
        first, second = (run("sync", url, str(store), str(MEMORY_MIB)) for _ in range(2))
        tables = run("tables", str(store)).printed["tables"]
    assert tables["subscriptions"][0] == tables["words"][0] == tables["people"][0] == people
    assert tables["counters"][0] == tables["counter_state"][0] == people
    assert second.printed["written"] == 0
    return first, second


def report(costs: dict[int, tuple[Cost, Cost]]) -> tuple[float, float]:
    """Print peaks and ratios with their goals; the first sync's ratio and its largest peak."""
    print("\nflat memory: most resident memory in MiB (CPU s)")
    for people, (first, second) in costs.items():
        print(
            f"  {people:9,d} people   first {first.peak:.0f} ({first.own:.1f})"
            f"   unchanged {second.peak:.0f} ({second.own:.1f})"
        )
    small, large = (costs[people] for people in SIZES)
    ratio, peak = large[0].peak / small[0].peak, large[0].peak
    print(f"  first     ratio {ratio:.2f}, goal {GOAL_RATIO}; peak {peak:.0f}, goal {GOAL_PEAK}")
    print(f"  unchanged ratio {large[1].peak / small[1].peak:.2f}; peak {large[1].peak:.0f}")
    return ratio, peak


if __name__ == "__main__":
    report({people: measure(people) for people in SIZES})
