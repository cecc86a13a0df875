"""The Ghost connector against scripted answers of line 6, and what no real server shows."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from unit.connectors.ghost_desk import (
    KEY,
    NOW,
    SIGNALS,
    GhostDesk,
    claims,
    events,
    oid,
    sample,
)

from regulars_connectors import (
    BadAnswer,
    CursorExpired,
    CursorLoop,
    FixSettings,
    KeyRefused,
    Known,
    Unreachable,
    Walk,
    bodies,
)
from regulars_connectors.ghost import GhostSettings
from regulars_connectors.ghost.mapping import text_of
from regulars_connectors.ghost.posts import Mailings, members_at_once
from regulars_connectors.instants import SECOND, from_iso

# Settings


@pytest.mark.parametrize(
    ("given", "site"),
    [
        ("https://letters.example.org/", "https://letters.example.org"),
        ("https://letters.example.org/ghost/#/settings", "https://letters.example.org"),
        ("https://example.org/letters", "https://example.org/letters"),
    ],
)
def test_the_site_is_found_in_what_was_copied(given: str, site: str) -> None:
    assert GhostSettings(base_url=given, admin_key=KEY).base_url == site


@pytest.mark.parametrize("key", ["", "a:b", "0" * 26, KEY + "0", KEY.upper(), "x" + KEY[1:]])
def test_a_key_of_another_form_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        GhostSettings(base_url="https://letters.example.org", admin_key=key)
    assert not key or key not in str(caught.value)


def test_plain_http_is_for_loopback_only() -> None:
    with pytest.raises(ValidationError, match="must begin with https"):
        GhostDesk().connector(base_url="http://letters.example.org")
    GhostDesk().connector(base_url="http://127.0.0.1:2368").close()


# Tokens


def test_a_token_is_signed_as_ghost_wants_it() -> None:
    desk = GhostDesk()
    desk.records("publications")
    request = desk.requests[0]
    scheme, _, token = request.headers["authorization"].partition(" ")
    head, body, signature = token.split(".")
    assert scheme == "Ghost"
    assert json.loads(base64.urlsafe_b64decode(head + "==")) == {
        "alg": "HS256",
        "typ": "JWT",
        "kid": KEY[:24],
    }
    issued = NOW // SECOND
    assert claims(request) == {"iat": issued, "exp": issued + 300, "aud": "/admin/"}
    digest = hmac.new(bytes.fromhex(KEY[25:]), f"{head}.{body}".encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == signature
    assert request.headers["accept-version"] == "v5.0"
    assert request.headers["accept-encoding"] == "gzip"


def believing(ahead: int) -> Callable[[httpx.Request], httpx.Response | dict[str, Any]]:
    """A Ghost that takes tokens of the last five minutes of its own clock only."""

    def answer(request: httpx.Request) -> httpx.Response | dict[str, Any]:
        age = NOW // SECOND + ahead - claims(request)["iat"]
        if 0 <= age <= 300:
            found: dict[str, Any] = sample("members_6")
            return found
        return httpx.Response(401, json=sample("errors")["401"])

    return answer


@pytest.mark.parametrize("ahead", [3600, -3600, 400])
def test_clocks_that_differ_by_an_hour(ahead: int) -> None:
    desk = GhostDesk(ahead=ahead, members=believing(ahead))
    assert len(desk.records("subscriptions")) == 5
    asked = [request for request in desk.requests if request.url.path.endswith("/members/")]
    assert len(asked) == 2
    assert desk.slept == [0.0]


@pytest.mark.parametrize("status", ["400", "401", "403"])
def test_a_key_that_is_refused_is_not_tried_for_ever(status: str) -> None:
    refusal = httpx.Response(int(status), json=sample("errors")[status])
    desk = GhostDesk(members=refusal)
    with pytest.raises(KeyRefused) as caught:
        desk.records("subscriptions")
    assert "custom integration" in caught.value.to_do
    assert KEY[25:] not in str(caught.value)
    assert len(desk.requests) == 1


def test_a_clock_that_never_agrees_ends() -> None:
    """A server whose Date is of no use: asked twice, then the key is refused."""
    refusal = httpx.Response(401, json=sample("errors")["401"])
    desk = GhostDesk(ahead=7200, members=refusal)
    with pytest.raises(KeyRefused):
        desk.records("subscriptions")
    assert len(desk.requests) == 2


# Line 6


def test_members_of_line_6() -> None:
    desk = GhostDesk()
    [page] = desk.pages("subscriptions")
    assert page.quarantined == []
    rows = {row.id: row for row in page.records}
    first = rows[oid(1)]
    assert (first.status, first.tier, first.joined_at) == (
        "active",
        "free",
        from_iso("2026-01-05T10:00:00Z"),
    )
    assert (first.channel, first.source, first.medium, first.campaign) == (
        "member",
        "almanac",
        "letter",
        "spring",
    )
    words = json.loads(first.words)
    assert words["labels"] == ["harbour"]
    assert words["note"] == "Wrote in March"
    assert words["attribution"]["title"] == "Letter 301"
    assert (words["utm_term"], words["utm_content"]) == ("tides", "footer")
    # what moves, pays, places, permits or unsubscribes is not kept
    assert set(words) == {"labels", "note", "newsletters", "attribution", "utm_term", "utm_content"}
    assert set(json.loads(rows[oid(2)].words)) == {"newsletters", "tiers", "attribution"}
    gift = rows[oid(2)]
    assert (gift.status, gift.tier, gift.source) == ("active", "gift", "Direct")
    left = rows[oid(3)]
    assert (left.status, left.left_at) == ("left", from_iso("2026-05-01T10:00:00Z"))
    assert [rows[oid(4)].status, rows[oid(5)].status] == ["bounced", "left"]
    assert rows[oid(4)].left_at == from_iso("2026-03-01T00:00:00Z")


def test_what_a_later_version_says_of_a_member_is_kept_as_words() -> None:
    members = sample("members_6")
    members["members"][0]["favourite_tide"] = "spring"
    first = GhostDesk(members=members).records("subscriptions")[0]
    assert json.loads(first.words)["more"] == {"favourite_tide": "spring"}


def test_posts_of_line_6() -> None:
    posts = {row.id: row for row in GhostDesk().records("posts")}
    forms = [posts[oid(300 + n)].form for n in range(1, 8)]
    assert forms == ["both", "both", "email", "web", "web", "both", "web"]
    statuses = [posts[oid(300 + n)].status for n in (1, 3, 5, 6)]
    assert statuses == ["sent", "sent", "draft", "scheduled"]
    tracked, untracked = posts[oid(301)], posts[oid(302)]
    assert (tracked.opens_tracked, tracked.unique_opens, tracked.unique_clicks) == (True, 1, 1)
    assert (untracked.opens_tracked, untracked.unique_opens) == (False, None)
    assert untracked.unique_clicks is None
    assert posts[oid(304)].opens_tracked is None
    assert posts[oid(303)].web_url is None
    assert tracked.sent_at == from_iso("2026-02-02T06:00:01Z")


def test_the_mails_of_line_6_find_their_posts_by_the_mails_id() -> None:
    def unlisted(request: httpx.Request) -> Any:
        where = request.url.params["filter"]
        if "member_id" not in where:
            return GhostDesk._events(where)
        return events("email_delivered_event", [])

    desk = GhostDesk(members_events=unlisted)
    [page] = desk.pages("signals", "members")
    found = {(row.kind, row.id, row.subscription_id, row.post_id) for row in page.records}
    assert found == {
        ("send", oid(1001), oid(1), oid(301)),
        ("open", oid(1001), oid(1), oid(301)),
        ("send", oid(1002), oid(1), oid(302)),
    }
    assert json.loads(page.checkpoint or "") == {
        "email_delivered_event": "2026-02-02 06:00:05",
        "email_opened_event": "2026-02-02 07:00:00",
    }


def test_answers_of_line_6() -> None:
    desk = GhostDesk()
    shown, hidden = desk.records("signals", "comment_event")
    assert shown.text == "Tides & moorings,\nboth.\nThanks"
    # counted, but its words are not kept
    assert (hidden.kind, hidden.text) == ("comment", None)
    answers = [row.answer for row in desk.records("signals", "feedback_event")]
    assert answers == ["More like this", "Less like this"]


def test_events_with_the_same_id_under_several_types() -> None:
    desk = GhostDesk()
    kinds = ("email_delivered_event", "email_opened_event", "click_event")
    found = [desk.records("signals", kind)[0] for kind in kinds]
    assert [row.kind for row in found] == ["send", "open", "click"]
    assert {row.id for row in found} == {oid(1001)}
    assert {row.machine for row in found} == {None}
    assert found[2].url == "https://example.org/tides?ref=letters"


def test_a_deleted_member_is_still_named_by_the_event() -> None:
    [_, gone] = GhostDesk().records("signals", "email_delivered_event")
    assert gone.subscription_id == oid(99)


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
    desk = GhostDesk(members_events=feed)
    pages = desk.pages("signals", "click_event")
    found = [row.id for page in pages for row in page.records]
    assert len(found) == len(set(found)) == 1234
    assert len(feed.limits) == 13
    assert {page.total for page in pages} == {1234}
    assert pages[-1].checkpoint == "2026-02-02 06:00:05"
    same = "(data.created_at:'2026-02-02 06:00:05'+id:<"
    assert same in desk.filters()[1]


def test_a_page_that_is_too_heavy_is_asked_for_again_with_half_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bodies, "MAX_BODY_BYTES", 6_000)
    feed = Feed(200)
    pages = GhostDesk(members_events=feed).pages("signals", "click_event")
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

    pages = GhostDesk(members_events=answer).pages("signals", "click_event")
    assert sum(len(page.records) for page in pages) == 60
    assert set(feed.limits) == {25}


def test_a_server_that_fails_over_everything_is_not_asked_for_ever() -> None:
    desk = GhostDesk(members_events=httpx.Response(504))
    with pytest.raises(Unreachable):
        desk.pages("signals", "click_event")
    assert [request.url.params["limit"] for request in desk.requests] == [
        limit for limit in ("100", "50", "25", "5") for _ in range(5)
    ]
    away = GhostDesk(members_events=httpx.Response(503))
    with pytest.raises(Unreachable):
        away.pages("signals", "click_event")
    assert len(away.requests) == 5


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
    desk = GhostDesk(members_events=answer)
    assert len(desk.records("signals", "email_delivered_event")) == 100


@pytest.mark.parametrize(
    ("kind", "since"),
    [
        ("email_opened_event", "2026-05-30 10:00:00"),
        ("click_event", "2026-05-30 10:00:00"),
        ("feedback_event", "2026-05-02 10:00:00"),
    ],
)
def test_a_later_walk_begins_before_the_newest_event_known(kind: str, since: str) -> None:
    desk = GhostDesk(members_events=lambda request: events(kind, []))
    connector = desk.connector()
    walk = Walk(SIGNALS, "since", parent=kind, checkpoint="2026-06-01 10:00:00")
    [page] = connector.pages(walk)
    assert desk.filters()[-1] == f"type:{kind}+data.created_at:>='{since}'"
    # nothing new: it begins there again
    assert page.checkpoint == "2026-06-01 10:00:00"


def test_an_event_dated_into_the_future_does_not_end_later_walks() -> None:
    desk = GhostDesk(members_events=Feed(3, at="2099-01-01T00:00:00.000Z"))
    [page] = desk.pages("signals", "click_event")
    assert page.checkpoint == "2026-10-01 12:00:00"


def test_a_walk_resumed_keeps_what_it_knew_at_its_start() -> None:
    desk = GhostDesk(members_events=Feed(250))
    first, second, third = desk.pages("signals", "click_event")
    again = desk.pages("signals", "click_event", cursor=first.cursor)
    assert [page.records for page in again] == [second.records, third.records]
    assert again[-1].checkpoint == third.checkpoint
    with pytest.raises(CursorExpired):
        desk.pages("signals", "click_event", cursor="17")


def test_an_event_that_cannot_be_read_is_set_aside() -> None:
    rows = Feed(2).rows
    rows[0]["link"] = 7
    desk = GhostDesk(members_events=events("click_event", rows))
    [page] = desk.pages("signals", "click_event")
    assert [row.id for row in page.quarantined] == [oid(1)]
    assert len(page.records) == 1


def test_a_walk_that_cannot_go_on_says_so() -> None:
    rows = Feed(1).rows
    del rows[0]["created_at"]
    desk = GhostDesk(members_events=events("click_event", rows, total=5))
    with pytest.raises(BadAnswer):
        desk.pages("signals", "click_event")


def test_lists_that_do_not_advance_end() -> None:
    """A server, or something before it, that ignores the filter."""
    page = events("click_event", Feed(3).rows, total=9)
    with pytest.raises(CursorLoop):
        GhostDesk(members_events=lambda _: page).pages("signals", "click_event")
    members = sample("members_6")
    members["meta"]["pagination"]["total"] = 99
    with pytest.raises(CursorLoop):
        GhostDesk(members=lambda _: members).pages("subscriptions")


def test_rows_that_say_what_cannot_be_are_set_aside() -> None:
    members = sample("members_6")
    members["members"][0]["created_at"] = "yesterday"
    [page] = GhostDesk(members=members).pages("subscriptions")
    assert [row.id for row in page.quarantined] == [oid(1)]
    assert len(page.records) == 4
    recipients = sample("recipients_6")
    recipients["members"][0]["email_recipients"][1]["delivered_at"] = "soon"
    pages = GhostDesk(members=recipients).pages("signals", "members")
    assert [row.id for page in pages for row in page.quarantined] == [oid(1)]
    scores = [row | {"score": 7} for row in sample("events_6")["feedback_event"][:1]]
    desk = GhostDesk(members_events=lambda _: events("feedback_event", scores))
    [page] = desk.pages("signals", "feedback_event")
    assert "neither 0 nor 1" in page.quarantined[0].reason


# What is walked when


def test_the_first_sync_takes_mails_by_members_and_later_ones_by_the_feed() -> None:
    desk = GhostDesk()
    assert [walk.parent for walk in desk.walks("signals")] == [
        "members",
        "click_event",
        "feedback_event",
        "comment_event",
    ]
    tops = json.dumps({"email_delivered_event": "2026-06-01 10:00:00", "email_opened_event": None})
    known = Known(checkpoints={("signals", "members"): tops})
    walks = desk.walks("signals", known)
    assert [(walk.parent, walk.checkpoint) for walk in walks[:2]] == [
        ("email_delivered_event", "2026-06-01 10:00:00"),
        ("email_opened_event", None),
    ]
    later = {("signals", "email_opened_event"): "2026-07-01 10:00:00"} | dict(known.checkpoints)
    walks = desk.walks("signals", Known(checkpoints=later))
    assert walks[1].checkpoint == "2026-07-01 10:00:00"
    again = desk.walks("signals", Known(checkpoints=later, full=True))
    assert again[0].parent == "members"


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
    assert GhostDesk(posts=answer).walks("signals")[0].parent == parent
    many = lambda request: events("click_event", Feed(1).rows, total=1000)  # noqa: E731
    look = GhostDesk(posts=answer, members_events=many).connector().look()
    assert look.requests == 10 + requests + 3 * 10


def test_a_newsletter_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(FixSettings, match="harbour-letters"):
        GhostDesk().records("posts", newsletter="absent")


def test_a_version_without_an_endpoint_says_so() -> None:
    desk = GhostDesk(members=httpx.Response(406, json=sample("errors")["406"]))
    look = desk.connector().look()
    [finding] = [finding for finding in look.findings if finding.verdict == "broken"]
    assert "406" in finding.text


def test_a_redirect_names_where_it_leads() -> None:
    there = {"location": "https://field-notes.ghost.io/ghost/api/admin/site/"}
    desk = GhostDesk(site=httpx.Response(301, headers=there))
    [finding] = desk.connector().look().findings
    assert "https://field-notes.ghost.io/ghost/api/admin/site/" in finding.text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (None, None),
        ("", None),
        ("<p></p>", None),
        ("<p>One</p><p>Two &lt;3</p>", "One\nTwo <3"),
        ("plain", "plain"),
        (
            "<blockquote><p>said</p></blockquote><p>a <a href='https://example.org'>b</a></p>",
            "said\na b",
        ),
        ("<p>not <closed", "not <closed"),
    ],
)
def test_a_comments_words(html: str | None, text: str | None) -> None:
    assert text_of(html) == text
