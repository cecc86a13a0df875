"""The ledger of long tests: green ones are left out, on the same code alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.soak_ledger import SoakLedger, code_digest

TESTS = """
import os, pytest

def test_green():
    pass

def test_red():
    assert "MENDED" in os.environ

@pytest.fixture
def torn():
    yield
    assert "MENDED" in os.environ

def test_torn_down(torn):
    pass
"""


@pytest.fixture
def run(tmp_path: Path):
    """Runs three tests under a ledger; the exit code and the names that the ledger calls green."""
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    def run(digest: str, *, writes: bool = True) -> tuple[int, set[str]]:
        ledger = SoakLedger(tmp_path / "kept" / "ledger.jsonl", {"digest": digest}, writes=writes)
        words = [str(tmp_path), "-q", "--import-mode=importlib"]
        words += ["-p", "no:cacheprovider", "-p", "no:xdist"]
        code = pytest.main(words, plugins=[ledger])
        return int(code), {name.partition("::")[2] for name in ledger.green()}

    return run


@pytest.mark.long
def test_what_was_green_is_not_run_again(run, monkeypatch) -> None:
    assert run("one") == (1, {"test_green"})
    monkeypatch.setenv("MENDED", "1")
    assert run("one") == (0, {"test_green", "test_red", "test_torn_down"})
    monkeypatch.delenv("MENDED")
    assert run("one")[0] == 0
    assert run("another") == (1, {"test_green"})


@pytest.mark.long
def test_a_conftest_that_reaches_one_folder_alone_is_no_trouble(run, tmp_path: Path) -> None:
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "conftest.py").write_text("def pytest_runtest_setup(item): pass")
    (tmp_path / "beside" / "test_beside.py").write_text("def test_beside(): pass")
    assert run("one") == (1, {"test_green", "test_beside"})


@pytest.mark.long
def test_a_worker_leaves_the_writing_to_the_head(run) -> None:
    assert run("one", writes=False) == (1, set())


def test_a_line_that_was_cut_off_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text('{"digest": "one", "test": "a"}\n{"digest": "one", "te')
    assert SoakLedger(path, {"digest": "one"}).green() == {"a"}


def test_the_digest_is_that_of_paths_and_contents(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "a.py").write_text("1")
    found = {code_digest(tmp_path, ("code",))}
    (tmp_path / "code" / "a.py").write_text("2")
    found.add(code_digest(tmp_path, ("code",)))
    (tmp_path / "code" / "a.py").rename(tmp_path / "code" / "b.py")
    found.add(code_digest(tmp_path, ("code",)))
    assert len(found) == 3
    (tmp_path / "code" / "__pycache__").mkdir()
    (tmp_path / "code" / "__pycache__" / "b.pyc").write_text("made")
    assert code_digest(tmp_path, ("code",)) in found
