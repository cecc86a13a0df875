"""Public addresses of widgets: plain routes that only hand out bytes from the shelf.

Everything here is cacheable and the same for everybody: no cookie, no query that changes what is
counted.
"""

from __future__ import annotations

from email.utils import format_datetime

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from regulars.errors import NothingHere, RegularsError
from regulars.settings import WidgetSettings
from regulars.widgets.addresses import PERIOD
from regulars.widgets.card import Picture, picture_named
from regulars.widgets.loader import FLOATING_PATH, loaders, newest
from regulars.widgets.made import (
    BADGE,
    DOCUMENT,
    EMBED_HEADERS,
    FLOATING_CACHE,
    FRAME,
    FROZEN_CACHE,
    JSON_POLICY,
    LOADER_CACHE,
    LOADER_KIND,
    OEMBED,
    PAGE,
)
from regulars.widgets.oembed import key_in, oembed_of
from regulars.widgets.schema import SCHEMA_PATH, schema_bytes

from .etags import etag_of, is_current
from .widget_shelf import Ready, WidgetShelf

PREFLIGHT_SECONDS = "86400"
STAND_IN_CACHE = "public, max-age=300"


class OnlyJson(RegularsError):
    """oEmbed is asked for in a form that we do not have."""

    code = "only_json"
    status = 501
    safe = "Nothing was read or written."
    to_do = "Ask with format=json, or without a format."


def widget_routes(shelf: WidgetShelf) -> list[Route]:
    """Everything below /w/, the oEmbed address, the schema and the loaders."""
    reads = _Reads(shelf)
    both = ["GET", "OPTIONS"]
    return [
        Route("/w/{key}.json", reads.document, methods=both),
        Route("/w/{key}", reads.page),
        Route("/w/{key}/", reads.page),
        Route("/w/{key}/frame", reads.frame),
        Route("/w/{key}/frame/", reads.frame),
        Route("/w/{key}/{name}", reads.named, methods=both),
        Route("/w/{key}/{period}/{name}", reads.frozen, methods=both),
        Route("/oembed", reads.oembed),
        *_schema_and_loaders(),
    ]


class _Reads:
    """One method for each kind of address."""

    def __init__(self, shelf: WidgetShelf) -> None:
        self._shelf = shelf

    async def document(self, request: Request) -> Response:
        """/w/{key}.json"""
        widget = self._widget(request)
        if request.method == "OPTIONS":
            return _preflight(widget, request)
        ready = await self._shelf.document(widget.key)
        return _answer(request, ready, _allow(widget, request.headers))

    async def page(self, request: Request) -> Response:
        """/w/{key}"""
        return _answer(request, await self._shelf.named(self._widget(request).key, PAGE))

    async def frame(self, request: Request) -> Response:
        """/w/{key}/frame"""
        theme = request.query_params.get("theme", "")
        chosen = theme if theme in ("light", "dark") else "auto"
        return _answer(request, await self._shelf.named(self._widget(request).key, FRAME, chosen))

    async def named(self, request: Request) -> Response:
        """/w/{key}/card.svg and the other pictures, badge.json, oembed.json"""
        widget, name, picture = self._widget(request), _name_of(request), _picture_asked(request)
        if request.method == "OPTIONS":
            return _preflight(widget, request)
        if picture is not None:
            return _answer(request, await self._shelf.picture(widget.key, picture))
        if name not in (BADGE, OEMBED):
            raise _nothing()
        ready = await self._shelf.named(widget.key, name)
        return _answer(request, ready, _allow(widget, request.headers))

    async def frozen(self, request: Request) -> Response:
        """/w/{key}/2026-W47/card.png, .svg, .json"""
        widget, name, picture = self._widget(request), _name_of(request), _picture_asked(request)
        period = str(request.path_params["period"])
        if not PERIOD.fullmatch(period) or (picture is None and name != DOCUMENT):
            raise _nothing()
        if request.method == "OPTIONS":
            return _preflight(widget, request)
        ready = await self._shelf.frozen(widget.key, period, name, picture)
        allow = {} if picture else _allow(widget, request.headers)
        return _answer(request, ready, allow, cache=FROZEN_CACHE)

    async def oembed(self, request: Request) -> Response:
        """/oembed?url=…"""
        query = request.query_params
        if query.get("format", "json") != "json":
            raise OnlyJson("oEmbed is answered in JSON only.")
        declared = self._shelf.find(_key_asked(self._shelf, query.get("url", "")))
        key = declared.widget.key
        ready = await self._shelf.named(key, OEMBED)
        wide, high = _pixels(query.get("maxwidth")), _pixels(query.get("maxheight"))
        if wide or high:
            document = await self._shelf.shown(key)
            ready = ready.with_body(oembed_of(document, declared.addresses, wide, high))
        return _answer(request, ready, _allow(declared.widget, request.headers))

    def _widget(self, request: Request) -> WidgetSettings:
        return self._shelf.find(request.path_params["key"]).widget


