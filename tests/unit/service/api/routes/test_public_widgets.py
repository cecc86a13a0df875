"""Pictures, page, frame, badge, oEmbed and loaders over HTTP: one figure, the right headers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from support.invented_house import Invented, first_day
from support.invented_service import ApiClient, settings_of

from regulars.errors import DiskFull
from regulars.widgets import images
from regulars.widgets.loader import newest

KEY = "wgt_q83vEjRWeJCrze8SNFZ4kA"
BASE = "http://127.0.0.1:8765"
PAGE = f"/w/{KEY}"
WEEK = f"{PAGE}/2026-W47"
FLOATING = "public, max-age=300, s-maxage=3600, stale-while-revalidate=86400, stale-if-error=604800"
FOR_EVER = "public, max-age=31536000, immutable"
Make = Callable[..., Any]

ALL = {
    f"{PAGE}.json": ("application/json", FLOATING),
    PAGE: ("text/html; charset=utf-8", FLOATING),
    f"{PAGE}/": ("text/html; charset=utf-8", FLOATING),
    f"{PAGE}/frame": ("text/html; charset=utf-8", FLOATING),
    f"{PAGE}/badge.json": ("application/json", FLOATING),
    f"{PAGE}/oembed.json": ("application/json", FLOATING),
    f"{PAGE}/card.svg": ("image/svg+xml", FLOATING),
    f"{PAGE}/line.svg": ("image/svg+xml", FLOATING),
    f"{PAGE}/theatre.svg": ("image/svg+xml", FLOATING),
    f"{PAGE}/card.png": ("image/png", FLOATING),
    f"{WEEK}/card.png": ("image/png", FOR_EVER),
    f"{WEEK}/card.svg": ("image/svg+xml", FOR_EVER),
    f"{WEEK}/card.json": ("application/json", FOR_EVER),
    "/schemas/widget/v1.json": ("application/schema+json", FLOATING),
    "/embed/v1/regulars.js": (
        "text/javascript; charset=utf-8",
        "public, max-age=3600, stale-while-revalidate=604800",
    ),
    newest().path: ("text/javascript; charset=utf-8", FOR_EVER),
}


@pytest.mark.parametrize("path", ALL)
@pytest.mark.long
def test_every_address_carries_the_headers_of_the_table(client: Any, path: str) -> None:
    answer = client.get(path)
    kind, cache = ALL[path]
    assert answer.status_code == 200
    assert answer.headers["content-type"] == kind
    assert answer.headers["cache-control"] == cache
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not answer.headers["etag"].startswith("W/")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ALL)
def test_what_the_caller_has_is_not_sent_again(client: Any, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == first.headers["cache-control"]


def test_a_picture_of_lines_can_do_nothing(client: Any) -> None:
    policy = client.get(f"{PAGE}/card.svg").headers["content-security-policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def test_the_same_figure_has_the_same_value_everywhere(client: Any) -> None:
    document = client.get(f"{PAGE}.json").json()
    value = f"{document['figures'][0]['value']:,}"
    headline = f"About {value} people keep coming back."
    assert document["text"]["headline"] == headline
    for name in ("card", "line", "theatre"):
        root = ElementTree.fromstring(client.get(f"{PAGE}/{name}.svg").text)
        title, desc = root[0].text, root[1].text
        assert (title, desc) == (headline, document["text"]["alt"])
    assert client.get(f"{PAGE}/badge.json").json()["message"] == f"about {value} people"
    assert f"<h1>{headline}</h1>" in client.get(PAGE).text
    assert headline in client.get(f"{PAGE}/frame").text
    assert client.get(f"{PAGE}/oembed.json").json()["title"] == headline
    frozen = client.get(f"{WEEK}/card.json").json()
    assert frozen["figures"] == document["figures"]
    for path in (PAGE, f"{PAGE}/frame", f"{PAGE}/badge.json", f"{PAGE}/oembed.json"):
        figures = re.findall(r"[Aa]bout ([\d,]+) people", client.get(path).text)
        assert set(figures) == {value}, path


def test_the_badge_follows_the_form_of_shields(client: Any) -> None:
    badge = client.get(f"{PAGE}/badge.json").json()
    assert badge["schemaVersion"] == 1
    assert {"label", "message", "color"} <= set(badge)
    assert badge["cacheSeconds"] >= 300


def test_without_a_figure_every_form_says_so(make_client: Make) -> None:
    early = make_client(Invented(house=first_day({"newcomer": 40})))
    notice = "It is too early to say how many people keep coming back."
    assert early.get(f"{PAGE}.json").json()["notice"] == notice
    assert notice in early.get(PAGE).text
    assert notice in early.get(f"{PAGE}/frame").text
    assert notice in early.get(f"{PAGE}/card.svg").text
    assert early.get(f"{PAGE}/badge.json").json()["message"] == "too early to say"
    assert early.get(f"{PAGE}/card.png").status_code == 200
    # Nothing was shown of this week, so nothing is frozen.
    assert early.get(f"{WEEK}/card.json").status_code == 404
    assert "2026-W47" not in early.get(PAGE).text


@pytest.mark.parametrize(
    "query", ["?theme=dark", "?theme=light", "?theme=pink", "?scale=9", "?a=b"]
)
def test_themes_and_scales_outside_the_list_count_as_not_said(client: Any, query: str) -> None:
    for name in ("card.svg", "card.png"):
        assert client.get(f"{PAGE}/{name}{query}").status_code == 200
    plain, asked = client.get(f"{PAGE}/card.svg").text, client.get(f"{PAGE}/card.svg{query}").text
    assert (plain == asked) == (query not in ("?theme=dark", "?theme=light"))
    png = client.get(f"{PAGE}/card.png").content
    assert (client.get(f"{PAGE}/card.png{query}").content == png) == (query != "?theme=dark")


@pytest.mark.long
def test_hosts_that_ignore_a_query_have_the_same_pictures_by_name(client: Any) -> None:
    pairs = {
        "card.dark.svg": "card.svg?theme=dark",
        "line.light.svg": "line.svg?theme=light",
        "card.3x.png": "card.png?scale=3",
        "card.dark.1x.png": "card.png?theme=dark&scale=1",
        "card.png": "card.png?scale=2",
    }
    for name, asked in pairs.items():
        assert client.get(f"{PAGE}/{name}").content == client.get(f"{PAGE}/{asked}").content


@pytest.mark.parametrize(
    "name",
    ["card.gif", "line.png", "card.4x.png", "card.2x.svg", "frame.svg", "x", "card.json"],
)
def test_names_that_nothing_has_are_told_so(client: Any, name: str) -> None:
    answer = client.get(f"{PAGE}/{name}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize("path", ["card.svg", "frame", "badge.json", "2026-W47/card.png", ""])
def test_a_widget_that_is_not_declared_shows_nothing(client: Any, path: str) -> None:
    assert client.get(f"/w/wgt_{'B' * 22}/{path}").status_code == 404
    assert client.invented.asked == []


# Pictures never answer an error


def test_a_picture_that_cannot_be_made_is_the_last_good_one(client: Any) -> None:
    good = client.get(f"{PAGE}/card.svg").content
    client.now += timedelta(days=7)
    client.store.broken = True
    answer = client.get(f"{PAGE}/card.svg")
    assert (answer.status_code, answer.content) == (200, good)
    assert client.get(f"{PAGE}.json").status_code == 500


@pytest.mark.long
def test_after_a_restart_it_is_the_newest_that_was_shown(client: Any) -> None:
    good = client.get(f"{PAGE}/card.png").content

    def full(_: Any) -> Any:
        raise DiskFull("The disk filled up.")

    client.store.append = full
    later = ApiClient(settings_of(), Invented({"regular": 400}), client.store)
    later.now += timedelta(days=7)
    answer = later.get(f"{PAGE}/card.png")
    assert (answer.status_code, answer.content) == (200, good)
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert later.get(f"{PAGE}.json").json()["code"] == "disk_full"


def test_where_there_never_was_one_the_figure_is_resting(client: Any) -> None:
    client.store.broken = True
    for name in ("card.svg", "line.svg", "theatre.svg"):
        answer = client.get(f"{PAGE}/{name}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert "The figure is resting." in answer.text
    assert client.get(f"{PAGE}/card.png").content.startswith(b"\x89PNG")
    frozen = client.get(f"{WEEK}/card.svg")
    assert "The figure is resting." in frozen.text
    assert frozen.headers["cache-control"] == "public, max-age=300"
    client.store.broken = False
    assert "people keep coming back" in client.get(f"{WEEK}/card.svg").text
    assert "people keep coming back" in client.get(f"{PAGE}/card.svg").text


@pytest.mark.long
def test_a_picture_is_drawn_once(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    rasterise = images.rasterise
    monkeypatch.setattr(images, "rasterise", lambda *a: drawn.append(a) or rasterise(*a))
    for _ in range(3):
        client.get(f"{PAGE}/card.png")
        client.get(f"{WEEK}/card.png")
    assert len(drawn) == 2
    client.store.version += 1
    client.get(f"{PAGE}/card.png")
    assert len(drawn) == 2


# Frozen weeks


def test_a_week_that_was_shown_never_changes(client: Any) -> None:
    paths = [f"{WEEK}/card.{form}" for form in ("json", "svg", "png")]
    client.get(f"{PAGE}.json")
    before = [client.get(path).content for path in paths]
    client.invented.counts = {"regular": 400}
    client.store.version += 1
    client.now += timedelta(days=30)
    assert [client.get(path).content for path in paths] == before
    assert client.get(f"{PAGE}.json").json()["figures"][0]["value"] == 400


@pytest.mark.long
def test_asking_for_the_week_that_is_shown_now_shows_it(client: Any) -> None:
    assert client.get(f"{WEEK}/card.png").status_code == 200
    assert [entry.facts["period"] for entry in client.store.entries] == ["2026-W47"]


@pytest.mark.parametrize("week", ["2026-W46", "2026-W48", "2025-W01", "2026-11-22"])
def test_a_week_that_was_not_shown_is_told_so(client: Any, week: str) -> None:
    for form in ("json", "svg", "png"):
        answer = client.get(f"{PAGE}/{week}/card.{form}")
        assert answer.status_code == 404
        assert answer.json()["detail"] == "This widget showed no figure of that time."


@pytest.mark.parametrize("week", ["2026-W4", "2026W47", "..", "2026-W47x", "frame"])
def test_a_week_that_cannot_be_is_no_address(client: Any, week: str) -> None:
    assert client.get(f"{PAGE}/{week}/card.png").status_code == 404


def test_the_links_of_a_frozen_week_lead_to_itself(client: Any) -> None:
    links = client.get(f"{WEEK}/card.json").json()["links"]
    assert links == {
        "about": BASE + PAGE,
        "svg": f"{BASE}{WEEK}/card.svg",
        "png": f"{BASE}{WEEK}/card.png",
        "frame": f"{BASE}{PAGE}/frame",
        "json": f"{BASE}{WEEK}/card.json",
    }
    for address in links.values():
        assert client.get(address.removeprefix(BASE)).status_code == 200


def test_a_daily_figure_is_frozen_by_its_day(make_client: Make) -> None:
    daily = make_client(widget={"cadence": "daily"})
    assert daily.get(f"{PAGE}.json").json()["as_of"] == "2026-11-24"
    assert daily.get(f"{PAGE}/2026-11-24/card.png").status_code == 200
    assert f"{PAGE}/2026-11-24/card.png" in daily.get(PAGE).text


# Keys


def test_a_former_key_answers_until_its_last_day_and_then_is_gone(make_client: Make) -> None:
    old = f"wgt_{'A' * 22}"
    first = make_client(widget={"key": old})
    shown = first.get(f"/w/{old}.json").json()
    settings = settings_of(widget={"former_keys": {old: "2026-11-26"}})
    client = ApiClient(settings, Invented({"regular": 400}), first.store)
    for path in (f"/w/{old}.json", f"{PAGE}.json", f"/w/{old}/2026-W47/card.json"):
        assert client.get(path).json()["figures"] == shown["figures"], path
    assert client.get(f"/w/{old}.json").json()["links"]["about"] == BASE + PAGE
    assert client.get(f"/w/{old}/card.svg").content == client.get(f"{PAGE}/card.svg").content
    client.now += timedelta(days=2)
    for path in (f"/w/{old}.json", f"/w/{old}", f"/w/{old}/card.png"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (410, "gone")
    assert client.get(f"{PAGE}/2026-W47/card.png").status_code == 200


# Origins


def test_frames_are_for_the_origins_that_are_named(make_client: Make) -> None:
    anybody = make_client().get(f"{PAGE}/frame").headers["content-security-policy"]
    assert anybody.endswith("frame-ancestors *")
    named = make_client(widget={"allowed_origins": ["https://a.example", "https://b.example:8443"]})
    for path in (PAGE, f"{PAGE}/frame"):
        policy = named.get(path).headers["content-security-policy"]
        assert policy.endswith("frame-ancestors https://a.example https://b.example:8443")
        assert "script-src" not in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize("path", [f"{PAGE}/badge.json", f"{WEEK}/card.json", f"{PAGE}/oembed.json"])
def test_json_answers_the_origins_that_are_named(make_client: Make, path: str) -> None:
    client = make_client(widget={"allowed_origins": ["https://a.example"]})
    friend = client.get(path, headers={"Origin": "https://a.example"}).headers
    assert friend["access-control-allow-origin"] == "https://a.example"
    assert friend["vary"] == "Origin"
    stranger = client.get(path, headers={"Origin": "https://b.example"}).headers
    assert "access-control-allow-origin" not in stranger
    assert client.ask("OPTIONS", path, headers={"Origin": "https://a.example"}).status_code == 204


@pytest.mark.parametrize("path", ["/embed/v1/regulars.js", newest().path])
def test_any_page_may_load_the_loader_and_hold_it_to_its_hash(client: Any, path: str) -> None:
    assert client.get(path).headers["access-control-allow-origin"] == "*"
    assert newest().integrity in client.get(PAGE).text.replace("&#43;", "+")


def test_a_frame_of_no_origin_may_load_the_fonts(client: Any) -> None:
    headers = client.get("/static/fonts/inter-latin-400-normal.woff2").headers
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    style = client.get("/static/regulars.css").headers
    assert "access-control-allow-origin" not in style


# oEmbed


@pytest.mark.parametrize("end", ["", "/", "/frame"])
def test_oembed_answers_for_the_page(make_client: Make, end: str) -> None:
    client = make_client(widget={"public_base_url": "https://regulars.example.org/figures"})
    url = f"https://regulars.example.org/figures{PAGE}{end}"
    answer = client.get(f"/oembed?url={quote(url, safe='')}&format=json").json()
    assert (answer["version"], answer["type"]) == ("1.0", "rich")
    assert f'src="https://regulars.example.org/figures{PAGE}/frame"' in answer["html"]
    assert 'sandbox=""' in answer["html"]
    assert (answer["width"], answer["height"]) == (480, 440)


def test_oembed_keeps_to_the_room_that_there_is(client: Any) -> None:
    asked = f"/oembed?url={quote(BASE + PAGE, safe='')}&maxwidth=320&maxheight=300"
    answer = client.get(asked).json()
    assert (answer["width"], answer["height"]) == (320, 300)
    assert 'width="320" height="300"' in answer["html"]
    odd = client.get(f"/oembed?url={quote(BASE + PAGE, safe='')}&maxwidth=-1&maxheight=x").json()
    assert (odd["width"], odd["height"]) == (480, 440)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://elsewhere.example/w/wgt_q83vEjRWeJCrze8SNFZ4kA",
        f"{BASE}/",
        f"{BASE}/w/wgt_x",
        f"{BASE}/w/wgt_{'B' * 22}",
        "http://[::1",
        "javascript:alert(1)",
    ],
)
def test_oembed_knows_no_other_address(client: Any, url: str) -> None:
    assert client.get(f"/oembed?url={quote(url, safe='')}").status_code == 404


def test_oembed_is_json_only(client: Any) -> None:
    answer = client.get(f"/oembed?url={quote(BASE + PAGE, safe='')}&format=xml")
    assert (answer.status_code, answer.json()["code"]) == (501, "only_json")


# The page


def test_the_page_shows_what_to_copy_for_each_place(client: Any) -> None:
    text = client.get(PAGE).text
    for wanted in (
        newest().path,
        "&lt;regulars-widget",
        "sandbox=&#34;&#34; loading=&#34;lazy&#34;",
        f"{WEEK}/card.png",
        f"{PAGE}/card.svg",
        "img.shields.io/endpoint?url=",
        "People who read at least 4 of the last 8 posts.",
    ):
        assert wanted in text, wanted
    assert "<script" not in text
    assert "lead to one machine only" in text


def test_the_page_can_be_unfolded_by_others(make_client: Make) -> None:
    client = make_client(widget={"public_base_url": "https://regulars.example.org"})
    text = client.get(PAGE).text
    public = f"https://regulars.example.org{PAGE}"
    assert f'type="application/json+oembed" href="{public}/oembed.json"' in text
    assert f'<meta property="og:image" content="{public}/card.png">' in text
    assert '<meta property="og:title" content="About ' in text
    assert "lead to one machine only" not in text


def test_a_title_from_outside_stays_text_everywhere(make_client: Make) -> None:
    nasty = '"><script>alert(1)</script>'
    client = make_client(publication={"title": nasty})
    for path in (PAGE, f"{PAGE}/frame", f"{PAGE}/card.svg"):
        assert "<script" not in client.get(path).text
    ElementTree.fromstring(client.get(f"{PAGE}/card.svg").text)
    html = json.loads(client.get(f"{PAGE}/oembed.json").text)["html"]
    assert "<script" not in html


def test_the_owner_sees_a_list(client: Any) -> None:
    (before,) = client.get("/api/v1/widgets").json()["items"]
    assert (before["key"], before["is_shown"], before["periods"]) == (KEY, False, [])
    assert client.store.entries == []
    client.get(f"{PAGE}.json")
    (after,) = client.get("/api/v1/widgets").json()["items"]
    assert (after["says"], after["periods"]) == (before["says"], ["2026-W47"])
    assert after["is_shown"]
