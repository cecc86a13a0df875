"""A real `regulars serve`, and the other verbs beside it: they go through the server and say the
same, or say who holds the store; a server that is told to end does so cleanly."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from e2e.test_files_by_hand import ON_PAPER, write_files
from support.newsletter import CONNECTION, Newsletter, newsletter, stored, tables

from regulars.clock import system_clock
from regulars_connectors.instants import DAY
from regulars_connectors.simulator import BeehiivApi, Request, Response, World

WIDGET = "wgt_invented-widget-key-0001"
WEEKS = 30
DAY_ASKED = "2025-03-12"


@dataclass
class Served:
    """A server process and its folder."""

    letters: Newsletter
    folder: Path
    process: subprocess.Popen[str]
    url: str

    def get(self, path: str, **headers: str) -> httpx.Response:
        with httpx.Client(base_url=self.url, trust_env=False, headers=headers) as client:
            return client.get(path)


@contextmanager
def _served(letters: Newsletter, folder: Path) -> Iterator[Served]:
    command = [sys.executable, "-m", "regulars.cli", "--config", str(folder / "regulars.toml")]
    with subprocess.Popen(
        [*command, "serve", "--port", "0", "--no-schedule"], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("Serving at "), line + process.stderr.read()
        try:
            yield Served(letters, folder, process, line.split()[2])
        finally:
            process.kill()


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsletter]:
    """A provider of today, since processes of their own believe the machine's clock."""
    started = (system_clock() // DAY - 7 * WEEKS) * DAY
    world = World(5, subscribers=450, spike=False, posts=WEEKS + 10, started=started)
    with (
        newsletter(tmp_path_factory.mktemp("serving"), world) as made,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("regulars.clock.system_clock", system_clock)
        made.clock.set(system_clock())
        yield made


@pytest.fixture(scope="module")
def base(letters: Newsletter) -> Path:
    """A store that one sync and one import of files have filled."""
    folder = letters.folder("base")
    letters.run(folder, "sync")
    write_files(folder / "csv")
    letters.run(folder, "import", "files", str(folder / "csv"), "--publication", "by-hand")
    return folder


@pytest.fixture(scope="module")
def served(letters: Newsletter, base: Path) -> Iterator[Served]:
    with _served(letters, letters.folder("served", base)) as made:
        yield made


def _answers(served: Served, folder: Path) -> dict[str, Any]:
    words = ("--publication", "by-hand", "--as-of", DAY_ASKED, "--json")
    return {
        name: served.letters.run(folder, "report", name, *words).json
        for name in ("house", "regulars", "answers", "coverage")
    }


@pytest.mark.long
def test_reports_through_the_server_say_the_same(served: Served, base: Path) -> None:
    through, directly = _answers(served, served.folder), _answers(served, base)
    assert through == directly
    figure = through["house"]["result"]["by_rule"]["value"]
    assert figure == ON_PAPER[DAY_ASKED]["house"]["value"]


def test_status_through_the_server_says_the_same(served: Served, base: Path) -> None:
    through = served.letters.run(served.folder, "status", "--json").json
    directly = served.letters.run(base, "status", "--json").json
    assert (through["served"], directly["served"]) == (True, False)
    assert through["publications"] == directly["publications"]
    assert "a server holds it" in served.letters.run(served.folder, "status").out


def test_sync_through_the_server(served: Served) -> None:
    said = served.letters.run(served.folder, "sync", "--json")
    assert said.err == "The running server does the sync.\n"
    (run,) = said.json["runs"]
    assert (run["connection"], run["state"], run["exit_code"]) == (CONNECTION, "complete", 0)
    assert all(stream["written"] == 0 for stream in run["streams"])
    assert served.get(f"/api/v1/sync-runs/{run['id']}").json()["state"] == "complete"


@pytest.mark.parametrize(
    ("words", "code", "place"),
    [
        (["sync", "letters-pigeon"], "not_found", "letters-pigeon"),
        (["report", "hose", "--publication", "by-hand"], "not_found", ""),
        (["report", "house", "--publication", "nowhere"], "not_found", "nowhere"),
        (["report", "house", "--publication", "by-hand", "--as-of", "2199-01-01"],
         "parameter_wrong", "future"),
        (["report", "house", "--publication", "by-hand", "--as-of", "soon"], "parameter_wrong", ""),
        (["report", "house", "--publication", "by-hand", "--set", "k=4"], "parameter_wrong", ""),
        (["report", "house"], "parameter_wrong", "letters, by-hand"),
    ],
)  # fmt: skip
def test_wrong_questions_end_the_same(
    served: Served, base: Path, words: list[str], code: str, place: str
) -> None:
    for folder in (served.folder, base):
        said = served.letters.run(folder, *words, "--json", code=2)
        assert place in said.three_lines(code)["happened"]
        assert said.json["error"]["code"] == code


@pytest.mark.long
def test_trouble_through_the_server_is_named(served: Served) -> None:
    served.letters.trouble("refused-key")
    try:
        said = served.letters.run(served.folder, "sync", "--json", code=4)
    finally:
        served.letters.heal()
    assert said.json["runs"][0]["state"] == "failed"
    assert said.three_lines("key_refused")
    assert served.letters.run(served.folder, "sync").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["import", "files", ".", "--publication", "by-hand"],
        ["serve", "--port", "0"],
        ["rebuild"],
        ["verify"],
    ],
)
def test_what_needs_the_store_itself_is_refused(served: Served, words: list[str]) -> None:
    before = stored(served.folder)
    said = served.letters.run(served.folder, *words, code=8)
    lines = said.three_lines("store_locked")
    assert lines["happened"] == f"Process {served.process.pid} (serve) holds the store."
    assert "regulars serve" in lines["to_do"]
    assert stored(served.folder) == before


