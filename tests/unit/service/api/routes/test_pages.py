"""The pages over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.invented_house import Invented

from regulars.settings import build_settings

Make = Callable[..., Any]


def test_one_publication_is_shown_at_once(client: Any) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"
    assert "About 208 people (208 to 221) keep coming back." in answer.text
    assert client.get("/p/invented").text == answer.text


def test_page_api_and_widget_tell_the_same_figure(make_client: Make) -> None:
    client = make_client(Invented({"regular": 210}))
    api = client.get("/api/v1/publications/invented/reports/house").json()
    widget = client.get("/w/wgt_q83vEjRWeJCrze8SNFZ4kA.json").json()
    assert api["result"]["sustained_readers"]["value"] == 210
    assert widget["figures"][0]["value"] == 210
    assert '<h1 id="sentence">210 people keep coming back.</h1>' in client.get("/").text


def test_the_page_is_made_once_for_each_state_of_the_store(client: Any) -> None:
    client.get("/")
    client.get("/")
    assert client.invented.asked == ["house", "regulars", "movement", "variation", "waiting"]
    client.store.version += 1
    client.get("/")
    assert len(client.invented.asked) == 10


@pytest.mark.parametrize("more", [[], [{"name": "second"}]])
@pytest.mark.parametrize("path", ["/", "/p/invented"])
@pytest.mark.long
def test_a_page_that_the_browser_has_is_not_sent_again(
    make_client: Make, path: str, more: list[dict[str, str]]
) -> None:
    client = make_client(more=more)
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "private, no-store"
    client.store.version += 1
    client.invented.counts = {"regular": 209}
    fresh = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert fresh.status_code == 200
    assert "209" in fresh.text


def test_several_publications_are_listed(make_client: Make) -> None:
    client = make_client(more=[{"name": "second", "title": "Second Letters"}])
    first = client.get("/").text
    assert 'href="/p/invented"' in first
    assert 'href="/p/second"' in first
    assert "All publications" in client.get("/p/second").text


def test_without_any_publication_the_page_says_what_to_do(make_client: Make) -> None:
    client = make_client()
    empty = type(client)(build_settings({}, None), Invented())
    assert "regulars demo" in empty.get("/").text


def test_an_unknown_publication_is_a_page_for_a_browser(client: Any) -> None:
    answer = client.get("/p/other", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "<html" in answer.text


def test_static_files_are_tagged_and_may_be_kept(client: Any) -> None:
    answer = client.get("/static/regulars.css")
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.headers["cache-control"] == "public, max-age=3600"
    again = client.get("/static/regulars.css", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["newsreader-latin-400-normal", "inter-latin-500-normal"])
def test_fonts_come_from_here(client: Any, name: str) -> None:
    answer = client.get(f"/static/fonts/{name}.woff2")
    assert answer.headers["content-type"] == "font/woff2"
    assert answer.content[:4] == b"wOF2"


@pytest.mark.parametrize("family", ["Newsreader", "Inter"])
def test_their_licences_lie_beside_them(client: Any, family: str) -> None:
    assert "SIL Open Font License" in client.get(f"/static/fonts/OFL-{family}.txt").text


@pytest.mark.parametrize(
    "path",
    [
        "/static/../home.py",
        "/static/%2e%2e/home.py",
        "/static//etc/passwd",
        "/static/fonts",
        "/static/",
        "/problems/nonsense",
    ],
)
def test_nothing_else_is_given_out(client: Any, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_page_of_an_unforeseen_error_speaks_of_it_and_not_of_a_refusal(client: Any) -> None:
    """A group of errors without a code of its own inherits this one, and is no kind of error."""
    text = client.get("/problems/failed").text
    assert "Everything stored before is untouched." in text
    assert "Nothing was read or written." not in text
