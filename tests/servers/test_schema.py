"""Schemathesis against a real ``regulars serve``: no server error, and no break of the schema.

It is no dependency of ours: it gets an environment of its own in the cache folder, from
requirements/schemathesis.txt with hashes.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.environments import kept_environment
from support.newsletter import Newsletter, newsletter
from support.waits import running

from regulars.clock import system_clock
from regulars_connectors.instants import DAY
from regulars_connectors.simulator import World

pytestmark = pytest.mark.servers

REQUIREMENTS = Path(__file__).parents[2] / "requirements" / "schemathesis.txt"
WEEKS = 12
TEN_MINUTES = 600
WIDGET = "wgt_invented-widget-key-0001"
# A schema cannot say which names the settings hold, so that 404 is a right answer to a good name.
LEFT_OUT = "positive_data_acceptance"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a newsletter of today: its process believes the machine's clock."""
    started = (system_clock() // DAY - 7 * WEEKS) * DAY
    world = World(5, subscribers=150, spike=False, posts=WEEKS + 10, started=started)
    with newsletter(tmp_path_factory.mktemp("schema"), world) as letters:
        letters.clock.set(system_clock())
        folder = letters.folder("served", settings=_with_widget(letters))
        letters.run(folder, "sync")
        with running(folder, "serve") as served:
            yield served.url


def _with_widget(letters: Newsletter) -> str:
    widget = f'\n[[publications.widgets]]\nkey = "{WIDGET}"\n'
    return letters.settings_text() + widget


def ask(url: str, folder: Path, *words: str) -> dict[str, Any]:
    """The report of a run that found nothing wrong."""
    program = kept_environment(REQUIREMENTS).with_name("schemathesis")
    report = folder / "report.json"
    said = subprocess.run(
        [
            str(program), "run", f"{url}/api/v1/openapi.json", "--no-color",
            "--exclude-checks", LEFT_OUT, "--report-json-path", str(report), *words,
        ],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout[-20_000:] + said.stderr[-2_000:]
    found: dict[str, Any] = json.loads(report.read_text())
    return found


def test_no_server_error_and_no_break_of_the_schema(url: str, tmp_path: Path) -> None:
    found = ask(url, tmp_path, "--seed", "1", "--max-examples", "10")
    assert found["operations"]["tested"] == found["operations"]["total"] > 10
    assert found["test_cases"]["generated"] > 200
    reached = [one for one, rates in found["valid_rates"].items() if rates["fuzzing"]["accepted"]]
    assert any("reports/house" in one for one in reached), "no report was ever answered"


@pytest.mark.soak
@pytest.mark.timeout(3 * TEN_MINUTES)
def test_ten_minutes_without_a_server_error(url: str, tmp_path: Path) -> None:
    assert ask(url, tmp_path, "--max-time", str(TEN_MINUTES))["test_cases"]["generated"] > 1_000
