"""A ledger of long tests: what ran green on this code is left out the next time.

``--ledger FILE`` names it: a line of JSON for each green test, with the digest of the code, the
versions of Python and DuckDB, and for people the commit and the moment. A line counts only for the
same digest and versions. A run that was interrupted resumes after its last green test.
"""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parents[2]
CODE = ("service", "connectors", "tests", "scripts", "requirements", "pyproject.toml")


def code_digest(root: Path, parts: tuple[str, ...] = CODE) -> str:
    """SHA-256 over the path and content of every file of the code."""
    digest = hashlib.sha256()
    for part in parts:
        top = root / part
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
                content = hashlib.sha256(path.read_bytes()).hexdigest()
                digest.update(f"{path.relative_to(root)}\0{content}\n".encode())
    return digest.hexdigest()


@dataclass(eq=False)
class SoakLedger:
    """The green tests of one code under one Python and one DuckDB.

    writes: whether this process adds to the file; of tests side by side only their head does.
    """

    path: Path
    code: dict[str, str]
    commit: str = ""
    writes: bool = True
    _seconds: dict[str, float] = field(default_factory=dict)
    _broken: set[str] = field(default_factory=set)

    def green(self) -> set[str]:
        """The ids of tests that passed. A line cut off by a crash counts for nothing."""
        if not self.path.exists():
            return set()
        found = set()
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if {name: entry.get(name) for name in self.code} == self.code:
                found.add(entry["test"])
        return found

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out what is green already."""
        green = self.green()
        left_out = [item for item in items if item.nodeid in green]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if item.nodeid not in green]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add a test whose setup, call and teardown all passed."""
        if not self.writes:
            return
        seconds = self._seconds.get(report.nodeid, 0.0) + report.duration
        self._seconds[report.nodeid] = seconds
        if not report.passed:
            self._broken.add(report.nodeid)
        if report.when == "teardown" and report.nodeid not in self._broken:
            entry = {"test": report.nodeid, **self.code, "commit": self.commit}
            entry |= {"seconds": round(seconds, 1), "ended": time.strftime("%FT%TZ", time.gmtime())}
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Nothing left to run is a success."""
        if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self.green():
            session.exitstatus = pytest.ExitCode.OK


def ledger_of(path: Path, *, writes: bool = True, root: Path = ROOT) -> SoakLedger:
    """The ledger of the code as it lies there now."""
    versions = {"python": platform.python_version(), "duckdb": duckdb.__version__}
    return SoakLedger(path, {"digest": code_digest(root)} | versions, _commit(root), writes)


def _commit(root: Path) -> str:
    """The commit that is checked out; empty outside a repository."""
    try:
        command = ["git", "-C", str(root), "rev-parse", "HEAD"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
