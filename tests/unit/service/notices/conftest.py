"""A store whose runs tests write themselves, and settings with one connection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.told_runs import settings_of, without

from regulars.settings import Settings
from regulars.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(settings_of(tmp_path / "data").store) as opened:
        yield opened


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """One connection: the other one of the publication has no part in most of these tests."""
    return without(settings_of(tmp_path / "data"), "two")
