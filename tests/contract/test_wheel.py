"""What is installed is what lies in the tree: queries, templates, fonts, scripts and schemas."""

from __future__ import annotations

import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]
PACKAGES = (ROOT / "service", ROOT / "connectors")


def in_the_tree() -> set[str]:
    return {
        file.relative_to(folder).as_posix()
        for folder in PACKAGES
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def test_the_wheel_holds_every_file_of_both_packages(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = in_the_tree()
    assert inside == expected
    endings = {Path(name).suffix for name in expected}
    assert {".py", ".sql", ".js", ".html", ".json", ".woff2"} <= endings
