"""One test for each exit code of docs/reference/command-line.md, in processes of their own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from support.newsletter import Weather, tables

from regulars_connectors.simulator import BeehiivFace, Request, Response

COMMAND_LINE = Path(__file__).parents[2] / "docs" / "reference" / "command-line.md"
TESTED = {0, 1, 2, 3, 4, 5, 6, 7, 8, 130}


def _regulars(folder: Path, *words: str) -> subprocess.Popen[str]:
    """A process of its own; the settings' time of day is the machine's."""
    return subprocess.Popen(
        [sys.executable, "-m", "regulars.cli", "--config", str(folder / "regulars.toml"), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
    )


def _ended(folder: Path, *words: str) -> tuple[int, str, str]:
    process = _regulars(folder, *words)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def _slowed(weather: Weather, seconds: float = 0.4) -> threading.Event:
    """Pages after the first come late; the event tells that one was asked for."""
    face = BeehiivFace(weather.letters.world, weather.letters.clock)
    asked = threading.Event()

    def slow(request: Request) -> Response:
        is_later = any(name == "cursor" for name, _ in request.query)
        if is_later:
            asked.set()
        return replace(face(request), delay_seconds=seconds if is_later else 0.0)

    weather.letters.face = slow
    return asked


def _first_part(folder: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not any(folder.glob("data/incoming/*/subscriptions/*.parquet")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_documented_codes_are_those_tested_here(weather: Weather) -> None:
    told = weather.letters.run(weather.behind, "--help").out
    assert {int(code) for code in re.findall(r"(?:^| )  (\d+)  ", told, re.MULTILINE)} == TESTED
    table = re.findall(r"^\| (\d+) \|", COMMAND_LINE.read_text(), re.MULTILINE)
    assert {int(code) for code in table} == TESTED


def test_0_done(weather: Weather) -> None:
    code, out, err = _ended(weather.fresh(), "sync", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["runs"][0]["state"] == "complete"


def test_1_failed(weather: Weather) -> None:
    folder = weather.fresh()
    os.chmod(folder / "data", 0o755)
    said = weather.letters.run(folder, "doctor", code=1)
    assert f"fix: chmod 700 {folder / 'data'}" in said.out


def test_2_wrong_use(weather: Weather) -> None:
    assert "there are: house" in weather.letters.run(weather.behind, "report", "x", code=2).err


def test_3_settings_wrong(weather: Weather) -> None:
    folder = weather.fresh("threads = [")
    assert weather.letters.run(folder, "sync", code=3).three_lines("settings_wrong")


def test_4_key_refused(weather: Weather) -> None:
    folder = weather.fresh()
    weather.letters.trouble("refused-key")
    assert weather.letters.run(folder, "sync", code=4).three_lines("key_refused")


def test_5_provider_away(weather: Weather) -> None:
    text = weather.letters.settings_text().replace(weather.letters.api_url, "http://127.0.0.1:9/v2")
    folder = weather.fresh(text)
    assert weather.letters.run(folder, "sync", code=5).three_lines("provider_unreachable")


def test_6_partial(weather: Weather) -> None:
    folder = weather.fresh()
    weather.letters.trouble("redirect")
    assert weather.letters.run(folder, "sync", code=6).three_lines("bad_answer")


def test_7_a_history_file_is_not_as_it_was_written(weather: Weather) -> None:
    folder = weather.fresh()
    before = tables(folder)
    path = max(folder.glob("data/history/**/*.parquet"), key=lambda file: file.stat().st_size)
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    said = weather.letters.run(folder, "verify", "--json", code=7)
    name = str(path.relative_to(folder / "data"))
    assert said.json["faults"] == [f"{name} is not as it was written"]
    assert name in weather.letters.run(folder, "verify", code=7).out
    path.write_bytes(whole)
    assert "Everything holds together" in weather.letters.run(folder, "verify").out
    assert tables(folder) == before


@pytest.mark.parametrize("what", ["a history file is gone", "the journal is damaged"])
def test_7_a_store_that_cannot_be_opened(weather: Weather, what: str) -> None:
    folder = weather.fresh()
    (folder / "data" / "regulars.duckdb").unlink()
    if what == "a history file is gone":
        path = next(folder.glob("data/history/**/*.parquet"))
        whole = path.read_bytes()
        path.unlink()
    else:
        path = folder / "data" / "journal" / "000001.log"
        whole = path.read_bytes()
        path.write_bytes(whole[:60] + b"x" + whole[61:])
    for words in (["sync"], ["report", "house"], ["verify"]):
        said = weather.letters.run(folder, *words, "--json", code=7)
        assert path.name in said.three_lines("store_damaged")["happened"]
        assert said.json["error"]["code"] == "store_damaged"
    path.write_bytes(whole)
    weather.heals(folder)


def test_8_another_process_holds_the_store(weather: Weather) -> None:
    folder = weather.fresh()
    _slowed(weather)
    with _regulars(folder, "sync") as first:
        _first_part(folder, first)
        code, _, err = _ended(folder, "status")
        assert code == 8
        assert f"store_locked: Process {first.pid} (sync) holds the store." in err
        first.communicate(timeout=60)
    assert first.returncode == 0


def test_130_interrupted_once_finishes_the_page(weather: Weather) -> None:
    folder = weather.fresh()
    _slowed(weather)
    with _regulars(folder, "sync") as process:
        _first_part(folder, process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopping after this page." in err
    assert "What was fetched is kept; the next sync goes on from there." in err
    code, out, _ = _ended(folder, "sync")
    assert code == 0
    assert "subscriptions: going on after " in out
    assert weather.letters.run(folder, "verify").code == 0
    people = len(weather.oracle["subscriptions"])
    assert len(tables(folder)["subscriptions"]) == people


def test_130_interrupted_twice_stops_at_once(weather: Weather) -> None:
    folder = weather.fresh()
    late = _slowed(weather, seconds=20)
    with _regulars(folder, "sync") as process:
        _first_part(folder, process)
        assert late.wait(60)  # before that, the first Ctrl-C alone would end it at once
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert time.monotonic() - asked < 10
    assert "Stopped at once. The store is consistent" in err
    assert weather.letters.run(folder, "verify").code == 0
    weather.letters.heal()
    weather.letters.run(folder, "sync")
    assert len(tables(folder)["subscriptions"]) == len(weather.oracle["subscriptions"])
