"""Example connectors as if a package had installed them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from regulars_connectors import registry


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Takes name and class of each connector; no others are installed then."""

    def put(**kinds: type[Any]) -> None:
        points = tuple(
            EntryPoint(name, f"{kind.__module__}:{kind.__qualname__}", registry.GROUP)
            for name, kind in kinds.items()
        )
        monkeypatch.setattr(registry, "installed", lambda: points)

    return put
