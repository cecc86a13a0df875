"""The Ghost connector against scripted answers of line 6, and what no real server shows."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from support.ghost_client import KEY, NOW, Ghost, claims, events, oid, sample, usual_events

from regulars_connectors import (
    AuthenticationFailed,
    ConfigurationError,
)
from regulars_connectors.ghost import GhostSettings
from regulars_connectors.ghost.mapping import text_of
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


def test_a_key_may_have_been_copied_with_spaces_around_it() -> None:
    client = Ghost()
    client.records("publications", admin_key=f" {KEY}\n")
    token = client.calls[0].request.headers["authorization"].partition(" ")[2]
    head = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert head["kid"] == KEY[:24]


def test_an_address_without_its_beginning_is_told_so() -> None:
    for given in ("letters.example.org", "letters.example.org:8080", "ftp://letters.example.org"):
        with pytest.raises(ValidationError, match="must begin with https"):
            Ghost().connector(base_url=given)


def test_plain_http_is_for_loopback_only() -> None:
    with pytest.raises(ValidationError, match="must begin with https"):
        Ghost().connector(base_url="http://letters.example.org")
    Ghost().connector(base_url="http://127.0.0.1:2368").close()


# Tokens


def test_a_token_is_signed_as_ghost_wants_it() -> None:
    client = Ghost()
    client.records("publications")
    request = client.calls[0].request
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
    client = Ghost(ahead=ahead, members=believing(ahead))
    assert len(client.records("subscriptions")) == 5
    paths = [call.request.url.path for call in client.calls]
    assert paths.count("/ghost/api/admin/members/") == 2
    assert client.slept == [0.0]


@pytest.mark.parametrize("status", ["400", "401", "403"])
def test_a_key_that_is_refused_is_not_tried_for_ever(status: str) -> None:
    refusal = httpx.Response(int(status), json=sample("errors")[status])
    client = Ghost(members=refusal)
    with pytest.raises(AuthenticationFailed) as caught:
        client.records("subscriptions")
    assert "custom integration" in caught.value.to_do
    assert KEY[25:] not in str(caught.value)
    assert client.calls.call_count == 1


def test_a_clock_that_never_agrees_ends() -> None:
    """A server whose Date is of no use: asked twice, then the key is refused."""
    refusal = httpx.Response(401, json=sample("errors")["401"])
    client = Ghost(ahead=7200, members=refusal)
    with pytest.raises(AuthenticationFailed):
        client.records("subscriptions")
    assert client.calls.call_count == 2


# Line 6


def test_members_of_line_6() -> None:
    client = Ghost()
    [page] = client.pages("subscriptions")
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
    attributes = json.loads(first.attributes)
    assert attributes["labels"] == ["harbour"]
    assert attributes["note"] == "Wrote in March"
    assert attributes["attribution"]["title"] == "Letter 301"
    assert (attributes["utm_term"], attributes["utm_content"]) == ("tides", "footer")
    # what moves, pays, places, permits or unsubscribes is not kept
    assert set(attributes) == {
        "labels",
        "note",
        "newsletters",
        "attribution",
        "utm_term",
        "utm_content",
    }
    assert set(json.loads(rows[oid(2)].attributes)) == {"newsletters", "tiers", "attribution"}
    gift = rows[oid(2)]
    assert (gift.status, gift.tier, gift.source) == ("active", "gift", "Direct")
    left = rows[oid(3)]
    assert (left.status, left.left_at) == ("left", from_iso("2026-05-01T10:00:00Z"))
    assert [rows[oid(4)].status, rows[oid(5)].status] == ["bounced", "left"]
    assert rows[oid(4)].left_at == from_iso("2026-03-01T00:00:00Z")


def test_what_a_later_version_says_of_a_member_is_kept_as_an_attribute() -> None:
    members = sample("members_6")
    members["members"][0]["favourite_tide"] = "spring"
    first = Ghost(members=members).records("subscriptions")[0]
    assert json.loads(first.attributes)["more"] == {"favourite_tide": "spring"}


def test_posts_of_line_6() -> None:
    posts = {row.id: row for row in Ghost().records("posts")}
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


@pytest.mark.parametrize("status", ["draft", "scheduled"])
def test_a_post_that_was_mailed_and_taken_back_stays_sent(status: str) -> None:
    posts = sample("posts_6")
    taken_back, never_mailed = posts["posts"][0], posts["posts"][6]
    taken_back["status"] = never_mailed["status"] = status
    found = {row.id: row for row in Ghost(posts=posts).records("posts")}
    mailed = found[oid(301)]
    assert (mailed.status, mailed.form, mailed.web_url) == ("sent", "email", None)
    assert mailed.sent_at == from_iso("2026-02-02T06:00:01Z")
    assert (mailed.opens_tracked, mailed.delivered, mailed.unique_clicks) == (True, 2, 1)
    assert found[oid(307)].status == status


def test_a_mail_only_post_that_reached_nobody_is_not_sent() -> None:
    posts = sample("posts_6")
    posts["posts"][2]["email"] |= {"status": "failed", "delivered_count": 0}
    found = {row.id: row for row in Ghost(posts=posts).records("posts")}
    failed = found[oid(303)]
    assert (failed.status, failed.form, failed.sent_at) == ("draft", "email", None)


def test_a_mail_of_which_ghost_heard_nothing_is_not_one_that_nobody_read() -> None:
    """It could not ask its mail provider, or has not yet; clicks it records itself."""
    posts = sample("posts_6")
    posts["posts"][0]["email"] |= {"delivered_count": 0, "opened_count": 0}
    first = Ghost(posts=posts).records("posts")[0]
    assert (first.status, first.form, first.opens_tracked) == ("sent", "both", False)
    assert (first.delivered, first.unique_opens, first.unique_clicks) == (None, None, 1)


def test_the_mails_of_line_6_find_their_posts_by_the_mails_id() -> None:
    def unlisted(request: httpx.Request) -> Any:
        where = request.url.params["filter"]
        if "member_id" not in where:
            return usual_events(request)
        return events("email_delivered_event", [])

    client = Ghost(members_events=unlisted)
    [page] = client.pages("signals", "members")
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
    client = Ghost()
    shown, hidden = client.records("signals", "comment_event")
    assert shown.text == "Tides & moorings,\nboth.\nThanks"
    # counted, but its words are not kept
    assert (hidden.kind, hidden.text) == ("comment", None)
    answers = [row.answer for row in client.records("signals", "feedback_event")]
    assert answers == ["More like this", "Less like this"]


def test_events_with_the_same_id_under_several_types() -> None:
    client = Ghost()
    kinds = ("email_delivered_event", "email_opened_event", "click_event")
    found = [client.records("signals", kind)[0] for kind in kinds]
    assert [row.kind for row in found] == ["send", "open", "click"]
    assert {row.id for row in found} == {oid(1001)}
    assert {row.machine for row in found} == {None}
    assert found[2].url == "https://example.org/tides?ref=letters"


def test_a_deleted_member_is_still_named_by_the_event() -> None:
    [_, gone] = Ghost().records("signals", "email_delivered_event")
    assert gone.subscription_id == oid(99)


# What goes wrong


def test_a_newsletter_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match="harbour-letters"):
        Ghost().records("posts", newsletter="absent")


def test_a_version_without_an_endpoint_says_so() -> None:
    client = Ghost(members=httpx.Response(406, json=sample("errors")["406"]))
    preflight = client.connector().preflight()
    [finding] = [finding for finding in preflight.findings if finding.verdict == "error"]
    assert "406" in finding.text


def test_a_redirect_names_where_it_leads() -> None:
    there = {"location": "https://field-notes.ghost.io/ghost/api/admin/site/?key=canary"}
    client = Ghost(site=httpx.Response(301, headers=there))
    [finding] = client.connector().preflight().findings
    assert "a redirect to field-notes.ghost.io. " in finding.text
    assert "set base_url to that host" in str(finding.fix)


def test_a_site_that_cannot_be_reached_is_told_by_its_address() -> None:
    [finding] = Ghost(site=httpx.Response(503)).connector().preflight().findings
    assert "could not be fetched" in finding.text
    assert "Check that base_url is right" in str(finding.fix)


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(200, text="<html>A shop</html>"), httpx.Response(200, json={"shop": "open"})],
)
def test_a_site_that_is_no_ghost_is_told_by_its_address(answer: httpx.Response) -> None:
    [finding] = Ghost(site=lambda _: answer).connector().preflight().findings
    assert "base_url is the address of your Ghost site" in str(finding.fix)


@pytest.mark.parametrize("status", [401, 403])
def test_what_stands_before_ghost_and_refuses_is_not_taken_for_the_key(status: int) -> None:
    wall = httpx.Response(status, text="<html>Just a moment</html>")
    preflight = Ghost(members=wall).connector().preflight()
    [finding] = [finding for finding in preflight.findings if finding.verdict == "error"]
    assert "in front of Ghost" in finding.text
    assert "/ghost/api/admin/" in str(finding.fix)


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
