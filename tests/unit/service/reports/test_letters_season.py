"""Who wrote back to one of the last thirteen issues, from rows of letters in the tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from regulars.reports.letters import LETTERS
from regulars.reports.waiting import WAITING


def reply(tables: Any, name: str, who: str | None, post: int, at: Any) -> None:
    """A reply to a post, with its tie, on the day after it was sent."""
    came = at(post + 1 / 7)
    tables.insert(
        "letters", id=name, direction="in", kind="human", rule="default", arrived_at=came,
        clock="server", sent_at=came, sender_certain=True, recipients=1, to_writer=True,
        is_junk=False, is_list=False, is_reply=True, words=10, question=False,
        has_attachment=False, seen_at=came, entry=1,
    )  # fmt: skip
    tables.insert(
        "letter_ties", letter_id=name, kind="human", is_other=False, rung=2, confidence=1.0,
        person_id=who, conversation=name, post_connection="main", post_id=f"post{post}",
    )  # fmt: skip


def test_subscribers_who_wrote_to_one_of_the_last_thirteen_count(tables: Any, at: Any) -> None:
    tables.posts(15)
    for post in range(15):
        reply(tables, f"ann{post}", "per_ann", post, at)
    reply(tables, "bob0", "per_bob", 0, at)  # of fifteen posts
    reply(tables, "cy14", None, 14, at)  # no subscriber
    found = tables.ask(LETTERS, at(16)).result.season
    assert (found.issues, found.people) == (13, 1)
    assert found.since == datetime(2026, 1, 19, 9, tzinfo=UTC)
    assert tables.ask(LETTERS, at(13)).result.season.people == 2


def test_the_share_is_of_turns_since_then(tables: Any, at: Any) -> None:
    tables.posts(15)
    for post in range(15):
        reply(tables, f"ann{post}", "per_ann", post, at)
    found = tables.ask(WAITING, at(16)).result.season
    assert (found.issues, found.people) == (13, 1)
    assert found.answered_within_7_days.n == 13
    assert found.answered_within_7_days.value == 0


def test_before_the_first_issue_there_is_no_season(tables: Any, at: Any) -> None:
    tables.posts(1)
    assert tables.ask(LETTERS, at(-1)).result.season is None
    assert tables.ask(WAITING, at(-1)).result.season is None


@pytest.mark.parametrize(
    ("ann", "others", "notes"),
    [
        (3, 1, ["One person wrote 75 % of these replies."]),
        (2, 1, []),  # too few to say so
        (2, 2, []),  # a half
        (4, 0, []),  # one writer alone
    ],
)
def test_one_writer_of_most_replies_is_told(
    tables: Any, at: Any, ann: int, others: int, notes: list[str]
) -> None:
    tables.posts(8)
    for post in range(ann):
        reply(tables, f"ann{post}", "per_ann", post, at)
    for number in range(others):
        reply(tables, f"other{number}", f"per_{number}", 4 + number, at)
    assert tables.ask(LETTERS, at(8)).coverage.notes == notes
