"""How the Ghost connector walks: the feed, smaller pages, rows set aside, what is walked when."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx
import pytest
from support.ghost_client import SIGNALS, Ghost, events, oid, sample

from regulars_connectors import (
    CursorExpired,
    CursorLoop,
    InvalidResponse,
    SyncState,
    Unreachable,
    Walk,
)
from regulars_connectors.ghost.posts import Mailings, members_at_once
from regulars_connectors.http import body

# The walk of the feed


class Feed:
    """A feed of ``count`` clicks, all in the same second, that honours time, id and limit."""

    def __init__(self, count: int, at: str = "2026-02-02T06:00:05.000Z") -> None:
        link = {"to": "https://example.org/"}
        self.rows = [
            {"id": oid(n), "created_at": at, "member": {"id": oid(n)}, "link": link}
            for n in reversed(range(count))
        ]
        self.limits: list[int] = []

    def __call__(self, request: httpx.Request) -> dict[str, Any]:
        where, limit = request.url.params["filter"], int(request.url.params["limit"])
        self.limits.append(limit)
        last = where.partition("+id:<'")[2].partition("'")[0]
        left = [row for row in self.rows if not last or row["id"] < last]
        return events("click_event", left[:limit], len(left))


def test_everything_of_one_second_is_walked_by_time_and_id() -> None:
    feed = Feed(1234)
    client = Ghost(members_events=feed)
    pages = client.pages("signals", "click_event")
    found = [row.id for page in pages for row in page.records]
    assert len(found) == len(set(found)) == 1234
    assert len(feed.limits) == 13
    assert {page.total for page in pages} == {1234}
    assert pages[-1].checkpoint == "2026-02-02 06:00:05"
    same = "(data.created_at:'2026-02-02 06:00:05'+id:<"
    assert same in client.filters()[1]


def test_a_page_that_is_too_heavy_is_asked_for_again_with_half_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body, "MAX_BODY_BYTES", 6_000)
    feed = Feed(200)
    pages = Ghost(members_events=feed).pages("signals", "click_event")
    assert sum(len(page.records) for page in pages) == 200
    assert feed.limits[:3] == [100, 50, 25]
    assert set(feed.limits[2:]) == {25}


@pytest.mark.parametrize("trouble", [504, 500, httpx.ReadTimeout("slow")])
def test_a_page_over_which_the_server_fails_is_asked_for_smaller(trouble: Any) -> None:
    feed = Feed(60)

    def answer(request: httpx.Request) -> Any:
        if int(request.url.params["limit"]) <= 25:
            return feed(request)
        if isinstance(trouble, Exception):
            raise trouble
        return httpx.Response(trouble)

    pages = Ghost(members_events=answer).pages("signals", "click_event")
    assert sum(len(page.records) for page in pages) == 60
    assert set(feed.limits) == {25}


def test_the_mails_of_posts_are_asked_for_in_smaller_pages_as_well() -> None:
    """Before the first walk it is asked what all mails weigh; that may be too heavy itself."""
    limits = []

    def answer(request: httpx.Request) -> Any:
        limits.append(int(request.url.params["limit"]))
        return httpx.Response(504) if limits[-1] > 5 else sample("posts_6")

    assert Ghost(posts=answer).walks("signals")[0].parent == "members"
    assert set(limits) == {25, 5}


def test_the_posts_of_other_newsletters_are_asked_for_in_smaller_pages_as_well() -> None:
    limits = []

    def answer(request: httpx.Request) -> Any:
        if "newsletter_id:-" in request.url.params.get("filter", ""):
            limits.append(int(request.url.params["limit"]))
            return httpx.Response(504) if limits[-1] > 25 else sample("posts_6")
        return sample("posts_6")

    Ghost(posts=answer).pages("signals", "click_event", newsletter="harbour-letters")
    assert set(limits) == {100, 50, 25}


def test_a_server_that_fails_over_everything_is_not_asked_for_ever() -> None:
    client = Ghost(members_events=httpx.Response(504))
    with pytest.raises(Unreachable):
        client.pages("signals", "click_event")
    assert [call.request.url.params["limit"] for call in client.calls] == [
        limit for limit in ("100", "50", "25", "5") for _ in range(5)
    ]
    away = Ghost(members_events=httpx.Response(503))
    with pytest.raises(Unreachable):
        away.pages("signals", "click_event")
    assert away.calls.call_count == 5


def test_an_honest_page_that_repeats_itself_is_not_taken_for_a_bomb() -> None:
    """Every event repeats the mail: such pages pack more than a hundredfold."""
    mail = {"id": oid(501), "post_id": oid(301), "html": "An invented letter. " * 1_000}
    rows = [
        {"id": oid(n), "created_at": "2026-02-02T06:00:05.000Z", "email": mail} for n in range(100)
    ]
    body = json.dumps(events("email_delivered_event", rows)).encode()
    packed = gzip.compress(body)
    assert len(body) > 120 * len(packed)
    headers = {"content-encoding": "gzip"}
    answer = httpx.Response(200, headers=headers, stream=httpx.ByteStream(packed))
    client = Ghost(members_events=answer)
    assert len(client.records("signals", "email_delivered_event")) == 100


@pytest.mark.parametrize(
    ("kind", "since"),
    [
        ("email_opened_event", "2026-05-30 10:00:00"),
        ("click_event", "2026-05-30 10:00:00"),
        ("feedback_event", "2026-05-02 10:00:00"),
    ],
)
def test_a_later_walk_begins_before_the_newest_event_known(kind: str, since: str) -> None:
    client = Ghost(members_events=lambda request: events(kind, []))
    connector = client.connector()
    walk = Walk(SIGNALS, "since", parent=kind, checkpoint="2026-06-01 10:00:00")
    [page] = connector.pages(walk)
    assert client.filters()[-1] == f"type:{kind}+data.created_at:>='{since}'"
    # nothing new: it begins there again
    assert page.checkpoint == "2026-06-01 10:00:00"


def test_an_event_dated_into_the_future_does_not_end_later_walks() -> None:
    client = Ghost(members_events=Feed(3, at="2099-01-01T00:00:00.000Z"))
    [page] = client.pages("signals", "click_event")
    assert page.checkpoint == "2026-10-01 12:00:00"


def test_a_walk_resumed_keeps_what_it_knew_at_its_start() -> None:
    client = Ghost(members_events=Feed(250))
    first, second, third = client.pages("signals", "click_event")
    again = client.pages("signals", "click_event", cursor=first.cursor)
    assert [page.records for page in again] == [second.records, third.records]
    assert again[-1].checkpoint == third.checkpoint
    with pytest.raises(CursorExpired):
        client.pages("signals", "click_event", cursor="17")


def test_an_event_that_cannot_be_read_is_set_aside() -> None:
    rows = Feed(2).rows
    rows[0]["created_at"] = "soon"
    client = Ghost(members_events=events("click_event", rows))
    [page] = client.pages("signals", "click_event")
    assert [row.id for row in page.quarantined] == [oid(1)]
    assert len(page.records) == 1


def test_one_odd_field_of_an_event_costs_that_field() -> None:
    rows = Feed(2).rows
    rows[0]["link"] = 7
    client = Ghost(members_events=events("click_event", rows))
    [page] = client.pages("signals", "click_event")
    assert (page.quarantined, dict(page.unread)) == ([], {"data.link": 1})
    assert [record.url is None for record in page.records] == [True, False]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("changes", "status", "unread"),
    [
        ({"created_at": "yesterday"}, "active", {"created_at": 1}),
        ({"labels": "vip"}, "active", {"labels": 1}),
        ({"name": 7, "note": []}, "active", {"name": 1, "note": 1}),
        ({"newsletters": "all of them"}, "unknown", {"newsletters": 1}),
        ({"newsletters": [7]}, "unknown", {"newsletters": 1}),
        ({"newsletters": None}, "unknown", {}),
        ({"newsletters": []}, "left", {}),
        ({"email_suppression": {"suppressed": "perhaps"}}, "unknown", {
            "email_suppression.suppressed": 1
        }),
        ({"email_suppression": {"suppressed": True, "info": {"reason": 5}}}, "unknown", {
            "email_suppression.info.reason": 1
        }),
    ],
)  # fmt: skip
def test_an_odd_field_of_a_member_costs_that_field_and_leaves_nobody_gone(
    changes: dict[str, Any], status: str, unread: dict[str, int]
) -> None:
    members = sample("members_6")
    members["members"][0] |= changes
    [page] = Ghost(members=members).pages("subscriptions")
    assert (page.quarantined, dict(page.unread)) == ([], unread)
    assert page.records[0].status == status  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("changes", "delivered", "unread"),
    [
        ({"delivered_count": "3"}, 3, {}),
        ({"delivered_count": 3.0}, 3, {}),
        ({"delivered_count": "three"}, None, {"email.delivered_count": 1}),
        ({"subject": 5}, 3, {"email.subject": 1}),
    ],
)
def test_an_odd_figure_of_a_mail_costs_that_figure(
    changes: dict[str, Any], delivered: int | None, unread: dict[str, int]
) -> None:
    rows = sample("posts_6")
    row = next(row for row in rows["posts"] if row["email"])
    row["email"] |= {"delivered_count": 3, "opened_count": 2} | changes
    [page] = Ghost(posts=rows | {"posts": [row], "meta": {"pagination": {"total": 1}}}).pages(
        "posts"
    )
    assert (page.quarantined, dict(page.unread)) == ([], unread)
    assert (page.records[0].status, page.records[0].delivered) == ("sent", delivered)  # type: ignore[union-attr]


def test_a_post_whose_mail_is_odd_is_set_aside_instead_of_never_mailed() -> None:
    rows = sample("posts_6")
    row = next(row for row in rows["posts"] if row["email"])
    [page] = Ghost(
        posts=rows | {"posts": [row | {"email": "gone"}], "meta": {"pagination": {"total": 1}}}
    ).pages("posts")
    assert (len(page.records), page.quarantined[0].id) == (0, row["id"])


def test_a_walk_that_cannot_go_on_says_so() -> None:
    rows = Feed(1).rows
    del rows[0]["created_at"]
    client = Ghost(members_events=events("click_event", rows, total=5))
    with pytest.raises(InvalidResponse):
        client.pages("signals", "click_event")


def test_lists_that_do_not_advance_end() -> None:
    """A server, or something before it, that ignores the filter."""
    page = events("click_event", Feed(3).rows, total=9)
    with pytest.raises(CursorLoop):
        Ghost(members_events=lambda _: page).pages("signals", "click_event")
    members = sample("members_6")
    members["meta"]["pagination"]["total"] = 99
    with pytest.raises(CursorLoop):
        Ghost(members=lambda _: members).pages("subscriptions")


def test_rows_that_say_what_cannot_be_are_set_aside() -> None:
    members = sample("members_6")
    members["members"][0]["created_at"] = "2026-02-31T10:00:00.000Z"
    [page] = Ghost(members=members).pages("subscriptions")
    assert [row.id for row in page.quarantined] == [oid(1)]
    assert len(page.records) == 4
    recipients = sample("recipients_6")
    recipients["members"][0]["email_recipients"][1]["delivered_at"] = "2026-02-31 10:00"
    pages = Ghost(members=recipients).pages("signals", "members")
    assert [row.id for page in pages for row in page.quarantined] == [oid(1)]
    scores = [row | {"score": 7} for row in sample("events_6")["feedback_event"][:1]]
    client = Ghost(members_events=lambda _: events("feedback_event", scores))
    [page] = client.pages("signals", "feedback_event")
    assert "neither 0 nor 1" in page.quarantined[0].reason


# What is walked when


def test_the_first_sync_takes_mails_by_members_and_later_ones_by_the_feed() -> None:
    client = Ghost()
    assert [walk.parent for walk in client.walks("signals")] == [
        "members",
        "click_event",
        "feedback_event",
        "comment_event",
    ]
    tops = json.dumps({"email_delivered_event": "2026-06-01 10:00:00", "email_opened_event": None})
    known = SyncState(checkpoints={("signals", "members"): tops})
    walks = client.walks("signals", known)
    assert [(walk.parent, walk.checkpoint) for walk in walks[:2]] == [
        ("email_delivered_event", "2026-06-01 10:00:00"),
        ("email_opened_event", None),
    ]
    later = {("signals", "email_opened_event"): "2026-07-01 10:00:00"} | dict(known.checkpoints)
    walks = client.walks("signals", SyncState(checkpoints=later))
    assert walks[1].checkpoint == "2026-07-01 10:00:00"
    again = client.walks("signals", SyncState(checkpoints=later, full=True))
    assert again[0].parent == "members"


def test_how_far_one_newsletter_was_read_says_nothing_of_another() -> None:
    tops = json.dumps({"email_delivered_event": "2026-06-01 10:00:00", "email_opened_event": None})
    marks = {"members": tops, "click_event": "2026-06-01 10:00:00"}
    known = SyncState(checkpoints={("signals", name): mark for name, mark in marks.items()})
    chosen = Ghost().walks("signals", known, newsletter="harbour-letters")
    assert chosen[0].parent == "members/harbour-letters"
    assert {walk.checkpoint for walk in chosen} == {None}
    later = SyncState(checkpoints={("signals", walk.parent): tops for walk in chosen[:1]})
    again = Ghost().walks("signals", later, newsletter="harbour-letters")
    assert again[0].parent == "email_delivered_event/harbour-letters"
    assert again[0].checkpoint == "2026-06-01 10:00:00"
    asked = {"newsletter": "harbour-letters"}
    [page] = Ghost().pages("signals", "click_event/harbour-letters", **asked)
    assert [row.kind for row in page.records] == ["click"]
    # Ghost counts the events of all newsletters, so that is no total of these
    assert page.total is None


@pytest.mark.parametrize(
    ("megabytes", "members"), [(0, 100), (0.04, 100), (0.2, 40), (1.6, 5), (2, None), (90, None)]
)
def test_no_page_of_members_is_asked_for_that_weighs_too_much(
    megabytes: float, members: int | None
) -> None:
    assert members_at_once(Mailings({}, int(megabytes * 1024 * 1024))) == members


REPEATING = [(version, "email_delivered_event", 20) for version in ("", "v5.130", "v6.9", "v6.37")]
LATER = [(version, "members", 2) for version in ("v6.38", "v6.65", "v7.0")]


@pytest.mark.parametrize(("version", "parent", "requests"), [*REPEATING, *LATER])
def test_members_repeat_the_mails_until_6_37_so_only_there_they_weigh(
    version: str, parent: str, requests: int
) -> None:
    posts = sample("posts_6")
    posts["posts"][0]["email"]["html"] = "An invented letter. " * 150_000
    answer = httpx.Response(200, json=posts, headers={"content-version": version})
    assert Ghost(posts=answer).walks("signals")[0].parent == parent
    many = lambda request: events("click_event", Feed(1).rows, total=1000)  # noqa: E731
    preflight = Ghost(posts=answer, members_events=many).connector().preflight()
    assert preflight.requests == 10 + requests + 3 * 10
