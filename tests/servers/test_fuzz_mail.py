"""A fuzzer on the reading of mail: sixty seconds in each check, half an hour in ``make soak``."""

from __future__ import annotations

import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest
from support.environments import kept_environment
from support.machine_mails import machine_mails
from support.mail_attacks import ATTACKS

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements" / "atheris.txt"
KEPT = ROOT / "tests" / "samples" / "mail" / "fuzz.zip"
MINUTE = 60


@pytest.mark.parametrize(
    "seconds",
    [pytest.param(MINUTE), pytest.param(30 * MINUTE, marks=[pytest.mark.soak])],
)
@pytest.mark.timeout(45 * MINUTE)
def test_nothing_that_a_fuzzer_invents_raises_or_hangs(tmp_path: Path, seconds: int) -> None:
    python = kept_environment(REQUIREMENTS)
    found = tmp_path / "found"
    found.mkdir()
    with ZipFile(KEPT) as kept:
        kept.extractall(found)
    for at, raw in enumerate(seeds()):
        (found / f"seed-{at:03}").write_bytes(raw)
    done = subprocess.run(
        [
            str(python), str(ROOT / "tests" / "support" / "fuzz_mail.py"),
            str(ROOT / "connectors"), f"-max_total_time={seconds}", "-timeout=5", "-max_len=16384",
            "-rss_limit_mb=1024", "-print_final_stats=1", str(found),
        ],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=seconds + 10 * MINUTE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    assert "stat::number_of_executed_units" in done.stderr


def seeds() -> list[bytes]:
    """Mails to begin with: our own machine mails, and the first step of each attack, cut."""
    mails = [b"\0" + one.raw for one in machine_mails()]
    return mails + [b"\0" + make(40)[:4096] for _, make in ATTACKS.values()]
