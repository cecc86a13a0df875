"""Whatever a command waits for, a signal ends it soon, and what the store holds stays."""

from __future__ import annotations

import select
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.newsletter import Newsletter, newsletter, stored
from support.waits import (
    MANY,
    PROVIDER_WAITS,
    SERVER_WAITS,
    questions,
    raw_clients,
    running,
    slow_requests,
    until,
    waiting,
)

from regulars.clock import system_clock
from regulars_connectors.instants import DAY
from regulars_connectors.simulator import World

pytestmark = pytest.mark.long

WEEKS = 12
SOON = 5.0
BESIDE = ["/", "/readyz", "/api/v1/sync-runs", "/api/v1/publications/letters"]


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsletter]:
    """A provider of today, since processes of their own believe the machine's clock."""
    started = (system_clock() // DAY - 7 * WEEKS) * DAY
    world = World(5, subscribers=60, spike=False, posts=WEEKS + 10, started=started)
    real = system_clock
    with newsletter(tmp_path_factory.mktemp("waits"), world) as made:
        made.clock.set(real())
        yield made


@pytest.fixture(scope="module")
def base(letters: Newsletter) -> Path:
    """A store that one sync has filled."""
    folder = letters.folder("base")
    letters.run(folder, "sync")
    return folder


def nothing_lost(letters: Newsletter, folder: Path, base: Path) -> None:
    """Every file of the base is as it was, and the store is well."""
    now = stored(folder)
    for name, digest in stored(base).items():
        if name.endswith(".parquet"):
            assert now[name] == digest
    for journal in (base / "data" / "journal").glob("*.log"):
        grown = folder / journal.relative_to(base)
        assert grown.read_bytes().startswith(journal.read_bytes())
    assert letters.run(folder, "verify").code == 0


@pytest.mark.parametrize("wait", [*PROVIDER_WAITS, *SERVER_WAITS])
def test_sigterm_ends_serve_in_each_wait(letters: Newsletter, base: Path, wait: str) -> None:
    with waiting(letters, base, "serve", wait) as made:
        assert made.end() < SOON
        assert made.process.returncode == 0
        said = made.said()
        assert ("Ended at once" in said) == (wait in ("lock", "commit")), said
        assert "Traceback" not in said
    letters.heal()
    nothing_lost(letters, made.folder, base)


@pytest.mark.parametrize("wait", PROVIDER_WAITS)
def test_a_signal_ends_sync_in_each_wait(letters: Newsletter, base: Path, wait: str) -> None:
    number = signal.SIGTERM if PROVIDER_WAITS.index(wait) % 2 else signal.SIGINT
    with waiting(letters, base, "sync", wait) as made:
        assert made.end(number) < SOON
        assert made.process.returncode == 130
        assert "the next sync resumes there." in made.said()
    letters.heal()
    nothing_lost(letters, made.folder, base)


def test_a_second_signal_ends_serve_at_once(letters: Newsletter, base: Path) -> None:
    folder = letters.folder("second", base)
    with running(folder, "serve", "commit") as made:
        assert made.ask("/api/v1/sync-runs", {}) == 202
        until((folder / "waits").exists, "the commit")
        made.process.send_signal(signal.SIGTERM)
        until(lambda: not _listens(made.url), "the end of listening")
        assert made.end(signal.SIGTERM) < 1.0
        assert made.process.returncode == -signal.SIGTERM
    nothing_lost(letters, folder, base)


def _listens(url: str) -> bool:
    host, _, port = url.removeprefix("http://").partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError:
        return False
    return True


def test_while_200_questions_wait_others_are_answered(letters: Newsletter, base: Path) -> None:
    folder = letters.folder("asked", base)
    with running(folder, "serve", "report") as made:
        assert made.ask("/") == 200
        threads = _threads_of(made.process.pid)
        (folder / "hold").touch()
        with raw_clients(made.url, questions(MANY + 1)):
            until((folder / "waits").exists, "the first computation")
            for path in BESIDE:
                assert made.least_seconds_of(path) < 1.0, path
            assert made.ask("/api/v1/sync-runs", {}) == 202
            assert _threads_of(made.process.pid) < threads + 20
        # The clients are gone: nothing of theirs is computed, and the next question has its turn.
        (folder / "hold").unlink()
        path = "/api/v1/publications/letters/reports/house?as_of=2025-01-02"
        assert made.ask(path) == 200
        assert made.end() < SOON


def test_too_many_questions_are_told_when_to_come_back(letters: Newsletter, base: Path) -> None:
    folder = letters.folder("refused", base)
    with running(folder, "serve", "report") as made:
        (folder / "hold").touch()
        with raw_clients(made.url, questions(300)) as clients:
            until((folder / "waits").exists, "the first computation")
            answered, _, _ = select.select(clients, [], [], 30)  # the server reads in its own order
            answer = b""
            while b"}" not in answer:
                more = answered[0].recv(65536)
                assert more
                answer += more
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b"\r\nretry-after: " in answer
            assert b'"too_many_waiting"' in answer


def test_beside_200_slow_clients_others_are_answered(letters: Newsletter, base: Path) -> None:
    folder = letters.folder("slow", base)
    with running(folder, "serve") as made:
        assert made.ask("/") == 200
        with raw_clients(made.url, slow_requests()):
            for path in BESIDE:
                assert made.least_seconds_of(path) < 1.0, path


def _threads_of(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))
