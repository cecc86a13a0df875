"""A run finds what differs, proves what it can, resumes what it cannot, and repeats nothing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from regulars.store import Store
from regulars_connectors.contract import Page, Stream, SyncState, Walk
from regulars_connectors.errors import (
    AuthenticationFailed,
    CursorExpired,
    FeatureUnavailable,
    InvalidResponse,
    Unreachable,
)
from regulars_connectors.instants import DAY
from regulars_connectors.records import Counters, Post, Signal

pytestmark = pytest.mark.usefixtures("store_stays_open")

Sync = Callable[..., Any]
Rows = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def people(provider: Any, person_of: Callable[..., Any]) -> Any:
    provider.people = [person_of(number) for number in range(25)]
    return provider


def test_a_second_sync_with_nothing_changed_writes_only_its_run_record(
    people: Any,
    sync: Sync,
    folder: Path,
    opened: Callable[[], Store],
    dumped: Callable[[Store], Any],
) -> None:
    people.signals = [Signal(kind="poll", id="r1", post_id="p1", subscription_id="s001")]
    people.posts = [Post(id="p1", title="One", status="sent", sent_at=people.now - DAY)]
    people.people = [
        _with_totals(person, received=1, opened=person.id < "s010") for person in people.people
    ]
    sync()
    files = sorted(folder.glob("history/**/*.parquet"))
    with opened() as store:
        before, version = dumped(store), store.version
    result = sync()
    with opened() as store:
        after = dumped(store)
        assert store.version == version + 1
    assert result.written == 0
    assert sorted(folder.glob("history/**/*.parquet")) == files
    for table in ("runs", "run_streams", "applied"):
        before.pop(table), after.pop(table)
    assert before == after


def test_totals_carry_the_ones_before_and_the_last_look(
    people: Any, sync: Sync, rows: Rows
) -> None:
    sync()
    people.now += DAY
    sync()
    looked = people.now
    people.now += DAY
    people.people = [_with_totals(person, 1, 1) for person in people.people[:1]] + people.people[1:]
    sync()
    ((received, was_received, was_at_us),) = rows(
        "SELECT received, was_received, epoch_us(was_at) FROM counters WHERE was_at IS NOT NULL"
    )
    assert (received, was_received, was_at_us) == (1, 0, looked)


def test_a_person_who_joined_after_the_first_walk_starts_from_zero(
    people: Any, sync: Sync, rows: Rows, person_of: Callable[..., Any]
) -> None:
    sync()
    joined = people.now + DAY
    people.now += 3 * DAY
    people.people.append(person_of(90, 2, 1, joined_at=joined))
    sync()
    assert rows(
        "SELECT was_received, was_opened, epoch_us(was_at) FROM counters"
        " WHERE subscription_id = 's090'"
    ) == [(0, 0, joined)]


def test_totals_that_fall_keep_their_height(people: Any, sync: Sync, rows: Rows) -> None:
    """9 and 5 fall to 3 and 1 and rise to 10 and 4: the height before is 9 mails and 5 opens."""
    people.people = [_with_totals(person, 9, 5) for person in people.people]
    sync()
    for received, opened in ((3, 1), (10, 4)):
        people.now += DAY
        people.people[0] = _with_totals(people.people[0], received, opened)
        assert sync().streams[1].alarm is None
    assert rows(
        "SELECT received, opened, was_received, was_opened, top_received, top_opened FROM counters"
        " WHERE subscription_id = 's000' ORDER BY seen_at"
    ) == [(9, 5, None, None, None, None), (3, 1, 9, 5, None, None), (10, 4, 3, 1, 9, 5)]


@pytest.mark.long
def test_totals_of_many_that_fall_at_once_are_set_aside_once(
    people: Any, sync: Sync, rows: Rows
) -> None:
    """A look at which everybody has one open less is ignored, and the next one is taken."""
    everybody = len(people.people)

    def look(received: int, opened: int) -> Any:
        people.now += DAY
        people.people = [_with_totals(person, received, opened) for person in people.people]
        return sync()

    look(9, 5)
    run = look(10, 4)
    assert run.outcome == "complete"
    fell = f"Lifetime totals of {everybody} people fell, more than a tenth, so all totals were"
    assert run.notices == [f"{fell} ignored in this sync. The next one counts."]
    look(11, 7)  # healthy again: two mails and two opens since the first look
    assert look(12, 3).streams[1].alarm == "counters_fell"
    assert look(12, 3).streams[1].alarm is None  # a second look confirms it
    assert rows("SELECT alarm FROM run_streams WHERE stream = 'subscriptions' ORDER BY entry") == [
        (None,), ("counters_fell",), (None,), ("counters_fell",), (None,)
    ]  # fmt: skip
    assert rows(
        "SELECT received, opened, was_received, was_opened FROM counters"
        " WHERE subscription_id = 's000' ORDER BY seen_at"
    ) == [(9, 5, None, None), (11, 7, 9, 5), (12, 3, 11, 7)]


def test_a_tenth_of_the_people_may_lose_a_total(people: Any, sync: Sync) -> None:
    people.people = [_with_totals(person, 9, 5) for person in people.people]
    sync()
    people.now += DAY
    tenth = len(people.people) // 10
    fallen = [_with_totals(person, 9, 4) for person in people.people[:tenth]]
    people.people = [*fallen, *people.people[tenth:]]
    assert sync().streams[1].alarm is None


@pytest.mark.parametrize("absent", [True, False])
def test_totals_that_are_all_zero_or_absent_raise_an_alarm_and_are_not_stored(
    people: Any, sync: Sync, rows: Rows, absent: bool, person_of: Callable[..., Any]
) -> None:
    people.posts = [Post(id="p1", title="One", status="sent", sent_at=people.now - DAY)]
    if absent:
        people.people = [person_of(number, counters=None) for number in range(25)]
    result = sync()
    assert rows("SELECT count(*) FROM counters") == [(0,)]
    assert rows("SELECT alarm FROM run_streams WHERE stream = 'subscriptions'") == [
        ("counters_all_zero",)
    ]
    assert any("ignored in this sync" in notice for notice in result.notices)


def test_newcomers_alone_raise_no_alarm(
    people: Any, sync: Sync, rows: Rows, person_of: Callable[..., Any]
) -> None:
    people.posts = [Post(id="p1", title="One", status="sent", sent_at=people.now - DAY)]
    people.people = [person_of(number, joined_at=people.now - 1) for number in range(5)]
    sync()
    assert rows("SELECT count(*) FROM counters") == [(5,)]


def test_absence_counts_once_a_second_whole_pull_confirms_it(
    people: Any, sync: Sync, rows: Rows
) -> None:
    sync()
    gone = people.people.pop()
    people.now += DAY
    first_absent = people.now
    sync()
    presence = (
        "SELECT presence, epoch_us(absent_since) FROM subscriptions"
        f" WHERE subscription_id = '{gone.id}'"
    )
    assert rows(presence) == [("missing", first_absent)]
    people.now += DAY
    sync()
    assert rows(presence) == [("removed", first_absent)]
    people.people.append(gone)
    sync()
    assert rows(presence) == [("present", None)]


def test_a_confirmed_pull_removes_at_once(people: Any, sync: Sync, rows: Rows) -> None:
    people.confirmed = True
    sync()
    people.people.pop()
    sync()
    assert rows("SELECT count(*) FROM subscriptions WHERE presence = 'removed'") == [(1,)]


def test_removals_of_more_than_a_tenth_wait_for_the_owner(
    people: Any, sync: Sync, rows: Rows
) -> None:
    sync()
    people.people = people.people[:20]
    sync()
    result = sync()
    assert [stream.held_removals for stream in result.streams] == [0, 5, 0]
    assert rows("SELECT count(*) FROM subscriptions WHERE presence = 'removed'") == [(0,)]
    sync(accept_removals=True)
    assert rows("SELECT count(*) FROM subscriptions WHERE presence = 'removed'") == [(5,)]


def test_a_count_that_differs_from_the_providers_is_not_whole(
    people: Any, sync: Sync, rows: Rows
) -> None:
    people.total = 25
    assert sync().outcome == "complete"
    people.people.pop()
    result = sync()
    assert result.outcome == "partial"
    assert "24" in (result.reason or "")
    assert rows("SELECT count(*) FROM subscriptions WHERE presence <> 'present'") == [(0,)]


def test_a_row_seen_twice_counts_once_the_later_one(
    people: Any, sync: Sync, rows: Rows, person_of: Callable[..., Any]
) -> None:
    people.people.append(person_of(3, status="left"))
    people.total = 25
    assert sync().outcome == "complete"
    assert rows("SELECT status FROM subscriptions WHERE subscription_id = 's003'") == [("left",)]
    assert rows("SELECT count(*) FROM subscriptions") == [(25,)]


def test_a_pull_goes_on_after_its_last_part(people: Any, sync: Sync, rows: Rows) -> None:
    people.trouble["subscriptions", 20] = Unreachable("The provider went away.")
    result = sync()
    assert (result.outcome, rows("SELECT count(*) FROM subscriptions")) == ("failed", [(0,)])
    people.asked.clear()
    assert sync().outcome == "complete"
    assert ("subscriptions", "20") in people.asked
    assert rows("SELECT count(*) FROM subscriptions") == [(25,)]


def test_an_expired_cursor_starts_the_walk_again(people: Any, sync: Sync, rows: Rows) -> None:
    people.trouble["subscriptions", 20] = Unreachable("The provider went away.")
    sync()
    people.trouble["subscriptions", 20] = CursorExpired("The provider forgot the cursor.")
    people.asked.clear()
    result = sync()
    assert result.outcome == "complete"
    assert people.asked[1:3] == [("subscriptions", "20"), ("subscriptions", None)]
    assert any("starts again" in notice for notice in result.notices)
    assert rows("SELECT count(*) FROM subscriptions") == [(25,)]


def test_an_old_pull_is_thrown_away_and_said(people: Any, sync: Sync) -> None:
    people.trouble["subscriptions", 20] = Unreachable("The provider went away.")
    sync()
    people.now += 2 * DAY
    people.asked.clear()
    result = sync()
    assert ("subscriptions", None) in people.asked
    assert any("too old" in notice for notice in result.notices)


def test_a_feature_that_is_unavailable_leaves_the_rest(people: Any, sync: Sync, rows: Rows) -> None:
    people.trouble["posts", 0] = FeatureUnavailable("This key may not read posts.")
    assert sync().outcome == "partial"
    assert rows("SELECT outcome FROM run_streams WHERE stream = 'posts'") == [("unavailable",)]
    assert rows("SELECT count(*) FROM subscriptions") == [(25,)]


def test_a_bad_answer_of_one_stream_leaves_the_rest(people: Any, sync: Sync, rows: Rows) -> None:
    people.trouble["posts", 0] = InvalidResponse("HTML came where JSON was promised.")
    result = sync()
    assert result.outcome == "partial"
    assert rows("SELECT count(*) FROM subscriptions") == [(25,)]


def test_a_refused_key_ends_the_run_and_keeps_everything(
    people: Any, sync: Sync, rows: Rows
) -> None:
    sync()
    people.trouble["posts", 0] = AuthenticationFailed("The provider refuses the key.")
    assert sync().outcome == "failed"
    assert rows("SELECT count(*) FROM subscriptions") == [(25,)]
    assert rows("SELECT outcome FROM runs ORDER BY entry") == [("complete",), ("failed",)]


def test_signals_without_ids_are_keyed_by_their_columns(
    people: Any, sync: Sync, rows: Rows
) -> None:
    opened = Signal(kind="open", subscription_id="s001", post_id="p1", at=people.now)
    again = Signal(kind="open", subscription_id="s001", post_id="p1", at=people.now + 1)
    people.signals = [opened, again, opened]
    sync()
    sync()
    assert rows("SELECT count(*) FROM signals") == [(2,)]


@pytest.mark.long
def test_a_post_that_a_signal_no_longer_names_is_kept(people: Any, sync: Sync, rows: Rows) -> None:
    """As where the provider has deleted it; another post is a correction."""
    click = {"kind": "click", "id": "c1", "subscription_id": "s001", "at": people.now}
    for named, kept in (("p1", "p1"), (None, "p1"), ("p2", "p2"), (None, "p2")):
        people.signals = [Signal(**click, post_id=named)]
        result = sync()
        assert rows("SELECT post_id FROM signals") == [(kept,)]
    assert result.written == 0


def test_a_corrected_signal_is_a_later_version(people: Any, sync: Sync, rows: Rows) -> None:
    poll = {"kind": "poll", "id": "r1", "subscription_id": "s001", "post_id": "p1"}
    people.signals = [Signal(**poll, answer="Yes", text="first words")]
    sync()
    people.signals = [Signal(**poll, answer="No", text="second words")]
    sync()
    assert rows("SELECT answer FROM signals") == [("No",)]
    assert rows("SELECT id, text FROM words WHERE subject = 'signal'") == [
        ("poll/r1", "second words")
    ]


def test_texts_of_letters_are_not_kept(people: Any, sync: Sync, rows: Rows) -> None:
    people.signals = [Signal(kind="reply", id="m1", subscription_id="s001", text="private")]
    sync()
    assert rows("SELECT count(*) FROM signals") == [(1,)]
    assert rows("SELECT count(*) FROM words WHERE subject = 'signal'") == [(0,)]


def test_equal_folded_addresses_are_one_person_for_ever(
    people: Any, sync: Sync, rows: Rows, person_of: Callable[..., Any]
) -> None:
    sync()
    people.people.append(person_of(50, email=" Reader3@EXAMPLE.org"))
    sync()
    of = "SELECT person_id FROM people WHERE subscription_id IN ('s003', 's050')"
    before = rows(of)
    assert len(set(before)) == 1
    people.people[-1] = person_of(50, email="moved@example.org")
    sync()
    assert rows(of) == before


def test_an_interrupted_event_walk_goes_on_where_it_was_committed(
    people: Any, sync: Sync, rows: Rows
) -> None:
    people.signals = [Signal(kind="poll", id=f"r{n}", subscription_id="s001") for n in range(25)]
    people.trouble["signals", 20] = Unreachable("The provider went away.")
    assert sync().outcome == "partial"
    assert rows("SELECT count(*) FROM signals") == [(20,)]
    people.asked.clear()
    assert sync().outcome == "complete"
    assert ("signals", "20") in people.asked
    assert rows("SELECT count(*) FROM signals") == [(25,)]


@pytest.mark.parametrize("rest", [["o20", "o21"], ["o18", "o19"]])
def test_what_happened_since_an_interrupted_walk_began_comes_with_its_end(
    people: Any, sync: Sync, rows: Rows, rest: list[str]
) -> None:
    """Of a feed that is walked from the newest event down, what comes later lies before the place.

    rest: what was left of the interrupted walk; it may be known already.
    """
    asked: list[tuple[str | None, str | None]] = []
    first_pages, first_walks = people.pages, people.walks

    def walks(stream: Stream, state: SyncState) -> Sequence[Walk]:
        checkpoint = state.checkpoints.get(("signals", None))
        found = first_walks(stream, state)
        return [replace(walk, checkpoint=checkpoint) for walk in found]

    def pages(walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        if walk.stream.name == "signals":
            asked.append((walk.checkpoint, cursor))
            first = [*(f"o{n:02d}" for n in range(20)), *rest]
            ids = first if walk.checkpoint is None else ["later"]
            people.signals = [Signal(kind="open", id=one, at=people.now) for one in ids]
        yield from first_pages(walk, cursor)

    people.walks, people.pages = walks, pages
    people.trouble["signals", 20] = Unreachable("The provider went away.")
    assert sync().outcome == "partial"
    assert sync().outcome == "complete"
    assert asked == [(None, None), (None, "20"), ("end", None)]
    assert rows("SELECT count(*) FROM signals WHERE signal_key = 'later'") == [(1,)]
    assert sync().outcome == "complete"
    assert asked[3:] == [("end", None)]


def test_a_walk_whose_last_part_is_empty_has_ended(people: Any, sync: Sync, rows: Rows) -> None:
    """Also where its checkpoint is that of the walk before: it was taken for interrupted."""
    first_pages = people.pages

    def pages(walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        if walk.stream.name != "signals":
            yield from first_pages(walk, cursor)
            return
        for start in range(0, len(people.signals), 10):
            rows = people.signals[start : start + 10]
            yield Page(rows, f"{start + 10}", people.now)
        yield Page([], None, people.now, checkpoint="end")

    people.pages = pages
    for week in "op":
        people.signals = [Signal(kind="open", id=f"{week}{n}", at=people.now) for n in range(40)]
        assert sync().outcome == "complete"
        found = rows("SELECT cursor, checkpoint FROM walks WHERE stream = 'signals'")
        assert found == [(None, "end")]


@pytest.mark.long
def test_a_rebuild_remembers_the_checkpoint_below_an_interrupted_walk(
    people: Any, sync: Sync, opened: Callable[[], Store], dumped: Any
) -> None:
    """A walk had ended, and the next one was cut off: the next run begins at the checkpoint."""
    people.signals = [Signal(kind="open", id=f"o{n:02d}", at=people.now) for n in range(20)]
    sync()
    people.signals += [Signal(kind="open", id=f"p{n:02d}", at=people.now) for n in range(20)]
    people.trouble["signals", 30] = Unreachable("The provider went away.")
    assert sync().outcome == "partial"
    with opened() as store:
        kept = dumped(store)
        assert any("'end'" in row and "'30'" in row for row in kept["walks"])
        store.rebuild()
        assert dumped(store) == kept


def test_kept_and_rebuilt_tables_are_equal(
    people: Any, sync: Sync, opened: Callable[[], Store], dumped: Callable[[Store], Any]
) -> None:
    for week in range(6):
        people.now += 7 * DAY
        people.posts.append(Post(id=f"p{week}", title="x", status="sent", sent_at=people.now))
        people.people = [
            _with_totals(person, week, week - number % 2)
            for number, person in enumerate(people.people[: 25 - week])
        ]
        people.signals.append(Signal(kind="poll", id=f"r{week}", subscription_id="s002"))
        sync(accept_removals=True)
    with opened() as store:
        kept = dumped(store)
        store.rebuild()
        assert dumped(store) == kept


def _with_totals(person: Any, received: int, opened: int) -> Any:
    import msgspec

    return msgspec.structs.replace(person, counters=Counters(received, int(opened), 0))


def test_pages_that_end_too_early_prove_nothing(people: Any, sync: Sync, rows: Rows) -> None:
    sync()
    whole = people.pages
    people.pages = lambda walk, cursor=None: list(whole(walk, cursor))[:1]
    result = sync()
    assert result.outcome == "partial"
    assert rows("SELECT count(*) FROM subscriptions WHERE presence <> 'present'") == [(0,)]


def test_pages_before_a_trouble_are_kept_though_they_fill_no_part(
    people: Any, opened: Callable[[], Store], sync: Sync
) -> None:
    people.trouble["subscriptions", 10] = Unreachable("The provider went away.")
    people.trouble["subscriptions", 20] = Unreachable("The provider went away.")
    sync()
    people.asked.clear()
    sync()
    assert ("subscriptions", "10") in people.asked
    assert people.asked[-1] == ("subscriptions", "10")


def test_people_go_by_their_name_or_address(
    people: Any, sync: Sync, opened: Callable[[], Store], person_of: Callable[..., Any]
) -> None:
    from regulars.reports.engine.names import names_of

    people.people[0] = person_of(0, name="A. Reader (invented)")
    people.people[1] = person_of(1, email=None)
    people.people[3] = person_of(3, name="  ")
    sync()
    with opened() as store, store.read() as cursor:
        ids = dict(cursor.execute("SELECT subscription_id, person_id FROM people").fetchall())
        asked = [ids["s000"], ids["s001"], ids["s002"], ids["s003"]]
        assert names_of(cursor, "pub", asked) == {
            ids["s000"]: "A. Reader (invented)",
            ids["s002"]: "reader2@example.org",
            ids["s003"]: "reader3@example.org",
        }
        assert names_of(cursor, "pub", []) == {}
