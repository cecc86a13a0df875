"""Commands on a folder of three publications at one provider, and what they left."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.verify import verify_store

from .newsletter import Said, run


def say(folder: Path, *words: str, code: int = 0) -> Said:
    said = run(folder / "regulars.toml", *words)
    assert said.code == code, f"{said.code}\n{said.out}\n{said.err}"
    return said


def settings_of(folder: Path) -> list[dict[str, Any]]:
    read = tomllib.loads((folder / "regulars.toml").read_text())
    found: list[dict[str, Any]] = read["publications"]
    return found


def store_of(folder: Path) -> Store:
    return Store(StoreSettings(folder=folder / "data", free_space_floor_mib=0))


def rows_by_publication(folder: Path) -> dict[str, int]:
    with store_of(folder) as store, store.read() as cursor:
        rows = cursor.execute(
            "SELECT publication, count(*) FROM subscriptions GROUP BY ALL"
        ).fetchall()
    return dict(rows)


def assert_whole(folder: Path) -> None:
    """Tables equal their rebuild, files their digests."""
    with store_of(folder) as store:
        assert verify_store(store) == []


# Paused
