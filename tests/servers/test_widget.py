"""The web component, the frame and the written files in a real Chromium, on pages of others."""

from __future__ import annotations

import functools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.browser import find_programs, run_script
from support.invented_house import Invented
from support.invented_service import KEY, NOW, ApiClient, serving, settings_of

from regulars.widgets.publishing import Publisher, configured_widgets
from regulars.widgets.static_export import write_files

pytestmark = pytest.mark.servers

FALLBACK = "How many people keep coming back"
HEADLINE = "About 210 people keep coming back."
VARIANTS = ("card", "line", "theatre")
GARBAGE = {
    "html": (200, "text/html", "<h1>Not here</h1>"),
    "other": (200, "application/json", '{"kind": "another", "schema_version": "1.0"}'),
    "newer": (200, "application/json", '{"kind": "regulars.widget", "schema_version": "2.0"}'),
    "textless": (
        200,
        "application/json",
        '{"kind": "regulars.widget", "schema_version": "1.1", "text": {"headline": 7}}',
    ),
    "list": (200, "application/json", "[]"),
    "cut": (200, "application/json", '{"kind": "regulars.wid'),
    "error": (500, "application/json", "{}"),
    "slow": (200, "application/json", "{}"),
}
NASTY = {
    "schema_version": "1.7",
    "kind": "regulars.widget",
    "lang": "ar",
    "dir": "rtl",
    "text": {
        "headline": "<img src=x onerror=alert(1)> people",
        "detail": "<script>alert(2)</script>",
        "key": "k",
        "as_of": "a",
        "about": "how",
    },
    "theatre": {"seat_is": 5, "dots": 1e9, "lit": -5},
    "notice": None,
    "links": {"about": "javascript:alert(3)"},
    "something_new": [1, 2],
}


class Host(BaseHTTPRequestHandler):
    """Pages of somebody else, with a strict policy where one is wanted, and odd answers."""

    pages: dict[str, tuple[str, str]]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path in self.pages:
            body, policy = self.pages[path]
            self._say(200, "text/html; charset=utf-8", body, {"Content-Security-Policy": policy})
        elif path.startswith("/garbage/"):
            name = path.removeprefix("/garbage/")
            if name == "slow":
                time.sleep(3)
            self._say(*GARBAGE[name], {"Access-Control-Allow-Origin": "*"})
        elif path == "/nasty":
            allow = {"Access-Control-Allow-Origin": "*"}
            self._say(200, "application/json", json.dumps(NASTY), allow)
        elif path == "/favicon.ico":
            self._say(204, "image/x-icon", "", {})
        else:
            self._say(404, "text/plain", "nothing", {})

    def _say(self, status: int, kind: str, body: str, headers: dict[str, str]) -> None:
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):  # the browser gives up on the slow one, as it should
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def listening(handler: Any) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def widget(source: str, variant: str = "card", more: str = "") -> str:
    return (
        f'<regulars-widget src="{source}" variant="{variant}" {more}>'
        f'<a href="/about">{FALLBACK}</a></regulars-widget>'
    )


def host_page(service: str, inside: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><title>Somebody\'s page</title>'
        f'<script src="{service}/embed/v1/regulars.js" crossorigin="anonymous" async></script>'
        f"</head><body><main><h1>Letters</h1>{inside}</main></body></html>"
    )


def pages_for(service: str, host: str) -> dict[str, tuple[str, str]]:
    """Every page of the host by its path, with its policy."""
    strict = f"default-src 'none'; script-src {service}; connect-src {service}"
    source = f"{service}/w/{KEY}.json"
    loose = f"default-src 'none'; script-src {service}; connect-src *"
    frame = (
        f'<iframe src="{service}/w/{KEY}/frame" title="t" sandbox="" loading="lazy"'
        ' width="480" height="440"></iframe>'
    )
    pictures = "".join(
        f'<img src="{service}/w/{KEY}/{name}" alt="a">'
        for name in ("card.svg", "line.svg", "theatre.svg", "card.png", "2026-W47/card.png")
    )
    pages = {
        "/strict/post?id=7": (
            "".join(widget(source, variant) for variant in VARIANTS),
            strict,
        ),
        "/plain": (widget(source) + widget(source, "line") + widget(source, "theatre"), strict),
        "/dark": (widget(source, more='theme="dark"') + widget(source), strict),
        "/far": (f"{'<p>one line</p>' * 150}{widget(source)}", strict),
        "/away": (widget("http://127.0.0.1:1/w/x.json"), loose),
        "/no-source": (widget(""), loose),
        "/script-source": (widget("javascript:alert(1)"), loose),
        "/nasty-host": (widget(f"{host}/nasty"), loose),
        "/frame": (frame, f"default-src 'none'; script-src {service}; frame-src {service}"),
        "/pictures": (pictures, f"default-src 'none'; script-src {service}; img-src {service}"),
        "/twice": (
            widget(source)
            + f'<script src="{service}/embed/v1/regulars.js" crossorigin="anonymous"></script>',
            strict,
        ),
    }
    for name in GARBAGE:
        pages[f"/with-{name}"] = (widget(f"{host}/garbage/{name}"), loose)
    return {
        path.partition("?")[0]: (host_page(service, inside), policy)
        for path, (inside, policy) in pages.items()
    }


