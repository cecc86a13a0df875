"""The one HTTP client of the connectors: bounded, paced, pinned to one host, reads only.

``HttpClient.get`` returns what the caller's ``read`` made of the body. It waits for its turn
under the account's pacer, retries if that may help, and raises the family of ``errors`` otherwise.
It never follows a redirect, leaves the host of the settings, sends a request outside the
connector's list, uses a proxy of the environment, or lets a key, a query string or an address into
a log line or an error.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import httpx
import msgspec
from pydantic import SecretStr
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from ..bounds import segment_fault
from ..contract import Runtime, TrafficKind, Transport
from ..errors import (
    AuthenticationFailed,
    ConnectorError,
    InvalidResponse,
    QuotaExceeded,
    ResponseTooLarge,
    RetryLater,
    Unreachable,
)
from ..instants import SECOND, Instant
from .address import checked_base, is_loopback
from .body import MAX_RATIO, IncompleteBody, read_body, without_lone_surrogates
from .clock import response_date, seconds_ahead
from .deadline import Deadline, DeadlinePassed
from .network import NetworkTransport
from .pacing import Pacer, named_wait, quota_gate
from .redaction import Redactor, redact
from .refusals import (
    HEAVY,
    PASSING,
    StatusError,
    in_words,
    is_error,
    plain_refusal,
    provider_sentence,
    quoting,
)
from .retries import Retryable, failure_of, is_enough, wait_before
from .shape import check_shape

log = logging.getLogger(__name__)
T = TypeVar("T")
Params = Sequence[tuple[str, str]]

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
ANSWER_SECONDS = 120.0
_TIMEOUT = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS).as_dict()
MAX_REFUSAL_BYTES = 64 * 1024
_REFUSAL_SECONDS = 10.0
"""A refusal's body is a sentence at best. One that drips is left."""
_WAIT_TOLD_FROM = 60.0
_BEGINS = re.compile(rb"\s*[{\[]")
_OF_A_HOST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._:")


SEGMENT = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._~%-]+"
"""A pattern for one id in a path, percent-encoded by ``segment``."""


def segment(row_id: str) -> str:
    """An id of the provider as one segment of a path. Raises InvalidResponse if it is a path."""
    if segment_fault(row_id):
        raise InvalidResponse("The provider gave an id that cannot stand in an address.")
    return quote(row_id, safe="")


@dataclass(frozen=True, slots=True)
class Allowed:
    """A request that a connector may send: method and a pattern for the whole path.

    The path begins below the base address, with ids percent-encoded.
    """

    method: Literal["GET", "POST"]
    path: str


@dataclass(frozen=True, slots=True)
class Got(Generic[T]):
    """A response: the body as the caller's ``read`` returned it, and when it came."""

    value: T
    fetched_at: Instant
    headers: Mapping[str, str]


