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
from support.newsletter import FaultyProvider, tables
from support.processes import rest_of, said_until

from regulars_connectors.simulator import BeehiivApi, Request, Response

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


def _slowed(faulty_provider: FaultyProvider, seconds: float = 0.4) -> threading.Event:
    """Pages after the first come late; the event tells that one was asked for."""
    api = BeehiivApi(faulty_provider.letters.world, faulty_provider.letters.clock)
    asked = threading.Event()

    def slow(request: Request) -> Response:
        is_later = any(name == "cursor" for name, _ in request.query)
        if is_later:
            asked.set()
        return replace(api(request), delay_seconds=seconds if is_later else 0.0)

    faulty_provider.letters.api = slow
    return asked


def _first_part(folder: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not any(folder.glob("data/incoming/*/subscriptions/*.parquet")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_documented_codes_are_those_tested_here(faulty_provider: FaultyProvider) -> None:
    told = faulty_provider.letters.run(faulty_provider.behind, "--help").out
    assert {int(code) for code in re.findall(r"(?:^| )  (\d+)  ", told, re.MULTILINE)} == TESTED
    table = re.findall(r"^\| (\d+) \|", COMMAND_LINE.read_text(), re.MULTILINE)
    assert {int(code) for code in table} == TESTED


def test_0_done(faulty_provider: FaultyProvider) -> None:
    code, out, err = _ended(faulty_provider.fresh(), "sync", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["runs"][0]["state"] == "complete"


def test_1_failed(faulty_provider: FaultyProvider) -> None:
    folder = faulty_provider.fresh()
    os.chmod(folder / "data", 0o755)
    said = faulty_provider.letters.run(folder, "doctor", code=1)
    assert f"fix: chmod 700 {folder / 'data'}" in said.out


def test_2_wrong_use(faulty_provider: FaultyProvider) -> None:
    assert (
        "Known reports: house"
        in faulty_provider.letters.run(faulty_provider.behind, "report", "x", code=2).err
    )


def test_3_settings_wrong(faulty_provider: FaultyProvider) -> None:
    folder = faulty_provider.fresh("threads = [")
    assert faulty_provider.letters.run(folder, "sync", code=3).three_lines("settings_wrong")


def test_4_key_refused(faulty_provider: FaultyProvider) -> None:
    folder = faulty_provider.fresh()
    faulty_provider.letters.trouble("refused-key")
    assert faulty_provider.letters.run(folder, "sync", code=4).three_lines("key_refused")


def test_5_provider_away(faulty_provider: FaultyProvider) -> None:
    text = faulty_provider.letters.settings_text().replace(
        faulty_provider.letters.api_url, "http://127.0.0.1:9/v2"
    )
    folder = faulty_provider.fresh(text)
    assert faulty_provider.letters.run(folder, "sync", code=5).three_lines("provider_unreachable")


def test_6_partial(faulty_provider: FaultyProvider) -> None:
    folder = faulty_provider.fresh()
    faulty_provider.letters.trouble("redirect")
    assert faulty_provider.letters.run(folder, "sync", code=6).three_lines("bad_answer")


@pytest.mark.long
def test_7_a_history_file_is_not_as_it_was_written(faulty_provider: FaultyProvider) -> None:
    folder = faulty_provider.fresh()
    before = tables(folder)
    path = max(folder.glob("data/history/**/*.parquet"), key=lambda file: file.stat().st_size)
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    said = faulty_provider.letters.run(folder, "verify", "--json", code=7)
    name = str(path.relative_to(folder / "data"))
    assert said.json["faults"] == [f"{name} has changed since it was written"]
    assert name in faulty_provider.letters.run(folder, "verify", code=7).out
    path.write_bytes(whole)
    assert "History, journal and tables agree" in faulty_provider.letters.run(folder, "verify").out
    assert tables(folder) == before


@pytest.mark.parametrize("what", ["a history file is gone", "the journal is damaged"])
@pytest.mark.long
def test_7_a_store_that_cannot_be_opened(faulty_provider: FaultyProvider, what: str) -> None:
    folder = faulty_provider.fresh()
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
        said = faulty_provider.letters.run(folder, *words, "--json", code=7)
        assert path.name in said.three_lines("store_damaged")["happened"]
        assert said.json["error"]["code"] == "store_damaged"
    path.write_bytes(whole)
    faulty_provider.heals(folder)


@pytest.mark.long
def test_8_another_process_holds_the_store(faulty_provider: FaultyProvider) -> None:
    folder = faulty_provider.fresh()
    _slowed(faulty_provider)
    with _regulars(folder, "sync") as first:
        _first_part(folder, first)
        code, _, err = _ended(folder, "status")
        assert code == 8
        assert f"store_locked: Process {first.pid} (sync) holds the store." in err
        first.communicate(timeout=60)
    assert first.returncode == 0


@pytest.mark.long
def test_130_interrupted_once_finishes_the_page(faulty_provider: FaultyProvider) -> None:
    folder = faulty_provider.fresh()
    _slowed(faulty_provider)
    with _regulars(folder, "sync") as process:
        _first_part(folder, process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopping after this page." in err
    assert "What was fetched is kept, and the next sync resumes there." in err
    code, out, _ = _ended(folder, "sync")
    assert code == 0
    assert "subscriptions: resumes after " in out
    assert faulty_provider.letters.run(folder, "verify").code == 0
    people = len(faulty_provider.oracle["subscriptions"])
    assert len(tables(folder)["subscriptions"]) == people


@pytest.mark.long
def test_130_interrupted_twice_stops_at_once(faulty_provider: FaultyProvider) -> None:
    folder = faulty_provider.fresh()
    late = _slowed(faulty_provider, seconds=20)
    with _regulars(folder, "sync") as process:
        _first_part(folder, process)
        assert late.wait(60)  # before that, the first Ctrl-C alone would end it at once
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        err = said_until(process, "Stopping after this page.")
        process.send_signal(signal.SIGINT)
        err += rest_of(process)[1]
    assert process.returncode == 130
    assert time.monotonic() - asked < 10
    assert "Stopped at once. The store is consistent" in err
    assert faulty_provider.letters.run(folder, "verify").code == 0
    faulty_provider.letters.heal()
    assert _ended(folder, "sync")[0] == 0
    assert len(tables(folder)["subscriptions"]) == len(faulty_provider.oracle["subscriptions"])