def integrity_page(service: str, snippet: str) -> str:
    return (
        f"<!doctype html><html lang=en><title>t</title><main><h1>t</h1>{snippet}</main></html>"
    ).replace("http://127.0.0.1:8765", service)


@pytest.fixture(scope="module")
def programs() -> tuple[str, str]:
    return find_programs()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """What `widget write` leaves, behind Python's plain file server."""
    folder = tmp_path_factory.mktemp("site")
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with listening(functools.partial(handler, directory=str(folder))) as url:
        invented = Invented(wrote_back=9)
        client = ApiClient(settings_of(), invented)
        [declared] = configured_widgets(settings_of(), url)
        publisher = Publisher(
            client.store,
            lambda report, owner, as_of: invented(report, None, owner, as_of=as_of, now=NOW),
        )

        class Shown:
            current = staticmethod(lambda one: publisher.show(one, NOW))
            periods = staticmethod(publisher.periods)
            frozen = staticmethod(publisher.frozen)

        write_files(folder, [declared], Shown())  # type: ignore[arg-type]
        page = host_page(url, "".join(widget(f"{url}/w/{KEY}.json", one) for one in VARIANTS))
        (folder / "host.html").write_text(page)
        frame = f'<iframe src="{url}/w/{KEY}/frame" title="t" sandbox=""></iframe>'
        (folder / "favicon.ico").touch()
        (folder / "framed.html").write_text(host_page(url, frame))
        yield url, folder


@pytest.fixture(scope="module")
def found(programs: tuple[str, str], written: tuple[str, Path]) -> Iterator[Any]:
    """What the browser found on every page; and what axe-core says of three of them."""
    site, _ = written
    with ExitStack() as stack:
        service = stack.enter_context(serving(ApiClient(settings_of(), Invented(wrote_back=9))))
        handler = type("OurHost", (Host,), {"pages": {}})
        host = stack.enter_context(listening(handler))
        handler.pages = pages_for(service, host)
        page = httpx.get(f"{service}/w/{KEY}", trust_env=False).text
        snippet = page.split("<pre", 1)[1].split(">", 1)[1].split("</pre>")[0]
        unescaped = snippet.replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"')
        handler.pages["/integrity"] = (integrity_page(service, unescaped), "default-src *")
        visits = [
            {
                "name": "strict",
                "url": f"{host}/strict/post?id=7",
                "events": 3,
                "cookie": service,
            },
            {"name": "dark", "url": f"{host}/dark", "events": 2},
            {"name": "dark-scheme", "url": f"{host}/plain", "events": 3, "scheme": "dark"},
            {"name": "phone", "url": f"{host}/plain", "events": 3, "width": 320},
            {"name": "still", "url": f"{host}/plain", "events": 3, "still": True},
            {"name": "forced", "url": f"{host}/plain", "events": 3, "forced": True},
            {"name": "far", "url": f"{host}/far"},
            {"name": "far-scrolled", "url": f"{host}/far", "scroll": 100_000, "events": 1},
            {"name": "twice", "url": f"{host}/twice", "events": 1},
            {"name": "integrity", "url": f"{host}/integrity", "events": 1},
            {"name": "frame", "url": f"{host}/frame", "frame": True},
            {"name": "pictures", "url": f"{host}/pictures"},
            {"name": "nasty", "url": f"{host}/nasty-host", "events": 1},
            *(
                {"name": name, "url": f"{host}/{name}", "events": 1}
                for name in ("away", "no-source", "script-source")
            ),
            *(
                {"name": name, "url": f"{host}/with-{name}", "events": 1}
                | ({"clock": 8_100} if name == "slow" else {})
                for name in GARBAGE
            ),
            {
                "name": "changed",
                "url": f"{host}/plain",
                "events": 3,
                "then": "document.querySelector('regulars-widget').setAttribute('variant', 'line')",
            },
            {"name": "static", "url": f"{site}/host.html", "events": 3},
            {"name": "old", "url": f"{site}/host.html", "events": 3, "old": True},
            {"name": "static-frame", "url": f"{site}/framed.html", "frame": True},
        ]
        seen = run_script(programs, "widget.mjs", json.dumps(visits))
        urls = {
            "page": f"{service}/w/{KEY}",
            "frame": f"{service}/w/{KEY}/frame",
            "host": f"{host}/plain",
        }
        looks = run_script(programs, "axe.mjs", *urls.values())["looks"]
        seen["axe"] = {
            name: [look for look in looks if look["url"] == url] for name, url in urls.items()
        }
        seen["service"], seen["host"] = service, host
        yield seen


