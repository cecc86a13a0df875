"""A store that a released version left, and a backup of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest
from support.kept_backup import Kept, kept_in, kept_store

from regulars.backup import figures

ALL_DAYS = figures.DAYS_BACK


@pytest.fixture(autouse=True, scope="module")
def _figures_of_two_days() -> Iterator[None]:
    """Ten days of two publications cost more than all else that a backup does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "DAYS_BACK", (ALL_DAYS[0], ALL_DAYS[-1]))
        yield


@pytest.fixture
def figures_of_all_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup notes as many figures as outside tests."""
    monkeypatch.setattr(figures, "DAYS_BACK", ALL_DAYS)


@pytest.fixture(scope="module")
def _backed_up(_figures_of_two_days: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    kept = kept_store(tmp_path_factory.mktemp("backed-up") / "kept")
    kept.back_up()
    return kept.folder


@pytest.fixture
def kept(_backed_up: Path, tmp_path: Path) -> Kept:
    """A store and its finished backup, both to be harmed at will."""
    made = kept_in(tmp_path / "kept")
    for part in ("data", "backup"):
        shutil.copytree(_backed_up / part, made.folder / part)
    return made


@pytest.fixture
def age_key(tmp_path: Path) -> tuple[Path, str]:
    """The file of an identity, as age-keygen writes it, and the recipient that belongs to it."""
    identity = pyrage.x25519.Identity.generate()
    path = tmp_path / "key.txt"
    path.write_text(f"# made for a test\n{identity}\n")
    return path, str(identity.to_public())
