"""The beehiiv connector's walks: what is asked for, in which order, and what can go wrong."""

import json
from typing import Any

import httpx
import msgspec
import pytest
from support.beehiiv_client import KEY, NOW, POLL, ROOT, Beehiiv, cursor_page, person, sample

from regulars_connectors import (
    AuthenticationFailed,
    ConfigurationError,
    Connector,
    CursorExpired,
    CursorLoop,
    FeatureUnavailable,
    InvalidResponse,
    ResponseTooLarge,
    SyncState,
    Unreachable,
)


def test_it_is_a_connector() -> None:
    connector = Beehiiv().connector()
    assert isinstance(connector, Connector)
    assert [stream.name for stream in connector.streams()] == [
        "publications",
        "posts",
        "subscriptions",
        "questions",
        "signals",
        "days",
        "lists",
        "list_standings",
        "segments",
        "segment_results",
    ]
    assert [stream.name for stream in connector.streams() if stream.running_totals] == [
        "subscriptions"
    ]
    assert KEY not in repr(vars(connector)["_settings"])


# Subscriptions


def test_subscriptions_are_walked_by_cursor() -> None:
    client = Beehiiv(
        subscriptions=[
            cursor_page([person(1), person(2)], "YQ==", total_results=3),
            cursor_page([person(3)]),
        ]
    )
    first, second = client.pages("subscriptions")
    assert [len(first.records), len(second.records)] == [2, 1]
    assert (first.cursor, second.cursor) == ("YQ==", None)
    assert (first.total, second.total) == (3, None)
    assert first.fetched_at == NOW
    usual = [
        ("limit", "100"),
        ("status", "all"),
        ("order_by", "created"),
        ("direction", "asc"),
        ("expand[]", "stats"),
        ("expand[]", "custom_fields"),
        ("expand[]", "tags"),
        ("expand[]", "referrals"),
    ]
    assert client.params() == [usual, [*usual, ("cursor", "YQ==")]]


def test_a_walk_goes_on_at_its_cursor() -> None:
    client = Beehiiv(subscriptions=[cursor_page([person(3)])])
    assert len(client.pages("subscriptions", "YQ==")) == 1
    assert ("cursor", "YQ==") in client.params()[0]


def test_the_nested_envelope_is_read_too() -> None:
    nested = {
        "data": [person(1)],
        "pagination": {"limit": 100, "has_more": True, "next_cursor": "a", "total_results": 9},
    }
    client = Beehiiv(subscriptions=[nested, sample("subscriptions_nested")])
    first, second = client.pages("subscriptions")
    assert (first.cursor, first.total, second.cursor, second.total) == ("a", 9, None, 10551)


def test_the_deprecated_numbered_layout_ends_only_where_it_says_so() -> None:
    (page,) = Beehiiv(subscriptions=sample("subscriptions_numbered")).pages("subscriptions")
    assert (page.cursor, page.total) == (None, 250)
    early = sample("subscriptions_numbered") | {"page": 1}
    with pytest.raises(InvalidResponse, match="has_more"):
        Beehiiv(subscriptions=early).pages("subscriptions")


def test_the_last_page_may_be_empty() -> None:
    (page,) = Beehiiv(subscriptions=sample("subscriptions_last_page")).pages("subscriptions")
    assert (list(page.records), page.cursor) == ([], None)


def test_unknown_keys_of_the_envelope_are_tolerated() -> None:
    body = cursor_page([person(1)], warnings=["x"], pagination=None)
    assert len(Beehiiv(subscriptions=body).records("subscriptions")) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"has_more": False}, "`data`"),
        ({"data": None, "has_more": False}, r"`\$.data`"),
        ({"data": {}, "has_more": False}, r"`\$.data`"),
        ({"data": [], "has_more": "no"}, r"`has_more`"),
        ({"data": []}, "`has_more`"),
        ({"data": [], "has_more": True}, "`next_cursor`"),
        ([], "object"),
    ],
)
def test_a_page_without_its_promised_form_names_the_field(body: Any, field: str) -> None:
    client = Beehiiv(subscriptions=[body])
    with pytest.raises(InvalidResponse, match=field):
        client.pages("subscriptions")
    assert client.calls.call_count == 1


def test_a_looping_cursor_is_noticed() -> None:
    client = Beehiiv(subscriptions=cursor_page([person(1)], "same"))
    with pytest.raises(CursorLoop):
        client.pages("subscriptions")


def test_an_empty_page_that_claims_more_is_noticed() -> None:
    with pytest.raises(CursorLoop):
        Beehiiv(subscriptions=cursor_page([], "more")).pages("subscriptions")


def test_a_refused_cursor_has_expired() -> None:
    refusal = httpx.Response(400, json=sample("errors")[2])
    with pytest.raises(CursorExpired):
        Beehiiv(subscriptions=refusal).pages("subscriptions", "old")
    with pytest.raises(InvalidResponse, match="400"):
        Beehiiv(subscriptions=refusal).pages("subscriptions")


