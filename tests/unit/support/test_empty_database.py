"""A store that begins as a copy is the one that makes its own database."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.empty_database import OPEN_STORE

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.opening import Opening
from regulars.store.views import VIEW_FILES


def _contents(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    with Store(StoreSettings(folder=folder)) as store, store.read() as cursor:
        assert store.version == 0
        assert store.notices == []
        return {
            "tables": cursor.execute("SELECT sql FROM duckdb_tables() ORDER BY sql").fetchall(),
            "views": cursor.execute(
                "SELECT function_name, parameters, macro_definition FROM duckdb_functions()"
                " WHERE NOT internal ORDER BY function_name"
            ).fetchall(),
            "applied": cursor.execute("SELECT * FROM applied").fetchall(),
        }


def test_a_copied_store_is_a_bare_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = _contents(tmp_path / "copied")
    monkeypatch.setattr(Opening, "open", OPEN_STORE)
    assert copied == _contents(tmp_path / "bare")
    assert len(copied["views"]) == len(VIEW_FILES)
