"""Every error as problem JSON (RFC 9457), rendered in one place.

    RegularsError
    ├── RequestRefused
    │   ├── OriginRefused     403  an unsafe request from a foreign page
    │   ├── MethodNotAllowed  405  a path that is there, asked by another method
    │   ├── NotAcceptable     406  an Accept header that names no form there is
    │   ├── BodyTooLarge      413  a body over the limit
    │   ├── MediaTypeWrong    415  a body that is not JSON
    │   ├── HostRefused       421  a host name that is not this machine's own
    │   └── OnlyJson          501  oEmbed in a form that we do not have
    └── NotReady              503  the store does not answer, or the disk is full

The family itself, with the errors of all parts of the service, is drawn in ``regulars.errors``.

Answers never hold a stack, a statement, a path of this machine or a value that was sent.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from regulars.errors import NothingHere, RegularsError, RequestRefused, UsageWrong, exit_code_of
from regulars.pages.problem import render_problem
from regulars_connectors import errors as connector_errors
from regulars_connectors.validation_messages import reason_of

logger = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_SECONDS = "30"


class OriginRefused(RequestRefused):
    """A foreign page asked for something that changes data."""

    code = "origin_refused"
    status = 403
    to_do = "Call it from this service's own pages, or from a program without an Origin header."


class MethodNotAllowed(RequestRefused):
    """There is such a path, but not with this method."""

    code = "method_not_allowed"
    status = 405
    to_do = "Use one of the methods that the Allow header names."


class NotAcceptable(RequestRefused):
    """The Accept header of a request names no form that there is."""

    code = "not_acceptable"
    status = 406
    to_do = "Accept application/json."


class BodyTooLarge(RequestRefused):
    """The body of a request is over the limit."""

    code = "body_too_large"
    status = 413
    to_do = "Send at most 1 MiB."


class MediaTypeWrong(RequestRefused):
    """The body of a request is not JSON."""

    code = "media_type_wrong"
    status = 415
    to_do = "Send JSON with Content-Type: application/json."


class HostRefused(RequestRefused):
    """The Host header names another machine."""

    code = "host_refused"
    status = 421
    to_do = "Ask 127.0.0.1 or localhost; a proxy in front must send one of these as Host."


class OnlyJson(RequestRefused):
    """oEmbed is asked for in a form that we do not have."""

    code = "only_json"
    status = 501
    to_do = "Ask with format=json, or without a format."


class NotReady(RegularsError):
    """The service lives, but cannot work as it should."""

    code = "not_ready"
    status = 503
    safe = "Everything stored is untouched."
    to_do = "Run `regulars doctor`; it names the cause and the way out."


OWN_KINDS: tuple[type[RegularsError], ...] = (
    OriginRefused,
    MethodNotAllowed,
    NotAcceptable,
    BodyTooLarge,
    MediaTypeWrong,
    HostRefused,
)


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    pointer: str = Field(description="JSON pointer to the place, e.g. /query/as_of")
    detail: str = Field(description="what is wrong there, in words")


class Problem(BaseModel):
    """An error in the form of RFC 9457."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/not_found",
                    "code": "not_found",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "There is no publication named 'field-nots' in the settings.",
                    "instance": "req_7d1f0c52a9b3e846",
                    "safe": "Nothing was read or written.",
                    "to_do": "See `regulars status` for the names that exist.",
                    "exit_code": 2,
                    "errors": [],
                }
            ]
        }
    )

    type: str = Field(description="page of this service that explains the kind of error")
    code: str = Field(description="stable name of the kind of error")
    title: str
    status: int
    detail: str = Field(description="what happened")
    instance: str = Field(description="id of the request, also in the X-Request-Id header")
    safe: str = Field(description="what is untouched")
    to_do: str = Field(description="what to do next")
    exit_code: int = Field(description="what the command line ends with for this error")
    errors: list[Fault] = []


def new_request_id() -> str:
    """An id to find a request in the log. It says nothing about who asked."""
    return f"req_{secrets.token_hex(8)}"


def problem_of(error: RegularsError, request_id: str, faults: Sequence[Fault] = ()) -> Problem:
    """The problem document for an error of our family."""
    return Problem(
        type=f"/problems/{error.code}",
        code=error.code,
        title=HTTPStatus(error.status).phrase,
        status=error.status,
        detail=error.happened,
        instance=request_id,
        safe=error.safe,
        to_do=error.to_do,
        exit_code=error.exit_code,
        errors=list(faults),
    )


