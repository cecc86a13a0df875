"""The clock that a machine starts with, before anything is opened or written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.command import run

from regulars import clock
from regulars_connectors.instants import DAY, Instant, from_iso

ROOT = Path(__file__).parents[3]
SETTINGS = """
[store]
folder = "data"

[[publications]]
name = "letters"
title = "Letters (invented)"
time_zone = "Europe/Lisbon"

[[publications.connections]]
name = "letters-beehiiv"
connector = "beehiiv"
publication_id = "pub_00000000-0000-4000-8000-000000000000"
api_key = "an-invented-key"
base_url = "http://127.0.0.1:9/v2"
"""


@pytest.mark.parametrize("verb", ["sync", "serve"])
@pytest.mark.parametrize(
    "moment", [5 * DAY, from_iso("2020-01-01"), from_iso("2100-01-01"), clock.RELEASED - 1]
)
def test_an_impossible_time_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: Instant, verb: str
) -> None:
    settings = tmp_path / "regulars.toml"
    settings.write_text(SETTINGS)
    monkeypatch.setattr("regulars.clock.system_clock", lambda: moment)
    said = run(settings, verb)
    assert said.code == 1
    assert "clock_wrong" in said.err
    assert "Set the clock of this machine" in said.err
    assert list(tmp_path.iterdir()) == [settings]


@pytest.mark.parametrize("moment", [clock.RELEASED, clock.RELEASED + 19 * 365 * DAY])
def test_a_possible_time_is_believed(monkeypatch: pytest.MonkeyPatch, moment: Instant) -> None:
    monkeypatch.setattr("regulars.clock.system_clock", lambda: moment)
    clock.require_plausible_clock()


def test_the_code_knows_the_day_of_the_newest_release() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    days = re.findall(r"^## \[\d[\d.]*\] - (\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE)
    assert from_iso(max(days)) == clock.RELEASED
