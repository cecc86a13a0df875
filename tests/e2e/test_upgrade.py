"""The upgrade of docs/how-to/run-for-good.md and its way back, step by step, as real processes.

The store is one that a released version left. It is served by the command of the unit, in the
unit's environment, and comes back from the backup byte for byte, so that the older program finds
what it wrote itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.keep_store import ASKED, EVERYBODY, KEPT, LISTED

pytestmark = pytest.mark.long

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
UNIT = HOW_TO / "run-for-good" / "regulars.service"
PROGRAM = "/opt/regulars/bin/regulars"
VERSIONS = sorted(path.name for path in KEPT.iterdir())
SETTINGS = """
[store]
free_space_floor_mib = 0
[server]
port = 0
""" + "".join(f'[[publications]]\nname = "{name}"\n' for name in ASKED)


@dataclass
class Machine:
    """Where the page puts things, below a folder of the test."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def place(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    @property
    def store(self) -> Path:
        return self.place("/var/lib/regulars/store")

    @property
    def disk(self) -> Path:
        return self.place("/mnt/disk/regulars")

    def prepare(self) -> None:
        """The program, the settings and the unit, where the page says to put them."""
        program = self.place(PROGRAM)
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m regulars.cli "$@"\n')
        program.chmod(0o755)
        settings = self.place("/etc/regulars/regulars.toml")
        settings.parent.mkdir(parents=True)
        settings.write_text(SETTINGS)
        for folder in (self.store.parent, self.disk.parent):
            folder.mkdir(parents=True)
        text = UNIT.read_text()
        for line in re.findall(r"^Environment=(.+)$", text, re.MULTILINE):
            for setting in line.split():
                name, _, value = setting.partition("=")
                inside = value.startswith("/")
                self.environment[name] = str(self.place(value)) if inside else value

    def command_of_the_unit(self) -> list[str]:
        (line,) = re.findall(r"^ExecStart=(.+)$", UNIT.read_text(), re.MULTILINE)
        return [str(self.place(word)) if word.startswith("/") else word for word in line.split()]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command with the settings and the store of the alias on the page."""
        done = subprocess.run(
            [str(self.place(PROGRAM)), *words],
            env={
                **os.environ,
                "REGULARS_CONFIG": str(self.place("/etc/regulars/regulars.toml")),
                "REGULARS_STORE__FOLDER": str(self.store),
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
        return done

    @contextmanager
    def started(self) -> Iterator[str]:
        """`systemctl start` and `systemctl stop`: the command of the unit, and SIGTERM."""
        (self.store.parent / "log").unlink(missing_ok=True)
        with (
            (self.store.parent / "log").open("w") as log,
            subprocess.Popen(
                self.command_of_the_unit(),
                env={**os.environ, **self.environment},
                cwd=self.store.parent,
                stderr=log,
                text=True,
            ) as process,
        ):
            try:
                while not self._is_ready(process):
                    pass
                yield json.loads((self.store / "lock").read_text())["url"]
                process.send_signal(signal.SIGTERM)
                assert process.wait(timeout=30) == 0
            finally:
                process.kill()

    def _is_ready(self, process: subprocess.Popen[str]) -> bool:
        assert process.poll() is None, (self.store.parent / "log").read_text()
        try:
            url = json.loads((self.store / "lock").read_text())["url"]
            return httpx.get(f"{url}/readyz", timeout=30).status_code == 200
        except (OSError, ValueError, KeyError, TypeError, httpx.HTTPError):
            return False

    def figures(self) -> dict[str, Any]:
        """What it says of each publication as of the day on which the older version was asked."""
        found = {}
        for name, day in ASKED.items():
            words = ("--publication", name, "--as-of", day, "--json")
            house = json.loads(self.run("report", "house", *words).stdout)["result"]
            listed = self.run("report", "regulars", *words, *EVERYBODY)
            people = json.loads(listed.stdout)["result"]["people"]
            shown = house["by_rule"]
            found[name] = {
                "sustained_readers": shown
                and {key: shown[key] for key in ("value", "low", "high")},
                "regulars": sorted(one["id"] for one in people if one["rule_state"] in LISTED),
            }
        return found


def digests(store: Path) -> dict[str, str]:
    """Every file that a program needs to make the database again."""
    parts = [store / "secret", *store.glob("journal/*"), *store.glob("history/**/*.parquet")]
    return {
        str(path.relative_to(store)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in parts
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_an_upgrade_and_the_way_back(tmp_path: Path, version: str) -> None:
    machine = Machine(tmp_path)
    machine.prepare()
    shutil.copytree(KEPT / version, machine.store, ignore=shutil.ignore_patterns("answers.json"))
    machine.store.chmod(0o700)
    answers = json.loads((KEPT / version / "answers.json").read_text())
    said = {name: answers[name] for name in ASKED}
    of_the_release = digests(machine.store)

    # 1 to 3: back up while it runs, prove it, stop.
    with machine.started():
        machine.run("backup", str(machine.disk))
        machine.run("verify", str(machine.disk))
    before = digests(machine.store)

    # 4 and 5: start, and see the figures of before. Then it writes what an older one may not know.
    with machine.started() as url:
        machine.run("schedule")
        assert "error" not in machine.run("doctor").stdout
        assert machine.figures() == said
        machine.run("keys", "add", "made after the upgrade")
        assert httpx.get(f"{url}/readyz", timeout=30).json()["backup"]["status"] == "ok"
    written = digests(machine.store)
    assert written != before

    # Go back: move the store aside, restore into the empty folder, start.
    machine.store.rename(machine.store.with_name("store-aside"))
    machine.run("restore", str(machine.disk))
    restored = digests(machine.store)
    assert restored == before
    # What the release wrote is there as it wrote it.
    assert {path: restored[path] for path in of_the_release} == of_the_release
    with machine.started():
        assert machine.figures() == said
        assert "made after" not in machine.run("keys", "list").stdout
    assert "agree" in machine.run("verify").stdout
