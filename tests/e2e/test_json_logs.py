"""A process that logs JSON: every line of stderr is JSON, and those of a run have its id."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.command import CANARY_KEY

PRIVATE = "canary.reader@example.org"


def command(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "regulars.cli", "--config", str(folder / "regulars.toml"), *words],
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Settings with a folder of files, one of whose rows nobody can read."""
    history = tmp_path / "history"
    history.mkdir()
    (history / "subscriptions.csv").write_text(
        f"id,email,joined_at,left_at,status,source\ns1,{PRIVATE},2025-01-01,,active,\n"
        f"s2,{PRIVATE},{PRIVATE},,active,\n"
    )
    (tmp_path / "regulars.toml").write_text(
        """
[store]
folder = "data"
free_space_floor_mib = 0

[[publications]]
name = "letters"

[[publications.connections]]
name = "letters-files"
connector = "files"
folder = "history"

[[publications.connections]]
name = "letters-beehiiv"
connector = "beehiiv"
publication_id = "pub_00000000-0000-4000-8000-000000000000"
api_key = { env = "KEY" }
base_url = "http://127.0.0.1:9/v2"
"""
    )
    return tmp_path


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("before", marks=pytest.mark.long),
        pytest.param("behind", marks=pytest.mark.long),
        pytest.param("environment", marks=pytest.mark.long),
    ],
)
def test_every_line_of_a_run_has_its_id(folder: Path, place: str) -> None:
    words = ["sync", "letters-files", "--quiet"]
    words = ["--log-format", "json", *words] if place == "before" else words
    words += ["--log-format", "json"] if place == "behind" else []
    env = {"REGULARS_LOG_FORMAT": "json"} if place == "environment" else {}
    done = command(folder, *words, "--json", KEY=CANARY_KEY, **env)
    found = lines_of(done.stderr)
    (run,) = json.loads(done.stdout)["runs"]
    of_run = [line for line in found if "run" in line]
    assert [line["event"] for line in of_run if line["event"].startswith("run ")] == [
        "run began",
        "run ended",
    ]
    assert {line["run"] for line in of_run} == {run["id"]}
    assert of_run[-1]["outcome"] == run["state"]
    assert PRIVATE not in done.stderr


def test_a_command_that_fails_ends_with_one_line(folder: Path) -> None:
    done = command(folder, "--log-format", "json", "report", "nonsense", KEY=CANARY_KEY)
    last = lines_of(done.stderr)[-1]
    assert (done.returncode, last["level"], last["code"]) == (2, "error", "not_found")
    assert CANARY_KEY not in done.stderr