def test_a_page_that_is_too_large_is_asked_for_by_half() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.params["limit"] == "100":
            return httpx.Response(200, headers={"content-length": str(2**30)}, json={})
        return httpx.Response(200, json=cursor_page([person(1)]))

    client = Beehiiv(subscriptions=answer)
    assert len(client.records("subscriptions")) == 1
    assert [dict(params)["limit"] for params in client.params()] == ["100", "50"]


def deep_json(levels: int) -> str:
    return "[" * levels + "]" * levels


def person_with(value: str) -> httpx.Response:
    """A page with one person, whose custom fields are that JSON."""
    page = json.dumps(cursor_page([person(1, custom_fields="here")]))
    return httpx.Response(200, content=page.replace('"here"', value).encode())


def test_too_deep_a_page_is_refused_by_name() -> None:
    with pytest.raises(ResponseTooLarge, match="/subscriptions nests too deeply"):
        Beehiiv(subscriptions=person_with(deep_json(5000))).pages("subscriptions")


def test_a_value_of_many_levels_is_kept_as_it_came() -> None:
    [record] = Beehiiv(subscriptions=person_with(deep_json(300))).records("subscriptions")
    assert deep_json(300) in msgspec.json.encode(record).decode().replace('\\"', '"')


def test_near_the_limit_of_levels_a_row_is_read_set_aside_or_refused() -> None:
    """How deep is too deep depends on the stack, and a row is read on another one than its page."""
    outcomes = set()
    for levels in range(700, 1_100):
        client = Beehiiv(subscriptions=person_with(deep_json(levels)))
        try:
            [page] = client.pages("subscriptions")
        except ResponseTooLarge:
            outcomes.add("refused")
        else:
            outcomes.add("read" if page.records else page.quarantined[0].reason)
    assert {"read", "refused"} <= outcomes
    assert all("recursion" in reason for reason in outcomes - {"read", "refused"})


