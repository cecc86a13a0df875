"""What was sent stays sent, and what nobody understands is said and ends nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from regulars_connectors.instants import DAY
from regulars_connectors.records import Counters, Post

pytestmark = pytest.mark.usefixtures("store_stays_open")

HOUR = DAY // 24
Rows = Callable[[str], list[tuple[Any, ...]]]
Sync = Callable[..., Any]


def post(number: int, sent_at: int | None, **more: Any) -> Post:
    values: dict[str, Any] = {"status": "sent", "delivered": 120, "unique_opens": 60}
    return Post(
        id=f"p{number}", title=f"Post {number}", form="both", sent_at=sent_at, **(values | more)
    )


@pytest.fixture
def weekly(provider: Any) -> list[Post]:
    """Three posts that went out by mail, the newest yesterday."""
    provider.posts = [post(n, provider.now - (15 - 7 * n) * DAY) for n in range(3)]
    return list(provider.posts)


def changed(posts: list[Post], *numbers: int, **fields: Any) -> list[Post]:
    return [
        msgspec.structs.replace(row, **fields) if number in numbers else row
        for number, row in enumerate(posts)
    ]


def kept(rows: Rows) -> list[tuple[Any, ...]]:
    return rows(
        "SELECT id, status, form, epoch_us(sent_at), delivered, unique_opens FROM posts ORDER BY id"
    )


DENIED: dict[str, dict[str, Any]] = {
    "without a date": {"sent_at": None},
    "a draft": {"status": "draft", "sent_at": None},
    "a draft with its date": {"status": "draft"},
    "on the web alone": {"form": "web"},
    "planned without a date": {"status": "scheduled", "sent_at": None},
    "without figures": {"status": "draft", "sent_at": None, "delivered": None},
    "on the web without figures": {"form": "web", "delivered": None, "unique_opens": None},
}
QUICK = ("a draft", "on the web alone")


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=[pytest.mark.long] * (case not in QUICK)) for case in DENIED],
)
def test_what_was_sent_stays_sent(
    provider: Any, sync: Sync, rows: Rows, weekly: list[Post], case: str
) -> None:
    assert sync().outcome == "complete"
    before = kept(rows)
    provider.now += HOUR
    provider.posts = changed(weekly, 0, 1, **DENIED[case])
    run = sync()
    assert kept(rows) == before
    assert run.outcome == "partial"
    assert run.reason == (
        "posts: 2 posts that were sent came without a date, as a draft or as a web page"
    )
    assert any("What was sent stays sent" in notice for notice in run.notices)
    # It is said once. What came back is as it was.
    provider.now += HOUR
    assert (sync().outcome, kept(rows)) == ("complete", before)
    provider.posts = weekly
    provider.now += HOUR
    healthy = sync()
    assert (healthy.outcome, healthy.notices, kept(rows)) == ("complete", [], before)
    assert rows("SELECT count(*) FROM posts WHERE taken_back") == [(0,)]


def test_one_post_that_is_taken_back_is_said_and_leaves_the_run_complete(
    provider: Any, sync: Sync, rows: Rows, weekly: list[Post]
) -> None:
    sync()
    before = kept(rows)
    provider.posts = changed(weekly, 1, sent_at=None)
    run = sync()
    assert (run.outcome, kept(rows)) == ("complete", before)
    (notice,) = run.notices
    assert notice == (
        "posts: 1 post that was sent came without a date, as a draft or as a web page."
        " What was sent stays sent."
    )


def test_a_date_that_moved_into_the_future_is_no_new_date(
    provider: Any, sync: Sync, rows: Rows, weekly: list[Post]
) -> None:
    sync()
    before = kept(rows)
    provider.posts = changed(weekly, 2, status="scheduled", sent_at=provider.now + 9 * DAY)
    sync()
    assert kept(rows) == before


def test_a_date_that_was_mended_is_the_new_date(
    provider: Any, sync: Sync, rows: Rows, weekly: list[Post]
) -> None:
    sync()
    mended = provider.now - 40 * DAY
    provider.posts = changed(weekly, 0, sent_at=mended)
    assert sync().notices == []
    assert kept(rows)[0][3] == mended


def test_a_planned_post_that_is_planned_anew_or_given_up_was_never_sent(
    provider: Any, sync: Sync, rows: Rows
) -> None:
    provider.posts = [
        post(n, provider.now + DAY, status="scheduled", delivered=None, unique_opens=None)
        for n in range(2)
    ]
    sync()
    provider.posts = changed(provider.posts, 0, status="draft", sent_at=None)
    provider.posts = changed(provider.posts, 1, sent_at=provider.now + 3 * DAY)
    run = sync()
    assert (run.outcome, run.notices) == ("complete", [])
    assert [row[1:3] for row in kept(rows)] == [("draft", "both"), ("scheduled", "both")]


def test_a_mailing_that_failed_was_none(provider: Any, sync: Sync, rows: Rows) -> None:
    """Zero deliveries beside a web page are the provider's word that nobody got it."""
    provider.posts = [post(0, provider.now - HOUR, delivered=None, unique_opens=None)]
    sync()
    provider.posts = changed(provider.posts, 0, form="web", delivered=0)
    run = sync()
    assert (run.outcome, run.notices) == ("complete", [])
    assert kept(rows)[0][1:3] == ("sent", "web")


