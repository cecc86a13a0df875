"""The units of systemd in the documentation are what systemd takes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.servers

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "keep-it-fresh.md"


def units() -> dict[str, str]:
    """The units of the page by their names, which stand in their first lines."""
    text = PAGE.read_text(encoding="utf-8")
    return dict(re.findall(r"```ini\n# (\S+)\n(.*?)```", text, re.DOTALL))


def verified(folder: Path, found: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What `systemd-analyze verify` says of the units, in a home that has the command."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.fail("systemd-analyze is missing: install systemd")
    command = folder / "regulars" / ".venv" / "bin" / "regulars"
    command.parent.mkdir(parents=True)
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    (folder / "my-newsletter").mkdir()
    for name, text in found.items():
        (folder / name).write_text(text)
    return subprocess.run(
        [program, "verify", "--user", *(str(folder / name) for name in found)],
        env=os.environ | {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    found = units()
    assert set(found) == {"regulars-sync.service", "regulars-sync.timer"}
    done = verified(tmp_path, found)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_wrong_unit_is_named(tmp_path: Path) -> None:
    found = units()
    found["regulars-sync.timer"] = found["regulars-sync.timer"].replace("*:0/5", "*:0/x")
    done = verified(tmp_path, found)
    assert "OnCalendar" in done.stderr or "calendar" in done.stderr
