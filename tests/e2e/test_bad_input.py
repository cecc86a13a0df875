"""Bad input from this side (settings, questions, the store itself), through the
real command line: a named error that says what happened, what is safe and what to do, the exit
code of the documentation, and nothing stored lost or doubled.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.newsletter import CANARY_KEY, CONNECTION, KEY_NAME, Said, Weather, run, stored, tables

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars_connectors.simulator import BeehiivFace, Request, Response

# --- settings --------------------------------------------------------------------------------


def _with(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


def _adding(more: str) -> Callable[[str], str]:
    return lambda text: text + more


SETTINGS = {
    "bad TOML": (_adding("\n[[publications"), "not readable TOML"),
    "not UTF-8": (None, "is not text in UTF-8"),
    "unknown key": (
        _with("threads = 1", "threads = 1\nthread = 3"),
        "store.thread: is not a setting (did you mean threads?)",
    ),
    "unknown section": (_adding("\n[weather]\nsun = true\n"), "weather"),
    "wrong type": (_with("threads = 1", 'threads = "many"'), "store.threads"),
    "out of range": (_with("threads = 1", "threads = 0"), "store.threads"),
    "unknown time zone": (_with("Europe/Lisbon", "Europe/Atlantis"), "time_zone"),
    "name that cannot be": (
        _with('name = "letters"', 'name = "Letters!"'),
        "publications 1, name: ",
    ),
    "rule that cannot be": (
        _with('name = "letters"', 'name = "letters"\nregular_reads = 9\nregular_of = 8'),
        "regular_reads",
    ),
    "publication twice": (_adding('\n[[publications]]\nname = "letters"\n'), "twice"),
    "connection twice": (
        _adding(
            f'\n[[publications.connections]]\nname = "{CONNECTION}"\nconnector = "files"\n'
            'folder = "x"\n'
        ),
        "twice",
    ),
    "list where a table belongs": (lambda text: "server = []\n" + text, "server"),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_wrong_settings(weather: Weather, case: str) -> None:
    change, place = SETTINGS[case]
    folder = weather.fresh()
    before = stored(folder)
    path = folder / "regulars.toml"
    if change is None:
        path.write_bytes(path.read_bytes() + b"# caf\xe9\n")
    else:
        path.write_text(change(path.read_text()))
    for words in (["sync"], ["status"], ["report", "house"], ["doctor"], ["rebuild"], ["verify"]):
        said = weather.letters.run(folder, *words, code=3)
        assert place in said.three_lines("settings_wrong")["happened"]
        assert said.out == ""
    said = weather.letters.run(folder, "sync", "--json", code=3)
    assert said.json["error"]["code"] == "settings_wrong"
    assert stored(folder) == before


def test_settings_file_that_is_not_there(tmp_path: Path) -> None:
    said = run(tmp_path / "nowhere.toml", "sync", "--json")
    assert said.code == 3
    assert said.json["error"].keys() == {"code", "happened", "safe", "to_do", "exit_code"}
    assert "nowhere.toml" in said.three_lines("settings_wrong")["happened"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REGULARS_STORE__THREADS", "many"),
        ("REGULARS_STORE", "not json"),
        ("REGULARS_PUBLICATIONS", "[{"),
    ],
)
def test_wrong_environment(
    weather: Weather, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    folder = weather.fresh()
    monkeypatch.setenv(name, value)
    said = weather.letters.run(folder, "status", code=3)
    assert value not in said.three_lines("settings_wrong")["happened"]


def test_no_settings_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    said = run(None, "sync")
    assert said.code == 3
    assert "no connection" in said.three_lines("settings_wrong")["happened"]


def _sync_refused(weather: Weather, settings: str) -> tuple[Path, Said]:
    """A sync that ends before it began: wrong settings of the connection."""
    folder = weather.fresh(settings)
    before = stored(folder)
    said = weather.letters.run(folder, "sync", code=3)
    assert stored(folder) == before
    return folder, said


def test_secret_missing_in_the_environment(
    weather: Weather, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_NAME)
    folder, said = _sync_refused(weather, weather.letters.settings_text())
    assert KEY_NAME in said.three_lines("settings_wrong")["happened"]
    looked = weather.letters.run(folder, "doctor", "--json", code=1).json
    broken = [finding for finding in looked["findings"] if finding["verdict"] == "broken"]
    assert [finding["name"] for finding in broken] == [CONNECTION]
    assert KEY_NAME in broken[0]["text"]
    monkeypatch.setenv(KEY_NAME, CANARY_KEY)
    weather.heals(folder)


def test_secret_file_missing(weather: Weather) -> None:
    text = weather.letters.settings_text().replace(f'env = "{KEY_NAME}"', 'file = "the-key"')
    folder, said = _sync_refused(weather, text)
    assert "the-key" in said.three_lines("settings_wrong")["happened"]
    (folder / "the-key").write_text(CANARY_KEY + "\n")
    weather.letters.run(folder, "sync")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('connector = "beehiiv"', 'connector = "pigeon"', "'pigeon'; installed are: beehiiv"),
        ('publication_id = "pub_', 'publication_id = "xxx_', "publication_id"),
        ("requests_per_minute = 100000", "wings = 2", "wings: is not a setting"),
        ("requests_per_minute = 100000", "requests_per_minute = -1", "requests_per_minute"),
        ("http://127.0.0.1", "http://example.org", "base_url: must begin with https"),
        (f'{{ env = "{KEY_NAME}" }}', f'"{CANARY_KEY} with a blank"', "api_key"),
    ],
)
def test_connection_that_cannot_be(weather: Weather, old: str, new: str, place: str) -> None:
    text = weather.letters.settings_text()
    assert old in text
    _, said = _sync_refused(weather, text.replace(old, new))
    assert place in said.three_lines("settings_wrong")["happened"]


def test_wrong_settings_of_one_connection_do_not_hold_up_the_others(weather: Weather) -> None:
    other = '\n[[publications.connections]]\nname = "{}"\nconnector = "{}"\nfolder = "no"\n'
    text = weather.letters.settings_text()
    text += other.format("letters-pigeon", "pigeon") + other.format("letters-shelf", "files")
    folder = weather.fresh(text)
    said = weather.letters.run(folder, "sync", code=3)
    assert "letters-pigeon" in said.three_lines("settings_wrong")["happened"]
    assert "no" in said.three_lines("bad_source")["happened"]
    assert f"{CONNECTION}: complete" in said.out
    weather.heals(folder)


# --- questions -------------------------------------------------------------------------------

QUESTIONS = {
    "unknown report": (["report", "hose"], "not_found", "there are: house"),
    "unknown publication": (["report", "house", "--publication", "x"], "not_found", "letters"),
    "unknown parameter": (["report", "house", "--set", "k=4"], "parameter_wrong", "k: "),
    "no pair": (["report", "house", "--set", "state"], "parameter_wrong", "NAME=VALUE"),
    "unknown state": (
        ["report", "regulars", "--set", "state=tired"], "parameter_wrong", "state",
    ),
    "the future": (["report", "house", "--as-of", "2199-01-01"], "parameter_wrong", "future"),
    "no date": (["report", "house", "--as-of", "yesterday"], "parameter_wrong", "neither a date"),
    "a day that is none": (
        ["report", "house", "--as-of", "2025-02-30"], "parameter_wrong", "neither a date",
    ),
    "too long ago": (["report", "house", "--as-of", "1812-01-01"], "parameter_wrong", "1970"),
    "unknown connection": (["sync", "letters-pigeon"], "not_found", CONNECTION),
    "name of a publication": (
        ["import", "files", ".", "--publication", "My Letters"], "parameter_wrong", "'My Letters'",
    ),
    "unknown fault": (
        ["simulate", "beehiiv", "--fault", "locusts"], "parameter_wrong", "locusts",
    ),
    "unreadable date": (
        ["simulate", "beehiiv", "--subscribers", "5", "--at", "soon"], "parameter_wrong", "soon",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", QUESTIONS)
def test_question_that_cannot_be(weather: Weather, case: str) -> None:
    words, code, place = QUESTIONS[case]
    before = stored(weather.behind)
    said = weather.letters.run(weather.behind, *words, "--json", code=2)
    assert place in said.three_lines(code)["happened"]
    assert said.json["error"]["code"] == code
    assert said.json["error"]["exit_code"] == 2
    assert stored(weather.behind) == before


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["snyc"], "Did you mean 'sync'?"),
        (["sync", "--fast"], "No such option"),
        (["import", "files", "."], "--publication"),
        (["serve", "--port", "70000"], "70000"),
    ],
)
def test_wrong_use(weather: Weather, words: list[str], hint: str) -> None:
    assert hint in weather.letters.run(weather.behind, *words, code=2).err


def test_the_former_spelling_of_a_parameter_still_works(weather: Weather) -> None:
    folder = weather.fresh()
    asked = ("report", "regulars", "--json")
    now = weather.letters.run(folder, *asked, "--set", "state=regular")
    before = weather.letters.run(folder, *asked, "--param", "state=regular")
    assert before.json["result"] == now.json["result"]
    assert "--param is spelled --set now." in before.err
    twice = weather.letters.run(folder, *asked, *("--set", "state=regular") * 2, code=2)
    assert "--set gives state twice" in twice.err


# --- the store -------------------------------------------------------------------------------


def test_locked_store(weather: Weather) -> None:
    folder = weather.fresh()
    before = stored(folder)
    settings = StoreSettings(folder=folder / "data", free_space_floor_mib=0)
    with Store(settings, purpose="a long import"):
        for words in (["sync"], ["status"], ["report", "house"], ["rebuild"], ["verify"]):
            said = weather.letters.run(folder, *words, code=8)
            happened = said.three_lines("store_locked")["happened"]
            assert happened == f"Process {os.getpid()} (a long import) holds the store."
        said = weather.letters.run(folder, "sync", "--json", code=8)
        assert said.json["error"]["code"] == "store_locked"
        assert "in use" in weather.letters.run(folder, "doctor").out
    assert stored(folder) == before
    weather.heals(folder)


def _slow(weather: Weather, seconds: float) -> None:
    """Every later page of the walk takes its time."""
    face = BeehiivFace(weather.letters.world, weather.letters.clock)

    def slow(request: Request) -> Response:
        is_later = any(name == "cursor" for name, _ in request.query)
        return replace(face(request), delay_seconds=seconds if is_later else 0.0)

    weather.letters.face = slow


def test_two_syncs_at_once(weather: Weather) -> None:
    folder = weather.fresh()
    _slow(weather, 0.5)
    command = [sys.executable, "-m", "regulars.cli", "--config", str(folder / "regulars.toml")]
    with subprocess.Popen([*command, "sync", "--quiet"]) as first:
        _await_parts(folder, first)
        said = weather.letters.run(folder, "sync", code=8)
        assert f"Process {first.pid} (sync)" in said.three_lines("store_locked")["happened"]
        assert first.wait(timeout=60) == 0
    ids = [row.split(",")[:3] for row in tables(folder)["subscriptions"]]
    assert len({tuple(names) for names in ids}) == len(ids) == len(weather.oracle["subscriptions"])
    assert weather.letters.run(folder, "verify").code == 0


def _await_parts(folder: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not any(folder.glob("data/incoming/*/subscriptions/*.parquet")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_full_disk(weather: Weather) -> None:
    floor = "free_space_floor_mib = 1000000000"
    text = weather.letters.settings_text().replace("free_space_floor_mib = 0", floor)
    folder = weather.fresh(text)
    before = stored(folder)
    for words in (["sync"], ["rebuild"]):
        said = weather.letters.run(folder, *words, "--json", code=1)
        assert "MiB are free" in said.three_lines("disk_full")["happened"]
        assert said.json["error"]["code"] == "disk_full"
    assert "disk" in weather.letters.run(folder, "doctor", code=1).out
    assert weather.letters.run(folder, "report", "house").code == 0
    assert stored(folder) == before
    weather.heals(folder)