def test_health_and_page(served: Served) -> None:
    for path in ("/healthz", "/readyz", "/"):
        assert served.get(path).status_code == 200
    assert served.get("/healthz", host="example.org").status_code == 421
    assert served.letters.run(served.folder, "doctor").code == 0


def _raw_status(served: Served, head: str) -> int:
    """The status of an answer to these very bytes."""
    host, _, port = served.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(f"{head}\r\nConnection: close\r\n\r\n".encode())
        with connection.makefile("rb") as answer:
            return int(answer.readline().split()[1])


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET /healthz HTTP/1.1\r\nHost: {own}", 200),
        ("GET http://{own}/healthz HTTP/1.1\r\nHost: {own}", 200),
        ("GET HTTP://{own}/healthz HTTP/1.1\r\nHost: {own}", 200),
        ("GET http://evil.example/healthz HTTP/1.1\r\nHost: {own}", 400),
        ("GET http://localhost/healthz HTTP/1.1\r\nHost: {own}", 400),
        ("GET http://anna@{own}/healthz HTTP/1.1\r\nHost: {own}", 400),
        ("GET ftp://{own}/healthz HTTP/1.1\r\nHost: {own}", 400),
        ("GET http://evil.example/healthz HTTP/1.1\r\nHost: evil.example", 421),
        ("GET /healthz HTTP/1.1\r\nHost: {own}\r\nHost: {own}", 400),
        ("GET /healthz HTTP/1.1\r\nHost: {own}\r\nhost: evil.example", 400),
        ("GET /healthz HTTP/1.1\r\nHost: [::1", 400),
        ("GET /healthz HTTP/1.1", 421),
        ("GET healthz HTTP/1.1\r\nHost: {own}", 400),
        ("CONNECT evil.example:443 HTTP/1.1\r\nHost: {own}", 400),
    ],
)
def test_addressee_of_a_request(served: Served, head: str, status: int) -> None:
    own = served.url.removeprefix("http://")
    assert _raw_status(served, head.format(own=own)) == status


@pytest.mark.long
def test_nobody_can_fill_the_log_with_upgrades(letters: Newsletter, base: Path) -> None:
    with _served(letters, letters.folder("upgrades", base)) as served:
        own = served.url.removeprefix("http://")
        head = f"GET /healthz HTTP/1.1\r\nHost: {own}\r\nConnection: upgrade\r\n"
        for upgrade in ("websocket", "h2c"):
            assert _raw_status(served, f"{head}Upgrade: {upgrade}") == 200
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(timeout=30) == 0
        assert served.process.stderr is not None
        assert served.process.stderr.read() == ""


