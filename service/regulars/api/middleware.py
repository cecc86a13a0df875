"""Checks host name, origin, caller, size and type of every request, and adds headers to responses.

Any web page can lead a browser on this machine to a service on loopback: by a name that resolves to
127.0.0.1 (so the Host header must be a name that the settings know), or by a form or script that
posts blindly (so unsafe requests from foreign origins are refused). Who asks is for ``authority``
to judge: before the body is read, and again before anything is done or answered.

This is plain ASGI, because Starlette's base class costs ten times as much per request.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial

import anyio.to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from regulars.access.scopes import Caller
from regulars.errors import RegularsError
from regulars.settings.server import LOOPBACK_NAMES

from .access_errors import Unauthorized, headers_of
from .authority import SAFE_METHODS, Authority
from .forwarding import Forwarding
from .problems import (
    BodyTooLarge,
    MediaTypeWrong,
    MethodNotAllowed,
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

MOST_BODY_BYTES = 1024 * 1024
HOOKS = "/api/v1/hooks/"
"""Providers send here, any type of body and from anywhere. Their signature says who they are."""
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
_ONLY_TLS = encoded({"Strict-Transport-Security": "max-age=31536000"})
JSON_BODY, FORM_BODY = "application/json", "application/x-www-form-urlencoded"
FORM_PATHS = frozenset({"/sign-in", "/sign-out"})
"""Pages whose forms are sent here. All other bodies are JSON."""


class RequestMiddleware:
    """Wraps the whole application: the fast path and the routes.

    names: the host names that it answers to, in lower case and without ports. counts: of requests,
    for metrics.
    """

    def __init__(
        self,
        app: ASGIApp,
        authority: Authority,
        forwarding: Forwarding,
        names: frozenset[str] = LOOPBACK_NAMES,
        counts: RequestCounts | None = None,
    ) -> None:
        self._app = app
        self._authority = authority
        self._forwarding = forwarding
        self._names = names
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
            await self._pass_on(scope, receive, answer)
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

    async def _pass_on(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        """Judge the request, and let the application answer it. Raises what refuses it."""
        self._forwarding.apply(scope)
        answer.is_encrypted = scope["scheme"] == "https"
        _check(scope, self._names)
        caller = self._authority.admit(scope)
        if scope["method"] not in SAFE_METHODS:
            receive = await _whole_body(receive)
            if caller is not None:
                self._authority.require_force(caller)
        elif caller is not None:
            answer.check = partial(self._authority.require_force, caller)
            answer.refuse = partial(_refuse, scope=scope, receive=receive, answer=answer)
        await self._app(scope, receive, answer.send)
        if caller is not None:
            await self._note_use(caller)

    async def _note_use(self, caller: Caller) -> None:
        """Note the use of a key, once a day. The response has gone out already."""
        register = self._authority.register
        if not register.is_use_due(caller):
            return
        try:
            await anyio.to_thread.run_sync(register.note_use, caller)
        except RegularsError as error:  # such as a full disk: the key counts all the same
            logger.warning("the use of a key was not noted: %s", error.code)


class _Answer:
    """Adds the headers of every response. Those that a route set win."""

    def __init__(self, send: Send, request_id: str, *, without_body: bool) -> None:
        self.request_id = request_id
        self.started = self.ended = self.is_encrypted = False
        self.status = 0
        self.check: Callable[[], None] | None = None
        self.refuse: Callable[[RegularsError], Awaitable[None]] | None = None
        self._is_replaced = False
        self._send = send
        self._without_body = without_body

    async def send(self, message: Message) -> None:
        if self._is_replaced:
            return
        if message["type"] == "http.response.start":
            if await self._is_refused_now():
                return
            self.started = True
            self.status = message["status"]
            headers = message["headers"]
            present = {name for name, _ in headers}
            headers.extend([one for one in _RAW_HEADERS if one[0] not in present])
            if self.is_encrypted:
                headers.extend(_ONLY_TLS)
            if b"x-request-id" not in present:
                headers.append((b"x-request-id", self.request_id.encode("latin-1")))
        elif self._without_body:
            message = {**message, "body": b""}
        await self._send(message)
        self.ended = message["type"] == "http.response.body" and not message.get("more_body")

    async def _is_refused_now(self) -> bool:
        """Whether the caller counts no more, and was told so in place of the response."""
        check, self.check = self.check, None
        if check is None or self.refuse is None:
            return False
        try:
            check()
        except Unauthorized as error:
            await self.refuse(error)
            self._is_replaced = True
        return self._is_replaced


async def _refuse(error: RegularsError, scope: Scope, receive: Receive, answer: _Answer) -> None:
    page = for_a_browser(scope["path"], _said(scope, b"accept", ""))
    more = headers_of(error)
    if isinstance(error, MethodNotAllowed):
        more["Allow"] = ", ".join([*error.allowed, *(["HEAD"] if "GET" in error.allowed else [])])
    response = render(problem_of(error, answer.request_id), as_page=page, more=more)
    await response(scope, receive, answer.send)


def _said(scope: Scope, name: bytes, otherwise: str) -> str:
    """What the request says under that name."""
    value = header(scope, name)
    return otherwise if value is None else value.decode("latin-1")


def _check(scope: Scope, names: frozenset[str]) -> None:
    host = checked_host(scope, names)
    is_hook = scope["path"].startswith(HOOKS)
    if scope["method"] not in SAFE_METHODS:
        if not is_hook:
            _check_origin(scope, host)
        _check_body(scope, any_type=is_hook)
    if (
        scope["path"].startswith("/api/")
        and not is_hook
        and not _takes_json(_said(scope, b"accept", "*/*"))
    ):
        raise NotAcceptable("This address answers with JSON only.")


def _check_origin(scope: Scope, host: str) -> None:
    own = f"{scope['scheme']}://{host}"
    if _said(scope, b"origin", own) != own:
        raise OriginRefused("The request comes from a page of another origin.")
    if _said(scope, b"sec-fetch-site", "none") not in ("same-origin", "none"):
        raise OriginRefused("The browser reports that the request comes from another site.")


def _check_body(scope: Scope, *, any_type: bool) -> None:
    length = _said(scope, b"content-length", "0")
    if not (length.isascii() and length.isdecimal()) or int(length) > MOST_BODY_BYTES:
        raise BodyTooLarge("The body is larger than 1 MiB.")
    has_body = length != "0" or header(scope, b"transfer-encoding") is not None
    kind = _said(scope, b"content-type", "").partition(";")[0].strip().lower()
    wanted = FORM_BODY if scope["path"] in FORM_PATHS else JSON_BODY
    if has_body and not any_type and kind != wanted:
        raise MediaTypeWrong(f"The body needs Content-Type: {wanted}.")


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
