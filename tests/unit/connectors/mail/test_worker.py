"""The process that reads mail: what ends it, what replaces it, what it may do."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from regulars_connectors.mail import worker as worker_module
from regulars_connectors.mail.limits import MEMORY_BYTES, MOST_PARSED
from regulars_connectors.mail.reading import Request, Setup, read
from regulars_connectors.mail.worker import MailWorker, WorkerBroken

pytestmark = pytest.mark.long  # most tests start a process

RAW = b"From: Mika <mika@reader.example>\nSubject: Re: Bread\n\nRye?\n\n> Which flour?\n"
SETUP = Setup(frozenset({"ada@letters.example"}), b"key")
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture(scope="module")
def worker() -> Iterator[MailWorker]:
    with MailWorker(SETUP) as one:
        yield one


def child(worker: MailWorker) -> int:
    worker.read(Request(RAW))
    assert worker._child is not None
    return worker._child.pid


def test_a_reading_is_that_of_this_process(worker: MailWorker) -> None:
    assert worker.read(Request(RAW)) == read(Request(RAW), SETUP)


def test_one_child_reads_many_mails(worker: MailWorker) -> None:
    first = child(worker)
    assert [worker.read(Request(RAW)).kind for _ in range(20)] == ["human"] * 20
    assert child(worker) == first


@pytest.mark.parametrize(
    ("ending", "rule"),
    [(signal.SIGPROF, "too_much_time"), (signal.SIGKILL, "too_much_memory")],
)
def test_a_child_that_falls_is_replaced(worker: MailWorker, ending: int, rule: str) -> None:
    before, replaced = child(worker), worker.replaced
    os.kill(before, ending)
    found = worker.read(Request(RAW))
    assert (found.kind, found.rule, found.text) == ("unreadable", rule, "")
    assert worker.read(Request(RAW)).kind == "human"
    assert (child(worker) != before, worker.replaced) == (True, replaced + 1)


@linux
def test_its_limits_are_set(worker: MailWorker) -> None:
    limits = Path(f"/proc/{child(worker)}/limits").read_text(encoding="ascii")
    rows = {line[:26].strip(): line[26:].split()[:2] for line in limits.splitlines()}
    assert rows["Max address space"] == [str(MEMORY_BYTES)] * 2
    assert rows["Max open files"] == ["0", "0"]
    assert rows["Max core file size"] == ["0", "0"]


@linux
def test_it_knows_nothing_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REGULARS_SECRET", "canary")
    with MailWorker(SETUP) as one:
        given = Path(f"/proc/{child(one)}/environ").read_bytes()
    assert b"canary" not in given


def looping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """From now on, children read a mail by this code."""
    program = tmp_path / "child.py"
    program.write_text(
        "from regulars_connectors.mail import limits, worker\n"
        f"limits.CPU_SECONDS = worker.CPU_SECONDS = 0.3\n"
        f"def read(request, setup):\n    if request.raw == b'now':\n        {body}\n"
        "    from regulars_connectors.mail import reading\n"
        "    return reading.read(request, setup)\n"
        "worker.read = read\nworker.run_child()\n",
        encoding="utf-8",
    )
    start = worker_module.subprocess.Popen
    monkeypatch.setattr(
        worker_module.subprocess,
        "Popen",
        lambda command, **rest: start([sys.executable, str(program)], **rest),
    )


def test_too_much_time_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looping(tmp_path, monkeypatch, "while True: pass")
    with MailWorker(SETUP) as one:
        assert one.read(Request(b"now")).rule == "too_much_time"
        assert one.read(Request(RAW)).kind == "human"


def test_too_much_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looping(tmp_path, monkeypatch, "kept = [bytes(1 << 20) for _ in range(400)]")
    with MailWorker(SETUP) as one:
        assert one.read(Request(b"now")).rule == "too_much_memory"
        assert one.read(Request(RAW)).kind == "human"


@pytest.mark.parametrize(
    "body",
    ["open(__file__)", "import socket; socket.socket()", "import os; os.pipe()"],
)
def test_it_can_open_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    looping(tmp_path, monkeypatch, body)
    with MailWorker(SETUP) as one:
        assert one.read(Request(b"now")).rule == "error"
        assert one.read(Request(RAW)).kind == "human"


def test_a_child_that_hangs_is_left_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looping(tmp_path, monkeypatch, "import signal; signal.pause()")
    with MailWorker(SETUP) as one:
        child(one)
        one._patience = 0.3
        assert one.read(Request(b"now")).rule == "too_much_time"
        one._patience = 60
        assert one.read(Request(RAW)).kind == "human"


def test_a_child_that_does_not_start_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    start = worker_module.subprocess.Popen
    monkeypatch.setattr(
        worker_module.subprocess,
        "Popen",
        lambda command, **rest: start([sys.executable, "-c", ""], **rest),
    )
    with pytest.raises(WorkerBroken), MailWorker(SETUP) as one:
        one.read(Request(RAW))


def test_the_first_mebibyte_is_parsed(worker: MailWorker) -> None:
    found = worker.read(Request(RAW + b"a\n" * MOST_PARSED))
    assert "size" in found.cut
    assert found.kind == "human"
