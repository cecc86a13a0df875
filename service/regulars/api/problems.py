"""Every error as problem JSON (RFC 9457), rendered in one place.

    RegularsError
    ├── RequestRefused
    │   ├── RequestMalformed  400  two Host headers, a target with another host, odd brackets
    │   ├── DeliveryRefused   403  a webhook that is unsigned, forged, changed, or old
    │   ├── OriginRefused     403  an unsafe request from a page of another origin
    │   ├── MethodNotAllowed  405  a path that answers other methods only
    │   ├── NotAcceptable     406  an Accept header without JSON
    │   ├── BodyTooLarge      413  a body over the limit
    │   ├── MediaTypeWrong    415  a body of another type than JSON
    │   ├── HostRefused       421  a host name of another machine
    │   └── OnlyJson          501  oEmbed in another format than JSON
    ├── TooManyWaiting        503  too many requests wait for a report already
    ├── AnswerTooSlow         503  a handler took longer than the settings allow
    └── NotReady              503  the store fails to answer, or the disk is full

``regulars.errors`` has the rest of the family, and ``access_errors`` those about who asks.

Responses never hold a stack trace, a statement, a path of this machine or a value from the request.
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
from starlette.routing import Match

from regulars.errors import (
    DiskFull,
    NothingHere,
    OutOfMemory,
    RegularsError,
    RequestRefused,
    UsageWrong,
    exit_code_of,
    system_error,
)
from regulars.pages.problem import render_problem
from regulars_connectors import errors as connector_errors
from regulars_connectors.bounds import said
from regulars_connectors.validation_messages import reason_of

from .access_errors import Forbidden, TooManyAttempts, Unauthorized, headers_of

logger = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_SECONDS = "30"
SCHEMAS = "#/components/schemas/"
"""Where the OpenAPI document holds its schemas."""
_MOST_FAULTS = 20
_NO_HEADERS: dict[str, str] = {}
# HEAD is GET by the time routes are asked.
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class RequestMalformed(RequestRefused):
    """The request names its host twice, or in an odd form."""

    code = "request_malformed"
    status = 400
    to_do = "Send one Host header, such as 127.0.0.1:8765, and a target that begins with a slash."


class DeliveryRefused(RequestRefused):
    """A webhook is unsigned, forged, changed, or was signed long ago."""

    code = "delivery_refused"
    status = 403
    to_do = "Compare the signing secret at your provider with webhook_secret in the settings."


class OriginRefused(RequestRefused):
    """A page of another origin tried to change data."""

    code = "origin_refused"
    status = 403
    to_do = (
        "Use the pages of this service, or a program that sends no Origin header. Behind a proxy,"
        " name it in `trusted_proxies`."
    )


class MethodNotAllowed(RequestRefused):
    """This path answers other methods only."""

    code = "method_not_allowed"
    status = 405
    to_do = "Use a method from the Allow header."

    def __init__(self, happened: str, allowed: Sequence[str] = ()) -> None:
        super().__init__(happened)
        self.allowed = allowed


class NotAcceptable(RequestRefused):
    """The Accept header leaves JSON out, the only format of the API."""

    code = "not_acceptable"
    status = 406
    to_do = "Accept application/json."


class BodyTooLarge(RequestRefused):
    """The body of the request is over the limit."""

    code = "body_too_large"
    status = 413
    to_do = "Send at most 1 MiB."


class MediaTypeWrong(RequestRefused):
    """The body of the request must be JSON."""

    code = "media_type_wrong"
    status = 415
    to_do = "Send JSON with Content-Type: application/json."


class HostRefused(RequestRefused):
    """The Host header names another machine, or a name that the settings lack."""

    code = "host_refused"
    status = 421
    to_do = "Use 127.0.0.1 or localhost, or put this name into `public_host` of the settings."


class OnlyJson(RequestRefused):
    """oEmbed is available as JSON only."""

    code = "only_json"
    status = 501
    to_do = "Use format=json, or leave the format out."


class NotReady(RegularsError):
    """The service is running, but its store or disk has a problem."""

    code = "not_ready"
    status = 503
    safe = "Everything stored is untouched."
    to_do = "Run `regulars doctor`. It names the cause and the fix."


class TooManyWaiting(RegularsError):
    """Too many requests wait for a report already."""

    code = "too_many_waiting"
    status = 503
    safe = "Everything stored is untouched."
    to_do = "Send the request again after the seconds in Retry-After."


class AnswerTooSlow(RegularsError):
    """The answer took longer than the settings allow."""

    code = "answer_too_slow"
    status = 503
    safe = "Everything stored is untouched."
    to_do = (
        "Send the request again after the seconds in Retry-After, or raise"
        " `server.longest_answer_seconds`."
    )


OWN_KINDS: tuple[type[RegularsError], ...] = (
    RequestMalformed,
    OriginRefused,
    MethodNotAllowed,
    NotAcceptable,
    BodyTooLarge,
    MediaTypeWrong,
    HostRefused,
    Unauthorized,
    Forbidden,
    TooManyAttempts,
)


class Fault(BaseModel):
    """One invalid part of a request."""

    pointer: str = Field(description="JSON pointer to the place, e.g. /query/as_of")
    detail: str = Field(description="what is wrong with it")


class Problem(BaseModel):
    """An error as problem details (RFC 9457)."""

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

    type: str = Field(description="page of this service that explains this kind of error")
    code: str = Field(description="stable name of the kind of error")
    title: str
    status: int
    detail: str = Field(description="what happened")
    instance: str = Field(description="id of the request, also in the X-Request-Id header")
    safe: str = Field(description="what is untouched")
    to_do: str = Field(description="what to do next")
    exit_code: int = Field(description="exit code of the command line for this error")
    errors: list[Fault] = []


def new_request_id() -> str:
    """A random id that finds a request in the log."""
    return f"req_{secrets.token_hex(8)}"


def problem_of(error: RegularsError, request_id: str, faults: Sequence[Fault] = ()) -> Problem:
    """The problem document of an error."""
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


def render(
    problem: Problem, *, as_page: bool = False, more: dict[str, str] = _NO_HEADERS
) -> Response:
    """The response for a problem: JSON, or a small page for a browser. more: further headers."""
    headers = {"Cache-Control": "no-store", "X-Request-Id": problem.instance} | more
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
    """Whether the request comes from a person with a browser."""
    return "text/html" in accept and not path.startswith(("/api/", "/w/", "/schemas/"))


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI declaration of these error responses. ``DocumentedApp`` adds their schema."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {
                PROBLEM_JSON: {"example": _example(status)},
                "application/json": {"schema": {"$ref": f"{SCHEMAS}{Problem.__name__}"}},
            },
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
    """Let one handler answer every error, unexpected ones too."""
    families = (RegularsError, connector_errors.ConnectorError, RequestValidationError)
    for kind in (*families, HTTPException, Exception):
        app.add_exception_handler(kind, _answer)


async def _answer(request: Request, error: Exception) -> Response:
    request_id = request.scope.get("request_id") or new_request_id()
    faults = _faults(error) if isinstance(error, RequestValidationError) else []
    if isinstance(error, RegularsError) and _is_bug(error):
        logger.error("request failed: %s", request_id, exc_info=error)
    own = _own(error, faults)
    problem = problem_of(own, request_id, faults)
    page = for_a_browser(request.url.path, request.headers.get("accept", ""))
    response = render(problem, as_page=page, more=headers_of(own))
    if problem.status == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ", ".join(_allowed(request))
    return response


def _allowed(request: Request) -> list[str]:
    """Every method of a path. The framework names those of the first route that has the path."""
    routes, scope = request.app.router.routes, request.scope
    found = [
        method
        for method in _METHODS
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    return [*found, "HEAD"] if "GET" in found else found


def _own(error: Exception, faults: Sequence[Fault]) -> RegularsError:
    """The same error as one of ours."""
    match error:
        case RegularsError():
            return unexpected() if _is_bug(error) else error
        case connector_errors.ConnectorError():
            return _from_connector(error)
        case RequestValidationError():
            places = ", ".join(fault.pointer for fault in faults)
            return UsageWrong(
                f"Invalid request: {said(places)}.",
                to_do="Correct what `errors` lists. /api/v1/openapi.json describes every route.",
            )
        case HTTPException():
            return _from_framework(error)
        case _:
            return system_problem(error)


def _is_bug(error: RegularsError) -> bool:
    """Whether the cause stands in the log alone, since nothing better is known to do."""
    return error.code == RegularsError.code and error.__cause__ is not None


def system_problem(error: Exception) -> RegularsError:
    """An error of the system, or one nobody foresaw. Paths of this machine stay out."""
    match system_error(error):
        case DiskFull():
            return DiskFull("The disk filled up while the service was at work.")
        case OutOfMemory():
            return OutOfMemory("The service ran out of memory.")
        case _:
            return unexpected()


def _from_framework(error: HTTPException) -> RegularsError:
    if error.status_code == 405:
        return MethodNotAllowed("This path answers other methods only.")
    if error.status_code == 404:
        return NothingHere(
            "This address does not exist.",
            to_do="See /api/v1/openapi.json for every address.",
        )
    if error.status_code < 500:
        return UsageWrong(
            "The request is malformed.",
            to_do="Send it as /api/v1/openapi.json describes.",
        )
    return unexpected()


def _from_connector(error: connector_errors.ConnectorError) -> RegularsError:
    own = RegularsError(error.happened, to_do=error.to_do, safe=error.safe)
    own.code, own.status, own.exit_code = error.code, 502, exit_code_of(error)
    return own


def unexpected() -> RegularsError:
    """The error to show for an unexpected exception. The log holds its traceback."""
    return RegularsError(
        "Something went wrong inside the service.",
        to_do="Find the request id in the log of `regulars serve` and report what it says.",
    )


def _faults(error: RequestValidationError) -> list[Fault]:
    return [
        Fault(
            pointer=said("/" + "/".join(str(part) for part in fault["loc"])),
            detail="is unknown" if fault["type"] == "extra_forbidden" else reason_of(fault),
        )
        for fault in error.errors()[:_MOST_FAULTS]
    ]
