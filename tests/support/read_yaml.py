"""A YAML file, read by a library of npm: nothing that Regulars ships reads YAML."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.browser import MODULES

SCRIPT = Path(__file__).resolve().parents[1] / "servers" / "node" / "yaml-as-json.cjs"


def read_yaml(path: Path) -> Any:
    """What the file holds; a missing library is a failure, never a skip."""
    node = shutil.which("node")
    if node is None or not (MODULES / "yaml").is_dir():
        pytest.fail("node or the npm package yaml is missing: run scripts/install-parts")
    done = subprocess.run(
        [node, str(SCRIPT), str(path)],
        env={**os.environ, "NODE_PATH": str(MODULES)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
