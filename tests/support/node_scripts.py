"""Node with the npm packages that the scripts of the project install, and a way to run a script."""

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


def find_node(*packages: str) -> str:
    """Node, beside these packages; a missing part is a failure, never a skip."""
    node = shutil.which("node")
    if node is None or not all((MODULES / name).is_dir() for name in packages):
        pytest.fail(f"node or {' or '.join(packages)} is missing: run scripts/install-parts")
    return node


def run_node(
    node: str, script: str, *arguments: str, given: str | None = None, timeout: float = 60
) -> Any:
    """The JSON that the script prints. given: what it reads."""
    done = subprocess.run(
        [node, str(SCRIPTS / script), *arguments],
        input=given,
        env={**os.environ, "NODE_PATH": str(MODULES)},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
