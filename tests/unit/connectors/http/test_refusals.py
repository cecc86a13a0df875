"""Refusals: which pass and are asked again, who spoke, in which words, and when to come back."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest
from support.http_client import GOOD, KEY, Provider

from regulars_connectors import (
    AuthenticationFailed,
    ConnectorError,
    FeatureUnavailable,
    InvalidResponse,
    NotFound,
    QuotaExceeded,
    Unreachable,
)
from regulars_connectors.http.refusals import in_words, provider_sentence

PAGE = "<!DOCTYPE html><title>Just a moment</title>"
HTML = {"content-type": "text/html; charset=utf-8"}


def page(status: int, text: str = PAGE, **headers: str) -> httpx.Response:
    return httpx.Response(status, headers=HTML | headers, text=text)


def refused(*answers: httpx.Response, kind: type[ConnectorError]) -> Any:
    provider = Provider(*answers)
    with pytest.raises(kind) as caught:
        provider.get()
    assert type(caught.value) is kind
    return caught.value


# Trouble of an edge


@pytest.mark.parametrize(
    "status", [408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 529]
)
def test_passing_trouble_of_an_edge_is_asked_again(status: int) -> None:
    provider = Provider(page(status), page(status), GOOD)
    assert provider.get() == {"ok": True}
    assert provider.route.call_count == 3


@pytest.mark.parametrize("status", [408, 425, 520, 522, 524])
def test_trouble_of_an_edge_that_lasts_is_named_unreachable(status: int) -> None:
    error = refused(page(status), kind=Unreachable)
    assert f"status {status}" in error.happened
    assert error.heavy is (status in (408, 522, 524))


@pytest.mark.parametrize("status", [400, 405, 418, 451, 501, 505, 530])
def test_other_statuses_are_asked_once(status: int) -> None:
    provider = Provider(page(status), GOOD)
    with pytest.raises(InvalidResponse, match=f"status {status}"):
        provider.get()
    assert provider.route.call_count == 1


# 200 with an error in it


def _things(body: bytes) -> Any:
    """Rows, as a connector reads them: what lacks them breaks the provider's promise."""
    found = msgspec.json.decode(body)
    if not isinstance(found, dict) or not isinstance(found.get("data"), list):
        raise InvalidResponse("A page lacks its promised form.")
    return found["data"]


def _typed(body: bytes) -> Any:
    """The same by a typed decoder, whose refusal counts as damage."""
    return msgspec.json.decode(body, type=dict[str, list[int]])["data"]


def asked(provider: Provider, read: Any = _things) -> Any:
    client = provider.client()
    try:
        return client.get("/things", (), read).value
    finally:
        client.close()


IN_PLACE_OF_DATA = {
    "a message": ({"message": "Internal server error"}, "Internal server error"),
    "a list of errors": ({"errors": [{"message": "timeout", "code": "X"}]}, "timeout"),
    "one error": ({"error": {"message": "upstream is slow"}}, "upstream is slow"),
    "an error as text": ({"error": "busy"}, "busy"),
    "no data and a message": ({"data": None, "message": "try again"}, "try again"),
    "a status alone": ({"status": 500, "errors": []}, None),
}


@pytest.mark.parametrize("shape", IN_PLACE_OF_DATA)
@pytest.mark.parametrize("read", [_things, _typed])
def test_an_error_in_place_of_data_is_asked_again(shape: str, read: Any) -> None:
    body, words = IN_PLACE_OF_DATA[shape]
    answers = httpx.Response(200, json=body), httpx.Response(200, json={"data": [1]})
    assert asked(Provider(*answers), read) == [1]
    with pytest.raises(Unreachable, match="with an error in place of data") as caught:
        asked(Provider(answers[0]), read)
    assert caught.value.provider_said == words


@pytest.mark.parametrize(
    "body", [{"rows": []}, {"data": {"message": "no list"}}, {"status": "ok"}, {"message": ""}]
)
def test_a_shape_that_names_no_error_is_asked_once(body: Any) -> None:
    provider = Provider(httpx.Response(200, json=body), httpx.Response(200, json={"data": [1]}))
    with pytest.raises(InvalidResponse):
        asked(provider)
    assert provider.route.call_count == 1


def test_data_beside_a_message_are_data() -> None:
    body = {"data": [7], "message": "deprecated", "errors": []}
    assert asked(Provider(httpx.Response(200, json=body))) == [7]


# Something in front of the provider


