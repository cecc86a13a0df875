"""A backup beside others: a server that answers, a second backup, and somebody who ends it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.kept_backup import Kept, kept_store
from support.waits import running

from regulars.backup.manifest import read_manifest

pytestmark = pytest.mark.long

EXAMPLE = Path(__file__).parents[2] / "docs" / "how-to" / "import-files-example"
HOUSES = tuple(
    f"/api/v1/publications/{name}/reports/house?as_of={day}"
    for name, day in (
        ("letters", "2026-06-01"),
        ("brought", "2026-11-20"),
        ("letters", "2026-05-02"),
    )
)
CUT = """
import sys, threading
from pathlib import Path
from regulars.backup.objects import Objects
from regulars.cli import main
real, left = Objects.put, [int(sys.argv[1])]
def put(self, *words):
    if not left[0]:
        print("waits", flush=True)
        threading.Event().wait()
    left[0] -= 1
    return real(self, *words)
Objects.put = put
main(sys.argv[2:])
"""


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return kept_store(tmp_path / "kept")


def test_figures_stay_while_a_backup_is_made(kept: Kept) -> None:
    with running(kept.folder, "serve") as served:
        with httpx.Client(base_url=served.url, timeout=60, trust_env=False) as client:
            before = [client.get(path).json()["result"] for path in HOUSES]
            asked = 0
            for backup in _backups(kept, 2):
                while backup.is_alive():
                    answers = [client.get(path) for path in HOUSES]
                    assert [answer.status_code for answer in answers] == [200] * len(HOUSES)
                    assert [answer.json()["result"] for answer in answers] == before
                    assert client.get("/readyz").status_code == 200
                    asked += 1
            assert asked >= 2
        assert served.end() < 10
    for number in range(2):
        place = str(kept.folder / f"backup-{number}")
        assert kept.run("verify", place, "--json").json["faults"] == []
    restored = kept.elsewhere()
    said = restored.run("restore", str(kept.folder / "backup-1"), "--json").json
    # The server was asked for the figures, so they are there to be compared.
    assert said["figures"] == 20
    assert said["differences"] == []


def _backups(kept: Kept, count: int) -> Iterator[threading.Thread]:
    """Backups into a folder each, one after the other, in threads that have started."""
    for number in range(count):
        words = ("backup", str(kept.folder / f"backup-{number}"))
        command = [sys.executable, "-m", "regulars.cli"]
        command += ["--config", str(kept.folder / "regulars.toml"), *words]
        codes: list[int] = []
        thread = threading.Thread(
            target=lambda command=command, codes=codes: codes.append(
                subprocess.run(command, check=False, capture_output=True).returncode
            )
        )
        thread.start()
        yield thread
        thread.join()
        assert codes == [0]


def _begun(kept: Kept, after: int) -> subprocess.Popen[str]:
    """A backup that waits before it copies one more object than ``after``."""
    command = [sys.executable, "-c", CUT, str(after), "--config"]
    command += [str(kept.folder / "regulars.toml"), "backup", str(kept.backup)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "waits\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_the_earlier_backup_and_the_next_finishes(kept: Kept, number: int) -> None:
    kept.back_up()
    before = read_manifest(kept.backup)
    kept.run("import", "files", str(EXAMPLE), "--publication", "more")
    with _begun(kept, len(before.objects) + 2) as process:
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode in (130, -number)
    assert "Traceback" not in err
    assert read_manifest(kept.backup) == before
    assert kept.run("verify", str(kept.backup), "--json").json["faults"] == []
    assert not list(kept.backup.rglob("*.tmp")) or number == signal.SIGTERM
    kept.back_up()
    after = read_manifest(kept.backup)
    assert after.entries > before.entries
    there = {path.name for path in (kept.backup / "objects").iterdir()}
    assert there == {one.name for one in after.objects}
    assert {path.name for path in kept.backup.iterdir()} == {"objects", "manifest.json"}


def test_a_second_backup_into_one_folder_is_refused_while_the_first_goes_on(kept: Kept) -> None:
    with _begun(kept, 3) as process:
        before = sorted(path.name for path in kept.backup.rglob("*"))
        said = kept.back_up(code=8).three_lines("store_locked")
        assert f"Another process is writing a backup to {kept.backup}" in said["happened"]
        assert "Wait" in said["to_do"]
        assert sorted(path.name for path in kept.backup.rglob("*")) == before
        process.kill()
        process.communicate(timeout=60)
    kept.back_up()
    assert kept.run("verify", str(kept.backup), "--json").json["faults"] == []
