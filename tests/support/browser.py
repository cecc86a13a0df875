"""Node, a real Chromium and the scripts that drive it."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from support.node_scripts import find_node, run_node


def find_programs() -> tuple[str, str]:
    """Node and a browser; a missing part is a failure, never a skip."""
    node = find_node("axe-core", "playwright-core")
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.fail("Chromium is missing: run scripts/install-parts")
    return node, browser


def run_script(programs: tuple[str, str], script: str, *arguments: str) -> Any:
    """The object that the script prints."""
    node, browser = programs
    return run_node(node, script, browser, *arguments, timeout=600)
