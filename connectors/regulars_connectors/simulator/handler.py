"""Every simulated API is a handler: a plain function from a request to a response.

Handlers know neither sockets nor an HTTP library. A test wraps one in any transport, and
``server`` puts one on loopback.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class Request:
    """What came in. path: still percent-encoded; query: decoded pairs in order, repeats kept;
    headers: names in lower case."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_target(
        cls, method: str, target: str, headers: Mapping[str, str] | None = None
    ) -> Request:
        """Make a request from the target of a request line, such as ``/v2/x?limit=10``."""
        path, _, text = target.partition("?")
        query = tuple(parse_qsl(text, keep_blank_values=True)) if text else ()
        lowered = {name.lower(): value for name, value in (headers or {}).items()}
        return cls(method.upper(), path, query, lowered)


@dataclass(frozen=True, slots=True)
class Response:
    """What goes out. The server adds Content-Length and Date.

    torn: the connection breaks in the middle of the body, which is given as far as it gets.
    delay_seconds: how long the server waits before it answers.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    torn: bool = False
    delay_seconds: float = 0.0

    def header(self, name: str) -> str | None:
        """The last header of this name, whatever its case."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[-1] if found else None

    def with_headers(self, *headers: tuple[str, str]) -> Response:
        """The same response with more headers."""
        return replace(self, headers=(*self.headers, *headers))


Handler: TypeAlias = Callable[[Request], Response]