def render(problem: Problem, *, as_page: bool = False) -> Response:
    """The answer for a problem: JSON, or a small page for somebody with a browser."""
    headers = {"Cache-Control": "no-store", "X-Request-Id": problem.instance}
    if problem.status == 503:
        headers["Retry-After"] = RETRY_AFTER_SECONDS
    if as_page:
        page = render_problem(problem.detail, problem.safe, problem.to_do)
        return HTMLResponse(page, status_code=problem.status, headers=headers)
    return Response(
        problem.model_dump_json(),
        status_code=problem.status,
        headers=headers,
        media_type=PROBLEM_JSON,
    )


def for_a_browser(path: str, accept: str) -> bool:
    """Whether a person with a browser asks for a page."""
    return "text/html" in accept and not path.startswith(("/api/", "/w/", "/schemas/"))


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI declaration of these problem answers."""
    return {
        status: {
            "model": Problem,
            "description": HTTPStatus(status).phrase,
            "content": {PROBLEM_JSON: {"example": _example(status)}},
        }
        for status in statuses
    }


def _example(status: int) -> dict[str, Any]:
    kinds: tuple[type[RegularsError], ...] = (NothingHere, UsageWrong, *OWN_KINDS, RegularsError)
    kind = next((kind for kind in kinds if kind.status == status), RegularsError)
    error = kind((kind.__doc__ or "").strip())
    return problem_of(error, "req_7d1f0c52a9b3e846").model_dump() | {
        "status": status,
        "title": HTTPStatus(status).phrase,
    }


def install_handlers(app: FastAPI) -> None:
    """Let one handler answer for every error family, and for what nobody foresaw."""
    families = (RegularsError, connector_errors.ConnectorError, RequestValidationError)
    for kind in (*families, HTTPException, Exception):
        app.add_exception_handler(kind, _answer)


async def _answer(request: Request, error: Exception) -> Response:
    request_id = request.scope.get("request_id") or new_request_id()
    faults = _faults(error) if isinstance(error, RequestValidationError) else []
    problem = problem_of(_own(error, faults), request_id, faults)
    page = for_a_browser(request.url.path, request.headers.get("accept", ""))
    response = render(problem, as_page=page)
    if isinstance(error, HTTPException) and error.headers and "Allow" in error.headers:
        allowed = error.headers["Allow"]
        has_get = "GET" in allowed and "HEAD" not in allowed
        response.headers["Allow"] = f"{allowed}, HEAD" if has_get else allowed
    return response


def _own(error: Exception, faults: Sequence[Fault]) -> RegularsError:
    """The error of our family that says the same."""
    match error:
        case RegularsError():
            return error
        case connector_errors.ConnectorError():
            return _from_connector(error)
        case RequestValidationError():
            places = ", ".join(fault.pointer for fault in faults)
            return UsageWrong(
                f"The request says something that cannot be: {places}.",
                to_do="Correct what `errors` lists; /api/v1/openapi.json describes every route.",
            )
        case HTTPException():
            return _from_framework(error)
        case _:
            return unexpected()


def _from_framework(error: HTTPException) -> RegularsError:
    if error.status_code == 405:
        return MethodNotAllowed("This path does not know that method.")
    if error.status_code == 404:
        return NothingHere(
            "There is nothing at this address.",
            to_do="See /api/v1/openapi.json for the addresses that exist.",
        )
    if error.status_code < 500:
        return UsageWrong(
            "The request cannot be read.",
            to_do="Send it as /api/v1/openapi.json describes it.",
        )
    return unexpected()


def _from_connector(error: connector_errors.ConnectorError) -> RegularsError:
    own = RegularsError(error.happened, to_do=error.to_do, safe=error.safe)
    own.code, own.status, own.exit_code = error.code, 502, exit_code_of(error)
    return own


def unexpected() -> RegularsError:
    """What to say of an error that nobody foresaw; its trace stands in the log."""
    return RegularsError(
        "Something went wrong inside the service.",
        to_do="Look for the request id in the log of `regulars serve` and report what it says.",
    )


def _faults(error: RequestValidationError) -> list[Fault]:
    return [
        Fault(
            pointer="/" + "/".join(str(part) for part in fault["loc"]),
            detail="is not known here" if fault["type"] == "extra_forbidden" else reason_of(fault),
        )
        for fault in error.errors()
    ]