def test_deliveries_prove_a_post_that_was_never_seen_as_sent(
    provider: Any, sync: Sync, rows: Rows
) -> None:
    """The planned date holds once mails were delivered. A post that never had one waits for it."""
    planned = provider.now + HOUR
    provider.posts = [post(0, planned, status="scheduled", delivered=None, unique_opens=None)]
    sync()
    provider.now += DAY
    provider.posts = [post(0, None, status="draft"), post(1, None, status="draft")]
    run = sync()
    assert [row[:4] for row in kept(rows)] == [
        ("p0", "sent", "both", planned),
        ("p1", "sent", "both", None),
    ]
    assert run.outcome == "partial"
    assert any("1 post was mailed on a day that the provider leaves out" in n for n in run.notices)
    provider.posts = [post(0, planned), post(1, provider.now - HOUR)]
    run = sync()
    assert (run.outcome, run.notices) == ("complete", [])
    assert [row[3] for row in kept(rows)] == [planned, provider.now - HOUR]


@pytest.mark.long
def test_the_same_facts_in_any_order_give_the_same_posts(
    provider: Any, sync: Sync, rows: Rows, weekly: list[Post]
) -> None:
    odd = changed(weekly, 0, 2, status="draft", sent_at=None)
    sync()
    for look in (odd, weekly, weekly, odd, weekly):
        provider.posts = look
        provider.now += HOUR
        sync()
    assert kept(rows) == [
        (f"p{n}", "sent", "both", row.sent_at, 120, 60) for n, row in enumerate(weekly)
    ]


# People


def test_people_with_a_word_that_nobody_knows_are_counted_and_said(
    provider: Any, sync: Sync, rows: Rows, person_of: Callable[..., Any]
) -> None:
    provider.people = [person_of(number) for number in range(6)]
    sync()
    for number, word in ((0, "needs_attention"), (1, "needs_attention"), (2, None)):
        provider.people[number] = person_of(number, status="unknown", provider_status=word)
    run = sync()
    assert run.outcome == "complete"
    assert (
        "3 people have a status that Regulars does not know: needs_attention (2), not said (1)."
        " Whether they still receive your posts, it cannot tell."
    ) in run.notices
    assert rows("SELECT status, count(*) FROM subscriptions GROUP BY 1 ORDER BY 1") == [
        ("active", 3),
        ("unknown", 3),
    ]


def test_a_look_without_somebodys_totals_is_no_look_at_them(
    provider: Any, sync: Sync, rows: Rows, person_of: Callable[..., Any]
) -> None:
    """Their next difference reaches back to the look before, at which their totals were seen."""
    provider.posts = [post(0, provider.now - 3 * DAY)]
    provider.people = [person_of(number, 10, 5) for number in range(3)]
    first = provider.now
    sync()
    provider.now += 7 * DAY
    provider.people[1] = person_of(1, counters=None)
    run = sync()
    (people,) = (one for one in run.streams if one.stream == "subscriptions")
    assert people.without_totals == 1
    assert any("1 active person came without the lifetime totals" in n for n in run.notices)
    provider.now += 7 * DAY
    provider.people[1] = person_of(1, counters=Counters(12, 6, 0))
    sync()
    assert rows(
        "SELECT epoch_us(was_at), was_received, received FROM counters"
        " WHERE subscription_id = 's001' AND was_at IS NOT NULL"
    ) == [(first, 10, 12)]


def test_people_who_never_had_totals_or_left_are_not_missed(
    provider: Any, sync: Sync, person_of: Callable[..., Any]
) -> None:
    provider.posts = [post(0, provider.now - 3 * DAY)]
    provider.people = [person_of(0, 10, 5), person_of(1, 10, 5), person_of(2, counters=None)]
    sync()
    provider.people[1] = person_of(1, status="left", counters=None)
    run = sync()
    assert [one.without_totals for one in run.streams] == [0] * len(run.streams)
