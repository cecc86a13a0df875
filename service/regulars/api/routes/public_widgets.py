"""Public addresses of widgets: plain routes that serve cached bytes.

Every response is cacheable and the same for everybody, without cookies. Queries change the look of
a widget and leave its figures alone.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from regulars.errors import NothingHere
from regulars.settings import WidgetSettings
from regulars.widgets.addresses import PERIOD
from regulars.widgets.images import Picture, picture_named
from regulars.widgets.loader import FLOATING_PATH, loaders, newest
from regulars.widgets.oembed import key_in
from regulars.widgets.schema import SCHEMA_PATH, schema_bytes
from regulars.widgets.variants import (
    BADGE,
    DOCUMENT,
    FLOATING_CACHE,
    FRAME,
    FROZEN_CACHE,
    JSON_POLICY,
    LOADER_CACHE,
    LOADER_KIND,
    OEMBED,
    PAGE,
    Variant,
    embed_headers,
)

from ..fast_path import Lookup
from ..problems import OnlyJson
from ..responses import RawHeaders, encoded, header
from ..widget_cache import WidgetCache, respond

PREFLIGHT_SECONDS = "86400"


def widget_routes(widgets: WidgetCache) -> list[Route]:
    """Everything below /w/, the oEmbed address, the schema and the loaders."""
    reads = _Reads(widgets)
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


def widget_lookups(widgets: WidgetCache) -> dict[str, Lookup]:
    """A lookup for each widget document, by address. Query parameters are ignored."""
    return {f"/w/{one.widget.key}.json": _lookup(widgets, one.widget) for one in widgets.widgets}


def _lookup(widgets: WidgetCache, widget: WidgetSettings) -> Lookup:
    def lookup(scope: Scope) -> Response | None:
        document = widgets.find_document(widget.key)
        return document.answer(scope, _allow(widget, scope)) if document else None

    return lookup


class _Reads:
    """One method for each kind of address."""

    def __init__(self, widgets: WidgetCache) -> None:
        self._widgets = widgets

    async def document(self, request: Request) -> Response:
        """/w/{key}.json"""
        widget = self._widget(request)
        if request.method == "OPTIONS":
            return _preflight(widget, request)
        document = await self._widgets.document(widget.key)
        return document.answer(request.scope, _allow(widget, request.scope))

    async def page(self, request: Request) -> Response:
        """/w/{key}"""
        page = await self._widgets.named(self._widget(request).key, PAGE)
        return page.answer(request.scope)

    async def frame(self, request: Request) -> Response:
        """/w/{key}/frame"""
        theme = request.query_params.get("theme", "")
        chosen = theme if theme in ("light", "dark") else "auto"
        frame = await self._widgets.named(self._widget(request).key, FRAME, chosen)
        return frame.answer(request.scope)

    async def named(self, request: Request) -> Response:
        """/w/{key}/card.svg and the other pictures, badge.json, oembed.json"""
        widget, name, picture = self._widget(request), _name_of(request), _picture_asked(request)
        if request.method == "OPTIONS":
            return _preflight(widget, request)
        if picture is not None:
            return (await self._widgets.picture(widget.key, picture)).answer(request.scope)
        if name not in (BADGE, OEMBED):
            raise _nothing()
        found = await self._widgets.named(widget.key, name)
        return found.answer(request.scope, _allow(widget, request.scope))

    async def frozen(self, request: Request) -> Response:
        """/w/{key}/2026-W47/card.png, .svg, .json"""
        widget, name, picture = self._widget(request), _name_of(request), _picture_asked(request)
        period = str(request.path_params["period"])
        if not PERIOD.fullmatch(period) or (picture is None and name != DOCUMENT):
            raise _nothing()
        if request.method == "OPTIONS":
            return _preflight(widget, request)
        frozen = await self._widgets.frozen(widget.key, period, name, picture)
        return frozen.answer(request.scope, () if picture else _allow(widget, request.scope))

    async def oembed(self, request: Request) -> Response:
        """/oembed?url=…"""
        query = request.query_params
        if query.get("format", "json") != "json":
            raise OnlyJson("oEmbed is available as JSON only.")
        configured = self._widgets.widget(_key_asked(self._widgets, query.get("url", "")))
        wide, high = _pixels(query.get("maxwidth")), _pixels(query.get("maxheight"))
        answer = await self._widgets.oembed(configured.widget.key, wide, high)
        return answer.answer(request.scope, _allow(configured.widget, request.scope))

    def _widget(self, request: Request) -> WidgetSettings:
        return self._widgets.widget(request.path_params["key"]).widget


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
    """A route for bytes that stay the same while the service runs, open to pages of any origin."""
    prepared = respond(Variant(body, kind, JSON_POLICY), cache)

    async def read(request: Request) -> Response:
        return prepared.answer(request.scope, _ANYBODY)

    return Route(path, read)


_ANYBODY = encoded({"Access-Control-Allow-Origin": "*"})
_BY_ORIGIN = encoded({"Vary": "Origin"})
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": PREFLIGHT_SECONDS,
}


def _allow(widget: WidgetSettings, scope: Scope) -> RawHeaders:
    """CORS headers for this caller. They are a courtesy: the figure itself is public."""
    if "*" in widget.allowed_origins:
        return *_ANYBODY, *_BY_ORIGIN
    origin = (header(scope, b"origin") or b"").decode("latin-1")
    if origin in widget.allowed_origins:
        return *encoded({"Access-Control-Allow-Origin": origin}), *_BY_ORIGIN
    return _BY_ORIGIN


def _preflight(widget: WidgetSettings, request: Request) -> Response:
    headers = embed_headers(JSON_POLICY, FLOATING_CACHE) | _PREFLIGHT
    response = Response(status_code=204, headers=headers)
    response.raw_headers += _allow(widget, request.scope)
    return response


def _nothing() -> NothingHere:
    return NothingHere(
        "This address does not exist.",
        to_do="The widget's page lists every address.",
    )


def _key_asked(widgets: WidgetCache, url: str) -> str:
    """The key of the widget whose page lies at ``url``. Raises NothingHere."""
    bases = {configured.base_url for configured in widgets.widgets} | {widgets.own_base}
    key = key_in(url, tuple(bases))
    if key is None:
        raise NothingHere(
            "No widget of this service has that address.",
            to_do="Send url= with the address of a widget's page.",
        )
    return key


def _pixels(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 6 else None
