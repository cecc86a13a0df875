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
from support.command import CANARY_KEY, Said, run
from support.newsletter import CONNECTION, KEY_NAME, FaultyProvider, stored, tables

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars_connectors.simulator import BeehiivApi, Request, Response

# --- settings --------------------------------------------------------------------------------


def _with(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


def _adding(more: str) -> Callable[[str], str]:
    return lambda text: text + more


SETTINGS = {
    "bad TOML": (_adding("\n[[publications"), "not valid TOML"),
    "not UTF-8": (None, "is not UTF-8 text"),
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
    "publication twice": (
        _adding('\n[[publications]]\nname = "letters"\n'),
        "duplicate publication",
    ),
    "connection twice": (
        _adding(
            f'\n[[publications.connections]]\nname = "{CONNECTION}"\nconnector = "files"\n'
            'folder = "x"\n'
        ),
        "duplicate connection name",
    ),
    "list where a table belongs": (lambda text: "server = []\n" + text, "server"),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_wrong_settings(faulty_provider: FaultyProvider, case: str) -> None:
    change, place = SETTINGS[case]
    folder = faulty_provider.fresh()
    before = stored(folder)
    path = folder / "regulars.toml"
    if change is None:
        path.write_bytes(path.read_bytes() + b"# caf\xe9\n")
    else:
        path.write_text(change(path.read_text()))
    for words in (["sync"], ["status"], ["report", "house"], ["doctor"], ["rebuild"], ["verify"]):
        said = faulty_provider.letters.run(folder, *words, code=3)
        assert place in said.three_lines("settings_wrong")["happened"]
        assert said.out == ""
    said = faulty_provider.letters.run(folder, "sync", "--json", code=3)
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
    faulty_provider: FaultyProvider, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    folder = faulty_provider.fresh()
    monkeypatch.setenv(name, value)
    said = faulty_provider.letters.run(folder, "status", code=3)
    assert value not in said.three_lines("settings_wrong")["happened"]


def test_no_settings_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    said = run(None, "sync")
    assert said.code == 3
    assert "no connection" in said.three_lines("settings_wrong")["happened"]


def _sync_refused(faulty_provider: FaultyProvider, settings: str) -> tuple[Path, Said]:
    """A sync that ends before it began: wrong settings of the connection."""
    folder = faulty_provider.fresh(settings)
    before = stored(folder)
    said = faulty_provider.letters.run(folder, "sync", code=3)
    assert stored(folder) == before
    return folder, said


def test_secret_missing_in_the_environment(
    faulty_provider: FaultyProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_NAME)
    folder, said = _sync_refused(faulty_provider, faulty_provider.letters.settings_text())
    assert KEY_NAME in said.three_lines("settings_wrong")["happened"]
    looked = faulty_provider.letters.run(folder, "doctor", "--json", code=1).json
    broken = [finding for finding in looked["findings"] if finding["verdict"] == "error"]
    assert [finding["name"] for finding in broken] == [CONNECTION]
    assert KEY_NAME in broken[0]["text"]
    monkeypatch.setenv(KEY_NAME, CANARY_KEY)
    faulty_provider.heals(folder)


def test_secret_file_missing(faulty_provider: FaultyProvider) -> None:
    text = faulty_provider.letters.settings_text().replace(
        f'env = "{KEY_NAME}"', 'file = "the-key"'
    )
    folder, said = _sync_refused(faulty_provider, text)
    assert "the-key" in said.three_lines("settings_wrong")["happened"]
    (folder / "the-key").write_text(CANARY_KEY + "\n")
    faulty_provider.letters.run(folder, "sync")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('connector = "beehiiv"', 'connector = "pigeon"', "'pigeon'. Installed: beehiiv"),
        ('publication_id = "pub_', 'publication_id = "xxx_', "publication_id"),
        ("requests_per_minute = 100000", "wings = 2", "wings: is not a setting"),
        ("requests_per_minute = 100000", "requests_per_minute = -1", "requests_per_minute"),
        ("http://127.0.0.1", "http://example.org", "base_url: must begin with https"),
        (f'{{ env = "{KEY_NAME}" }}', f'"{CANARY_KEY} with a blank"', "api_key"),
    ],
)
def test_connection_that_cannot_be(
    faulty_provider: FaultyProvider, old: str, new: str, place: str
) -> None:
    text = faulty_provider.letters.settings_text()
    assert old in text
    _, said = _sync_refused(faulty_provider, text.replace(old, new))
    assert place in said.three_lines("settings_wrong")["happened"]


@pytest.mark.long
def test_wrong_settings_of_one_connection_do_not_hold_up_the_others(
    faulty_provider: FaultyProvider,
) -> None:
    other = '\n[[publications.connections]]\nname = "{}"\nconnector = "{}"\nfolder = "no"\n'
    text = faulty_provider.letters.settings_text()
    text += other.format("letters-pigeon", "pigeon") + other.format("letters-shelf", "files")
    folder = faulty_provider.fresh(text)
    said = faulty_provider.letters.run(folder, "sync", code=3)
    assert "letters-pigeon" in said.three_lines("settings_wrong")["happened"]
    assert "no" in said.three_lines("bad_source")["happened"]
    assert f"{CONNECTION}: complete" in said.out
    faulty_provider.heals(folder)


