"""What beehiiv and the edge before it refuse: whose fault it is, and what a refused field costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from support.beehiiv_client import Beehiiv, cursor_page, person, sample

from regulars_connectors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectorError,
    CursorExpired,
    FeatureUnavailable,
    NotFound,
    Page,
    Unreachable,
)
from regulars_connectors.contract import SyncState
from regulars_connectors.http import StatusError

PAGE = httpx.Response(403, headers={"content-type": "text/html"}, text="<title>Just a moment")
GONE = httpx.Response(404, json={"status": 404, "errors": [{"message": "Not found"}]})


def refusal(status: int, message: str) -> httpx.Response:
    return httpx.Response(status, json={"status": status, "errors": [{"message": message}]})


def read(client: Beehiiv, *streams: str) -> list[Page]:
    """The pages of these streams, read by one connector as in a run."""
    connector = client.connector()
    pages: list[Page] = []
    for stream in connector.streams():
        if stream.name in streams:
            for walk in connector.walks(stream, SyncState()):
                pages += connector.pages(walk)
    return pages


# In front of beehiiv


@pytest.mark.parametrize(
    "answer",
    [
        PAGE,
        httpx.Response(403, text="error code: 1020"),
        httpx.Response(403, text="Access denied by policy 7"),
        httpx.Response(401, headers={"content-type": "text/html"}, text="<h1>Sign in</h1>"),
        httpx.Response(403, json=["blocked"]),
    ],
    ids=["challenge", "code", "words", "password", "another form"],
)
@pytest.mark.parametrize("stream", ["publications", "posts", "subscriptions"])
def test_what_is_not_beehiivs_form_was_refused_before_beehiiv(
    stream: str, answer: httpx.Response
) -> None:
    below = "publication" if stream == "publications" else stream
    with pytest.raises(Unreachable, match="by something in front of beehiiv"):
        Beehiiv(**{below: answer}).pages(stream)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(403, "API access requires the Harbour plan"), FeatureUnavailable),
        (refusal(401, "The key was revoked"), AuthenticationFailed),
        (httpx.Response(403), FeatureUnavailable),
        (httpx.Response(401), AuthenticationFailed),
    ],
)
def test_a_refusal_in_beehiivs_form_is_beehiivs(
    answer: httpx.Response, kind: type[ConnectorError]
) -> None:
    with pytest.raises(kind):
        Beehiiv(subscriptions=answer).pages("subscriptions")


def test_a_key_that_opens_no_publications_is_told_from_an_edge() -> None:
    client = Beehiiv(publication=PAGE)
    (finding,) = client.connector().preflight().findings
    assert (finding.name, finding.verdict) == ("provider", "error")
    assert "in front of beehiiv" in finding.text


# A list that is gone


@pytest.mark.parametrize("below", ["posts", "subscriptions", "polls"])
def test_a_list_that_is_gone_is_named_once_the_publication_was_shown(below: str) -> None:
    stream = {"polls": "questions"}.get(below, below)
    client = Beehiiv(publication=sample("publication"), **{below: GONE})
    with pytest.raises(NotFound, match=f"shows the publication, and answers 404 for its {below}"):
        read(client, "publications", stream)


def test_a_publication_that_is_gone_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigurationError, match="no publication with this publication_id"):
        read(Beehiiv(publication=GONE), "publications")


def test_a_list_is_not_blamed_before_the_publication_was_shown() -> None:
    with pytest.raises(ConfigurationError):
        read(Beehiiv(subscriptions=GONE), "subscriptions")


@pytest.mark.parametrize("answer", [GONE, refusal(400, "cursor has expired")])
def test_a_cursor_whose_row_has_left_the_list_has_expired(answer: httpx.Response) -> None:
    pages = [cursor_page([person(1)], "abc"), answer]
    client = Beehiiv(publication=sample("publication"), subscriptions=pages)
    with pytest.raises(CursorExpired):
        read(client, "publications", "subscriptions")


# One refused expand[]


def without(refused: str, message: str) -> Callable[[httpx.Request], Any]:
    """People, unless this field is among those asked for."""

    def answer(request: httpx.Request) -> Any:
        if ("expand[]", refused) in request.url.params.multi_items():
            return refusal(400, message)
        return cursor_page([person(1)])

    return answer


@pytest.mark.parametrize("field", ["tags", "referrals", "custom_fields", "stats"])
@pytest.mark.parametrize(
    "message",
    [
        "expand[] contains an unknown value: {field}",
        "expand[] contains an unknown value",
        "Invalid expand: must be one of {others}",
        "{field} is not a valid value for expand",
    ],
)
def test_a_refused_expand_costs_that_field_alone(field: str, message: str) -> None:
    every = ["stats", "custom_fields", "tags", "referrals"]
    others = ", ".join(one for one in every if one != field)
    client = Beehiiv(subscriptions=without(field, message.format(field=field, others=others)))
    (page,) = client.pages("subscriptions")
    assert len(page.records) == 1
    (notice,) = page.notices
    assert notice.startswith(f"beehiiv refuses {field} of its subscriptions, so they came without.")
    asked = client.params()[-1]
    assert {value for name, value in asked if name == "expand[]"} == {*every} - {field}


def test_a_refused_expand_is_remembered_within_the_run() -> None:
    def answer(request: httpx.Request) -> Any:
        params = request.url.params
        if ("expand[]", "tags") in params.multi_items():
            return refusal(422, "unknown expand: tags")
        return cursor_page([person(2)]) if "cursor" in params else cursor_page([person(1)], "abc")

    client = Beehiiv(subscriptions=answer)
    pages = client.pages("subscriptions")
    assert [len(page.notices) for page in pages] == [1, 0]
    assert len(client.calls) == 3


def test_posts_without_statistics_are_still_posts() -> None:
    def answer(request: httpx.Request) -> Any:
        if ("expand[]", "stats") in request.url.params.multi_items():
            return refusal(403, "expand[] stats needs another scope")
        return sample("posts")

    (page,) = Beehiiv(posts=answer).pages("posts")
    assert page.records
    assert "beehiiv refuses stats of its posts" in page.notices[0]


@pytest.mark.parametrize(
    "answer",
    [
        refusal(400, "limit must not exceed 50"),
        refusal(403, "API access requires the Harbour plan"),
        refusal(400, "expand[] is broken, whatever is asked for"),
    ],
)
def test_a_refusal_that_fewer_fields_do_not_mend_is_told(answer: httpx.Response) -> None:
    with pytest.raises((StatusError, FeatureUnavailable)) as caught:
        Beehiiv(subscriptions=answer).pages("subscriptions")
    assert caught.value.provider_said


# Numbered pages


@pytest.mark.parametrize("pages", [1, 2, 3, 9, None])
def test_posts_end_by_what_came(pages: int | None) -> None:
    rows = sample("posts")["data"]

    def answer(request: httpx.Request) -> Any:
        first = request.url.params["page"] == "1"
        body = {"data": rows if first else [], "total_results": len(rows)}
        return body | ({} if pages is None else {"total_pages": pages})

    found = Beehiiv(posts=answer).pages("posts")
    assert sum(len(page.records) for page in found) == len(rows)
    assert found[-1].cursor is None