@pytest.mark.parametrize(
    "answer",
    [
        page(403),
        page(401),
        page(403, "\ufeff\n  <html>blocked"),
        httpx.Response(403, headers={"cf-mitigated": "challenge"}, text=""),
        httpx.Response(403, text="error code: 1020"),
        page(407, "proxy"),
        page(511, "sign in to this network"),
    ],
    ids=["challenge", "password", "spaces", "mark of the edge", "code", "proxy", "network"],
)
def test_a_page_that_refuses_comes_from_something_in_front(answer: httpx.Response) -> None:
    error = refused(answer, kind=Unreachable)
    assert "by something in front of the provider" in error.happened
    assert "let requests" in error.to_do


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(403, json={"errors": []}), FeatureUnavailable),
        (httpx.Response(403, text="Forbidden"), FeatureUnavailable),
        (httpx.Response(403), FeatureUnavailable),
        (httpx.Response(401, text=""), AuthenticationFailed),
        (httpx.Response(404, text=PAGE), NotFound),
    ],
)
def test_a_refusal_that_is_no_page_is_the_providers(
    answer: httpx.Response, kind: type[ConnectorError]
) -> None:
    refused(answer, kind=kind)


# In the provider's words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"errors": [{"message": "Needs the Scale plan", "code": "X"}]}, "Needs the Scale plan"),
        ({"errors": ["first", "second"]}, "first"),
        ({"error": "invalid_grant", "error_description": "expired"}, "invalid_grant"),
        ({"type": "about:blank", "title": "Gone", "detail": "Ask for v3"}, "Ask for v3"),
        ({"message": "  two\nlines\u202e "}, "two lines\ufffd"),
        (
            {"message": "ask anna@example.org or see /x?key=1"},
            "ask [redacted] or see /x?[redacted]",
        ),
        ({"message": f"the key {KEY} is old"}, "the key [redacted] is old"),
        ({"message": 7, "errors": [None, {}]}, None),
        ([{"message": "a list"}], "a list"),
        ("only a word", "only a word"),
    ],
)
def test_the_providers_sentence_is_one_clean_line(body: Any, words: str | None) -> None:
    assert provider_sentence(msgspec.json.encode(body), (KEY,)) == words


def test_the_providers_sentence_is_bounded() -> None:
    words = provider_sentence(msgspec.json.encode({"message": "a" * 5_000}))
    assert words is not None
    assert len(words) == 200


def test_a_body_that_is_no_json_says_nothing() -> None:
    for body in (b"", PAGE.encode(), b'{"message": "cut', b"[" * 5_000, b"\xff"):
        assert provider_sentence(body) is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "StatusError"),
        (401, "AuthenticationFailed"),
        (403, "FeatureUnavailable"),
        (404, "NotFound"),
        (429, "QuotaExceeded"),
        (503, "Unreachable"),
    ],
)
def test_the_providers_sentence_stands_behind_ours(status: int, kind: str) -> None:
    answer = httpx.Response(status, json={"errors": [{"message": "so it is"}]})
    with pytest.raises(ConnectorError) as caught:
        Provider(answer).get()
    assert type(caught.value).__name__ == kind
    assert caught.value.happened.endswith('The answer says: "so it is"')
    assert str(caught.value) == caught.value.happened
    assert caught.value.provider_said == "so it is"


# When to come back


@pytest.mark.parametrize(
    ("status", "kind"), [(429, QuotaExceeded), (503, Unreachable), (524, Unreachable)]
)
def test_the_wait_that_the_provider_names_is_kept(status: int, kind: type[ConnectorError]) -> None:
    answer = httpx.Response(status, headers={"retry-after": "7200"}, json={})
    error = refused(answer, kind=kind)
    assert error.after_seconds == 7200
    assert error.to_do == "Run the sync again in 2 hours. It resumes where it stopped."


def test_a_short_wait_leaves_the_usual_advice() -> None:
    error = refused(httpx.Response(503, headers={"retry-after": "3"}, json={}), kind=Unreachable)
    assert error.after_seconds == 3
    assert error.to_do == Unreachable.to_do


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (59.2, "60 seconds"),
        (61, "61 seconds"),
        (150, "3 minutes"),
        (3600, "1 hour"),
        (5400, "90 minutes"),
        (7201, "3 hours"),
        (86_400, "24 hours"),
        (172_800, "2 days"),
    ],
)
def test_a_wait_is_rounded_up(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