def test_it_is_drawn_under_a_strict_policy_and_nothing_is_refused(found: Any) -> None:
    strict = found["strict"]
    assert strict["heard"]["refused"] == []
    assert strict["said"] == []
    assert [name for name, _ in strict["heard"]["events"]] == ["regulars:load"] * 3
    for one in strict["widgets"]:
        assert one["drawn"]
        assert HEADLINE in one["text"]
        assert not one["fallback"]
        assert one["small"] == 0
        assert one["hidden"] == "true"
        assert (one["lang"], one["dir"]) == ("en", "ltr")
        assert one["links"] == [f"http://127.0.0.1:8765/w/{KEY}"]
    assert [(one["lit"], one["open"]) for one in strict["widgets"]] == [(42, 18), (5, 0), (42, 18)]


def test_nothing_goes_out_that_could_tell_who_reads(found: Any) -> None:
    strict = found["strict"]
    asked = [one for one in strict["requests"] if one["url"].startswith(found["service"])]
    assert {one["url"].removeprefix(found["service"]) for one in asked} == {
        "/embed/v1/regulars.js",
        f"/w/{KEY}.json",
    }
    for one in asked:
        assert "cookie" not in one["headers"]
        assert one["headers"].get("referer", f"{found['host']}/") == f"{found['host']}/"
    # Nothing is sent but these: no message to any server.
    assert all(
        one["url"].startswith((found["service"], found["host"])) for one in strict["requests"]
    )


def test_it_waits_until_it_is_near(found: Any) -> None:
    assert not [one for one in found["far"]["requests"] if one["url"].endswith(".json")]
    assert found["far"]["widgets"][0]["fallback"]
    near = found["far-scrolled"]
    assert near["widgets"][0]["drawn"]
    asked = [number for number, one in enumerate(near["requests"]) if ".json" in one["url"]]
    assert len(asked) == 1
    assert asked[0] >= near["before"]


@pytest.mark.parametrize("name", [*GARBAGE, "away", "no-source", "script-source"])
def test_whatever_goes_wrong_the_pages_own_words_stay(found: Any, name: str) -> None:
    (one,) = found[name]["widgets"]
    assert one["fallback"]
    assert not one["drawn"]
    ((event, why),) = found[name]["heard"]["events"]
    assert event == "regulars:error"
    assert why
    assert found[name]["heard"]["refused"] == []


def test_what_a_document_says_stays_text_and_its_numbers_in_bounds(found: Any) -> None:
    nasty = found["nasty"]
    (one,) = nasty["widgets"]
    assert "<img src=x onerror=alert(1)> people" in one["text"]
    assert "<script>alert(2)</script>" in one["text"]
    assert (one["lit"], one["open"]) == (0, 60)
    assert one["links"] == []
    assert one["dir"] == "rtl"
    assert nasty["said"] == []
    assert not [x for x in nasty["requests"] if x["url"].endswith("/x")]


def test_theme_and_scheme(found: Any) -> None:
    light, dark = "rgb(251, 248, 242)", "rgb(26, 23, 33)"
    assert [one["paper"] for one in found["dark"]["widgets"]] == [dark, light]
    assert {one["paper"] for one in found["dark-scheme"]["widgets"]} == {dark}
    assert {one["paper"] for one in found["strict"]["widgets"]} == {light}


