"""Who waits, from rows of letters in the tables."""

from __future__ import annotations

from typing import Any

from regulars.reports.waiting import WAITING


def put(tables: Any, name: str, at: Any, **values: Any) -> None:
    """A letter of a reader about the first post, with its tie, unless ``values`` say otherwise."""
    row = {
        "id": name, "direction": "in", "kind": "human", "rule": "default", "arrived_at": at,
        "clock": "server", "sent_at": at, "sender_certain": True, "recipients": 1,
        "to_writer": True, "is_junk": False, "is_list": False, "is_reply": True, "words": 10,
        "question": False, "has_attachment": False, "seen_at": at, "entry": 1,
    } | values  # fmt: skip
    tables.insert("letters", **row)
    tables.insert(
        "letter_ties", letter_id=name, kind=row["kind"], is_other=False, rung=2, confidence=1.0,
        person_id="per_bob", conversation="bob", post_connection="main", post_id="post0",
    )  # fmt: skip


def say(tables: Any, name: str, word: str, at: Any) -> None:
    """What the owner said of a letter."""
    tables.connection.execute(
        "INSERT INTO letter_acts VALUES ('notes', $name, $word, NULL, $at, 9)",
        {"name": name, "word": word, "at": at},
    )


def test_a_copy_of_an_issue_answers_nobody(tables: Any, at: Any) -> None:
    tables.posts(1)
    put(tables, "a", at(0.1))
    put(tables, "copy", at(0.4), direction="out", kind="own", rule="copy_of_an_issue")
    assert tables.ask(WAITING, at(1)).result.states == {"waiting": 1}
    put(tables, "answer", at(0.5), direction="out", kind="own", rule="own_address")
    assert tables.ask(WAITING, at(1)).result.states == {"answered": 1}


def test_a_wish_is_listed_once_until_it_is_done(tables: Any, at: Any) -> None:
    put(tables, "a", at(0.2), kind="unsubscribe_request")
    say(tables, "a", "later", at(0.3))
    say(tables, "a", "later", at(0.4))
    assert [one.letter_id for one in tables.ask(WAITING, at(1)).result.wishes] == ["a"]
    say(tables, "a", "rest", at(0.5))
    assert tables.ask(WAITING, at(1)).result.wishes == []
    assert len(tables.ask(WAITING, at(0.45)).result.wishes) == 1


def turn(tables: Any, name: str, at: Any, **values: Any) -> None:
    """A letter that is a conversation by itself."""
    put(tables, name, at, **values)
    tables.connection.execute(
        "UPDATE letter_ties SET conversation = letter_id WHERE letter_id = ?", [name]
    )


def test_a_flag_that_was_seen_late_gives_bounds_and_no_point(tables: Any, at: Any) -> None:
    turn(tables, "a", at(0), is_answered=True, seen_at=at(1))  # within 7 days
    turn(tables, "b", at(0), is_answered=True, seen_at=at(2))  # within 14
    turn(tables, "c", at(0))
    found = tables.ask(WAITING, at(4)).result
    assert found.half_answered_within_days is None
    between = found.half_answered_between_days
    assert (between.earliest, between.latest) == (0.0, 14.0)
    share = found.answered_within_7_days
    # At the latest one of three, at the soonest two of three, each with its interval.
    assert share.n == 3
    assert share.low == 0
    assert share.high == 3


def test_two_looks_within_two_days_give_the_middle(tables: Any, at: Any) -> None:
    turn(tables, "a", at(0), is_answered=True, seen_at=at(1 / 7))
    found = tables.ask(WAITING, at(4)).result
    assert (found.half_answered_within_days, found.half_answered_between_days) == (0.5, None)


def test_times_that_are_known_give_a_point(tables: Any, at: Any) -> None:
    put(tables, "a", at(0))
    put(tables, "answer", at(3 / 7), direction="out", kind="own", rule="own_address")
    found = tables.ask(WAITING, at(4)).result
    assert (found.half_answered_within_days, found.half_answered_between_days) == (3.0, None)


def test_a_flag_seen_after_the_moment_gives_no_bound(tables: Any, at: Any) -> None:
    turn(tables, "a", at(0), is_answered=True, seen_at=at(3))
    assert tables.ask(WAITING, at(2)).result.half_answered_between_days is None
    assert tables.ask(WAITING, at(4)).result.half_answered_between_days.latest == 21.0
