"""Bytes that are handed out many times, with their headers as they go over the wire.

The headers are encoded and the tag is made once; a request only chooses between the body and
304, as RFC 9110 says.
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
    """A body and what goes with it.

    tag: a strong one of these bytes. headers: those of a 304 as well, the tag among them.
    of_body: length and kind.
    """

    body: bytes
    tag: bytes
    headers: RawHeaders
    of_body: RawHeaders

    def answer(self, scope: Scope, more: RawHeaders = ()) -> Response:
        """The body, or 304 where the caller already holds it; ``more`` headers for this caller."""
        if is_current(header(scope, b"if-none-match"), self.tag):
            return _Encoded(304, [*self.headers, *more], b"")
        return _Encoded(200, [*self.headers, *more, *self.of_body], self.body)


def prepare(body: bytes, kind: str, headers: Mapping[str, str]) -> CachedResponse:
    """These bytes, to be handed out with these headers and a tag."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    of_body = {"Content-Length": str(len(body)), "Content-Type": kind}
    return CachedResponse(body, tag.encode(), encoded({**headers, "ETag": tag}), encoded(of_body))


def encoded(headers: Mapping[str, str]) -> RawHeaders:
    """Headers in the form in which a server takes them."""
    return tuple(
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()
    )


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of a request under that name, which is in lower case."""
    for its_name, value in scope["headers"]:
        if its_name == name:
            found: bytes = value
            return found
    return None


def is_current(if_none_match: bytes | None, tag: bytes) -> bool:
    """Whether the caller already holds the body: weak comparison, any of several tags."""
    if if_none_match is None or if_none_match == tag:
        return if_none_match is not None
    given = {one.strip().removeprefix(b"W/") for one in if_none_match.split(b",")}
    return tag in given or b"*" in given


class _Encoded(Response):
    """A response of headers that need no encoding any more."""

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self.status_code, self.raw_headers, self.body = status, headers, body
        self.background = None