def test_it_stands_still_for_those_who_want_that(found: Any) -> None:
    assert {one["animation"] for one in found["still"]["widgets"]} == {"none"}
    assert {one["animation"] for one in found["strict"]["widgets"]} == {"rise"}


def test_forced_colours_are_kept(found: Any) -> None:
    for one in found["forced"]["widgets"]:
        assert one["drawn"]
        assert one["paper"] not in ("rgb(251, 248, 242)", "rgb(26, 23, 33)")


def test_an_old_browser_gets_a_style_element(found: Any) -> None:
    assert {one["paper"] for one in found["old"]["widgets"]} == {"rgb(251, 248, 242)"}


def test_loading_it_twice_is_harmless(found: Any) -> None:
    assert found["twice"]["said"] == []
    assert len(found["twice"]["heard"]["events"]) == 1


def test_the_snippet_of_the_page_works_with_its_hash(found: Any) -> None:
    (one,) = found["integrity"]["widgets"]
    assert HEADLINE in one["text"] or one["drawn"]
    assert found["integrity"]["said"] == []
    assert [x for x in found["integrity"]["requests"] if "/embed/v1.0.0/" in x["url"]]


def test_another_variant_needs_no_second_request(found: Any) -> None:
    changed = found["changed"]
    assert changed["widgets"][0]["lit"] == 5
    assert len([x for x in changed["requests"] if x["url"].endswith(".json")]) <= 3
    assert len(changed["heard"]["events"]) == 3


@pytest.mark.parametrize("name", ["frame", "static-frame"])
def test_the_frame_works_where_nothing_may_run(found: Any, name: str) -> None:
    (frame,) = found[name]["frames"]
    assert HEADLINE in frame["text"]
    assert frame["lit"] == 42
    assert found[name]["heard"]["refused"] == []
    if name == "frame":
        assert set(frame["fonts"]) == {"Newsreader", "Inter"}
        assert found[name]["said"] == []


def test_pictures_are_shown_on_a_page_of_others(found: Any) -> None:
    assert found["pictures"]["said"] == []
    assert found["pictures"]["heard"]["refused"] == []
    widths = found["pictures"]["images"]
    assert widths[0] == 600
    assert widths[3:] == [1200, 1200]
    assert all(widths)


def test_files_behind_a_plain_server_show_the_same(found: Any) -> None:
    def told(one: dict[str, Any]) -> Any:
        return [(x["text"], x["lit"], x["open"]) for x in one["widgets"]]

    assert told(found["static"]) == told(found["strict"])
    assert found["static"]["said"] == []


def test_files_behind_a_plain_server_are_the_services_bytes(written: tuple[str, Path]) -> None:
    url, _ = written
    client = ApiClient(settings_of(widget={"public_base_url": url}), Invented(wrote_back=9))
    with serving(client) as service, httpx.Client(trust_env=False, follow_redirects=True) as http:
        for path in (
            f"/w/{KEY}.json",
            f"/w/{KEY}",
            f"/w/{KEY}/frame",
            f"/w/{KEY}/card.svg",
            f"/w/{KEY}/line.svg",
            f"/w/{KEY}/theatre.svg",
            f"/w/{KEY}/card.png",
            f"/w/{KEY}/badge.json",
            f"/w/{KEY}/oembed.json",
            f"/w/{KEY}/2026-W47/card.png",
            f"/w/{KEY}/2026-W47/card.json",
            "/embed/v1/regulars.js",
            "/schemas/widget/v1.json",
        ):
            file, served = http.get(url + path), http.get(service + path)
            assert (file.status_code, served.status_code) == (200, 200), path
            assert file.content == served.content, path


@pytest.mark.parametrize("name", ["page", "frame", "host"])
def test_axe_finds_nothing(found: Any, name: str) -> None:
    looks = found["axe"][name]
    assert len(looks) == 6
    for look in looks:
        where = f"{look['width']} px, {look['colorScheme']}"
        assert look["rules"] > 5
        assert look["violations"] == [], where
        assert look["overflow"] <= 0, where
        # The words that a page keeps for the worst case lie hidden, and so without height.
        assert set(look["small"]) <= ({FALLBACK} if name == "host" else set()), where
        assert look["said"] == [], where
        assert look["failed"] == [], where
