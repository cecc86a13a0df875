"""Small walks of a run share an entry and a transaction, and lose nothing by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from regulars.store import Store
from regulars.store.verify import verify_store
from regulars.sync.record import RunRequest, RunResult
from regulars.sync.run import SyncRun
from regulars_connectors.contract import (
    ConnectionSettings,
    Page,
    Preflight,
    Stream,
    SyncState,
    Walk,
)
from regulars_connectors.contract import Runtime as _Tools
from regulars_connectors.errors import AuthenticationFailed
from regulars_connectors.instants import DAY, from_iso
from regulars_connectors.records import NewsletterList, Post, Question, Signal

pytestmark = pytest.mark.usefixtures("store_stays_open")

Opened = Callable[[], Store]
Dumped = Callable[[Store], dict[str, list[str]]]
START = from_iso("2026-01-01T05:00:00Z")


class Lists:
    """Three streams of a few rows each; ``rows`` and ``ends`` may be changed between syncs."""

    name = "lists"
    Settings = ConnectionSettings

    def __init__(self) -> None:
        self.now = START
        self.rows: dict[str, list[Any]] = {
            "posts": [Post(id=f"p{n}", title="One", status="sent") for n in range(3)],
            "questions": [Question(id="q1", kind="poll", name="Which boat?")],
            "lists": [NewsletterList(id=f"l{n}", name="Tides", status="active") for n in range(2)],
        }
        self.ends: dict[str, Exception] = {}
        self.walks_of_each = 1
        self.events: list[Any] = []

    def streams(self) -> Sequence[Stream]:
        state = [Stream(name, "state", name) for name in self.rows]  # type: ignore[arg-type]
        return [*state[:2], Stream("signals", "events", "answers"), *state[2:]]

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        if stream.name == "signals":
            polls = state.parents["questions"] if self.events else ()
            return [Walk(stream, "whole", parent=poll) for poll in polls]
        return [
            Walk(stream, "window" if number else "whole") for number in range(self.walks_of_each)
        ]

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        if error := self.ends.get(walk.stream.name):
            raise error
        rows = (self.rows | {"signals": self.events})[walk.stream.name]
        for start in range(int(cursor or 0), max(len(rows), 1), 5):
            after = str(start + 5) if start + 5 < len(rows) else None
            yield Page(rows[start : start + 5], after, self.now)

    def look(self) -> Preflight:
        return Preflight([])

    def close(self) -> None:
        pass


@pytest.fixture
def lists() -> Lists:
    return Lists()


def _run(store: Store, lists: Lists) -> RunResult:
    runtime = _Tools(clock=lambda: lists.now, sleep=lambda _: None)
    return SyncRun(store, lists, RunRequest("pub", "conn", "lists"), runtime).run()


def _entries(store: Store) -> list[tuple[str, list[str]]]:
    return [
        (entry.kind, [file["stream"] for file in entry.files]) for entry in store.journal.entries()
    ]


def test_small_walks_are_committed_with_the_record_of_their_run(
    lists: Lists, opened: Opened, dumped: Dumped
) -> None:
    with opened() as store:
        result = _run(store, lists)
        assert _entries(store) == [("run", ["posts", "questions", "lists"])]
        streams = [stream.stream for stream in result.streams]
        assert streams == ["posts", "questions", "signals", "lists"]
        assert result.written == 6
        lists.now += DAY
        lists.rows["posts"][1] = Post(id="p1", title="Two", status="sent")
        lists.rows["lists"].pop()
        _run(store, lists)
        assert _entries(store)[1:] == [("run", ["posts", "lists"])]
        kept = dumped(store)
        store.rebuild()
        assert dumped(store) == kept
        assert verify_store(store) == []


def test_a_walk_that_fills_a_part_is_not_made_to_wait(lists: Lists, opened: Opened) -> None:
    lists.rows["questions"] = [Question(id=f"q{n}", kind="poll", name="?") for n in range(25)]
    with opened() as store:
        _run(store, lists)
        # What waited goes first as soon as another walk has a second part.
        assert _entries(store) == [("pull", ["posts"]), ("pull", ["questions"]), ("run", ["lists"])]


def test_polls_are_committed_before_their_answers_are_asked_for(
    lists: Lists, opened: Opened
) -> None:
    lists.events = [Signal(kind="poll", id="r1", subscription_id="s1", question_id="q1")]
    with opened() as store:
        _run(store, lists)
        assert _entries(store) == [
            ("pull", ["posts", "questions"]),
            ("part", ["signals"]),
            ("run", ["lists"]),
        ]


@pytest.mark.parametrize("step", ["files", "entry", "transaction"])
def test_what_waits_when_a_run_dies_is_neither_lost_nor_doubled(
    lists: Lists,
    opened: Opened,
    dumped: Dumped,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    def die(*_: Any) -> Any:
        raise SystemError("the process ended here")

    where = {
        "files": "regulars.store.history.History.place",
        "entry": "regulars.store.journal.Journal.append",
        "transaction": "regulars.store.store.Store._apply",
    }[step]
    with opened() as store, monkeypatch.context() as patched:
        patched.setattr(where, die)
        with pytest.raises(SystemError):
            _run(store, lists)
    lists.now += 60_000_000
    with opened() as store:
        result = _run(store, lists)
        assert result.outcome == "complete"
        assert verify_store(store) == []
        with store.read() as cursor:
            counts = [
                cursor.execute(f"SELECT count(*), count(DISTINCT id) FROM {table}").fetchall()[0]
                for table in ("posts", "questions", "lists", "post_totals")
            ]
        assert counts == [(3, 3), (1, 1), (2, 2), (3, 3)]
        assert not list((store.root / "incoming").rglob("*.parquet"))


def test_a_refused_key_keeps_the_walks_that_waited(lists: Lists, opened: Opened) -> None:
    lists.ends["lists"] = AuthenticationFailed("The provider refused the key (401).")
    with opened() as store:
        result = _run(store, lists)
        assert result.outcome == "partial"
        assert _entries(store) == [("run", ["posts", "questions"])]


def test_two_walks_of_one_stream_never_share_an_entry(
    lists: Lists, opened: Opened, dumped: Dumped
) -> None:
    """An entry holds a key once: the second walk must see what the first one brought."""
    lists.walks_of_each = 2
    with opened() as store:
        _run(store, lists)
        with store.read() as cursor:
            assert cursor.execute("SELECT count(*) FROM posts").fetchall() == [(3,)]
        kept = dumped(store)
        store.rebuild()
        assert dumped(store) == kept


def test_of_rows_that_came_again_the_later_one_counts(lists: Lists, opened: Opened) -> None:
    lists.rows["posts"].append(Post(id="p0", title="Later", status="sent"))
    with opened() as store:
        result = _run(store, lists)
        assert result.notices == ["posts: 1 row came twice in the same walk. The later one counts."]
        with store.read() as cursor:
            found = cursor.execute("SELECT id, title FROM posts ORDER BY id").fetchall()
        assert found == [("p0", "Later"), ("p1", "One"), ("p2", "One")]


def test_a_stream_whose_comparison_fails_takes_no_other_with_it(
    lists: Lists, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    import regulars.store.commit as commit

    found = commit.find_differences

    def fail_at_lists(store: Store, pull: Any, what: Any) -> Any:
        if what.stream == "lists":
            raise SystemError("no memory for lists")
        return found(store, pull, what)

    monkeypatch.setattr(commit, "find_differences", fail_at_lists)
    with opened() as store:
        with pytest.raises(SystemError):
            _run(store, lists)
        assert _entries(store) == [("pull", ["posts", "questions"])]


def test_two_streams_of_one_table_never_share_an_entry(opened: Opened, dumped: Dumped) -> None:
    """A connector may show signals as state; results of segments fill the same table."""

    class OneTable(Lists):
        def streams(self) -> Sequence[Stream]:
            return (Stream("signals", "state", "opens"), Stream("segment_results", "state", "ids"))

        def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
            return [Walk(stream, "window")]

    lists = OneTable()
    lists.events = [Signal(kind="open", id="seg/s1", subscription_id="s1", post_id="p1")]
    lists.rows["segment_results"] = lists.events
    with opened() as store:
        _run(store, lists)
        with store.read() as cursor:
            assert cursor.execute("SELECT count(*) FROM signals").fetchall() == [(1,)]
        kept = dumped(store)
        store.rebuild()
        assert dumped(store) == kept
