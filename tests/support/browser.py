"""Node, a real Chromium and the scripts that drive it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parents[1] / "servers" / "node"
CACHE = Path(
    os.environ.get("REGULARS_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "regulars"
)
MODULES = CACHE / "node" / "node_modules"


def find_programs() -> tuple[str, str]:
    """Node and a browser; a missing part is a failure, never a skip."""
    node = shutil.which("node")
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    packages = all((MODULES / name).is_dir() for name in ("axe-core", "playwright-core"))
    if node is None or browser is None or not packages:
        pytest.fail("node, Chromium, axe-core or playwright-core is missing: scripts/install-parts")
    return node, browser


def run_script(programs: tuple[str, str], script: str, *arguments: str) -> Any:
    """The object that the script prints."""
    node, browser = programs
    done = subprocess.run(
        [node, str(SCRIPTS / script), browser, *arguments],
        env={**os.environ, "NODE_PATH": str(MODULES)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
