"""What is handed out before a route is looked for is what the routes would give."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from support.invented_house import Invented, first_day

KEY = "wgt_q83vEjRWeJCrze8SNFZ4kA"
WIDGET = f"/w/{KEY}.json"
HOUSE = "/api/v1/publications/invented/reports/house"
REGULARS = "/api/v1/publications/invented/reports/regulars"
READY = [WIDGET, HOUSE, REGULARS]
Make = Callable[..., Any]


def without_routes(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every request fail that the fast path does not answer."""

    async def fail(*_: Any) -> None:
        raise AssertionError("a route was looked for")

    monkeypatch.setattr(client.app._app, "_otherwise", fail)


def headers_of(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "x-request-id"}


def tags(tag: str) -> dict[str, bool]:
    """Values of If-None-Match, and whether they name what the caller holds."""
    return {
        tag: True,
        f"W/{tag}": True,
        f'"other", {tag}': True,
        f'"other",W/{tag} , "more"': True,
        "*": True,
        '"other"': False,
        f"w/{tag}": False,
        tag.strip('"'): False,
        "": False,
    }


@pytest.mark.parametrize("path", READY)
def test_it_is_what_the_route_gave(client: Any, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    routed = client.get(path)
    without_routes(client, monkeypatch)
    ready = client.get(path)
    assert ready.status_code == routed.status_code == 200
    assert ready.content == routed.content
    assert headers_of(ready) == headers_of(routed)
    assert ready.headers["x-request-id"] != routed.headers["x-request-id"]
    assert ready.headers["content-length"] == str(len(routed.content))


@pytest.mark.parametrize("path", [*READY, f"{WIDGET}?a=b", f"{HOUSE}?as_of=2026-11-20"])
def test_tags_are_compared_as_the_standard_says(client: Any, path: str) -> None:
    first = client.get(path)
    for value, held in tags(first.headers["etag"]).items():
        answer = client.get(path, headers={"If-None-Match": value})
        assert answer.status_code == (304 if held else 200), value
        assert answer.content == (b"" if held else first.content)
        assert answer.headers["etag"] == first.headers["etag"]
        assert ("content-type" in answer.headers) != held
        assert "content-security-policy" in answer.headers
        assert answer.headers["cache-control"] == first.headers["cache-control"]


@pytest.mark.parametrize("path", READY)
@pytest.mark.parametrize("host", ["evil.example", ""])
def test_the_guard_stands_before_it(client: Any, path: str, host: str) -> None:
    assert client.get(path).status_code == 200
    assert client.get(path, headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("path", [HOUSE, REGULARS])
def test_a_form_that_we_do_not_have_is_refused_when_it_is_ready_too(client: Any, path: str) -> None:
    assert client.get(path).status_code == 200
    assert client.get(path, headers={"Accept": "text/html"}).status_code == 406


def test_a_parameter_that_nobody_knows_is_refused_when_the_report_is_ready(client: Any) -> None:
    assert client.get(HOUSE).status_code == 200
    assert client.get(f"{HOUSE}?limit=3").status_code == 422
    assert client.get(f"{HOUSE}?as_of=2026-11-20").json()["as_of"] == "2026-11-21T00:00:00Z"


def test_no_query_parts_the_documents_of_a_widget(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = client.get(WIDGET)
    without_routes(client, monkeypatch)
    asked = client.get(f"{WIDGET}?theme=dark&as_of=2026-01-01")
    assert (asked.content, headers_of(asked)) == (plain.content, headers_of(plain))


@pytest.mark.long
def test_other_methods_take_the_way_through_the_routes(client: Any) -> None:
    document, report = client.get(WIDGET), client.get(HOUSE)
    head = client.ask("HEAD", WIDGET)
    assert head.status_code == 200
    assert headers_of(head) == headers_of(document)
    assert client.ask("OPTIONS", WIDGET).status_code == 204
    assert client.ask("POST", WIDGET).status_code == 405
    assert client.ask("PUT", HOUSE).headers["allow"] == "GET, HEAD"
    assert client.get(HOUSE).content == report.content


@pytest.mark.parametrize(
    "path", [*READY, "/", "/p/invented", "/static/icon.svg", "/healthz", "/nope"]
)
def test_head_gives_the_headers_of_get_and_no_body(client: Any, path: str) -> None:
    for again in ("made now", "cached"):
        head, whole = client.ask("HEAD", path), client.get(path)
        assert head.status_code == whole.status_code, again
        assert headers_of(head) == headers_of(whole)
        assert head.content == b""
    if "etag" in whole.headers:
        known = client.ask("HEAD", path, headers={"If-None-Match": whole.headers["etag"]})
        assert (known.status_code, known.content) == (304, b"")
    assert client.ask("HEAD", path, headers={"Host": "evil.example"}).status_code == 421


def test_each_caller_is_told_of_its_own_origin(
    make_client: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(widget={"allowed_origins": ["https://a.example", "https://b.example"]})
    client.get(WIDGET)
    without_routes(client, monkeypatch)
    for origin in ("https://a.example", "https://b.example"):
        answer = client.get(WIDGET, headers={"Origin": origin})
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["vary"] == "Origin"
    for headers in ({"Origin": "https://c.example"}, {"Origin": ""}, {}):
        answer = client.get(WIDGET, headers=headers)
        assert answer.status_code == 200
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("path", [HOUSE, REGULARS])
def test_a_new_entry_ends_what_was_ready(client: Any, path: str) -> None:
    old = client.get(path)
    client.store.version += 1
    client.invented.counts = {"regular": 209}
    fresh = client.get(path, headers={"If-None-Match": old.headers["etag"]})
    assert fresh.status_code == 200
    assert len(client.invented.asked) == 2


def test_a_week_s_document_ends_with_the_week_and_not_before(client: Any) -> None:
    old = client.get(WIDGET)
    monday = client.now.replace(hour=0) + timedelta(days=5)
    client.invented.counts = {"regular": 400}
    client.now = monday - timedelta(microseconds=1)
    assert client.get(WIDGET).content == old.content
    client.now = monday
    fresh = client.get(WIDGET, headers={"If-None-Match": old.headers["etag"]})
    assert fresh.json()["as_of"] == "2026-11-29"
    # A clock that is set back shows the week again that it then is.
    client.now = monday - timedelta(days=1)
    assert client.get(WIDGET).content == old.content


def test_a_document_without_a_figure_ends_with_a_new_entry(make_client: Make) -> None:
    client = make_client(Invented(house=first_day({"newcomer": 40})))
    assert client.get(WIDGET).json()["figures"][0]["value"] is None
    client.invented.house = None
    assert client.get(WIDGET).json()["figures"][0]["value"] is None
    client.store.version += 1
    assert client.get(WIDGET).json()["figures"][0]["value"] is not None


def test_a_widget_answers_under_a_former_key_until_its_day_is_over(make_client: Make) -> None:
    former = f"wgt_{'F' * 22}"
    client = make_client(widget={"former_keys": {former: "2026-11-26"}})
    assert client.get(f"/w/{former}.json").content == client.get(WIDGET).content
    client.now += timedelta(days=2)
    assert client.get(f"/w/{former}.json").status_code == 410
    assert client.get(WIDGET).status_code == 200


@pytest.mark.parametrize("path", READY)
def test_what_was_ready_stays_answered_while_the_store_is_broken(client: Any, path: str) -> None:
    first = client.get(path)
    client.store.broken = True
    assert client.get(path).content == first.content