def _name_of(request: Request) -> str:
    return str(request.path_params["name"])


def _picture_asked(request: Request) -> Picture | None:
    query = request.query_params
    return picture_named(_name_of(request), query.get("theme"), query.get("scale"))


def _schema_and_loaders() -> list[Route]:
    schema = schema_bytes()
    routes = [_fixed(SCHEMA_PATH, schema, "application/schema+json", FLOATING_CACHE)]
    routes += [_fixed(one.path, one.body, LOADER_KIND, FROZEN_CACHE) for one in loaders()]
    return [*routes, _fixed(FLOATING_PATH, newest().body, LOADER_KIND, LOADER_CACHE)]


def _fixed(path: str, body: bytes, kind: str, cache: str) -> Route:
    """A route for bytes that are the same as long as the service runs; for pages of anybody."""
    headers = _headers(JSON_POLICY, cache) | _ANYBODY | {"ETag": etag_of(body)}

    async def read(request: Request) -> Response:
        return _bytes(request, body, headers, kind)

    return Route(path, read)


_ANYBODY = {"Access-Control-Allow-Origin": "*"}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": PREFLIGHT_SECONDS,
}


def _allow(widget: WidgetSettings, headers: Headers) -> dict[str, str]:
    """CORS for this caller. A courtesy fence, not secrecy: the figure is public."""
    if "*" in widget.allowed_origins:
        return _ANYBODY | {"Vary": "Origin"}
    origin = headers.get("origin", "")
    if origin in widget.allowed_origins:
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
    return {"Vary": "Origin"}


def _preflight(widget: WidgetSettings, request: Request) -> Response:
    headers = _headers(JSON_POLICY, FLOATING_CACHE) | _allow(widget, request.headers) | _PREFLIGHT
    return Response(status_code=204, headers=headers)


def _headers(policy: str, cache: str) -> dict[str, str]:
    return EMBED_HEADERS | {"Content-Security-Policy": policy, "Cache-Control": cache}


def _answer(
    request: Request,
    ready: Ready,
    allow: dict[str, str] | None = None,
    *,
    cache: str = FLOATING_CACHE,
) -> Response:
    headers = _headers(ready.made.policy, STAND_IN_CACHE if ready.is_stand_in else cache)
    headers |= {"ETag": ready.etag} | (allow or {})
    if ready.modified is not None:
        headers["Last-Modified"] = format_datetime(ready.modified, usegmt=True)
    return _bytes(request, ready.made.body, headers, ready.made.kind)


def _bytes(request: Request, body: bytes, headers: dict[str, str], kind: str) -> Response:
    if is_current(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=kind)


def _nothing() -> NothingHere:
    return NothingHere(
        "There is nothing at this address.",
        to_do="See the page of the widget for everything that it has.",
    )


def _key_asked(shelf: WidgetShelf, url: str) -> str:
    """The key of the widget whose page lies at ``url``. Raises NothingHere."""
    bases = {declared.base_url for declared in shelf.declared} | {shelf.own_base}
    key = key_in(url, tuple(bases))
    if key is None:
        raise NothingHere(
            "That is the address of no widget of this service.",
            to_do="Send url= with the address of a widget's page, as its page shows it.",
        )
    return key


def _pixels(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 6 else None
