"""How much of the machine a store takes unless its settings say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from regulars.settings import StoreSettings
from regulars.store import Store, db


def limits(folder: Path, **given: int) -> tuple[str, int]:
    with Store(StoreSettings(folder=folder, **given)) as store, store.read() as cursor:
        ((memory, threads),) = cursor.execute(
            "SELECT current_setting('memory_limit'), current_setting('threads')"
        ).fetchall()
    return str(memory), int(threads)


def test_what_the_settings_say_holds(tmp_path: Path) -> None:
    assert limits(tmp_path, memory_limit_mib=100, threads=3) == ("100.0 MiB", 3)


def test_threads_are_the_cores_and_memory_a_quarter_within_bounds(tmp_path: Path) -> None:
    cores = int(duckdb.connect().execute("SELECT current_setting('threads')").fetchall()[0][0])
    memory, threads = limits(tmp_path)
    assert threads == cores
    number, unit = memory.split()
    assert unit in ("MiB", "GiB")
    assert 256 <= float(number) * (1024 if unit == "GiB" else 1) <= 2048


@pytest.mark.parametrize(
    ("default", "share"),
    [
        # DuckDB's default is four fifths of the machine's memory.
        ("819.2 MiB", 256),  # a machine of 1 GiB
        ("3.2 GiB", 1024),  # of 4 GiB
        ("6.4 GiB", 2048),  # of 8 GiB
        ("102.4 GiB", 2048),
        ("51.2 MiB", 256),
    ],
)
def test_a_quarter_of_each_machine(default: str, share: int) -> None:
    class Connection:
        def execute(self, _: str) -> Any:
            return self

        def fetchall(self) -> list[tuple[str]]:
            return [(default,)]

    found: Any = Connection()
    assert db._share_of_memory(found) == share
