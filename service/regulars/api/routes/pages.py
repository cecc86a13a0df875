"""HTML pages: the house, the list of publications, explanations of errors, styles and fonts."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TypeAlias, cast

import anyio.to_thread
from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from regulars.errors import NothingHere, RegularsError, UsageWrong
from regulars.pages.home import render_home, sync_address
from regulars.pages.letters import render_waiting
from regulars.pages.overview import line_of, render_overview
from regulars.pages.problem import render_kind
from regulars.pages.queries import ask_home, house_query, waiting_query
from regulars.pages.static_files import StaticFile, static_files
from regulars.pages.view import Upcoming
from regulars.settings import PublicationSettings, Settings
from regulars.store.actions.letters import LetterAction, say_of_letters
from regulars.store.protocols import WritableStore
from regulars_connectors import errors as connector_errors
from regulars_connectors.instants import DAY

from ..middleware import OWN_PAGES_POLICY
from ..report_service import PRIVATE, Ask, ReportService
from ..responses import CachedResponse, prepare
from .schedule import Schedule

HTML = "text/html; charset=utf-8"
Kind: TypeAlias = type[RegularsError] | type[connector_errors.ConnectorError]
ON_THE_PAGE = ("rest", "later", "answered")
A_WEEK = 7 * DAY
STATIC = {"Cache-Control": "public, max-age=3600"}
# The form has no fields, so it sends no body. With "no-referrer" a browser would send it with the
# origin "null", which is refused like that of any foreign page.
WITH_A_FORM = {
    "Content-Security-Policy": OWN_PAGES_POLICY.replace("form-action 'none'", "form-action 'self'"),
    "Referrer-Policy": "same-origin",
}
# A frame with an empty sandbox attribute has an origin of its own, so even our fonts are foreign.
FOR_FRAMES = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def pages_router(settings: Settings, service: ReportService, schedule: Schedule) -> APIRouter:
    """/, /p/{publication}, /problems/{code} and /static/…, outside the documented API."""
    router = APIRouter(include_in_schema=False)
    several = len(settings.publications) > 1
    signs_in = settings.server.needs_authority
    houses = [house_query(one) for one in settings.publications]
    files = {name: _prepared(file) for name, file in static_files().items()}

    async def home(publication: PublicationSettings, request: Request) -> Response:
        upcoming = await anyio.to_thread.run_sync(upcoming_of, schedule, publication.name)
        page = await service.page(
            publication,
            f"page {hash(upcoming)}",
            partial(_home, service, publication, several, signs_in, upcoming),
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

    @router.get("/p/{publication}/waiting")
    async def read_waiting(publication: str, request: Request) -> Response:
        known = settings.publication(publication)
        page = await service.page(
            known,
            "waiting",
            partial(_waiting, service, known, signs_in),
            shows=[waiting_query(known)],
            receive=request.receive,
        )
        return page.answer(request.scope)

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


def sync_form_router(settings: Settings, schedule: Schedule) -> APIRouter:
    """/p/{publication}/sync, to which the form of a page is sent."""
    router = APIRouter(include_in_schema=False)

    @router.post("/p/{publication}/sync")
    def start_sync(publication: str) -> Response:
        known = settings.publication(publication)
        if known.paused:
            raise UsageWrong(f"The publication {known.name!r} is paused.")
        schedule.start_publication(known.name)
        return RedirectResponse(f"/p/{known.name}#fresh", status_code=303, headers=PRIVATE)

    return router


def letter_form_router(
    settings: Settings, store: WritableStore, service: ReportService
) -> APIRouter:
    """/p/{publication}/letters/{letter}/{action}, to which the forms of a page are sent."""
    router = APIRouter(include_in_schema=False)

    @router.post("/p/{publication}/letters/{letter}/{action}")
    def say_of_a_letter(publication: str, letter: str, action: str) -> Response:
        known = settings.publication(publication)
        now = service.clock()
        if action not in ON_THE_PAGE:
            raise NothingHere("A page says rest, later or answered of a letter.")
        until = now + A_WEEK if action == "later" else None
        said = cast("LetterAction", action)
        say_of_letters(store, known.name, [letter], said, at=now, until=until)
        return RedirectResponse(f"/p/{known.name}#waiting", status_code=303, headers=PRIVATE)

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


def upcoming_of(schedule: Schedule, publication: str) -> tuple[Upcoming, ...]:
    """What the page of a publication says about the next syncs."""
    return tuple(
        Upcoming(
            connection=view.connection,
            at=datetime.fromisoformat(view.next_at) if view.next_at else None,
            is_due=view.is_due,
            is_running=view.why == "running",
            failures=view.failures,
            failing_since=datetime.fromisoformat(view.failing_since)
            if view.failing_since
            else None,
            reason=view.last_reason if view.failures else None,
        )
        for view in schedule.views_for_pages()
        if view.publication == publication
    )


def _home(
    service: ReportService,
    publication: PublicationSettings,
    several: bool,
    signs_in: bool,
    upcoming: tuple[Upcoming, ...],
    ask: Ask,
) -> CachedResponse:
    reports = ask_home(publication, partial(ask, lasting=True))
    names = partial(service.names, publication)
    links = partial(service.answer_links, publication)
    page = render_home(
        publication,
        *reports,
        several=several,
        names=names,
        links=links,
        signs_in=signs_in,
        upcoming=upcoming,
    )
    waits = bool(reports.waiting.result.listed)
    has_form = waits or sync_address(publication, upcoming) is not None
    return prepare(page.encode(), HTML, PRIVATE | (WITH_A_FORM if has_form else {}))


def _waiting(
    service: ReportService, publication: PublicationSettings, signs_in: bool, ask: Ask
) -> CachedResponse:
    waiting = ask(waiting_query(publication, service.now()), lasting=True)
    page = render_waiting(
        publication,
        waiting,
        partial(service.names, publication),
        partial(service.answer_links, publication),
        signs_in=signs_in,
    )
    has_form = bool(waiting.result.listed)
    return prepare(page.encode(), HTML, PRIVATE | (WITH_A_FORM if has_form else {}))


def _overview(settings: Settings, ask: Ask) -> CachedResponse:
    lines = [line_of(one, ask(house_query(one))) for one in settings.publications]
    page = render_overview(lines, signs_in=settings.server.needs_authority)
    return prepare(page.encode(), HTML, PRIVATE)