# --- questions -------------------------------------------------------------------------------

QUESTIONS = {
    "unknown report": (["report", "hose"], "not_found", "Known reports: house"),
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
def test_question_that_cannot_be(faulty_provider: FaultyProvider, case: str) -> None:
    words, code, place = QUESTIONS[case]
    before = stored(faulty_provider.behind)
    said = faulty_provider.letters.run(faulty_provider.behind, *words, "--json", code=2)
    assert place in said.three_lines(code)["happened"]
    assert said.json["error"]["code"] == code
    assert said.json["error"]["exit_code"] == 2
    assert stored(faulty_provider.behind) == before


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["snyc"], "Did you mean 'sync'?"),
        (["sync", "--fast"], "No such option"),
        (["import", "files", "."], "--publication"),
        (["serve", "--port", "70000"], "70000"),
    ],
)
def test_wrong_use(faulty_provider: FaultyProvider, words: list[str], hint: str) -> None:
    assert hint in faulty_provider.letters.run(faulty_provider.behind, *words, code=2).err


def test_the_former_spelling_of_a_parameter_still_works(faulty_provider: FaultyProvider) -> None:
    folder = faulty_provider.fresh()
    asked = ("report", "regulars", "--json")
    now = faulty_provider.letters.run(folder, *asked, "--set", "state=regular")
    before = faulty_provider.letters.run(folder, *asked, "--param", "state=regular")
    assert before.json["result"] == now.json["result"]
    assert "Use --set in place of --param." in before.err
    twice = faulty_provider.letters.run(folder, *asked, *("--set", "state=regular") * 2, code=2)
    assert "--set gives state twice" in twice.err


# --- the store -------------------------------------------------------------------------------


def test_locked_store(faulty_provider: FaultyProvider) -> None:
    folder = faulty_provider.fresh()
    before = stored(folder)
    settings = StoreSettings(folder=folder / "data", free_space_floor_mib=0)
    with Store(settings, purpose="a long import"):
        for words in (["sync"], ["status"], ["report", "house"], ["rebuild"], ["verify"]):
            said = faulty_provider.letters.run(folder, *words, code=8)
            happened = said.three_lines("store_locked")["happened"]
            assert happened == f"Process {os.getpid()} (a long import) holds the store."
        said = faulty_provider.letters.run(folder, "sync", "--json", code=8)
        assert said.json["error"]["code"] == "store_locked"
        assert "in use" in faulty_provider.letters.run(folder, "doctor").out
    assert stored(folder) == before
    faulty_provider.heals(folder)


def _slow(faulty_provider: FaultyProvider, seconds: float) -> None:
    """Every later page of the walk takes its time."""
    api = BeehiivApi(faulty_provider.letters.world, faulty_provider.letters.clock)

    def slow(request: Request) -> Response:
        is_later = any(name == "cursor" for name, _ in request.query)
        return replace(api(request), delay_seconds=seconds if is_later else 0.0)

    faulty_provider.letters.api = slow


@pytest.mark.long
def test_two_syncs_at_once(faulty_provider: FaultyProvider) -> None:
    folder = faulty_provider.fresh()
    _slow(faulty_provider, 0.5)
    command = [sys.executable, "-m", "regulars.cli", "--config", str(folder / "regulars.toml")]
    with subprocess.Popen([*command, "sync", "--quiet"]) as first:
        _await_parts(folder, first)
        said = faulty_provider.letters.run(folder, "sync", code=8)
        assert f"Process {first.pid} (sync)" in said.three_lines("store_locked")["happened"]
        assert first.wait(timeout=60) == 0
    ids = [row.split(",")[:3] for row in tables(folder)["subscriptions"]]
    assert (
        len({tuple(names) for names in ids})
        == len(ids)
        == len(faulty_provider.oracle["subscriptions"])
    )
    assert faulty_provider.letters.run(folder, "verify").code == 0


def _await_parts(folder: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not any(folder.glob("data/incoming/*/subscriptions/*.parquet")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_full_disk(faulty_provider: FaultyProvider) -> None:
    floor = "free_space_floor_mib = 1000000000"
    text = faulty_provider.letters.settings_text().replace("free_space_floor_mib = 0", floor)
    folder = faulty_provider.fresh(text)
    before = stored(folder)
    for words in (["sync"], ["rebuild"]):
        said = faulty_provider.letters.run(folder, *words, "--json", code=1)
        assert "MiB are free" in said.three_lines("disk_full")["happened"]
        assert said.json["error"]["code"] == "disk_full"
    assert "disk" in faulty_provider.letters.run(folder, "doctor", code=1).out
    assert faulty_provider.letters.run(folder, "report", "house").code == 0
    assert stored(folder) == before
    faulty_provider.heals(folder)
