"""Nothing leaves this machine: demo, sync, report, doctor and serve run in processes in which every
connection and every look-up of a name outside loopback is refused and noted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import CANARY_KEY
from support.newsletter import KEY_NAME, FaultyProvider

GUARD = '''
"""Loaded by the interpreter before anything else; notes each way out of this machine."""
import ipaddress
import os
import socket

_NOTES = os.environ["EGRESS_NOTES"]


def _note(what, where):
    with open(_NOTES, "a", encoding="utf-8") as notes:
        notes.write(f"{what} {where}\\n")


def _is_here(host):
    if host in ("localhost", b"localhost", "", None):
        return True
    try:
        text = host.decode() if isinstance(host, bytes) else str(host)
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _guarded(name):
    plain = getattr(socket.socket, name)

    def guarded(self, *given):
        address = given[-1]
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_here(address[0]):
            _note(name, address)
            raise OSError("outside of this machine")
        _note(f"{name} here", address)
        return plain(self, *given)

    return guarded


def _looking_up(plain):
    def looked_up(host, *more, **options):
        if not _is_here(host):
            _note("look-up", host)
            raise socket.gaierror("outside of this machine")
        return plain(host, *more, **options)

    return looked_up


for _name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, _name, _guarded(_name))
for _name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
    setattr(socket, _name, _looking_up(getattr(socket, _name)))
_note("guard", os.getpid())
'''


@pytest.fixture
def guarded(tmp_path: Path) -> dict[str, str]:
    """The environment of a process that cannot leave this machine."""
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        "EGRESS_NOTES": str(tmp_path / "notes"),
        KEY_NAME: CANARY_KEY,
    }


def _run(environment: dict[str, str], *words: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "regulars.cli", *words],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def _notes(environment: dict[str, str]) -> list[str]:
    notes = Path(environment["EGRESS_NOTES"]).read_text().splitlines()
    assert any(note.startswith("guard ") for note in notes)
    return [note for note in notes if not note.startswith("guard ") and " here " not in note]


def test_the_guard_guards(guarded: dict[str, str]) -> None:
    script = "import urllib.request as r\nr.urlopen('http://example.org', timeout=1)"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=guarded, capture_output=True, check=False)
    assert done.returncode == 1
    assert _notes(guarded) == ["look-up example.org"]


@pytest.mark.long
def test_sync_report_and_doctor_stay_here(
    faulty_provider: FaultyProvider, guarded: dict[str, str]
) -> None:
    config = ("--config", str(faulty_provider.fresh() / "regulars.toml"))
    _run(guarded, *config, "sync")
    assert json.loads(_run(guarded, *config, "report", "house", "--json"))["report"] == "house"
    _run(guarded, *config, "doctor")
    assert "connect_ex here" in Path(guarded["EGRESS_NOTES"]).read_text()
    assert _notes(guarded) == []


@pytest.mark.long
def test_provider_that_sends_us_elsewhere(
    faulty_provider: FaultyProvider, guarded: dict[str, str]
) -> None:
    """A redirect is not followed, neither to another host nor to another port."""
    config = ("--config", str(faulty_provider.fresh() / "regulars.toml"))
    faulty_provider.letters.trouble("redirect")
    _run(guarded, *config, "sync", code=6)
    notes = Path(guarded["EGRESS_NOTES"]).read_text()
    assert "('127.0.0.1', 9)" not in notes
    assert _notes(guarded) == []


@pytest.mark.long
def test_demo_stays_here(guarded: dict[str, str]) -> None:
    said = _run(guarded, "demo", "--once", "--quiet")
    for part in (") keep coming back to", " people wrote back, in ", " wait for an answer."):
        assert part in said
    assert _notes(guarded) == []
