"""A YAML file, read by a library of npm: nothing that Regulars ships reads YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.node_scripts import find_node, run_node


def read_yaml(path: Path) -> Any:
    """What the file holds; a missing library is a failure, never a skip."""
    return run_node(find_node("yaml"), "yaml-as-json.cjs", str(path))
