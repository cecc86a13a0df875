"""What an earlier run noted: refused fields for a week, polls for two weeks after they moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from support.beehiiv_client import NOW, Beehiiv, cursor_page, person, sample

from regulars_connectors import Page, Post
from regulars_connectors.beehiiv.polls import Asked, is_asked
from regulars_connectors.contract import SyncState
from regulars_connectors.instants import DAY


def refusing(*fields: str) -> Callable[[httpx.Request], Any]:
    """People, unless one of these fields is asked for."""

    def answer(request: httpx.Request) -> Any:
        asked = [value for name, value in request.url.params.multi_items() if name == "expand[]"]
        for field in fields:
            if field in asked:
                error = {"message": f"expand[] contains an unknown value: {field}"}
                return httpx.Response(400, json={"status": 400, "errors": [error]})
        return cursor_page([person(1)])

    return answer


def pull(client: Beehiiv, checkpoint: str | None, *, full: bool = False) -> Page:
    """The one page of people, with what an earlier run noted."""
    noted = {("subscriptions", None): checkpoint} if checkpoint else {}
    state = SyncState(checkpoints=noted, full=full)
    (walk,) = client.walks("subscriptions", state)
    (page,) = client.connectors[-1].pages(walk)
    return page


def test_a_refused_field_is_said_once_and_left_out_for_a_week() -> None:
    first = Beehiiv(subscriptions=refusing("tags"))
    page = pull(first, None)
    assert len(first.calls) == 2
    assert "beehiiv refuses tags of its subscriptions" in page.notices[0]
    since = page.fetched_at
    assert page.checkpoint == f"without tags since {since}"
    later = Beehiiv(subscriptions=refusing("tags"))
    page = pull(later, f"without tags since {NOW - 7 * DAY + 1}")
    assert len(later.calls) == 1
    assert (page.notices, page.checkpoint) == ((), f"without tags since {NOW - 7 * DAY + 1}")


@pytest.mark.parametrize(("age", "full"), [(7 * DAY, False), (DAY, True), (-DAY, False)])
def test_it_is_asked_for_again_and_a_refusal_as_before_is_silent(age: int, full: bool) -> None:
    client = Beehiiv(subscriptions=refusing("tags"))
    page = pull(client, f"without tags since {NOW - age}", full=full)
    assert len(client.calls) == 2
    assert page.notices == ()
    assert page.checkpoint is not None
    assert page.checkpoint.startswith("without tags since ")


def test_what_is_shown_again_is_said_once() -> None:
    client = Beehiiv(subscriptions=refusing())
    page = pull(client, f"without tags since {NOW - 8 * DAY}")
    assert page.notices == ("beehiiv shows tags of its subscriptions again.",)
    assert page.checkpoint == "all"
    page = pull(Beehiiv(subscriptions=refusing()), "all")
    assert (page.notices, page.checkpoint) == ((), None)


def test_another_refusal_than_before_is_said() -> None:
    client = Beehiiv(subscriptions=refusing("referrals"))
    page = pull(client, f"without tags since {NOW - 8 * DAY}")
    assert "beehiiv refuses referrals of its subscriptions" in page.notices[0]
    assert page.checkpoint == f"without referrals since {page.fetched_at}"


def test_statistics_are_asked_for_in_every_run() -> None:
    client = Beehiiv(subscriptions=refusing("stats"))
    page = pull(client, None)
    assert "beehiiv refuses stats" in page.notices[0]
    assert page.checkpoint is None


@pytest.mark.parametrize("noted", ["", "without", "without tags since tomorrow", "12", "tags"])
def test_a_note_of_another_form_is_none(noted: str) -> None:
    page = pull(Beehiiv(subscriptions=refusing()), noted)
    assert page.notices == ()


def test_posts_are_asked_whom_they_were_for() -> None:
    client = Beehiiv(posts=sample("posts"))
    client.pages("posts")
    asked = client.params()[0]
    assert [value for name, value in asked if name == "expand[]"] == ["stats", "recipients"]


# Polls


@pytest.mark.parametrize(
    ("total", "noted", "asked"),
    [
        (None, None, True),  # beehiiv does not say how many there are
        (0, None, False),
        (2, None, True),
        (2, "2", False),  # noted by an earlier version: all that is known is the number
        (3, "2", True),
        (2, Asked(3, NOW - 90 * DAY, 3, NOW).checkpoint(), True),  # one was taken away
        (2, Asked(2, NOW - 14 * DAY + 1, 2, NOW).checkpoint(), True),  # it may have changed
        (2, Asked(2, NOW - 14 * DAY, 2, NOW).checkpoint(), False),
        (2, Asked(2, NOW - 90 * DAY, 1, NOW - 6 * DAY).checkpoint(), False),
        (2, Asked(2, NOW - 90 * DAY, 1, NOW - 7 * DAY).checkpoint(), True),  # one never came
        (2, Asked(2, NOW - 90 * DAY, 3, NOW - 80 * DAY).checkpoint(), False),  # more than counted
        (2, Asked(2, NOW - 90 * DAY, None, NOW).checkpoint(), True),  # a walk in two runs
        (2, "two of them", True),
    ],
)
def test_when_a_poll_is_asked(total: int | None, noted: str | None, asked: bool) -> None:
    assert is_asked(total, noted, NOW) is asked


@pytest.mark.parametrize(
    "asked",
    [Asked(4, NOW, 4, NOW), Asked(4, NOW - DAY, 3, NOW), Asked(4, NOW - DAY, None, NOW)],
)
def test_what_is_noted_of_a_poll_reads_back(asked: Asked) -> None:
    assert Asked.read(asked.checkpoint()) == asked


def test_a_quiet_poll_leaves_no_note_of_each_run() -> None:
    first, second = Asked(4, NOW - DAY, 4, NOW), Asked(4, NOW - DAY, 4, NOW + DAY)
    assert first.checkpoint() == second.checkpoint()


# Statistics, and whom a post was for


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ({"data": {"computed_at": 1_790_000_000, "stats": {}}}, 1_790_000_000),
        ({"data": {"stats": {"email": {}, "computed_at": 1_790_000_000.5}}}, 1_790_000_000.5),
        ({"data": {"stats": {}}}, None),
        ({"data": {"computed_at": None}}, None),
        ({"data": {"computed_at": "yesterday"}}, None),
        ({"data": {"computed_at": 0}}, None),
        ({"data": []}, None),
        (httpx.Response(404, json={}), None),
        (httpx.Response(403, json={}), None),
        (httpx.Response(400, json={}), None),
    ],
)
def test_how_old_statistics_are_comes_with_the_posts(answer: Any, seconds: float | None) -> None:
    client = Beehiiv(posts=sample("posts"))
    client.answer("posts/aggregate_stats", answer)
    (page,) = client.pages("posts")
    assert page.records
    assert page.computed_at == (None if seconds is None else round(seconds * 1_000_000))


NOBODY: dict[str, list[str]] = {
    "tier_ids": [], "include_segment_ids": [], "exclude_segment_ids": []
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "restricted"),
    [
        ({}, None),
        ({"recipients": None}, None),
        ({"recipients": {"web": {"tier_ids": ["tier_1"]}}}, None),
        ({"recipients": {"email": NOBODY}}, False),
        ({"recipients": {"email": NOBODY | {"tier_ids": ["tier_1"]}}}, True),
        ({"recipients": {"email": NOBODY | {"include_segment_ids": ["seg_1"]}}}, True),
        ({"recipients": {"email": NOBODY | {"exclude_segment_ids": ["seg_1"]}}}, True),
        ({"audience": "premium"}, True),
        ({"audience": "Premium", "recipients": {"email": NOBODY}}, True),
        ({"recipients": ["everybody"]}, None),  # another form costs that field alone
    ],
    ids=str,
)
def test_whom_a_post_is_for(changes: dict[str, Any], restricted: bool | None) -> None:
    rows = sample("posts")
    rows["data"] = [rows["data"][0] | changes]
    (page,) = Beehiiv(posts=rows).pages("posts")
    (post,) = page.records
    assert isinstance(post, Post)
    assert post.restricted is restricted
