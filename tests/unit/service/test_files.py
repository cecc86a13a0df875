"""Small files are whole or not there, also where the disk is full."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from regulars.files import write_atomically

# In a process of its own, which may write files of 4,096 bytes at most, as if the disk were full.
FULL = f"""
import resource, signal, sys
from pathlib import Path
from regulars.files import write_atomically
signal.signal({int(signal.SIGXFSZ)}, signal.SIG_IGN)
resource.setrlimit({int(resource.RLIMIT_FSIZE)}, (4096, 4096))
try:
    write_atomically(Path(sys.argv[1]), b"x" * 10_000)
except OSError:
    print("told")
"""


def test_a_file_is_replaced_whole_and_is_private(tmp_path: Path) -> None:
    target = tmp_path / "file"
    (tmp_path / "file.aside").write_bytes(b"left by an earlier version")
    for content in (b"one", b"x" * 300_000, b""):
        write_atomically(target, content)
        assert target.read_bytes() == content
    assert target.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("before", [None, b"before"])
def test_a_short_write_is_told_and_leaves_nothing(tmp_path: Path, before: bytes | None) -> None:
    target = tmp_path / "file"
    if before is not None:
        target.write_bytes(before)
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(target)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "told", done.stderr
    assert [path.read_bytes() for path in tmp_path.iterdir()] == ([before] if before else [])
