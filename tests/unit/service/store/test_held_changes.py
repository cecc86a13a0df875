"""A look after which more than a tenth of the people would have left waits for the owner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from regulars_connectors.instants import DAY
from regulars_connectors.records import Counters, Post

pytestmark = pytest.mark.usefixtures("store_stays_open")

Sync = Callable[..., Any]
Rows = Callable[[str], list[tuple[Any, ...]]]
ACTIVE = "SELECT count(*) FROM subscriptions WHERE status = 'active'"
SPELLS = "SELECT count(*), count(CASE WHEN year(ends_at) = 9999 THEN 1 END) FROM spells('pub')"


@pytest.fixture
def people(provider: Any, person_of: Callable[..., Any]) -> Any:
    provider.people = [person_of(number) for number in range(25)]
    return provider


def turn(people: Any, status: str, count: int, **more: Any) -> None:
    """The first ``count`` people have this status from now on."""
    people.people = [
        msgspec.structs.replace(one, status=status, **more) if place < count else one
        for place, one in enumerate(people.people)
    ]


def held(result: Any) -> tuple[int, int]:
    (stream,) = [one for one in result.streams if one.stream == "subscriptions"]
    return stream.held_changes, stream.unknown_standings


@pytest.mark.parametrize("status", ["left", "bounced", "removed", "paused", "pending"])
@pytest.mark.long
def test_many_who_leave_in_one_look_wait(people: Any, sync: Sync, rows: Rows, status: str) -> None:
    sync()
    people.now += DAY
    turn(people, status, 3)  # 3 of 25 are more than a tenth
    result = sync()
    assert (result.outcome, held(result)) == ("complete", (3, 0))
    assert any("3 people left or stopped being reached" in text for text in result.notices)
    assert rows(ACTIVE) == [(25,)]
    assert held(sync()) == (3, 0)
    accepted = sync(accept_removals=True)
    assert (held(accepted), rows(ACTIVE)) == ((0, 0), [(22,)])


def test_the_next_healthy_look_drops_what_was_held(people: Any, sync: Sync, rows: Rows) -> None:
    sync()
    people.now += DAY
    turn(people, "left", 25)
    assert held(sync()) == (25, 0)
    people.now += DAY
    turn(people, "active", 25)
    result = sync()
    assert (held(result), result.written) == ((0, 0), 0)
    assert rows(SPELLS) == [(25, 25)]


def test_totals_go_on_while_a_leaving_is_held(people: Any, sync: Sync, rows: Rows) -> None:
    sync()
    people.now += DAY
    turn(people, "left", 25, counters=Counters(1, 1, 0))
    sync()
    assert rows("SELECT count(*), sum(received) FROM counter_state") == [(25, 25)]


@pytest.mark.parametrize(("count", "of"), [(1, 5), (2, 25), (2, 20)])
def test_few_who_leave_are_believed(
    people: Any, sync: Sync, rows: Rows, count: int, of: int
) -> None:
    people.people = people.people[:of]
    sync()
    people.now += DAY
    turn(people, "left", count)
    assert held(sync()) == (0, 0)
    assert rows(ACTIVE) == [(of - count,)]


def test_who_left_before_counts_in_neither_number(people: Any, sync: Sync) -> None:
    # Ten have left before: of the fifteen who stand, two are more than a tenth.
    turn(people, "left", 10)
    sync()
    people.now += DAY
    turn(people, "left", 12)
    assert held(sync()) == (2, 0)


def test_removals_and_leavings_of_one_look_are_one_change(
    people: Any, sync: Sync, rows: Rows
) -> None:
    # Two removed and one who left: each alone is less than a tenth of 25, together they are more.
    people.confirmed = True
    sync()
    people.now += DAY
    people.people = people.people[:23]
    turn(people, "left", 1)
    result = sync()
    (stream,) = [one for one in result.streams if one.stream == "subscriptions"]
    assert (stream.held_removals, stream.held_changes) == (2, 1)
    assert rows(ACTIVE + " AND presence <> 'removed'") == [(25,)]
    sync(accept_removals=True)
    assert rows(ACTIVE + " AND presence <> 'removed'") == [(22,)]


def test_an_unknown_word_is_no_leaving_and_is_said(people: Any, sync: Sync, rows: Rows) -> None:
    sync()
    people.now += DAY
    turn(people, "unknown", 25, provider_status="ACTIVE")
    result = sync()
    assert (result.outcome, held(result)) == ("complete", (0, 25))
    assert any("25 people" in text and "ACTIVE" in text for text in result.notices)
    assert rows(SPELLS) == [(25, 25)]
    people.now += DAY
    turn(people, "active", 25, provider_status=None)
    assert held(sync()) == (0, 0)
    assert rows("SELECT count(*) FROM spells('pub') WHERE unsure_at IS NULL") == [(25,)]


def test_a_run_read_back_says_what_it_held(
    people: Any, sync: Sync, opened: Callable[[], Any]
) -> None:
    from regulars.store.run_record import find_run, newest_run_ids

    sync()
    people.now += DAY
    turn(people, "left", 20)
    turn(people, "unknown", 2)
    sync()
    with opened() as store:
        record = find_run(store, newest_run_ids(store, 1)[0])
    assert record is not None
    assert held(record) == (18, 2)


@pytest.mark.long
def test_a_small_interruption_that_passed_nobody_by_is_none(
    people: Any, sync: Sync, rows: Rows
) -> None:
    # Two of 25 are out for one look, and the mail that went out meanwhile reached them.
    people.posts = [
        Post(id=f"p{n}", title=f"{n}", status="sent", sent_at=people.now + n * DAY - 1)
        for n in range(4)
    ]
    for day, status in enumerate(("active", "left", "active", "active")):
        turn(people, status, 2)
        people.people = [
            msgspec.structs.replace(one, counters=Counters(day + 1, day + 1, 0))
            for one in people.people
        ]
        sync()
        people.now += DAY
    assert rows(SPELLS) == [(25, 25)]


def test_a_look_that_lacked_somebody_was_no_look_at_them(
    people: Any, sync: Sync, rows: Rows
) -> None:
    # Seen at 0, missing at 1, seen at 2: the look before that of 2 is that of 0.
    sync()
    first = people.now
    missed = people.people.pop()
    people.now += DAY
    sync()
    people.now += DAY
    people.people = [
        msgspec.structs.replace(one, counters=Counters(2, 1, 0)) for one in [*people.people, missed]
    ]
    sync()
    assert rows(
        f"SELECT subscription_id = '{missed.id}', min(epoch_us(was_at)), count(*) FROM counters"
        " WHERE was_at IS NOT NULL GROUP BY 1 ORDER BY 1"
    ) == [(False, first + DAY, 24), (True, first, 1)]


@pytest.mark.long
def test_who_had_left_before_an_unknown_word_leaves_no_second_time(
    people: Any, sync: Sync, rows: Rows
) -> None:
    # Ten of 25 have left, then every word is unknown twice, then all words are known again: the
    # ten ended long ago, and one who was pending at first never stood.
    turn(people, "left", 10)
    sync()
    for word in ("is_it", "it_is"):
        people.now += DAY
        turn(people, "unknown", 26, provider_status=word)
        if word == "is_it":
            people.people = [*people.people, people.people[0].__class__(
                id="s999", email="new@example.org", status="unknown", joined_at=people.now - DAY,
            )]  # fmt: skip
        assert held(sync()) == (0, 26)
    people.now += DAY
    turn(people, "active", 25, provider_status=None)
    turn(people, "left", 10)
    people.people[-1] = msgspec.structs.replace(people.people[-1], status="pending")
    result = sync()
    assert (held(result), result.notices) == ((0, 0), [])
    assert rows("SELECT status, count(*) FROM subscriptions GROUP BY ALL ORDER BY 1") == [
        ("active", 15), ("left", 10), ("pending", 1),
    ]  # fmt: skip
    assert rows(SPELLS.replace("count(*)", "count(DISTINCT subscription_id)")) == [(26, 15)]


def test_who_stood_before_an_unknown_word_is_held(people: Any, sync: Sync, rows: Rows) -> None:
    sync()
    people.now += DAY
    turn(people, "unknown", 25, provider_status="is_it")
    sync()
    people.now += DAY
    turn(people, "left", 25)
    assert held(sync()) == (25, 0)
    assert rows(SPELLS) == [(25, 25)]


@pytest.mark.long
def test_who_was_missing_and_is_held_is_there_again(people: Any, sync: Sync, rows: Rows) -> None:
    # s000 is missing once, is shown as leaving beside many, and is missing again: that is the
    # first absence of a new one.
    sync()
    everybody = people.people
    people.now += DAY
    people.people = everybody[1:]
    sync()
    people.now += DAY
    people.people = everybody
    turn(people, "left", 25)
    assert held(sync()) == (25, 0)
    asked = (
        "SELECT status, presence, absent_since FROM subscriptions WHERE subscription_id = 's000'"
    )
    assert rows(asked) == [("active", "present", None)]
    people.now += DAY
    people.people = everybody[1:]
    sync()
    ((status, presence, since),) = rows(asked)
    assert (status, presence, since.day) == ("active", "missing", 4)
