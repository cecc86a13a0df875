"""Every error comes in three lines: folders that cannot be used, and what nobody foresaw."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import run

from regulars.cli.terminal import errors_in_words


def settings_with(place: Path, folder: str) -> Path:
    file = place / "regulars.toml"
    file.write_text(f'[store]\nfolder = "{folder}"\n[[publications]]\nname = "a"\n')
    return file


@pytest.mark.parametrize("folder", ["file", "file/below"])
def test_a_folder_that_cannot_be_is_named_with_the_setting(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "posts.csv").write_text("id,title,sent_at\n1,One,2025-01-01\n")
    file = settings_with(tmp_path, folder)
    said = run(file, "import", "files", str(tmp_path), "--publication", "a")
    assert said.code == 3
    lines = said.three_lines("settings_wrong")
    assert f"The data cannot be kept in {tmp_path / folder}" in lines["happened"]
    assert "store.folder" in lines["to_do"]
    told = run(file, "doctor")
    assert told.code == 1
    assert f"error    store folder: {tmp_path / folder} " in told.out


def test_what_the_system_refuses_is_three_lines_and_the_trace_is_for_verbose(
    tmp_path: Path,
) -> None:
    (tmp_path / "posts.csv").write_text("id,title,sent_at\n1,One,2025-01-01\n")
    file = settings_with(tmp_path, "data")
    imported = ("import", "files", str(tmp_path), "--publication", "a")
    incoming = tmp_path / "data" / "incoming"
    incoming.parent.mkdir()
    incoming.write_text("x")
    said = run(file, *imported)
    assert said.code == 1
    assert str(incoming) in said.three_lines("failed")["happened"]
    as_json = run(file, *imported, "--json")
    error = json.loads(as_json.out)["error"]
    assert (error["code"], error["exit_code"]) == ("failed", 1)


def test_what_nobody_foresaw_says_nothing_about_people(capsys: pytest.CaptureFixture[str]) -> None:
    for verbose in (False, True):
        with pytest.raises(SystemExit) as raised, errors_in_words(as_json=False, verbose=verbose):
            raise ValueError("anna@example.org")
        assert raised.value.code == 1
        err = capsys.readouterr().err
        assert err.startswith("failed: Unexpected error (ValueError).\nSafe: ")
        assert ("anna@example.org" in err) == verbose


def test_doctor_without_settings_names_commands_that_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    told = run(None, "doctor")
    assert "fix: regulars init" in told.out
    assert "regulars import files FOLDER --publication NAME" in told.out


@pytest.mark.parametrize("group", ["publication", "import", "widget", "connector", "simulate"])
def test_what_each_noun_can_do_is_told_in_lines_that_are_not_cut(group: str) -> None:
    assert "..." not in run(None, group, "--help").out.partition("Commands:")[2]


def test_a_simulated_provider_tells_programs_where_it_is(tmp_path: Path) -> None:
    words = ("simulate", "beehiiv", "--port", "0", "--subscribers", "3", "--quiet", "--json")
    with subprocess.Popen(
        [sys.executable, "-m", "regulars.cli", *words], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while lines[-1] not in ("}\n", ""):
            lines.append(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) in (0, 130)  # it may not wait for it yet
    facts = json.loads("".join(lines))
    assert facts["base_url"].startswith("http://127.0.0.1:")
    assert [one["subscriptions"] for one in facts["publications"]] == [3]
