"""What is made once for a run of tests: by one of those who ask at once, and whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from support.made_once import made_once


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name of its own in the folder of the run, which every worker shares."""
    return f"made-once-{request.node.name}"


def test_of_those_who_ask_at_once_one_makes_it(
    tmp_path_factory: pytest.TempPathFactory, name: str, tmp_path: Path
) -> None:
    together = Barrier(4)
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "file").write_text("whole")

    def ask(_: int) -> str:
        together.wait()
        return (made_once(tmp_path_factory, name, make) / "file").read_text()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, range(4))) == ["whole"] * 4
    assert len(made) == 1


def test_what_could_not_be_made_is_made_by_the_next(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        made_once(tmp_path_factory, name, fail)
    made = made_once(tmp_path_factory, name, lambda folder: (folder / "file").touch())
    assert [path.name for path in made.iterdir()] == ["file"]
