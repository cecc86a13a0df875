"""The systemd unit of the how-to, as systemd itself reads it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "run-with-systemd.md"
MOST_EXPOSED = 2.5
"""Of ten, as `systemd-analyze security` counts."""

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(
        shutil.which("systemd-analyze") is None,
        reason="systemd-analyze is not on this machine: the unit of the how-to is unchecked here",
    ),
]


def unit_of(folder: Path, **changes: str) -> Path:
    """The unit as a file whose program exists on this machine."""
    found = re.search(r"```ini\n# regulars\.service\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found
    text = found[1]
    assert "ExecStart=/opt/regulars/bin/regulars serve\n" in text
    for old, new in {"/opt/regulars/bin/regulars": "/bin/true", **changes}.items():
        assert old in text
        text = text.replace(old, new)
    file = folder / "regulars.service"
    file.write_text(text, encoding="utf-8")
    return file


def verified(file: Path) -> str:
    """What systemd complains of, empty for a sound unit."""
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(file)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    lines = (done.stdout + done.stderr).splitlines()
    about_ours = "\n".join(line for line in lines if "regulars.service" in line)
    return about_ours or (f"exit code {done.returncode}" if done.returncode else "")


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    assert verified(unit_of(tmp_path)) == ""


def test_a_word_that_systemd_does_not_know_is_found(tmp_path: Path) -> None:
    wrong = unit_of(tmp_path, ProtectSystem="ProtectSytem")
    assert "Unknown key" in verified(wrong)


def test_the_unit_gives_little_away(tmp_path: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit_of(tmp_path))],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    found = re.search(r"exposure level for regulars\.service: ([\d.]+)", done.stdout + done.stderr)
    assert found, done.stdout + done.stderr
    assert float(found[1]) <= MOST_EXPOSED
