"""What a refusal, a list that is gone and rows that cannot be read mean for a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from regulars_connectors.contract import Page, Walk
from regulars_connectors.errors import (
    CursorLoop,
    FeatureUnavailable,
    InvalidResponse,
    NotFound,
    QuotaExceeded,
    Unreachable,
)
from regulars_connectors.instants import DAY, SECOND
from regulars_connectors.records import Post, Quarantined

pytestmark = pytest.mark.usefixtures("store_stays_open")

Sync = Callable[..., Any]
Rows = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def people(provider: Any, person_of: Callable[..., Any]) -> Any:
    provider.people = [person_of(number) for number in range(25)]
    provider.posts = [post(1), post(2)]
    return provider


def post(number: int) -> Post:
    return Post(id=f"p{number}", title=f"Post {number}", status="sent", sent_at=number * DAY)


def outcomes(result: Any) -> dict[str, str]:
    return {stream.stream: stream.outcome for stream in result.streams}


# The newsletter was not seen


@pytest.mark.parametrize("stream", ["posts", "subscriptions"])
@pytest.mark.parametrize("place", [0, 10])
def test_a_refusal_of_what_the_newsletter_is_made_of_is_no_complete_run(
    people: Any, sync: Sync, rows: Rows, stream: str, place: int
) -> None:
    people.posts = [post(number) for number in range(1, 15)]
    sync()
    people.now += DAY
    people.trouble[stream, place] = FeatureUnavailable("The plan leaves this out (403).")
    result = sync()
    assert (result.outcome, result.exit_code) == ("partial", 6)
    assert result.reason == "The plan leaves this out (403)."
    assert outcomes(result)[stream] == "unavailable"
    assert outcomes(result)["signals"] == "events"  # the others go on
    complete = rows("SELECT count(*) FROM runs WHERE outcome = 'complete'")
    assert complete == [(1,)]
    assert sync().outcome == "complete"


def test_a_refusal_of_anything_else_leaves_a_complete_run(people: Any, sync: Sync) -> None:
    people.trouble["signals", 0] = FeatureUnavailable("The plan leaves this out (403).")
    result = sync()
    assert (result.outcome, result.exit_code) == ("complete", 0)
    assert outcomes(result)["signals"] == "unavailable"


@pytest.mark.parametrize("stream", ["posts", "subscriptions", "signals"])
def test_a_list_that_is_gone_is_the_failure_of_its_stream(
    people: Any, sync: Sync, stream: str
) -> None:
    people.trouble[stream, 0] = NotFound("The provider answers 404 for this list.")
    result = sync()
    assert (result.outcome, result.exit_code) == ("partial", 6)
    assert result.error.code == "not_found"
    others = {name: how for name, how in outcomes(result).items() if name != stream}
    assert outcomes(result)[stream] == "failed"
    assert set(others.values()) <= {"whole", "events"}
    assert len(others) == 2


# What came before trouble is kept


@pytest.mark.parametrize(
    "error",
    [
        InvalidResponse("A page is HTML."),
        CursorLoop("The cursors run in a circle."),
        NotFound("The list is gone."),
        FeatureUnavailable("The plan leaves this out."),
    ],
)
def test_what_came_before_trouble_is_kept_and_the_next_run_resumes(
    people: Any, sync: Sync, rows: Rows, error: Exception
) -> None:
    people.trouble["subscriptions", 20] = error
    result = sync()
    assert result.outcome == "partial"
    (stream,) = (one for one in result.streams if one.stream == "subscriptions")
    assert (stream.seen, stream.changed) == (20, 20)
    assert rows("SELECT count(*) FROM subscriptions") == [(20,)]
    people.asked.clear()
    assert sync().outcome == "complete"
    assert ("subscriptions", "20") in people.asked
    assert rows("SELECT count(*) FROM subscriptions") == [(25,)]


@pytest.mark.long
def test_a_walk_that_broke_off_says_nothing_of_who_is_gone(
    people: Any, sync: Sync, rows: Rows
) -> None:
    sync()
    for _ in range(3):
        people.now += 2 * DAY
        people.trouble["subscriptions", 20] = InvalidResponse("A page is HTML.")
        assert sync().outcome == "partial"
    assert rows("SELECT DISTINCT presence FROM subscriptions") == [("present",)]


def test_a_new_post_is_known_though_a_later_page_fails(people: Any, sync: Sync, rows: Rows) -> None:
    people.posts = [post(number) for number in range(1, 13)]
    people.trouble["posts", 10] = CursorLoop("An empty page claims more.")
    sync()
    assert rows("SELECT count(*) FROM posts") == [(10,)]


# Rows that could not be read


@pytest.fixture
def unread(
    people: Any, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, list[str | None]], Any]:
    """A sync in which these rows of a stream cannot be read."""

    def run(stream: str, ids: list[str | None]) -> Any:
        pages = type(people).pages
        monkeypatch.setattr(
            type(people), "pages", lambda self, walk, cursor=None: _aside(pages, self, walk, cursor)
        )

        def _aside(pages: Any, self: Any, walk: Walk, cursor: str | None) -> Iterator[Page]:
            for page in pages(self, walk, cursor):
                is_there = walk.stream.name == stream and page.cursor is None
                aside = [Quarantined(reason="`title` is null", id=one) for one in ids]
                yield replace(page, quarantined=aside) if is_there else page

        try:
            return sync()
        finally:
            monkeypatch.undo()

    return run


def test_a_new_post_that_cannot_be_read_leaves_the_run_partial(unread: Any, sync: Sync) -> None:
    result = unread("posts", ["p3"])
    assert (result.outcome, result.exit_code) == ("partial", 6)
    assert result.reason == "posts: 1 new row could not be read"
    assert result.notices == ["posts: 1 row could not be read. The first: `title` is null."]
    assert outcomes(result)["posts"] == "whole"  # who is gone is still known
    assert sync().outcome == "complete"


@pytest.mark.parametrize(
    ("before", "now", "outcome"),
    [
        (["p3"], ["p3"], "complete"),
        (["p3", "p4"], ["p4"], "complete"),
        (["p3"], ["p3", "p4"], "partial"),
        ([], ["p3"], "partial"),
    ],
)
def test_rows_that_were_unreadable_before_are_a_notice_from_then_on(
    unread: Any, before: list[str | None], now: list[str | None], outcome: str
) -> None:
    # Nobody can mend an old post of the provider's: one partial run tells of it.
    assert unread("posts", before).outcome == ("partial" if before else "complete")
    result = unread("posts", now)
    assert result.outcome == outcome
    rows = "1 row" if len(now) == 1 else "2 rows"
    again = " It is that of the sync before." if outcome == "complete" else ""
    assert result.notices == [
        f"posts: {rows} could not be read. The first: `title` is null.{again}"
    ]
    assert [one.quarantined for one in result.streams if one.stream == "posts"] == [len(now)]


def test_a_row_that_was_read_meanwhile_is_news_when_it_cannot_be_again(
    unread: Any, sync: Sync
) -> None:
    assert [unread("posts", ["p3"]).outcome, sync().outcome] == ["partial", "complete"]
    assert unread("posts", ["p3"]).outcome == "partial"


def test_one_unreadable_person_of_a_tiny_newsletter_is_said_once(
    people: Any, person_of: Callable[..., Any], unread: Any
) -> None:
    people.people = [person_of(number) for number in range(5)]
    outcomes = [unread("subscriptions", ["x1"]).outcome for _ in range(3)]
    assert outcomes == ["partial", "complete", "complete"]


def test_an_unreadable_row_without_an_id_might_be_anybody(people: Any, unread: Any) -> None:
    assert [unread("posts", [None]).outcome for _ in range(2)] == ["partial", "partial"]


def test_a_known_post_that_cannot_be_read_is_a_notice(unread: Any, sync: Sync) -> None:
    sync()
    result = unread("posts", ["p1", "p2"])
    assert result.outcome == "complete"
    assert "posts: 2 rows could not be read" in result.notices[0]


@pytest.mark.parametrize(
    ("unreadable", "known", "outcome"),
    [
        # of so many people, so many cannot be read: a hundredth is the limit
        (1, 99, "complete"),
        (1, 98, "partial"),
        pytest.param(2, 198, "complete", marks=pytest.mark.long),
        pytest.param(3, 197, "partial", marks=pytest.mark.long),
    ],
)
def test_more_than_a_hundredth_of_the_people_unread_leaves_the_run_partial(
    people: Any,
    person_of: Callable[..., Any],
    unread: Any,
    unreadable: int,
    known: int,
    outcome: str,
) -> None:
    people.people = [person_of(number) for number in range(known)]
    result = unread("subscriptions", [f"x{number}" for number in range(unreadable)])
    assert result.outcome == outcome
    if outcome == "partial":
        every = unreadable + known
        assert result.reason == f"people: {unreadable} of {every} could not be read"


def test_a_reason_that_holds_an_address_is_told_without_it(
    people: Any, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = type(people).pages

    def aside(self: Any, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        for page in pages(self, walk, cursor):
            odd = [Quarantined(reason="anna@example.org is\nno\u202e number.", id="s001")]
            is_people = walk.stream.name == "subscriptions" and page.cursor is None
            yield replace(page, quarantined=odd) if is_people else page

    monkeypatch.setattr(type(people), "pages", aside)
    (notice,) = sync().notices
    assert notice.endswith("The first: [redacted] is no\ufffd number.")


def test_unread_signals_are_a_notice(unread: Any) -> None:
    result = unread("signals", ["r1", None])
    assert result.outcome == "complete"
    assert result.notices == ["answers: 2 rows could not be read."]


# When to come back


@pytest.mark.parametrize("error", [QuotaExceeded, Unreachable])
def test_the_moment_to_come_back_is_in_the_record(
    people: Any, sync: Sync, rows: Rows, error: Any
) -> None:
    people.trouble["subscriptions", 10] = error("Come back later.", after_seconds=7200.0)
    result = sync()
    assert result.record.retry_at == people.now + 7200 * SECOND
    ((moment, outcome),) = rows("SELECT epoch_us(retry_at), outcome FROM runs")
    assert (moment, outcome) == (people.now + 7200 * SECOND, "partial")


def test_a_run_that_may_be_repeated_at_any_time_names_no_moment(
    people: Any, sync: Sync, rows: Rows
) -> None:
    people.trouble["subscriptions", 10] = Unreachable("Away.")
    assert sync().record.retry_at is None
    assert rows("SELECT retry_at FROM runs") == [(None,)]
