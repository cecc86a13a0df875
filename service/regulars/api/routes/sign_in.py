"""Signing in by a one-time link, and out again: pages for a browser, and the owner's routes."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import parse_qs

import anyio.to_thread
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response as AnyResponse
from starlette.routing import Route

from regulars.access.register import SESSION_ENDS_AFTER, Register
from regulars.access.shown import shown_link
from regulars.pages.sign_in import REFERRER, render_sign_in, render_sign_out
from regulars_connectors.instants import SECOND

from ..access_errors import LinkOver
from ..authority import Authority, caller_of, cookie_name
from ..middleware import OWN_PAGES_POLICY
from ..problems import OriginRefused, problem_responses
from ..query_parameters import no_parameters
from .keys import NO_STORE

Answer: TypeAlias = Callable[[Request], Awaitable[AnyResponse]]
# A form is sent to ourselves alone.
FORM_HEADERS = {
    "Content-Security-Policy": OWN_PAGES_POLICY.replace("form-action 'none'", "form-action 'self'"),
    "Referrer-Policy": REFERRER,
    "Cache-Control": NO_STORE,
}
_LINK: dict[str, Any] = {
    "id": "sgn_5f0c9a7be1d24688",
    "link": "…",
    "ends_at": "2026-11-22T05:25:00Z",
}
_MOST_FIELDS = 10


class SignInLink(BaseModel):
    """A one-time link: the one time that its text is shown."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LINK]})

    id: str
    link: str = Field(description="what stands behind /sign-in?link=")
    ends_at: datetime = Field(description="until when it works, once")


class SessionsEnded(BaseModel):
    """What was ended."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ended": 2}]})

    ended: int = Field(description="how many sessions were in force")


def sign_ins_router(register: Register) -> APIRouter:
    """POST /sign-in-links and DELETE /sessions."""
    router = APIRouter(tags=["access"], dependencies=[no_parameters])

    @router.post(
        "/sign-in-links",
        operation_id="sign_in_link_add",
        summary="Make a one-time link for a person to sign in",
        status_code=201,
        responses=problem_responses(400, 406, 413, 415, 421, 422, 500, 503),
    )
    def add_link(response: Response) -> SignInLink:
        record, text = register.make_link()
        response.headers["Cache-Control"] = NO_STORE
        return SignInLink.model_validate(shown_link(record, text))

    @router.delete(
        "/sessions",
        operation_id="sessions_end",
        summary="End every session and every link",
        responses=problem_responses(400, 406, 413, 415, 421, 422, 500, 503),
    )
    def end_sessions(response: Response) -> SessionsEnded:
        response.headers["Cache-Control"] = NO_STORE
        return SessionsEnded(ended=register.end_all())

    return router


def sign_in_routes(authority: Authority) -> list[Route]:
    """/sign-in and /sign-out, each a page with one button and what the button does."""
    pages = _Pages(authority)
    return [
        Route("/sign-in", pages.show_sign_in),
        Route("/sign-in", pages.sign_in, methods=["POST"]),
        Route("/sign-out", pages.show_sign_out),
        Route("/sign-out", pages.sign_out, methods=["POST"]),
    ]


class _Pages:
    """One method for each. A link is used by the button alone, since mail programs open links."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._register = authority.register

    async def show_sign_in(self, request: Request) -> AnyResponse:
        """GET /sign-in"""
        text = request.query_params.get("link", "")
        if text and not self._register.is_open_link(text):
            raise self._wrong_link(request)
        return HTMLResponse(render_sign_in(text), headers=FORM_HEADERS)

    async def sign_in(self, request: Request) -> AnyResponse:
        """POST /sign-in"""
        text = (await _fields(request)).get("link", "")
        found = await anyio.to_thread.run_sync(self._register.sign_in, text)
        if found is None:
            raise self._wrong_link(request)
        response = RedirectResponse("/", status_code=303, headers=FORM_HEADERS)
        _set_cookie(response, request, found[1], SESSION_ENDS_AFTER // SECOND)
        return response

    async def show_sign_out(self, request: Request) -> AnyResponse:
        """GET /sign-out"""
        token = self._register.form_token(caller_of(request))
        return HTMLResponse(render_sign_out(token), headers=FORM_HEADERS)

    async def sign_out(self, request: Request) -> AnyResponse:
        """POST /sign-out"""
        caller = caller_of(request)
        given = (await _fields(request)).get("token", "")
        token = self._register.form_token(caller)
        if not hmac.compare_digest(given.encode(), token.encode()):
            raise OriginRefused("The form lacks the token of your session.")
        await anyio.to_thread.run_sync(self._register.end_session, caller)
        response = RedirectResponse("/sign-in", status_code=303, headers=FORM_HEADERS)
        _set_cookie(response, request, "", 0)
        return response

    def _wrong_link(self, request: Request) -> LinkOver:
        self._authority.require_patience(request.scope)
        self._authority.note_wrong(request.scope)
        return LinkOver("This link works no more: it works once, for ten minutes.")


def _set_cookie(response: AnyResponse, request: Request, text: str, seconds: int) -> None:
    response.set_cookie(
        cookie_name(request.scope),
        text,
        max_age=seconds,
        path="/",
        secure=request.scope["scheme"] == "https",
        httponly=True,
        samesite="lax",
    )


async def _fields(request: Request) -> dict[str, str]:
    """The fields of a form, the first value of each. None of one that is no form."""
    try:
        text = (await request.body()).decode("ascii")
        found = parse_qs(text, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}
