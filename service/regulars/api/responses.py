"""Responses that are sent many times, as bytes with encoded headers.

Headers and ETag are made once. A request only decides between the body and 304 (RFC 9110).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from starlette.responses import Response
from starlette.types import Scope

RawHeaders: TypeAlias = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A body with its headers.

    tag: its strong ETag. headers: sent with a 304 as well, the ETag included.
    of_body: Content-Length and Content-Type.
    """

    body: bytes
    tag: bytes
    headers: RawHeaders
    of_body: RawHeaders

    def answer(self, scope: Scope, more: RawHeaders = ()) -> Response:
        """The body, or 304 if the caller already has it. more: further headers for this caller."""
        if is_current(header(scope, b"if-none-match"), self.tag):
            return _Encoded(304, [*self.headers, *more], b"")
        return _Encoded(200, [*self.headers, *more, *self.of_body], self.body)


def prepare(body: bytes, kind: str, headers: Mapping[str, str]) -> CachedResponse:
    """A response of these bytes with these headers and an ETag."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    of_body = {"Content-Length": str(len(body)), "Content-Type": kind}
    return CachedResponse(body, tag.encode(), encoded({**headers, "ETag": tag}), encoded(of_body))


def encoded(headers: Mapping[str, str]) -> RawHeaders:
    """Headers as ASGI servers take them: lower-case names, latin-1 bytes."""
    return tuple(
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()
    )


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header with that name (in lower case) of a request."""
    for its_name, value in scope["headers"]:
        if its_name == name:
            found: bytes = value
            return found
    return None


def is_current(if_none_match: bytes | None, tag: bytes) -> bool:
    """Whether If-None-Match names the tag: weak comparison, any of several tags."""
    if if_none_match is None or if_none_match == tag:
        return if_none_match is not None
    tags = {one.strip().removeprefix(b"W/") for one in if_none_match.split(b",")}
    return tag in tags or b"*" in tags


class _Encoded(Response):
    """A response with headers that are already encoded."""

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self.status_code, self.raw_headers, self.body = status, headers, body
        self.background = None
