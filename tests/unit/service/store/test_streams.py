"""One table says all about streams: it agrees with the contract, the schema and the statements."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from regulars.store import Store, columns
from regulars.store.columns import columns_of, table_columns
from regulars.store.sql_files import sql_names, sql_text
from regulars.store.statements import statement
from regulars.store.streams import (
    HISTORIES,
    HISTORY,
    PARENTS,
    READERS,
    STREAMS,
    TABLES,
    TIES,
    history_columns,
)
from regulars_connectors import contract
from regulars_connectors.instants import Instant

LOAD = "store/load"


def test_every_stream_of_the_contract_has_a_row() -> None:
    assert set(contract.RECORDS) <= set(STREAMS)
    assert set(STREAMS) - set(contract.RECORDS) == {
        "people", "words", "counters", "earlier_standings",
    }  # fmt: skip
    assert set(STREAMS) - set(HISTORY) == {"segment_results"}


def test_the_store_tells_the_parents_that_the_contract_promises(
    opened: Callable[[], Store],
) -> None:
    assert set(PARENTS) == set(contract.PARENTS)
    with opened() as store, store.read() as cursor:
        for query in PARENTS.values():
            assert cursor.execute(query, {"connection": "conn"}).fetchall() == []


def test_every_table_that_the_database_has_is_verified(opened: Callable[[], Store]) -> None:
    with opened() as store, store.read() as cursor:
        rows = cursor.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()"
        ).fetchall()
    besides = [
        "applied",
        "rebuilt",
        *HISTORIES,
        *READERS,
        *TIES,
    ]  # the store's own, and what is made
    assert sorted([*TABLES, *besides]) == sorted(name for (name,) in rows)


def test_a_row_names_columns_that_its_table_has() -> None:
    for stream in STREAMS.values():
        assert set(stream.key) <= set(table_columns(stream.table)), stream.name
        assert "entry" not in history_columns(stream.name)


def test_a_pull_that_fills_several_streams_counts_a_record_once() -> None:
    for stream in STREAMS.values():
        if len(stream.compared_by) > 1:
            assert STREAMS[stream.compared_by[0].stream].mentions, stream.name


def test_every_statement_that_a_row_names_is_there() -> None:
    for stream in STREAMS.values():
        named = {*stream.applied_by, stream.removals, stream.alarm, stream.unmatched}
        for name in named - {None}:
            assert statement(str(name), (frozenset(history_columns(stream.name)),)).text
        if stream.name in contract.RECORDS:
            assert all(statement(one.statement).text for one in stream.compared_by)


def test_a_template_says_in_its_first_line_that_it_is_one() -> None:
    for name in sql_names(LOAD):
        first, _, rest = sql_text(name, LOAD).partition("\n")
        code = [line for line in rest.splitlines() if not line.startswith("--")]
        assert first.startswith("-- A template") == any("@" in line for line in code), name


def test_a_statement_that_is_nowhere_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"horoscopes\.sql is missing from store/load"):
        sql_text("horoscopes", LOAD)
    with pytest.raises(KeyError):
        statement("posts.horoscopes")


def test_a_stream_is_given_columns_by_its_record() -> None:
    assert columns_of("departures") == ("email", "connector", "joined_at", "left_at")
    assert columns_of("subscriptions")[-4:] == ("received", "opened", "clicked", "rounded")
    for name in contract.RECORDS:
        assert columns_of(name)


class Weather(msgspec.Struct, frozen=True):
    """A field of it has a type that no column is made of."""

    id: str
    at: Instant
    degrees: float | None = None


def test_a_field_that_no_column_holds_is_named() -> None:
    with pytest.raises(TypeError, match=r"Weather\.degrees: no column holds float \| None\. Use"):
        columns._columns(Weather)


def test_what_an_earlier_version_left_unfinished_is_removed(
    opened: Callable[[], Store], folder: Path
) -> None:
    with opened():
        pass
    former = folder / "history" / ".aside"
    former.mkdir()
    (former / "run_1-00000001-posts.parquet").write_bytes(b"half")
    with opened():
        assert not former.exists()
    assert not list(folder.glob("history/**/*.parquet"))
