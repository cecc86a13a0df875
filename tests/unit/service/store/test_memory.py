"""How much of the machine a store takes unless its settings say so."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from regulars.settings import StoreSettings
from regulars.store import Store, db

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

from large_store import make_large_store


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


@pytest.mark.long
def test_a_rebuild_of_many_files_fits_a_small_memory(tmp_path: Path) -> None:
    people, posts = 200_000, 12
    make_large_store(tmp_path, people, posts)
    small = StoreSettings(folder=tmp_path, memory_limit_mib=64, threads=1)
    with Store(small) as store:
        store.rebuild()
        with store.read() as cursor:
            ((rows, latest),) = cursor.execute(
                "SELECT count(*), (SELECT count(*) FROM counter_state) FROM counters"
            ).fetchall()
    assert (rows, latest) == (people * (posts + 1), people)
