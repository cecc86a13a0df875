"""A server of the benchmarks in a process of its own: its address, and the CPU that it takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

# ``regulars`` with the settings of the folder that it is started in.
REGULARS = [sys.executable, "-m", "regulars.cli", "--config", "regulars.toml"]


@contextmanager
def server(command: list[str], folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server that prints ``{"url": …}`` once it listens; it is ended with the block."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        try:
            yield process, str(_first_object(process.stdout)["url"])
        finally:
            process.terminate()
            if process.returncode is None:
                process.wait()


def _first_object(lines: IO[str]) -> dict[str, Any]:
    """The first JSON object, which may stand on several lines."""
    said = ""
    while not said.rstrip().endswith("}"):
        line = lines.readline()
        assert line, "the server did not start"
        said += line
    found: dict[str, Any] = json.loads(said)
    return found


def cpu_of(pid: int) -> float:
    """CPU seconds of a process so far, the system's part included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def exact_cpu_of(pid: int) -> float:
    """The same to the nanosecond, by the clock that Linux keeps of every process."""
    return time.clock_gettime((~pid << 3) | 2)


def get_json(url: str, body: object = None) -> Any:
    """The JSON of an answer. body: what is sent, if anything."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)
