"""A server that follows its schedule, by a clock that the test drives and the provider shares."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from support.newsletter import Newsletter, before_post

from regulars_connectors.instants import SECOND, Instant

MINUTE = 60 * SECOND
_SERVER = Path(__file__).with_name("scheduled_server.py")
_PATIENCE = 60.0


@dataclass
class Served:
    """A running server, and the clock that it shares with the provider."""

    letters: Newsletter
    folder: Path
    url: str
    process: subprocess.Popen[str]

    def get(self, path: str) -> Any:
        return httpx.get(self.url + path, timeout=30).json()

    def runs(self) -> list[dict[str, Any]]:
        """Those that have ended, the newest first."""
        items = self.get("/api/v1/sync-runs")["items"]
        return [item for item in items if item["state"] != "running"]

    def line(self) -> dict[str, Any]:
        """How the schedule shows the only connection."""
        (line,) = self.get("/api/v1/schedule")["items"]
        return dict(line)

    def set_clock(self, instant: Instant) -> None:
        set_clock(self.letters, self.folder, instant)

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        """Until it is so. The bound is for a server that never gets there."""
        end = time.monotonic() + _PATIENCE
        while not is_so():
            assert time.monotonic() < end, self.line()
            assert self.process.poll() is None
            time.sleep(0.02)


def set_clock(letters: Newsletter, folder: Path, instant: Instant) -> None:
    letters.clock.set(instant)
    aside = folder / "clock.new"
    aside.write_text(str(instant))
    aside.replace(folder / "clock")


@contextmanager
def served(letters: Newsletter, folder: Path) -> Iterator[Served]:
    command = [sys.executable, str(_SERVER), str(folder / "regulars.toml"), str(folder / "clock")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://"), "the server did not start"
        yield Served(letters, folder, url, process)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=30)
        assert process.stdout is not None
        process.stdout.close()


def folder_with(letters: Newsletter, sync: str, more: str = "") -> Path:
    text = letters.settings_text() + f'sync = "{sync}"\n{more}\n[server]\nport = 0\n'
    folder = letters.folder("served", settings=text)
    set_clock(letters, folder, before_post(letters.world, 10))
    return folder
