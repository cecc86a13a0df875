"""Both lines of DuckDB make the same tables of one history, and each opens the other's store."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from regulars.demo import demo_provider, demo_settings, pull_the_past_year
from regulars.store import Store
from regulars_connectors.simulator import World

ROOT = Path(__file__).parents[2]
OTHER = ROOT / ".venv-duckdb-1.5" / "bin" / "python"
pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two months of weekly pulls."""
    folder = tmp_path_factory.mktemp("lines")
    world = World(11, subscribers=300, spike_size=100)
    with demo_provider(world) as (clock, api_url):
        settings = demo_settings(world, folder / "data", api_url, 0)
        with Store(settings.store) as store:
            for number, run in enumerate(pull_the_past_year(store, settings, world, clock)):
                assert run.outcome == "complete"
                if number == 8:
                    break
    return folder / "data"


def _rebuilt(python: str, folder: Path) -> dict[str, Any]:
    script = ROOT / "tests" / "support" / "dump_store.py"
    done = subprocess.run([python, script, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_rebuild_gives_the_same_tables_on_both_lines(history: Path, tmp_path: Path) -> None:
    assert OTHER.is_file(), f"{OTHER} is missing: run make test-servers, which makes it"
    dumps = {}
    for python in (sys.executable, str(OTHER)):
        folder = tmp_path / str(len(dumps))
        # The copy brings the database of this line along: the other must cope with it, too.
        shutil.copytree(history, folder)
        found = _rebuilt(python, folder)
        dumps[found["duckdb"].split(".")[0]] = found["tables"]
    assert set(dumps) == {"1", "2"}
    for table, rows in dumps["2"].items():
        assert dumps["1"][table] == rows, table
