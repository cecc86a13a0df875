"""What belongs to a publication: its tables by the schema, its files by the journal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.actions.publications import (
    RENAMED,
    all_publication_data,
    connections_of,
    last_name_of,
    remove_rows,
    rename_rows,
    tables_with,
)
from regulars.store.actions.replaced import REMOVED, ReplacedFiles
from regulars.store.journal import Entry, Journal
from regulars.store.streams import TABLES


def entry(kind: str, **facts: Any) -> dict[str, Any]:
    return {"kind": kind} | facts


def pull(number: int, publication: str) -> dict[str, Any]:
    return entry("pull", publication=publication, files=[{"path": f"f{number}"}])


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


def paths(journal: Journal, name: str) -> list[str]:
    return [file["path"] for file in all_publication_data(journal)[name].files(journal)]


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with Store(StoreSettings(folder=tmp_path / "data", free_space_floor_mib=0)) as opened:
        yield opened


def test_files_follow_a_publication_through_its_names(journal: Journal) -> None:
    for facts in (
        pull(1, "a"),
        entry(RENAMED, publication="a", to="b"),
        pull(3, "b"),
        pull(4, "a"),
        entry("run", publication="b"),
        entry(RENAMED, publication="b", to="c"),
        entry(RENAMED, publication="a", to="b"),
    ):
        journal.append(facts)
    assert paths(journal, "c") == ["f1", "f3"]
    assert paths(journal, "b") == ["f4"]
    assert set(all_publication_data(journal)) == {"b", "c"}
    assert all_publication_data(journal)["c"].names == ["a", "b", "c"]
    assert all_publication_data(journal)["c"].entries == 5


def test_a_removed_publication_is_forgotten_and_its_name_free(journal: Journal) -> None:
    for facts in (
        pull(1, "a"), entry(REMOVED, publication="a", dropped=["f1"]), pull(3, "a"),
    ):  # fmt: skip
        journal.append(facts)
    assert paths(journal, "a") == ["f3"]
    assert set(ReplacedFiles(journal).gone) == {"f1"}
    assert set(ReplacedFiles(journal, after=2).gone) == set()


def test_the_last_name_of_a_name_that_was_used_again_is_none(journal: Journal) -> None:
    journal.append(pull(1, "a"))
    assert last_name_of(journal, "a") is None
    journal.append(entry(RENAMED, publication="a", to="b"))
    assert last_name_of(journal, "a") == "b"
    assert last_name_of(journal, "b") is None
    journal.append(pull(3, "a"))
    assert last_name_of(journal, "a") is None


def test_every_table_that_names_a_publication_is_found_by_asking_the_schema(store: Store) -> None:
    with store.read() as cursor:
        named = tables_with(cursor, "publication")
        connected = tables_with(cursor, "connection")
        declared = {
            table
            for table in TABLES
            if "publication" in [row[0] for row in cursor.execute(f"DESCRIBE {table}").fetchall()]
        }
    assert declared <= set(named)
    assert {"walks", "run_streams"} == set(connected) - set(named)


def test_a_table_added_later_is_renamed_and_removed_from_as_well(store: Store) -> None:
    with store.read() as cursor:
        cursor.execute("CREATE TABLE later (publication VARCHAR, connection VARCHAR, x INTEGER)")
        cursor.execute("CREATE TABLE below (connection VARCHAR, x INTEGER)")
        cursor.execute("INSERT INTO later VALUES ('a', 'c1', 1), ('b', 'c2', 2), ('a', 'c3', 3)")
        cursor.execute("INSERT INTO later VALUES ('b', 'c3', 4)")
        cursor.execute("INSERT INTO below VALUES ('c1', 1), ('c2', 2), ('c3', 3)")
        rename_rows(cursor, Entry(1, "", entry(RENAMED, publication="a", to="z")))
        assert cursor.execute("SELECT publication, x FROM later ORDER BY x").fetchall() == [
            ("z", 1), ("b", 2), ("z", 3), ("b", 4),
        ]  # fmt: skip
        # c3 brought rows of two publications, so what names only it belongs to neither alone.
        assert connections_of(cursor, "z") == ["c1"]
        gone = entry(REMOVED, publication="z", connections=["c1"])
        remove_rows(cursor, Entry(2, "", gone))
        assert cursor.execute("SELECT x FROM later ORDER BY x").fetchall() == [(2,), (4,)]
        assert cursor.execute("SELECT x FROM below ORDER BY x").fetchall() == [(2,), (3,)]
