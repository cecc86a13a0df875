"""A rebuild takes up history in spans of ids, in whatever files; nobody falls between two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest

from regulars.store import Store, apply, commit
from regulars.store.committed import Committed, PullContext
from regulars.store.history import HistoryFile
from regulars.store.incoming import Pull
from regulars.store.statements import Statement

Sync = Callable[..., Any]
Rows = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def halved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entry names two files of a stream, as entries of large pulls did up to version 0.2.0."""
    find = commit.find_differences

    def find_halved(store: Store, pull: Pull, what: PullContext) -> Committed:
        done = find(store, pull, what)
        done.files = [half for file in done.files for half in halves_of(store, what, file)]
        return done

    monkeypatch.setattr(commit, "find_differences", find_halved)


def halves_of(store: Store, what: PullContext, file: HistoryFile) -> Iterator[HistoryFile]:
    table = pq.read_table(store.root / file.path)
    middle = table.num_rows // 2
    for number, half in enumerate((table.slice(0, middle), table.slice(middle))):
        temporary = store.history.temporary(f"{Path(file.path).stem}-{number:03d}")
        pq.write_table(half, temporary)
        yield store.history.place(temporary, what.publication, file.stream, half.num_rows)
    (store.root / file.path).unlink()


@pytest.fixture
def people(provider: Any, person_of: Callable[..., Any]) -> Any:
    """Thirty people, their ids in another order than they come in."""
    provider.people = [person_of(number * 7 % 30, received=1) for number in range(30)]
    return provider


def history_files(store: Store, stream: str) -> list[dict[str, Any]]:
    files = [file for entry in store.journal.entries() for file in entry.files]
    return [file for file in files if file["stream"] == stream]


def test_changes_newcomers_and_the_missing_are_found(
    people: Any, person_of: Callable[..., Any], sync: Sync, rows: Rows
) -> None:
    sync()
    people.people = [
        *(one for one in people.people if one.id not in ("s000", "s029")),
        person_of(99, received=1),
        person_of(12, status="left", received=2),
    ]
    sync()
    found = rows("SELECT subscription_id, status, presence FROM subscriptions WHERE entry > 1")
    changed = {row for row in found if row[0] in ("s000", "s012", "s029", "s099")}
    assert changed == {
        ("s000", "active", "missing"),
        ("s012", "left", "present"),
        ("s029", "active", "missing"),
        ("s099", "active", "present"),
    }
    assert rows("SELECT count(*) FROM subscription_versions") == [(34,)]
    assert rows("SELECT received FROM counter_state WHERE subscription_id = 's012'") == [(2,)]


def test_an_entry_with_several_files_of_a_stream_is_taken_up_whole(
    people: Any, sync: Sync, opened: Callable[[], Store], dumped: Any, halved: None
) -> None:
    sync()
    people.people = people.people[3:]
    sync()
    with opened() as store:
        assert [file["rows"] for file in history_files(store, "words")] == [15, 15]
        assert store.faults() == []
        kept = dumped(store)
        store.rebuild()
        assert dumped(store) == kept


@pytest.mark.long
def test_a_rebuild_finds_the_newest_of_each_key_span_by_span(
    people: Any,
    person_of: Callable[..., Any],
    sync: Sync,
    opened: Callable[[], Store],
    dumped: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sync()
    for received in (2, 3):
        people.people = [
            person_of(number * 7 % 30, received=received if number % received else 1)
            for number in range(30)
        ]
        sync()
    with opened() as store:
        kept = dumped(store)
        monkeypatch.setattr(apply, "_SPAN_KEYS", 7)
        monkeypatch.setattr(apply, "_SAMPLED_KEYS", 7)
        ran = spans_taken_up(monkeypatch)
        store.rebuild()
        assert dumped(store) == kept
    spans = [(first, below) for table, first, below in ran if table == "counter_state"]
    assert len(spans) >= 3
    assert (spans[0][0], spans[-1][1]) == ("", None)
    assert all(one[1] == after[0] for one, after in pairwise(spans))


def test_a_rebuild_leaves_no_id_out_however_high_it_sorts(
    people: Any, person_of: Callable[..., Any], sync: Sync, opened: Callable[[], Store], dumped: Any
) -> None:
    highest = msgspec.structs.replace(person_of(99, received=1), id=chr(0x10FFFF) + "z")
    people.people = [*people.people, highest]
    sync()
    people.people = [person_of(1, received=2), *people.people[1:]]
    sync()
    with opened() as store:
        kept = dumped(store)
        store.rebuild()
        assert dumped(store) == kept


def spans_taken_up(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str | None]]:
    """The table and the span of each statement that takes up a span, from now on."""
    ran: list[tuple[str, str, str | None]] = []
    run = Statement.run

    def noting(self: Statement, cursor: Any, values: dict[str, Any]) -> list[Any]:
        if "from_id" in self.parameters:
            table = self.text.partition("INSERT INTO ")[2].split()[0]
            ran.append((table, values["from_id"], values["below_id"]))
        return run(self, cursor, values)

    monkeypatch.setattr(Statement, "run", noting)
    return ran
