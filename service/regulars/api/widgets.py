"""Public widgets: ready bytes, made once for each period and kept.

Plain routes, asynchronous: they skip the machinery of the API and only hand out bytes. The
document itself is computed in the thread pool when the shown period moves on. Once a figure is
out it stays for its period: asking twice around a sync must not show who came between.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import anyio
import anyio.to_thread
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from regulars.errors import NothingHere
from regulars.reports.house import HOUSE
from regulars.settings import PublicationSettings, ServerSettings, Settings, WidgetSettings
from regulars.widgets.cadence import Period, last_full_period
from regulars.widgets.document import Setting, build_document
from regulars.widgets.figure import public_figure
from regulars.widgets.schema import SCHEMA_PATH, schema_bytes

from .asking import Asker
from .etags import etag_of, is_current
from .store_access import ReadableStore

CACHE_CONTROL = (
    "public, max-age=300, s-maxage=3600, stale-while-revalidate=86400, stale-if-error=604800"
)
PUBLIC_HEADERS = {
    "Cache-Control": CACHE_CONTROL,
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
PREFLIGHT_SECONDS = "86400"


@dataclass(frozen=True, slots=True)
class _Ready:
    """A document as it goes out. ``version``: of the store that it was made from."""

    period: Period
    version: int
    settled: bool
    body: bytes
    etag: str


class WidgetShelf:
    """The documents of all declared widgets, each made when it is first asked for."""

    def __init__(self, settings: Settings, store: ReadableStore, asker: Asker) -> None:
        self._declared = {
            widget.key: (publication, widget)
            for publication in settings.publications
            for widget in publication.widgets
        }
        self._store = store
        self._asker = asker
        self._server = settings.server
        self._ready: dict[str, _Ready] = {}
        self._making = {key: anyio.Lock() for key in self._declared}

    def widget(self, key: str) -> WidgetSettings:
        """The widget declared under that key. Raises NothingHere."""
        if key not in self._declared:
            raise NothingHere(
                "There is no widget of that key.",
                to_do="Declare it in the settings: a widget is off until it stands there.",
            )
        return self._declared[key][1]

    async def ready(self, key: str) -> _Ready:
        """The bytes to hand out; computed in the thread pool where those kept are of the past."""
        publication, widget = self._declared[key]
        zone = ZoneInfo(publication.time_zone)
        period = last_full_period(self._asker.now(), zone, widget.cadence)
        if not self._stands(key, period):
            async with self._making[key]:
                if not self._stands(key, period):
                    self._ready[key] = await anyio.to_thread.run_sync(
                        self._make, publication, widget, period
                    )
        return self._ready[key]

    def _stands(self, key: str, period: Period) -> bool:
        kept = self._ready.get(key)
        if kept is None or kept.period != period:
            return False
        return kept.settled or kept.version == self._store.version

    def _make(
        self,
        publication: PublicationSettings,
        widget: WidgetSettings,
        period: Period,
    ) -> _Ready:
        version = self._store.version
        envelope = self._asker.envelope(HOUSE, publication, as_of=period.end)
        setting = Setting(
            widget=widget,
            publication=publication,
            period=period,
            secret=self._store.secret,
            base_url=widget.public_base_url or _own_address(self._server),
        )
        document = build_document(public_figure(envelope, publication), setting)
        body = document.to_json()
        settled = document.figures[0].value is not None
        return _Ready(period, version, settled, body, etag_of(body))


def widget_routes(shelf: WidgetShelf) -> list[Route]:
    """/w/{key}.json and the schema of what it holds."""
    schema = schema_bytes()
    schema_etag = etag_of(schema)

    async def read_widget(request: Request) -> Response:
        widget = shelf.widget(request.path_params["key"])
        allow = _allow(widget, request.headers)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=PUBLIC_HEADERS | allow | _PREFLIGHT)
        ready = await shelf.ready(widget.key)
        headers = (
            PUBLIC_HEADERS
            | allow
            | {
                "ETag": ready.etag,
                "Last-Modified": format_datetime(ready.period.end, usegmt=True),
            }
        )
        return _answer(request, ready.body, headers, "application/json")

    async def read_schema(request: Request) -> Response:
        headers = PUBLIC_HEADERS | _ANYBODY | {"ETag": schema_etag}
        return _answer(request, schema, headers, "application/schema+json")

    return [
        Route("/w/{key}.json", read_widget, methods=["GET", "OPTIONS"]),
        Route(SCHEMA_PATH, read_schema),
    ]


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


def _answer(request: Request, body: bytes, headers: dict[str, str], kind: str) -> Response:
    if is_current(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=kind)


def _own_address(server: ServerSettings) -> str:
    name = "[::1]" if server.host == "::1" else server.host
    return f"http://{name}:{server.port}"
