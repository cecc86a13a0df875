"""Three publications at one provider, synced once for all tests of a module."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.organisation import Provider, organisation
from support.three_publications import say


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with organisation(3) as made:
        yield made


@pytest.fixture(scope="module")
def synced(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three publications, synced once."""
    folder = provider.folder(tmp_path_factory.mktemp("three") / "made")
    say(folder, "sync")
    return folder


@pytest.fixture
def folder(synced: Path, tmp_path: Path) -> Path:
    """A copy of them."""
    return Path(shutil.copytree(synced, tmp_path / "copy"))
