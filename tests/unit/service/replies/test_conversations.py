"""Conversations by hand: who waits, who was answered, and what closes a conversation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from regulars.replies.conversations import ActionOnLetter, Conversation, Mail, conversations

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
FADES = timedelta(days=60)


def at(days: float) -> datetime:
    return START + timedelta(days=days)


def mail(name: str, days: float, direction: str = "in", **more: Any) -> Mail:
    given = {"kind": "own" if direction == "out" else "human", "words": 20, "conversation": "c"}
    return Mail(name, at=at(days), direction=direction, **(given | more))  # type: ignore[arg-type]


def asked(
    mails: list[Mail], days: float, actions: list[ActionOnLetter] | None = None
) -> Conversation | None:
    found = conversations(mails, actions or [], at(days), FADES)
    return found[0] if found else None


def state(mails: list[Mail], days: float, *actions: ActionOnLetter) -> str | None:
    found = asked(mails, days, list(actions))
    return found.state if found else None


def test_a_reader_waits_until_the_writer_answers() -> None:
    mails = [mail("a", 0), mail("b", 2, "out")]
    assert [state(mails, days) for days in (0, 1, 3)] == [None, "waiting", "answered"]


def test_letters_in_a_row_are_one_turn_which_waits_since_its_first() -> None:
    found = asked([mail("a", 0), mail("b", 3)], 4)
    assert found is not None
    assert (found.letter_id, found.since, found.turns, found.letters_in) == ("a", at(0), 1, 2)


def test_a_last_word_of_thanks_waits_for_nothing() -> None:
    mails = [mail("a", 0), mail("b", 1, "out"), mail("c", 2, words=2)]
    found = asked(mails, 3)
    assert found is not None
    assert (found.state, found.kind, len(found.waits)) == ("thanked", "thanks", 1)
    assert state([*mails[:2], mail("c", 2, words=2, question=True)], 3) == "waiting"
    assert state([mail("a", 0, words=2)], 3) == "waiting"  # nothing came before it


def test_a_letter_fades_and_a_new_one_wakes_it() -> None:
    mails = [mail("a", 0), mail("b", 70)]
    assert [state(mails, days) for days in (59, 61, 71)] == ["waiting", "faded", "waiting"]


def test_the_flag_of_the_mailbox_says_answered_and_not_when() -> None:
    found = asked([mail("a", 0, is_answered=True)], 9)
    assert found is not None
    assert (found.state, found.waits[0].ended_at) == ("answered_unseen", None)


@pytest.mark.parametrize(
    ("action", "expected"), [("rest", "resting"), ("answered", "answered"), ("later", "later")]
)
def test_what_the_owner_says_holds_from_then_until_a_new_letter(action: str, expected: str) -> None:
    said = ActionOnLetter("a", action, at(2), at(20) if action == "later" else None)
    mails = [mail("a", 0), mail("b", 5)]
    assert [state(mails, days, said) for days in (1, 3, 6)] == ["waiting", expected, "waiting"]


def test_later_ends_at_its_time() -> None:
    said = ActionOnLetter("a", "later", at(2), at(4))
    assert [state([mail("a", 0)], days, said) for days in (3, 5)] == ["later", "waiting"]


def test_the_last_word_counts() -> None:
    first, second = ActionOnLetter("a", "rest", at(1)), ActionOnLetter("a", "later", at(2), at(9))
    assert state([mail("a", 0)], 3, second, first) == "later"


def test_a_colleagues_absence_notice_is_no_answer() -> None:
    assert state([mail("a", 0), mail("b", 1, "out", kind="auto_reply")], 2) == "waiting"


def test_a_mail_to_many_is_no_answer() -> None:
    assert state([mail("a", 0), mail("b", 1, "out", readers=400)], 2) == "waiting"


@pytest.mark.parametrize("kind", ["auto_reply", "bounce", "reaction", "read_receipt", "own"])
def test_machines_make_no_turn(kind: str) -> None:
    assert state([mail("a", 0, kind=kind)], 1) is None
    mails = [mail("a", 0), mail("b", 1, "out"), mail("c", 2, kind=kind)]
    assert state(mails, 3) == "answered"


def test_an_answer_whose_clock_runs_behind_took_no_time() -> None:
    found = asked([mail("a", 1), mail("b", 1, "out")], 2)
    assert found is not None
    assert (found.state, found.waits[0].ended_at) == ("answered", at(1))


def test_who_wrote_again_after_an_answer_is_in_a_two_way_conversation() -> None:
    found = asked([mail("a", 0), mail("b", 1, "out"), mail("c", 2), mail("d", 4, "out")], 9)
    assert found is not None
    assert found.is_two_way
    assert [(one.since, one.ended_at) for one in found.waits] == [(at(0), at(1)), (at(2), at(4))]


def test_two_conversations_of_one_person_stand_apart_oldest_first() -> None:
    mails = [mail("a", 3, conversation="x"), mail("b", 1, conversation="y")]
    assert [one.id for one in conversations(mails, [], at(9), FADES)] == ["y", "x"]


def test_what_was_answered_elsewhere_leaves_the_curve_at_that_moment() -> None:
    found = asked([mail("a", 0)], 9, [ActionOnLetter("a", "answered", at(3))])
    assert found is not None
    assert (found.waits[0].seen_until, found.waits[0].ended_at) == (at(3), None)


def test_what_the_writer_began_waits_once_the_reader_writes() -> None:
    begun = [mail("a", 0, "out")]
    assert state(begun, 1) is None
    assert state([*begun, mail("b", 1)], 2) == "waiting"


def test_what_was_put_off_beyond_the_fading_waits_again_on_its_day() -> None:
    put_off = [ActionOnLetter("a", "later", at(1), at(70))]
    found = [asked([mail("a", 0)], days, put_off) for days in (69, 71, 131)]
    assert [one.state for one in found if one] == ["later", "waiting", "faded"]


def test_the_flag_of_an_older_letter_answers_no_newer_one() -> None:
    found = asked([mail("a", 0, is_answered=True), mail("b", 3)], 5)
    assert found is not None
    assert found.state == "waiting"


def test_a_flag_without_a_time_leaves_the_curve_at_once() -> None:
    found = asked([mail("a", 0, is_answered=True)], 50)
    assert found is not None
    assert [(one.ended_at, one.seen_until) for one in found.waits] == [(None, at(0))]


@pytest.mark.parametrize(("seen", "asked_at", "by"), [(3, 9, 3), (12, 9, None), (None, 9, None)])
def test_a_flag_says_by_when_it_was_answered(
    seen: float | None, asked_at: float, by: float | None
) -> None:
    flag_seen_at = None if seen is None else at(seen)
    found = asked([mail("a", 0, is_answered=True, flag_seen_at=flag_seen_at)], asked_at)
    assert found is not None
    [wait] = found.waits
    assert (wait.ended_at, wait.ended_by) == (None, None if by is None else at(by))


def test_the_owners_word_says_by_when_it_was_answered_and_rest_says_nothing() -> None:
    for action, by in (("answered", at(3)), ("rest", None)):
        found = asked([mail("a", 0)], 9, [ActionOnLetter("a", action, at(3))])
        assert found is not None
        assert found.waits[0].ended_by == by