def test_html_and_torn_pages_are_asked_again() -> None:
    body = json.dumps(cursor_page([person(1)])).encode()
    client = Beehiiv(
        subscriptions=[
            httpx.Response(200, text="<html>busy</html>"),
            httpx.Response(200, content=body[: len(body) // 2]),
            httpx.Response(502, text="<html>bad gateway</html>"),
            httpx.Response(429, json=sample("errors")[0]),
            httpx.Response(200, content=body),
        ]
    )
    assert len(client.records("subscriptions")) == 1
    assert len(client.slept) == 4


# Refusals


def test_a_refused_key_stops_everything() -> None:
    with pytest.raises(AuthenticationFailed):
        Beehiiv(subscriptions=httpx.Response(401, json={})).pages("subscriptions")


def test_a_missing_right_is_a_missing_feature() -> None:
    with pytest.raises(FeatureUnavailable):
        Beehiiv(polls=httpx.Response(403, json={})).pages("questions")


@pytest.mark.parametrize("stream", ["publications", "posts", "subscriptions", "questions"])
def test_an_unknown_publication_is_a_matter_of_settings(stream: str) -> None:
    with pytest.raises(ConfigurationError, match="publication_id"):
        Beehiiv().pages(stream)


def test_lasting_trouble_is_named() -> None:
    with pytest.raises(Unreachable):
        Beehiiv(posts=httpx.Response(503)).pages("posts")


# Publication, posts


def test_only_the_publication_of_the_settings_is_read() -> None:
    client = Beehiiv(publication=sample("publication"))
    (page,) = client.pages("publications")
    assert (len(page.records), page.total, page.cursor) == (1, 1, None)
    assert client.calls[0].request.url.path == ROOT
    assert client.params() == [[("expand[]", "stats")]]


def test_posts_are_walked_by_number() -> None:
    row = sample("posts")["data"][0]
    sheets = [
        {"data": [row], "limit": 100, "page": 1, "total_results": 2, "total_pages": 2},
        {"data": [row | {"id": "post_2"}], "page": 2, "total_results": 2, "total_pages": 2},
    ]
    client = Beehiiv(posts=list(sheets))
    first, second = client.pages("posts")
    assert (first.cursor, second.cursor, first.total) == ("2", None, 2)
    assert [dict(params).get("page") for params in client.params()] == ["1", "2", None]
    assert ("expand[]", "stats") in client.params()[0]
    again = Beehiiv(posts=[sheets[1]])
    assert len(again.pages("posts", "2")) == 1
    assert dict(again.params()[0])["page"] == "2"


def test_posts_without_a_count_of_pages_name_the_field() -> None:
    with pytest.raises(InvalidResponse, match="total_pages"):
        Beehiiv(posts={"data": []}).pages("posts")


# Poll answers


def known(count: str | None) -> SyncState:
    return SyncState(checkpoints={("signals", POLL): count} if count else {})


def test_one_walk_for_each_poll_that_was_answered() -> None:
    (walk,) = Beehiiv(polls=sample("polls")).walks("signals")
    assert (walk.parent, walk.coverage, walk.checkpoint) == (POLL, "whole", "2")


def test_a_poll_whose_answers_are_known_is_passed_over() -> None:
    assert Beehiiv(polls=sample("polls")).walks("signals", known("2")) == []


@pytest.mark.parametrize("count", [None, "1", "3"])
def test_a_poll_whose_number_of_answers_moved_is_walked(count: str | None) -> None:
    assert len(Beehiiv(polls=sample("polls")).walks("signals", known(count))) == 1


def test_a_poll_that_does_not_say_how_many_answers_is_walked() -> None:
    row = {"id": POLL}
    (walk,) = Beehiiv(polls=cursor_page([row])).walks("signals", known("2"))
    assert walk.checkpoint is None


def test_everything_again_walks_every_poll() -> None:
    everything = SyncState(checkpoints={("signals", POLL): "2"}, full=True)
    assert len(Beehiiv(polls=sample("polls")).walks("signals", everything)) == 2


def test_a_run_that_walked_the_polls_asks_for_them_once() -> None:
    client = Beehiiv(polls=sample("polls"))
    client.pages("questions")
    connector = client.connectors[-1]
    (stream,) = (stream for stream in connector.streams() if stream.name == "signals")
    assert [walk.parent for walk in connector.walks(stream, SyncState())] == [POLL]
    assert client.calls.call_count == 1


def test_only_a_finished_walk_says_how_many_answers_are_known() -> None:
    row = sample("poll_responses")["data"][0]
    client = Beehiiv(
        polls=sample("polls"),
        polls_responses=[cursor_page([row], "a"), cursor_page([row | {"id": "b"}])],
    )
    (walk,) = client.walks("signals")
    first, second = client.connectors[-1].pages(walk)
    assert (first.checkpoint, second.checkpoint) == (None, f"2 {NOW} 2 {NOW}")
    assert ("expand[]", "post") in client.params()[-1]
    assert client.calls[-1].request.url.path == f"{ROOT}/polls/{POLL}/responses"


def test_a_poll_deleted_meanwhile_ends_its_walk() -> None:
    client = Beehiiv(polls=sample("polls"))
    (walk,) = client.walks("signals")
    (page,) = client.connectors[-1].pages(walk)
    assert (list(page.records), page.cursor) == ([], None)


# Preflight


def good_script() -> dict[str, Any]:
    return {
        "publication": httpx.Response(
            200,
            headers={"date": "Thu, 01 Oct 2026 12:00:02 GMT"},
            json=sample("publication"),
        ),
        "posts": {"data": [], "page": 1, "total_pages": 3, "total_results": 260},
        "subscriptions": cursor_page([], total_results=10551),
        "polls": cursor_page([], total_results=12),
    }


def test_the_preflight_counts_what_will_come() -> None:
    client = Beehiiv(**good_script())
    preflight = client.connector().preflight()
    assert {finding.verdict for finding in preflight.findings} == {"ok"}
    # Publication, posts, subscriptions, polls, their answers, lists, age; then steps of 31 days: to
    # the beginning and half a year of nothing for letters, half a year of nothing for other mails.
    assert preflight.requests == 1 + 3 + 106 + 1 + 12 + 1 + 1 + 2 * (45 + 6)
    assert preflight.seconds == pytest.approx(preflight.requests * 60 / 90)
    assert preflight.clock_skew_seconds == 2.0
    assert client.calls.call_count == 4


def test_the_preflight_names_a_refused_key() -> None:
    preflight = Beehiiv(publication=httpx.Response(401)).connector().preflight()
    (finding,) = preflight.findings
    assert (finding.name, finding.verdict) == ("key", "error")
    assert finding.fix
    assert KEY not in str(preflight)


def test_the_preflight_names_a_wrong_publication() -> None:
    (finding,) = Beehiiv().connector().preflight().findings
    assert (finding.name, finding.verdict) == ("publication", "error")
    assert "publication_id" in finding.text


def test_the_preflight_names_a_missing_right_and_goes_on() -> None:
    script = good_script() | {"polls": httpx.Response(403)}
    preflight = Beehiiv(**script).connector().preflight()
    verdicts = {finding.name: finding.verdict for finding in preflight.findings}
    assert verdicts["polls"] == "warning"
    assert verdicts["subscriptions"] == "ok"


def test_the_preflight_tells_of_a_wrong_clock() -> None:
    script = good_script()
    script["publication"].headers["date"] = "Thu, 01 Oct 2026 13:00:00 GMT"
    preflight = Beehiiv(**script).connector().preflight()
    assert preflight.clock_skew_seconds == 3600
    assert [f.verdict for f in preflight.findings if f.name == "clock"] == ["warning"]


def test_an_unreachable_provider_is_one_finding() -> None:
    preflight = Beehiiv(publication=httpx.Response(503)).connector().preflight()
    assert [finding.name for finding in preflight.findings] == ["provider"]


def test_another_publication_than_asked_for_is_refused() -> None:
    other = sample("publication")
    other["data"]["id"] = "pub_00000000-0000-4000-8000-00000000ffff"
    client = Beehiiv(publication=other)
    with pytest.raises(ConfigurationError, match="another publication than pub_"):
        client.pages("publications")
    [finding] = client.connector().preflight().findings
    assert finding.verdict == "error"
    assert "another publication than pub_" in finding.text
