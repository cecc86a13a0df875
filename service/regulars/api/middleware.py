"""Checks host name, origin, size and type of every request, and adds headers to every response.

The service listens on loopback, yet any web page can lead a browser on this machine there: by a
name that resolves to 127.0.0.1 (so the Host header must be a loopback name), or by a form or
script that posts blindly (so unsafe requests from foreign origins are refused).

This is plain ASGI, because Starlette's base class costs ten times as much per request.
"""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from regulars.errors import RegularsError

from .problems import (
    BodyTooLarge,
    MediaTypeWrong,
    NotAcceptable,
    OriginRefused,
    for_a_browser,
    new_request_id,
    problem_of,
    render,
    system_problem,
)
from .report_queue import ClientGone
from .request_counts import RequestCounts
from .request_target import checked_host
from .responses import encoded, header

logger = logging.getLogger(__name__)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_BODY_BYTES = 1024 * 1024
OWN_PAGES_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
HEADERS = {
    "Content-Security-Policy": OWN_PAGES_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}
_RAW_HEADERS = encoded(HEADERS)


class RequestMiddleware:
    """Wraps the whole application: the fast path and the routes."""

    def __init__(self, app: ASGIApp, counts: RequestCounts | None = None) -> None:
        self._app = app
        self._counts = counts or RequestCounts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the request, pass it on, complete the response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, new_request_id(), without_body=scope["method"] == "HEAD")
        scope["request_id"] = answer.request_id
        method = scope["method"]
        if method == "HEAD":  # the same as GET, headers alone
            scope = {**scope, "method": "GET"}
        try:
            _check(scope)
            if scope["method"] not in SAFE_METHODS:
                receive = await _whole_body(receive)
            await self._app(scope, receive, answer.send)
        except ClientGone:
            return  # nobody is there to be answered
        except RegularsError as error:
            await _refuse(error, scope, receive, answer)
        except Exception as error:
            logger.exception("request failed: %s", answer.request_id)
            if not answer.started:
                await _refuse(system_problem(error), scope, receive, answer)
            elif not answer.ended:  # if it has, the handler of the routes has answered
                raise
        finally:
            if answer.status:
                self._counts.count(scope, method, answer.status)


class _Answer:
    """Adds the headers of every response. Those that a route set win."""

    def __init__(self, send: Send, request_id: str, *, without_body: bool) -> None:
        self.request_id = request_id
        self.started = self.ended = False
        self.status = 0
        self._send = send
        self._without_body = without_body

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            headers = message["headers"]
            present = {name for name, _ in headers}
            headers.extend([one for one in _RAW_HEADERS if one[0] not in present])
            if b"x-request-id" not in present:
                headers.append((b"x-request-id", self.request_id.encode("latin-1")))
        elif self._without_body:
            message = {**message, "body": b""}
        await self._send(message)
        self.ended = message["type"] == "http.response.body" and not message.get("more_body")


async def _refuse(error: RegularsError, scope: Scope, receive: Receive, answer: _Answer) -> None:
    page = for_a_browser(scope["path"], _said(scope, b"accept", ""))
    response = render(problem_of(error, answer.request_id), as_page=page)
    await response(scope, receive, answer.send)


def _said(scope: Scope, name: bytes, otherwise: str) -> str:
    """What the request says under that name."""
    value = header(scope, name)
    return otherwise if value is None else value.decode("latin-1")


def _check(scope: Scope) -> None:
    host = checked_host(scope)
    if scope["method"] not in SAFE_METHODS:
        _check_origin(scope, host)
        _check_body(scope)
    if scope["path"].startswith("/api/") and not _takes_json(_said(scope, b"accept", "*/*")):
        raise NotAcceptable("This address answers with JSON only.")


def _check_origin(scope: Scope, host: str) -> None:
    own = f"{scope['scheme']}://{host}"
    if _said(scope, b"origin", own) != own:
        raise OriginRefused("The request comes from a page of another origin.")
    if _said(scope, b"sec-fetch-site", "none") not in ("same-origin", "none"):
        raise OriginRefused("The browser reports that the request comes from another site.")


def _check_body(scope: Scope) -> None:
    length = _said(scope, b"content-length", "0")
    if not (length.isascii() and length.isdecimal()) or int(length) > MOST_BODY_BYTES:
        raise BodyTooLarge("The body is larger than 1 MiB.")
    has_body = length != "0" or header(scope, b"transfer-encoding") is not None
    kind = _said(scope, b"content-type", "").partition(";")[0].strip().lower()
    if has_body and kind != "application/json":
        raise MediaTypeWrong("The body needs Content-Type: application/json.")


def _takes_json(accept: str) -> bool:
    """Whether the Accept header allows JSON. A weight of zero excludes it."""
    for part in accept.lower().split(","):
        kind, _, rest = part.partition(";")
        refused = rest.replace(" ", "").rstrip("0").rstrip(".") == "q="
        if kind.strip() in ("*/*", "application/*", "application/json") and not refused:
            return True
    return not accept.strip()


async def _whole_body(receive: Receive) -> Receive:
    """Read the body up to the limit, then pass it on. Bodies are small by design."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        body += message.get("body", b"")
        if len(body) > MOST_BODY_BYTES:
            raise BodyTooLarge("The body is larger than 1 MiB.")
        more = message.get("more_body", False)
    return _replay({"type": "http.request", "body": bytes(body), "more_body": False}, receive)


def _replay(first: Message, receive: Receive) -> Receive:
    waiting = [first]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again