@pytest.mark.long
def test_a_sync_without_connections_says_what_to_do(letters: Newsletter) -> None:
    text = letters.settings_text()
    folder = letters.folder("bare", settings=text[: text.index("[[publications.connections]]")])
    with (
        _served(letters, folder) as served,
        httpx.Client(base_url=served.url, trust_env=False) as client,
    ):
        answer = client.post("/api/v1/sync-runs", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "settings_wrong")
    assert "regulars init" in answer.json()["to_do"]
    assert letters.run(folder, "sync", code=3).three_lines("settings_wrong")


def test_first_day(served: Served) -> None:
    """After one sync the first look at totals has a figure, and says everywhere how rough it is."""
    words = ("report", "house", "--publication", "letters")
    house = served.letters.run(served.folder, *words, "--json").json["result"]
    figure = house["sustained_readers"]
    assert 0 < figure["low"] <= figure["value"] <= figure["high"] <= figure["n"]
    assert house["provisional"] is True
    assert house["by_rule"] is None
    assert "Provisional" in served.letters.run(served.folder, *words).out
    assert "Provisional" in served.get("/p/letters").text


@pytest.mark.long
def test_widget_is_off_until_declared(served: Served, base: Path) -> None:
    assert served.get(f"/w/{WIDGET}.json").status_code == 404
    declared = served.letters.settings_text().replace(
        "[[publications.connections]]",
        f'[[publications.widgets]]\nkey = "{WIDGET}"\n\n[[publications.connections]]',
    )
    folder = served.letters.folder("widget", base, declared)
    with _served(served.letters, folder) as other:
        shown = other.get(f"/w/{WIDGET}.json", origin="https://writer.example.org")
        assert shown.status_code == 200
        assert shown.headers["access-control-allow-origin"]
        again = other.get(f"/w/{WIDGET}.json", **{"if-none-match": shown.headers["etag"]})
        assert again.status_code == 304


def _slow(letters: Newsletter, seconds: float) -> None:
    api = BeehiivApi(letters.world, letters.clock)

    def slow(request: Request) -> Response:
        is_later = any(name == "cursor" for name, _ in request.query)
        return replace(api(request), delay_seconds=seconds if is_later else 0.0)

    letters.api = slow


def _await_parts(folder: Path) -> None:
    deadline = time.monotonic() + 60
    while not any(folder.glob("data/incoming/*/subscriptions/*.parquet")):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.long
def test_two_syncs_at_once_and_the_end_of_the_server(letters: Newsletter, base: Path) -> None:
    """The second sync is refused; SIGTERM ends the server after the page; the next goes on."""
    folder = letters.folder("ending", base)
    _slow(letters, 0.7)
    with _served(letters, folder) as served:
        with httpx.Client(base_url=served.url, trust_env=False) as client:
            started = client.post("/api/v1/sync-runs", json={"connection": CONNECTION})
        assert started.status_code == 202
        _await_parts(folder)
        said = letters.run(folder, "sync", "--json", code=8)
        assert CONNECTION in said.three_lines("sync_running")["happened"]
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(timeout=30) == 0
        assert served.process.stderr is not None
        assert served.process.stderr.read() == ""
    letters.heal()
    said = letters.run(folder, "sync")
    assert "subscriptions: resumes after " in said.out
    assert letters.run(folder, "verify").code == 0
    pulled = [row for row in tables(folder)["subscriptions"] if CONNECTION in row]
    assert len(pulled) == letters.world.at(letters.clock()).present


@pytest.mark.long
def test_the_end_of_the_server_does_not_wait_for_questions(letters: Newsletter, base: Path) -> None:
    """Questions under way are told that it ends; nothing is left running or said besides."""
    folder = letters.folder("asked", base)
    with _served(letters, folder) as served, ThreadPoolExecutor(12) as pool:
        name = served.get("/api/v1/publications").json()["items"][0]["name"]
        report = f"/api/v1/publications/{name}/reports/regulars"
        asked = [
            pool.submit(served.get, f"{report}?as_of=2025-0{month}-1{day}")
            for month in (1, 2)
            for day in range(6)
        ]
        wait(asked, timeout=60, return_when=FIRST_COMPLETED)
        begun = time.monotonic()
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(timeout=30) == 0
        assert time.monotonic() - begun < 15
        assert served.process.stderr is not None
        assert served.process.stderr.read() == ""
        answers = [one.result() for one in asked if one.exception() is None]
    ending = [answer for answer in answers if answer.status_code == 503]
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert all(answer.json()["code"] == "shutting_down" for answer in ending)
    assert ending
