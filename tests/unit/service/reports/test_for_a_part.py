"""Posts that went to a part of the people: nobody is unread of what may never have reached them.

Ten people, nine weekly posts. Everybody opened the posts 0 to 3 and no other, but for what a test
says, so that of eight matured posts four are read: just enough. What a test adds moves that.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from regulars.reports.coverage import COVERAGE

PEOPLE = [f"p{number}" for number in range(10)]


@pytest.fixture
def ten(tables: Any) -> Any:
    for name in PEOPLE:
        tables.person(name)
        tables.opens(name, 0, 1, 2, 3)
    return tables


def judged(tables: Any, at: Any, name: str, **asked: Any) -> tuple[int, int, int]:
    """Posts that reached a person, those of them that can be judged, and those read for certain."""
    row = tables.reading(at(8) + timedelta(hours=1), **asked)[name]
    return row["posts_reached"], row["opportunities"], row["reads_low"]


def on_list(tables: Any, at: Any, name: str, **values: Any) -> None:
    tables.keys += 1
    row = {
        "id": f"standing{tables.keys}", "list_id": "daily", "subscription_id": name,
        "status": "active", "joined_at": at(-1), "presence": "present", "seen_at": at(8),
    }  # fmt: skip
    tables.insert("list_standings", **row | values)


def with_posts(tables: Any, at: Any, **of_the_sixth: Any) -> None:
    """Nine posts for everybody, the sixth (post5) as given."""
    for number in range(9):
        tables.post(number, at(number), **(of_the_sixth if number == 5 else {}))
    tables.run_stream("posts", at(8))


# A list


def test_who_was_not_on_the_list_never_had_the_post(ten: Any, at: Any) -> None:
    with_posts(ten, at, list_id="daily")
    on_list(ten, at, "p0")
    on_list(ten, at, "p1", joined_at=at(6))  # came to the list a week after the post
    on_list(ten, at, "p2", status="left", left_at=at(4))  # had left it a week before
    on_list(ten, at, "p3", status="left", left_at=at(6))  # left it a week after
    ten.run_stream("list_standings", at(6))
    assert judged(ten, at, "p0") == (8, 8, 4)
    assert judged(ten, at, "p1") == (7, 7, 4)
    assert judged(ten, at, "p2") == (7, 7, 4)
    assert judged(ten, at, "p3") == (8, 8, 4)
    assert judged(ten, at, "p4") == (7, 7, 4)  # no standing at all


@pytest.mark.parametrize(
    "standing",
    [
        {"joined_at": None},  # nobody knows since when
        {"status": "left", "left_at": None},  # nor when they left
        {"status": "unknown"},
        {"status": "pending"},
        {"status": "active", "left_at": "before"},  # left, and came back some time
        {"presence": "missing", "absent_since": "before"},
        {"presence": "removed", "absent_since": "before"},
    ],
    ids=str,
)
@pytest.mark.long
def test_a_standing_that_leaves_it_open_is_neither(
    ten: Any, at: Any, standing: dict[str, Any]
) -> None:
    with_posts(ten, at, list_id="daily")
    standing = {name: at(4) if value == "before" else value for name, value in standing.items()}
    on_list(ten, at, "p0", **standing)
    ten.run_stream("list_standings", at(6))
    assert judged(ten, at, "p0") == (8, 7, 4)


@pytest.mark.parametrize("presence", ["missing", "removed"])
def test_a_standing_that_was_shown_until_after_the_post_held_by_then(
    ten: Any, at: Any, presence: str
) -> None:
    with_posts(ten, at, list_id="daily")
    on_list(ten, at, "p0", presence=presence, absent_since=at(6))
    ten.run_stream("list_standings", at(6))
    assert judged(ten, at, "p0") == (8, 8, 4)


@pytest.mark.parametrize(
    "run",
    [None, {"at": 4}, {"at": 6, "outcome": "partial"}, {"at": 6, "quarantined": 1}],
    ids=["never seen", "before the post", "in part", "a row set aside"],
)
@pytest.mark.long
def test_standings_that_were_not_seen_as_a_whole_say_nothing_of_who_is_missing(
    ten: Any, at: Any, run: dict[str, Any] | None
) -> None:
    with_posts(ten, at, list_id="daily")
    on_list(ten, at, "p0")
    if run is not None:
        more = {name: value for name, value in run.items() if name != "at"}
        ten.run_stream("list_standings", at(run["at"]), **more)
    assert judged(ten, at, "p0") == (8, 8, 4)
    assert judged(ten, at, "p4") == (8, 7, 4)


def test_who_opened_it_read_it_whatever_the_list_says(ten: Any, at: Any) -> None:
    with_posts(ten, at, list_id="daily")
    on_list(ten, at, "p0")
    ten.run_stream("list_standings", at(6))
    ten.opens("p0", 5)
    ten.opens("p4", 5)  # forwarded, or shown on the web
    assert judged(ten, at, "p0") == (8, 8, 5)
    assert judged(ten, at, "p4") == (7, 7, 4)


def test_a_list_of_deliveries_says_more_than_a_newsletter_list(ten: Any, at: Any) -> None:
    with_posts(ten, at, list_id="daily")
    ten.run_stream("list_standings", at(6))
    on_list(ten, at, "p0")
    ten.signal("send", "p4", 5)
    assert judged(ten, at, "p4") == (8, 8, 4)
    assert judged(ten, at, "p0") == (7, 7, 4)


# A count


@pytest.mark.parametrize(
    ("counts", "opportunities"),
    [
        pytest.param({"recipients": 10}, 8, marks=pytest.mark.long),
        ({"recipients": 6}, 8),  # 6 + 2 of 10: four fifths, with two who say nothing
        ({"recipients": 5}, 7),
        pytest.param({"delivered": 3}, 7, marks=pytest.mark.long),
        ({"delivered": 3, "recipients": 10}, 8),  # seven bounced, and so had their chance
        pytest.param({}, 8, marks=pytest.mark.long),
    ],
    ids=str,
)
def test_a_post_that_went_to_clearly_fewer_is_open_for_who_kept_silent(
    ten: Any, at: Any, counts: dict[str, int], opportunities: int
) -> None:
    with_posts(ten, at, **counts)
    ten.opens("p1", 5)
    assert judged(ten, at, "p0") == (8, opportunities, 4)
    assert judged(ten, at, "p1") == (8, 8, 5)
    # however the people are divided for a report
    assert judged(ten, at, "p0", span_people=3) == (8, opportunities, 4)


def test_deliveries_count_once_they_have_been_counted_to_their_end(ten: Any, at: Any) -> None:
    for number in range(9):
        counted = {"delivered": 3, "seen_at": at(5) + timedelta(hours=47)}
        ten.post(number, at(number), **(counted if number == 5 else {}))
    ten.run_stream("posts", at(5) + timedelta(hours=47))
    assert judged(ten, at, "p0") == (8, 8, 4)
    ten.run_stream("posts", at(5) + timedelta(hours=48), run_id="run_2")
    assert judged(ten, at, "p0") == (8, 7, 4)


# A tier or a segment


@pytest.mark.parametrize(
    ("fields", "opportunities"),
    [
        ({"restricted": True}, 7),
        ({"restricted": False}, 8),
        ({"restricted": True, "recipients": 9}, 8),  # the segment held nearly everybody
        ({"restricted": False, "recipients": 3}, 7),
    ],
    ids=str,
)
@pytest.mark.long
def test_a_restricted_post_is_open_unless_its_count_says_everybody(
    ten: Any, at: Any, fields: dict[str, Any], opportunities: int
) -> None:
    with_posts(ten, at, **fields)
    assert judged(ten, at, "p0") == (8, opportunities, 4)


def test_a_segment_of_a_list_is_open_for_the_list(ten: Any, at: Any) -> None:
    with_posts(ten, at, list_id="daily", restricted=True)
    on_list(ten, at, "p0")
    ten.run_stream("list_standings", at(6))
    assert judged(ten, at, "p0") == (8, 7, 4)
    assert judged(ten, at, "p4") == (7, 7, 4)


def test_coverage_names_them(ten: Any, at: Any) -> None:
    for number, fields in enumerate([{"list_id": "daily"}, {"restricted": True}, {}] * 3):
        ten.post(number, at(number), **fields)
    found = ten.ask(COVERAGE, at(8) + timedelta(hours=1)).result.posts
    counts = {one.code: (one.count, one.words) for one in found}
    assert counts["for_a_list"][0] == 3
    assert counts["to_a_part"][0] == 3  # posts 1, 4 and 7
    assert "nobody says to whom" in counts["to_a_part"][1]


# Running totals


def by_totals(tables: Any, at: Any, *growth: tuple[int, int], **person: Any) -> None:
    """Somebody whose totals grew so between weekly looks, three days before each post."""
    tables.person("x", **person)
    received = opened = 0
    history = [(0, 0)]
    for more_received, more_opened in growth:
        received, opened = received + more_received, opened + more_opened
        history.append((received, opened))
    tables.history("x", *history)


def posts_read(tables: Any, at: Any) -> list[tuple[int, int, int]]:
    """Number of the post, and whether it was read at least and at most."""
    found = tables.rows(
        "SELECT post_no - 1, low, high FROM counter_opportunities('notes', $as_of) ORDER BY 1",
        {"as_of": at(9)},
    )
    return [tuple(row.values()) for row in found]


def test_a_mail_of_an_automation_is_no_post_for_a_list(tables: Any, at: Any) -> None:
    """Posts 1 and 3 were for a list on which x did not stand."""
    for number in range(5):
        tables.post(number, at(number), **({"list_id": "daily"} if number % 2 else {}))
    on_list(tables, at, "somebody else")
    tables.run_stream("list_standings", at(6))
    # with post1 came a welcome mail, which x left unopened, and nothing with post3
    by_totals(tables, at, (1, 1), (1, 0), (1, 0), (0, 0), (1, 1))
    assert posts_read(tables, at) == [(0, 1, 1), (2, 0, 0), (4, 1, 1)]


def test_of_two_posts_between_two_looks_only_the_one_that_was_for_them(
    tables: Any, at: Any
) -> None:
    tables.post(0, at(0))
    tables.post(1, at(0.1), list_id="daily")
    tables.post(2, at(0.2))
    tables.post(3, at(0.3), list_id="daily")
    on_list(tables, at, "somebody else")
    tables.run_stream("list_standings", at(6))
    # four mails, one of them opened: two were of automations, so it may be neither post
    by_totals(tables, at, (4, 1), (0, 0))
    assert posts_read(tables, at) == [(0, 0, 0), (2, 0, 1)]


def test_both_posts_for_them_were_opened(tables: Any, at: Any) -> None:
    tables.post(0, at(0))
    tables.post(1, at(0.1), list_id="daily")
    tables.post(2, at(0.2))
    on_list(tables, at, "somebody else")
    tables.run_stream("list_standings", at(6))
    by_totals(tables, at, (2, 2))
    assert posts_read(tables, at) == [(0, 1, 1), (2, 1, 1)]


def test_where_standings_are_unknown_the_totals_decide_alone(tables: Any, at: Any) -> None:
    tables.post(0, at(0))
    tables.post(1, at(1), list_id="daily")
    by_totals(tables, at, (1, 1), (1, 0))
    assert posts_read(tables, at) == [(0, 1, 1), (1, 0, 0)]


def test_who_stood_on_the_list_is_asked_about_its_posts(tables: Any, at: Any) -> None:
    tables.post(0, at(0))
    tables.post(1, at(1), list_id="daily")
    on_list(tables, at, "x")
    tables.run_stream("list_standings", at(6))
    by_totals(tables, at, (1, 1), (1, 0))
    assert posts_read(tables, at) == [(0, 1, 1), (1, 0, 0)]


def test_a_late_open_goes_to_a_post_that_was_for_them(tables: Any, at: Any) -> None:
    tables.post(0, at(0))
    tables.post(1, at(1), list_id="daily")
    tables.post(2, at(2))
    on_list(tables, at, "somebody else")
    tables.run_stream("list_standings", at(6))
    by_totals(tables, at, (1, 0), (0, 1), (1, 0))
    assert posts_read(tables, at) == [(0, 1, 1), (2, 0, 0)]


def test_an_answer_to_a_post_that_was_not_for_them_is_no_read_of_another(
    tables: Any, at: Any
) -> None:
    tables.post(0, at(0))
    tables.post(1, at(0.1), list_id="daily")
    on_list(tables, at, "somebody else")
    tables.run_stream("list_standings", at(6))
    by_totals(tables, at, (1, 0))
    tables.signal("poll", "x", 1)
    assert posts_read(tables, at) == [(0, 0, 0)]
