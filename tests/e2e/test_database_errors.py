"""What the database fails with, as the command line and HTTP say it: by what you can do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from support.command import run as run_command
from support.damaged_blocks import damage_data
from support.invented_service import ApiClient, serving
from support.newsletter import Newsletter, before_post, newsletter

from regulars.reports.engine.report import run
from regulars.settings import load_settings
from regulars.store import Store
from regulars_connectors.instants import to_datetime
from regulars_connectors.simulator import World

REPORT = "/api/v1/publications/letters/reports/coverage"
_HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"
SHORTAGES = [
    (duckdb.OutOfMemoryException, "could not allocate block", "out_of_memory", 1),
    (duckdb.OutOfMemoryException, "max_temp_directory_size", "disk_full", 1),
    (duckdb.IOException, "No space left on device", "disk_full", 1),
    (duckdb.TransactionException, "Transaction conflict", "store_locked", 8),
    (duckdb.BinderException, "no column of somebody", "failed", 1),
]


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory, small_world: World) -> Iterator[Newsletter]:
    with newsletter(tmp_path_factory.mktemp("database-errors"), small_world) as made:
        made.clock.set(before_post(small_world, 20))
        yield made


@pytest.fixture
def folder(letters: Newsletter, synced_once: Path, request: pytest.FixtureRequest) -> Path:
    name = "".join(one if one.isalnum() else "-" for one in request.node.name)
    return letters.folder(name, synced_once / "behind", letters.settings_text())


def served(letters: Newsletter, folder: Path, store: Store, computes: Any = run) -> ApiClient:
    client = ApiClient(load_settings(folder / "regulars.toml"), computes, store)  # type: ignore[arg-type]
    client.now = to_datetime(letters.clock())
    return client


@pytest.mark.long
def test_a_damaged_block_is_mended_and_the_question_answered(
    letters: Newsletter, folder: Path
) -> None:
    before = letters.run(folder, "report", "house", "--as-of", "2025-01-15", "--json").json
    damage_data(folder / "data" / "regulars.duckdb")
    said = letters.run(folder, "report", "house", "--as-of", "2025-01-15", "--json")
    assert said.json == before
    assert "was rebuilt from history and journal" in said.err
    again = letters.run(folder, "report", "house", "--as-of", "2025-01-15", "--json")
    assert again.json == before
    assert "was rebuilt" not in again.err
    assert "agree" in letters.run(folder, "verify").out


@pytest.mark.long
def test_a_server_mends_a_damaged_block_once_while_many_ask(
    letters: Newsletter, folder: Path
) -> None:
    path = f"{REPORT.replace('coverage', 'house')}?as_of=2025-01-15"
    settings = load_settings(folder / "regulars.toml")
    with Store(settings.store) as store:
        before = served(letters, folder, store).get(path).json()
    damage_data(folder / "data" / "regulars.duckdb")
    with Store(settings.store) as store:
        client = served(letters, folder, store)
        asked = [path, "/api/v1/publications", "/readyz", "/p/letters", "/api/v1/sync-runs"]
        with serving(client) as url, ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(lambda one: httpx.get(url + one, timeout=120), asked * 2))
        assert [answer.status_code for answer in answers] == [200] * 10
        assert answers[0].json() == answers[5].json() == before
        assert len(store.notices) == 1
    assert len(list((folder / "data").glob("regulars.duckdb.damaged-*"))) == 1


@pytest.mark.parametrize(("kind", "words", "code", "exit_code"), SHORTAGES)
def test_each_shortage_has_its_code_on_the_command_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, kind: Any, words: str, code: str, exit_code: int
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise kind(words)

    monkeypatch.setattr("regulars.reports.engine.report.gather", fail)
    said = run_command(folder / "regulars.toml", "report", "coverage")
    assert said.code == exit_code
    said.three_lines(code)
    assert "somebody" not in said.err


@pytest.mark.parametrize(("kind", "words", "code", "exit_code"), SHORTAGES)
def test_each_shortage_has_its_code_over_http(
    letters: Newsletter, folder: Path, kind: Any, words: str, code: str, exit_code: int
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise kind(words)

    with Store(load_settings(folder / "regulars.toml").store) as store:
        answer = served(letters, folder, store, fail).get(REPORT)
    assert answer.status_code == (500 if code == "failed" else 503)
    problem = answer.json()
    assert (problem["code"], problem["exit_code"]) == (code, exit_code)
    assert "somebody" not in answer.text


def test_a_database_that_another_program_holds_is_named(folder: Path) -> None:
    database = folder / "data" / "regulars.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        said = run_command(folder / "regulars.toml", "report", "coverage")
        child.communicate("\n")
    assert said.code == 8
    said.three_lines("store_locked")


@pytest.mark.parametrize(
    ("number", "code"), [("ENOSPC", "disk_full"), ("ENOMEM", "out_of_memory"), ("EIO", "failed")]
)
def test_errors_of_the_system_are_named_on_both_edges(
    letters: Newsletter, folder: Path, monkeypatch: pytest.MonkeyPatch, number: str, code: str
) -> None:
    import errno
    import os

    def fail(*_: Any, **__: Any) -> Any:
        chosen = getattr(errno, number)
        raise OSError(chosen, os.strerror(chosen), "/secret/place")

    with Store(load_settings(folder / "regulars.toml").store) as store:
        client = served(letters, folder, store, fail)
        answer = client.get(REPORT)
    assert answer.json()["code"] == code
    assert "/secret" not in answer.text
    monkeypatch.setattr("regulars.reports.engine.report.gather", fail)
    run_command(folder / "regulars.toml", "report", "coverage").three_lines(code)
