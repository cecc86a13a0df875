"""Twelve runs of each setting: is the headline off, beyond what twelve runs can tell?"""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
import simulation.__main__ as program
from simulation.plan import SIZES, Setting
from simulation.runs import forecast_run
from simulation.table import checks_of, tables_of
from simulation.worlds import WORLDS

RUNS = 12


@pytest.mark.long
@pytest.mark.parametrize("people", SIZES)
@pytest.mark.parametrize("world", WORLDS)
def test_the_headline_is_hardly_off(world, people):
    rows = [forecast_run(world, people, seed) for seed in range(RUNS)]
    off = np.array([row["value"] - row["truth"] for row in rows])
    allowed = 1.0 if people < 300 else 0.03 * np.mean([row["truth"] for row in rows])
    assert abs(off.mean()) <= allowed + 2 * off.std(ddof=1) / RUNS**0.5


@pytest.fixture
def simulate(tmp_path, monkeypatch, capsys):
    """`make simulate` with a plan of three short runs; returns what it printed."""
    monkeypatch.setattr(program, "PLAN", (Setting("forecast", "a", 60, 3),))

    def run(*options):
        monkeypatch.setattr(sys, "argv", ["simulation", "--folder", str(tmp_path), *options])
        program.main()
        return capsys.readouterr().out

    return run


def test_a_stopped_simulation_goes_on_where_it_was(simulate, tmp_path, monkeypatch):
    done = []

    def counted(world, people, seed):
        done.append(seed)
        return forecast_run(world, people, seed)

    monkeypatch.setitem(program.EXPERIMENTS, "forecast", counted)
    simulate("--runs", "34")
    assert done == [0]
    (lines,) = tmp_path.iterdir()
    lines.write_text(lines.read_text() + '{"experiment": "forec')  # killed while it wrote
    printed = simulate()
    assert done == [0, 1, 2]
    rows = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [row["seed"] for row in rows] == [0, 1, 2]
    assert simulate() == printed
    assert done == [0, 1, 2]
    assert "| a | 60 | 3 |" in printed


def test_a_figure_that_misses_is_said(simulate):
    printed = simulate("--table")
    assert printed.strip() == ""
    row = forecast_run("a", 60, 1) | {"experiment": "forecast", "world": "a", "people": 300}
    off = row | {"value": row["truth"] * 1.2}
    told = {check.promise: check for check in checks_of([row, off])}
    assert not told["bias at most 3 % from 300 people up"].holds
    assert "missed by a 300" in str(told["bias at most 3 % from 300 people up"])
    assert tables_of([row, off])[2].startswith("| a | 300 | 2 |")
