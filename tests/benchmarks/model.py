"""The model of readers: what a fit costs, beside lifetimes, and what a large list costs.

``python tests/benchmarks/model.py [ROUNDS] [PEOPLE …]`` fits BG/BB to the same cells with lifetimes
0.11.3 and with ours, in turns, each in a fresh process with one thread. Then for lists of so many
people and 150 posts: fit, scores, headcount and both back-tests, as they follow a change of the
data. lifetimes is no dependency of ours: it gets a virtual environment of its own in the cache
folder, from requirements/bench-lifetimes.txt with hashes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured import _peak
from model_world import world_cells
from support.environments import kept_environment

POSTS, READS, OF = 150, 4, 8
PEOPLE = (100_000, 1_000_000)
PEER_PEOPLE, PEER_POSTS = 20_000, (26, 40, 52)
GOALS = {"times": 8.0, "cpu": 15.0, "peak": {100_000: 200, 1_000_000: 1024}}
_HERE = Path(__file__).resolve().parent
_REQUIREMENTS = _HERE.parents[1] / "requirements" / "bench-lifetimes.txt"
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def _run(*command: str) -> dict[str, Any]:
    environment = {**os.environ, **_ONE_THREAD}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _save(path: Path, columns: dict[str, Any]) -> None:
    import numpy as np

    np.savez(path, **columns)


def _cells(columns: Any, date: int = 0, weight: str = "weight") -> Any:
    from regulars.stats.cells import Cells

    names = ("x", "t", "n", "has_left")
    fields = {name: columns[f"{name}_{date}"] for name in names}
    return Cells(**fields, weight=columns[f"{weight}_{date}"])


def measure_peer(rounds: int, posts: int) -> dict[str, Any]:
    """Both fits of the same cells in turns; medians, and the log-likelihoods of both results."""
    from regulars.stats import bgbb

    python = kept_environment(_REQUIREMENTS)
    columns = world_cells(PEER_PEOPLE, posts, leaving=0)
    cells = _cells(columns)
    found: dict[str, list[dict[str, Any]]] = {"ours": [], "lifetimes": []}
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder) / "ours.npz", Path(folder) / "theirs.npz"
        _save(ours, columns)
        _save(theirs, {name: columns[f"{name}_0"] for name in ("x", "t", "n", "weight")})
        for _ in range(rounds):
            found["lifetimes"].append(
                _run(str(python), str(_HERE / "model_lifetimes.py"), str(theirs))
            )
            found["ours"].append(_run(sys.executable, str(_HERE / "model.py"), "fit", str(ours)))
    reached = {}
    for side, runs in found.items():
        shapes = runs[-1]["shapes"]
        value = shapes and cells.total(bgbb.log_likelihood(cells, bgbb.BetaGeometric(*shapes)))
        reached[side] = {
            "own": median(run["own"] for run in runs),
            "log_likelihood": value,
            "failed": runs[-1].get("failed"),
        }
    return {"cells": len(cells), **reached}


def measure_list(people: int) -> dict[str, Any]:
    """Everything that follows a change of the data, once, in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cells.npz"
        _save(path, world_cells(people, POSTS, dates=(OF, 2 * OF), reads=READS, of=OF))
        return _run(sys.executable, str(_HERE / "model.py"), "list", str(path))


def report_peer(found: dict[int, dict[str, Any]]) -> dict[int, float]:
    """Print both sides for each number of posts; how many times ours is faster."""
    print(f"\nmodel: BG/BB of {PEER_PEOPLE:,} people, CPU s of the fit alone, medians")
    times = {}
    for posts, sides in found.items():
        times[posts] = sides["lifetimes"]["own"] / sides["ours"]["own"]
        print(f"  {posts} posts, {sides['cells']:,} cells")
        for side in ("lifetimes", "ours"):
            one = sides[side]
            value = one["failed"] or f"log-likelihood {one['log_likelihood']:,.3f}"
            print(f"    {side:10s} {one['own']:8.3f} s  {value}")
        print(f"    {times[posts]:.1f} times, goal {GOALS['times']} at 26")
    return times


def report_list(people: int, found: dict[str, Any]) -> dict[str, Any]:
    """Print the steps of one list; the figures."""
    print(f"\nmodel: {people:,} people, {POSTS} posts, {found['cells']:,} cells")
    for step, seconds in found["steps"].items():
        print(f"  {step:22s} {seconds:6.2f} CPU s")
    goal = GOALS["peak"].get(people)
    print(f"  together {found['own']:.1f} CPU s, goal {GOALS['cpu']} at 100,000")
    print(f"  {found['beyond']:.0f} MiB beyond the imports, goal {goal}")
    print(f"  weights from all people instead: {found['from_all']:.1f} CPU s a fit")
    print(f"  headcount {found['headcount']}")
    return found


def _fit(path: str) -> dict[str, Any]:
    import numpy as np
    import scipy.optimize
    import scipy.special  # noqa: F401

    from regulars.stats import bgbb

    cells = _cells(np.load(path))
    began = time.process_time()
    model = bgbb.fit(cells, with_priors=False)
    own = time.process_time() - began
    assert model.converged
    return {"own": own, "shapes": [model.alpha, model.beta, model.gamma, model.delta]}


def _list(path: str) -> dict[str, Any]:
    import numpy as np
    import scipy.optimize
    import scipy.special  # noqa: F401

    from regulars.stats import mixture
    from regulars.stats.forecast import forecast
    from regulars.stats.headcount import Returns, headcount, return_rate

    imports, began = _peak(), time.process_time()
    columns, steps, rates = np.load(path), {}, {}
    for date in (OF, 2 * OF, 0):
        last = time.process_time()
        cells = _cells(columns, date)
        learned = mixture.learn(_cells(columns, date, "learned"))
        assert not learned.fallback
        steps[f"weights, {date} posts ago"] = time.process_time() - last
        last = time.process_time()
        counted = (cells.n >= OF) & (cells.x >= 3) & ~cells.has_left
        everybody = forecast(cells, learned.weights, READS, OF)
        people, came = cells.weight[counted], columns[f"came_{date}"][counted]
        rates[date] = return_rate(everybody.p_sustained[counted], came, people)
        steps[f"scores, {date} posts ago"] = time.process_time() - last
    last = time.process_time()
    found = headcount(
        [(cells.take(counted), learned.weights)], READS, OF,
        returns=Returns(rates[OF], rates[2 * OF]), sigma=0.2,
    )  # fmt: skip
    steps["headcount"] = time.process_time() - last
    own, peak = time.process_time() - began, _peak()
    last = time.process_time()
    mixture.learn(cells)
    return {
        "own": own,
        "beyond": peak - imports,
        "steps": steps,
        "cells": len(cells),
        "from_all": time.process_time() - last,
        "headcount": found.estimate().words(),
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["fit"] or sys.argv[1:2] == ["list"]:
        print(json.dumps((_fit if sys.argv[1] == "fit" else _list)(sys.argv[2])))
    else:
        many = int(sys.argv[1]) if len(sys.argv) > 1 else 3
        report_peer({posts: measure_peer(many, posts) for posts in PEER_POSTS})
        for size in [int(one) for one in sys.argv[2:]] or PEOPLE:
            report_list(size, measure_list(size))