class HttpClient:
    """One provider at one base address. Thread-safe; close it when the run ends."""

    def __init__(
        self,
        *,
        base_url: str,
        key: SecretStr,
        allowed: Sequence[Allowed],
        runtime: Runtime,
        pacer: Pacer | None,
        authorize: Callable[[], str] | None = None,
        renew: Callable[[Mapping[str, str]], bool] | None = None,
        explain: Callable[[int, bytes, str], ConnectorError | None] | None = None,
        headers: Mapping[str, str] | None = None,
        max_ratio: int = MAX_RATIO,
        provider: str = "",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        authorize: makes the Authorization header of a request, by default the key as bearer token.
        renew: called with the headers of a response that refused the key. True means that
            ``authorize`` now returns something else, so the request is worth another attempt.
        explain: reads a refusal, from its status, the beginning of its body and the request's
            name. None means the usual error.
        headers: sent with every request.
        max_ratio: how many times its compressed size a body may have, for a provider with
            repetitive responses. The limit of size holds in any case.
        provider: its name, for counts of traffic.
        """
        self._base = checked_base(base_url)
        self._allowed = [(item.method, re.compile(item.path)) for item in allowed]
        self._tools = runtime
        self._pacer = None if runtime.unpaced else pacer
        self._monotonic = monotonic
        self._secrets = (key.get_secret_value(),)
        self._authorize = authorize or (lambda: f"Bearer {key.get_secret_value()}")
        self._renew = renew or (lambda _: False)
        self._explain = explain or (lambda *_: None)
        self._max_ratio = max_ratio
        self._provider = provider
        self._headers = self._standing_headers(headers or {})
        self._redactor = Redactor(self._secrets)
        self._redactor.attach()
        # A transport without httpx's client: what that adds (cookies, redirects, auth, hooks) is
        # forbidden here, and was measured at a quarter of a request's cost.
        self._transport: Transport = runtime.transport or NetworkTransport(
            is_secure=self._base.scheme == "https"
        )
        self._retrying = Retrying(
            retry=retry_if_exception_type(Retryable),
            wait=wait_before,
            stop=is_enough,
            sleep=runtime.sleep,
            before_sleep=self._log_retry,
            reraise=True,
        )

    def get(self, path: str, params: Params, read: Callable[[bytes], T]) -> Got[T]:
        """Ask for ``path`` and return what ``read`` makes of the JSON body.

        ``read`` raises msgspec.DecodeError for incomplete JSON, which is retried, and
        InvalidResponse for a broken promise of the provider. Raises the family of ``errors``.
        """
        request = self._request("GET", path, params)
        try:
            return self._retrying(self._attempt, request, path, read)
        except Retryable as last:
            raise last.error from None

    def close(self) -> None:
        """End the connections. May be called twice."""
        self._transport.close()
        self._redactor.detach()

    def _standing_headers(self, further: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
        # Compression gains nothing on loopback. Elsewhere, gzip is the only form we unpack.
        encoding = b"identity" if is_loopback(self._base.host) else b"gzip"
        return [
            (b"Host", self._base.netloc),
            (b"Accept", b"application/json"),
            (b"Accept-Encoding", encoding),
            (b"User-Agent", b"regulars"),
            *((name.encode("ascii"), value.encode("ascii")) for name, value in further.items()),
        ]

    def _request(self, method: str, path: str, params: Params) -> httpx.Request:
        if not any(method == verb and pattern.fullmatch(path) for verb, pattern in self._allowed):
            raise InvalidResponse(
                f"The connector tried to send {method} {self._name(path)}, which is "
                "missing from its list of reads. The request was blocked."
            )
        raw_path = self._base.raw_path.rstrip(b"/") + path.encode("ascii")
        query = "&".join(map(_encoded, params)).encode("ascii")
        url = self._base.copy_with(raw_path=raw_path + b"?" + query if query else raw_path)
        if (url.scheme, url.netloc) != (self._base.scheme, self._base.netloc):
            raise InvalidResponse("A request to another host than the provider's was blocked.")
        return httpx.Request(method, url, headers=self._headers, extensions={"timeout": _TIMEOUT})

    def _attempt(self, request: httpx.Request, path: str, read: Callable[[bytes], T]) -> Got[T]:
        if self._pacer is not None:
            self._pacer.wait(self._wait_for_turn)
        # Made for each attempt: a token may expire while a request waits for its turn.
        request.headers["Authorization"] = self._authorize()
        deadline = Deadline(ANSWER_SECONDS, self._tools.should_stop, self._monotonic)
        try:
            with deadline.applies():
                return self._exchange(request, path, read, deadline)
        except DeadlinePassed:
            late = f"the answer took longer than {ANSWER_SECONDS:.0f} seconds"
            raise Retryable(self._unreachable(path, late, heavy=True)) from None
        except httpx.TransportError as error:
            slow = isinstance(error, httpx.ReadTimeout)
            raise Retryable(self._unreachable(path, type(error).__name__, heavy=slow)) from error

    def _exchange(
        self, request: httpx.Request, path: str, read: Callable[[bytes], T], deadline: Deadline
    ) -> Got[T]:
        """Send the request and take its response, both before the deadline."""
        asked = self._monotonic()
        response = self._transport.handle_request(request)
        if response.status_code == 200:
            self._note("page")
            self._note_clock(response.headers, asked)
        if log.isEnabledFor(logging.DEBUG):
            log.debug("asked path=%s status=%d", self._name(path), response.status_code)
        try:
            return self._take(response, path, read, deadline)
        finally:
            response.close()

    def _note(self, kind: TrafficKind, amount: float = 1.0) -> None:
        if self._tools.note_traffic is not None:
            self._tools.note_traffic(self._provider, kind, amount)

    def _wait_for_turn(self, seconds: float) -> None:
        self._note("waited", seconds)
        self._tools.sleep(seconds)

    def _note_clock(self, headers: Mapping[str, str], asked: float) -> None:
        """Tell the run how the provider's clock stands. asked: when, in monotonic seconds."""
        date = response_date(headers) if self._tools.note_clock is not None else None
        if date is not None and self._tools.note_clock is not None:
            now = self._tools.clock()
            took = int((self._monotonic() - asked) * SECOND)
            self._tools.note_clock(seconds_ahead(date, now - took, now))

    def _take(
        self, response: httpx.Response, path: str, read: Callable[[bytes], T], deadline: Deadline
    ) -> Got[T]:
        headers = response.headers
        if response.status_code != 200:
            raise self._refusal(response, path, deadline)
        value = self._decoded(self._body(response, path, deadline), path, read)
        fetched_at = self._tools.clock()
        self._mind_quota(quota_gate(headers, fetched_at))
        return Got(value, fetched_at, headers)

    def _decoded(self, body: bytes, path: str, read: Callable[[bytes], T]) -> T:
        """What ``read`` makes of the body. An error leaves the body behind: its traceback would
        keep it, and with it those of all further attempts."""
        trouble: Exception
        try:
            check_shape(body)
            return _read(body, read)
        except (msgspec.DecodeError, UnicodeDecodeError):
            trouble = Retryable(self._damaged(path, "the JSON is damaged"))
        except RecursionError:  # msgspec stops at about 1,000 levels, with nothing built
            trouble = ResponseTooLarge(f"The answer to {self._name(path)} nests too deeply.")
        except ConnectorError as error:
            error.__context__ = None
            trouble = error.with_traceback(None)
        may_be_error = isinstance(trouble, Retryable | InvalidResponse)
        if may_be_error and not isinstance(trouble, ResponseTooLarge) and is_error(body):
            trouble = Retryable(self._error_inside(path, body))
        del body
        raise trouble

    def _error_inside(self, path: str, body: bytes) -> Unreachable:
        """The error for an answer of status 200 whose body is an error."""
        error = Unreachable(f"{self._name(path)} was answered with an error in place of data.")
        quoting(error, provider_sentence(body, self._secrets))
        return error

    def _body(self, response: httpx.Response, path: str, deadline: Deadline) -> bytes:
        try:
            stream: Any = response.stream
            body = read_body(stream, response.headers, deadline.check, self._max_ratio)
        except IncompleteBody as error:
            raise Retryable(self._damaged(path, str(error))) from error
        if not _BEGINS.match(body):
            raise Retryable(
                InvalidResponse(
                    f"{self._name(path)} was answered with something other than "
                    "JSON, such as a web page."
                )
            )
        return body

    def _refusal_body(self, response: httpx.Response, deadline: Deadline) -> bytes:
        """The beginning of a refusal's body, empty if reading it fails or takes long."""
        stream: Any = response.stream
        until = self._monotonic() + _REFUSAL_SECONDS

        def check() -> None:
            deadline.check()
            if self._monotonic() > until:
                raise IncompleteBody("the refusal drips")

        try:
            return read_body(stream, response.headers, check)[:MAX_REFUSAL_BYTES]
        except (httpx.HTTPError, IncompleteBody, InvalidResponse, DeadlinePassed):
            return b""

    def _refusal(self, response: httpx.Response, path: str, deadline: Deadline) -> Exception:
        """The error that a status stands for, or Retryable if the same request may work."""
        status, headers, name = response.status_code, response.headers, self._name(path)
        if 300 <= status < 400:
            return StatusError(
                f"{name} was answered with a redirect to "
                f"{_redirect_host(headers)}. Redirects are not followed.",
                status,
            )
        body = self._refusal_body(response, deadline)
        words = provider_sentence(body, self._secrets)
        if status in (202, 429) or status in PASSING:
            later = self._retry_later(status, headers, path)
            quoting(later, words)
            return Retryable(later, later.after_seconds)
        error = self._explained(status, body, name) or plain_refusal(status, name, headers, body)
        quoting(error, words)
        if isinstance(error, AuthenticationFailed) and self._renew(headers):
            return Retryable(error, 0.0)
        return error

    def _retry_later(self, status: int, headers: Mapping[str, str], path: str) -> RetryLater:
        """The error for a status that passes, with the wait that the provider names."""
        name, now = self._name(path), self._tools.clock()
        if status == 429:
            self._note("over quota")
            wait = named_wait(headers, now)
            self._mind_quota(wait)
            busy = f"The provider's quota is used up ({name} was answered with 429)."
            return QuotaExceeded(busy, after_seconds=wait, to_do=_when(wait))
        if status == 202:
            wait = named_wait(headers, now)
            preparing = f"{name} is still being prepared."
            return RetryLater(preparing, after_seconds=wait, to_do=_when(wait))
        wait = named_wait({"retry-after": headers.get("retry-after", "")}, now)
        error = self._unreachable(path, f"status {status}", heavy=status in HEAVY)
        error.after_seconds, error.to_do = wait, _when(wait) or error.to_do
        return error

    def _explained(self, status: int, body: bytes, name: str) -> ConnectorError | None:
        try:
            return self._explain(status, body, name)
        except RecursionError:  # JSON of brackets alone explains nothing
            return None

    def _mind_quota(self, seconds: float | None) -> None:
        if seconds and self._pacer is not None:
            self._pacer.pause(seconds)

    def _unreachable(self, path: str, cause: str, *, heavy: bool = False) -> Unreachable:
        error = Unreachable(
            f"{self._name(path)} could not be fetched from {self._base.host}: {cause}."
        )
        error.heavy = heavy
        return error

    def _damaged(self, path: str, cause: str) -> InvalidResponse:
        return InvalidResponse(f"The answer to {self._name(path)} is damaged: {cause}.")

    def _name(self, path: str) -> str:
        return redact(path, self._secrets)

    def _log_retry(self, state: RetryCallState) -> None:
        again = failure_of(state)
        self._note("retry")
        self._note("waited", state.upcoming_sleep)
        log.warning(
            "retry path=%s attempt=%d wait_s=%.2f cause=%s",
            self._name(state.args[1]),
            state.attempt_number,
            state.upcoming_sleep,
            again.error.code if again is not None else "unknown",
        )


def _read(body: bytes, read: Callable[[bytes], T]) -> T:
    """What ``read`` makes of the body, if need be without lone surrogates."""
    try:
        return read(body)
    except msgspec.DecodeError:
        mended = without_lone_surrogates(body)
        if mended == body:
            raise
        return read(mended)


def _redirect_host(headers: Mapping[str, str]) -> str:
    """The host alone: the rest of a Location may hold keys, and a user before the host too."""
    try:
        host = urlsplit(headers.get("location", "")).hostname or ""
    except ValueError:
        host = ""
    is_plain = 0 < len(host) <= 253 and all(letter in _OF_A_HOST for letter in host)
    return host if is_plain else "an address without a host"


@lru_cache(maxsize=128)
def _encoded(pair: tuple[str, str]) -> str:
    """One query parameter, cached: all but the cursor repeat on every page of a walk."""
    return urlencode([pair])


def _when(seconds: float | None) -> str | None:
    """What to do about a long wait that the provider named."""
    if seconds is None or seconds < _WAIT_TOLD_FROM:
        return None
    return f"Run the sync again in {in_words(seconds)}. It resumes where it stopped."
