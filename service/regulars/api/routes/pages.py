"""HTML pages: the house, the list of publications, explanations of errors, styles and fonts."""

from __future__ import annotations

from functools import partial
from typing import TypeAlias

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse

from regulars.errors import NothingHere, RegularsError
from regulars.pages.home import render_home
from regulars.pages.overview import line_of, render_overview
from regulars.pages.problem import render_kind
from regulars.pages.queries import ask_home, house_query
from regulars.pages.static_files import StaticFile, static_files
from regulars.settings import PublicationSettings, Settings
from regulars_connectors import errors as connector_errors

from ..report_service import PRIVATE, Ask, ReportService
from ..responses import CachedResponse, prepare

HTML = "text/html; charset=utf-8"
Kind: TypeAlias = type[RegularsError] | type[connector_errors.ConnectorError]
STATIC = {"Cache-Control": "public, max-age=3600"}
# A frame with an empty sandbox attribute has an origin of its own, so even our fonts are foreign.
FOR_FRAMES = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def pages_router(settings: Settings, service: ReportService) -> APIRouter:
    """/, /p/{publication}, /problems/{code} and /static/…, outside the documented API."""
    router = APIRouter(include_in_schema=False)
    several = len(settings.publications) > 1
    signs_in = settings.server.needs_authority
    houses = [house_query(one) for one in settings.publications]
    files = {name: _prepared(file) for name, file in static_files().items()}

    async def home(publication: PublicationSettings, request: Request) -> Response:
        page = await service.page(
            publication,
            "page",
            partial(_home, service, publication, several, signs_in),
            shows=[house_query(publication)],
            receive=request.receive,
        )
        return page.answer(request.scope)

    @router.get("/")
    async def read_first_page(request: Request) -> Response:
        if len(settings.publications) == 1:
            return await home(settings.publications[0], request)
        page = await service.page(
            None, "overview", partial(_overview, settings), shows=houses, receive=request.receive
        )
        return page.answer(request.scope)

    @router.get("/p/{publication}")
    async def read_home(publication: str, request: Request) -> Response:
        return await home(settings.publication(publication), request)

    @router.get("/problems/{code}")
    def read_problem(code: str) -> Response:
        kind = problem_kinds().get(code)
        if kind is None:
            raise NothingHere(
                "No error has that code.",
                to_do="Follow `type` of a problem document.",
            )
        what = (kind.__doc__ or "").strip().partition("\n")[0]
        return HTMLResponse(render_kind(what, kind.safe, kind.to_do), headers=STATIC)

    @router.get("/static/{path:path}")
    async def read_static(path: str, request: Request) -> Response:
        file = files.get(path)
        if file is None:
            raise NothingHere(
                "This file does not exist.",
                to_do="Reload the page to get its current files.",
            )
        return file.answer(request.scope)

    return router


def problem_kinds() -> dict[str, Kind]:
    """Every kind of error by its stable code. Those of the service win over those of connectors.

    A kind without a code of its own groups others, as ``RequestRefused`` does.
    """
    own, connectors = _with_below(RegularsError), _with_below(connector_errors.ConnectorError)
    return {kind.code: kind for kind in (*connectors, *own) if "code" in vars(kind)}


def _with_below(base: Kind) -> list[Kind]:
    kinds = [base]
    for kind in base.__subclasses__():
        kinds += _with_below(kind)
    return kinds


def _prepared(file: StaticFile) -> CachedResponse:
    headers = STATIC | (FOR_FRAMES if file.kind == "font/woff2" else {})
    return prepare(file.body, file.kind, headers)


def _home(
    service: ReportService,
    publication: PublicationSettings,
    several: bool,
    signs_in: bool,
    ask: Ask,
) -> CachedResponse:
    reports = ask_home(publication, partial(ask, lasting=True))
    names = partial(service.names, publication)
    page = render_home(publication, *reports, several=several, names=names, signs_in=signs_in)
    return prepare(page.encode(), HTML, PRIVATE)


def _overview(settings: Settings, ask: Ask) -> CachedResponse:
    lines = [line_of(one, ask(house_query(one))) for one in settings.publications]
    page = render_overview(lines, signs_in=settings.server.needs_authority)
    return prepare(page.encode(), HTML, PRIVATE)
