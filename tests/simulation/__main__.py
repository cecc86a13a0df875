"""`make simulate`: run the experiments that are missing, then print what they came to.

    python -m simulation [--runs PERCENT] [--folder FOLDER] [--only EXPERIMENT] [--table]

Each run is a line of a file, set down as soon as it is there, so a stopped simulation goes on where
it was. A line belongs to the statistics that made it: other code, other lines.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from simulation.plan import PLAN, Setting
from simulation.runs import EXPERIMENTS, Row
from simulation.table import checks_of, tables_of


def main() -> int:
    """Run, print the tables and the checks; 1 where a figure misses."""
    options = _options()
    lines = options.folder / f"{_digest()}.jsonl"
    lines.parent.mkdir(parents=True, exist_ok=True)
    if not options.table:
        _run(lines, options.runs, options.only)
    rows = list(_rows(lines))
    print("\n".join(tables_of(rows)))
    checks = checks_of(rows)
    print("\n".join(str(check) for check in checks))
    return 0 if all(check.holds for check in checks) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    cache = os.environ.get("REGULARS_CACHE", Path.home() / ".cache" / "regulars")
    parser.add_argument("--runs", type=float, default=100, help="percent of the long form")
    parser.add_argument("--folder", type=Path, default=Path(cache) / "simulation")
    parser.add_argument("--only", choices=list(EXPERIMENTS), help="one experiment alone")
    parser.add_argument("--table", action="store_true", help="print what is there, run nothing")
    return parser.parse_args()


def _digest() -> str:
    """Of the code that decides the figures: worlds, experiments, the statistics they ask."""
    modules = {name: module for name, module in sys.modules.items() if _decides(name)}
    found = hashlib.sha256()
    for name in sorted(modules):
        found.update(Path(str(modules[name].__file__)).read_bytes())
    return found.hexdigest()[:16]


def _decides(name: str) -> bool:
    room, _, module = name.rpartition(".")
    if room == "simulation":
        return module in {"worlds", "gather", "counting", "runs"}
    return room == "regulars.stats"


def _rows(lines: Path) -> Iterator[Row]:
    if not lines.exists():
        return
    for line in lines.read_text().splitlines(keepends=True):
        if line.endswith("\n"):  # the last one may have been cut off
            yield json.loads(line)


def _run(lines: Path, percent: float, only: str | None) -> None:
    rows = list(_rows(lines))
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
    there = {_key(row["experiment"], row["world"], row["people"], row["seed"]) for row in rows}
    missing = [
        (setting, seed)
        for setting, seed in _ordered(percent)
        if (only is None or setting.experiment == only)
        and _key(setting.experiment, setting.world, setting.people, seed) not in there
    ]
    began = time.process_time()
    with lines.open("a") as out:
        for done, (setting, seed) in enumerate(missing, start=1):
            found = EXPERIMENTS[setting.experiment](setting.world, setting.people, seed)
            head = {"experiment": setting.experiment, "world": setting.world}
            head |= {"people": setting.people, "seed": seed}
            out.write(json.dumps(head | found) + "\n")
            out.flush()
            if done % 50 == 0 or done == len(missing):
                spent = time.process_time() - began
                print(f"{done} of {len(missing)} runs, {spent:.0f} CPU seconds", file=sys.stderr)


def _key(*parts: object) -> str:
    return "/".join(str(part) for part in parts)


def _ordered(percent: float) -> list[tuple[Setting, int]]:
    """All runs, spread so that a simulation that is stopped has done a part of each setting."""
    runs = [
        (seed / setting.runs, place, setting, seed)
        for place, setting in enumerate(PLAN)
        for seed in range(max(1, round(setting.runs * percent / 100)))
    ]
    return [(setting, seed) for _, _, setting, seed in sorted(runs, key=lambda run: run[:2])]


if __name__ == "__main__":
    sys.exit(main())
