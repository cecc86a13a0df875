"""What a caller asked for: parameters read and checked, and the refusals when they are wrong."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

import msgspec

from ..handler import Request, Response

JSON = ("Content-Type", "application/json; charset=utf-8")
_REASONS = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    429: "too_many_requests",
    500: "internal_server_error",
    502: "bad_gateway",
    503: "service_unavailable",
}


class Refusal(Exception):
    """The request cannot be answered; becomes the provider's error body."""

    def __init__(self, status: int, message: str, code: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code

    def response(self) -> Response:
        """The error as it goes over the wire."""
        return error(self.status, self.message, self.code)


def error(status: int, message: str, code: str) -> Response:
    """An error body of the provider."""
    body = {
        "status": status,
        "statusText": _REASONS.get(status, "error"),
        "errors": [{"message": message, "code": code}],
    }
    return Response(status, msgspec.json.encode(body), (JSON,))


def missing(what: str) -> Refusal:
    """The 404 for one thing."""
    return Refusal(404, f"{what} not found", "NOT_FOUND")


def bad(message: str) -> Refusal:
    """The 400 for one parameter."""
    return Refusal(400, message, "INVALID_PARAMETER")


def answer(body: object) -> Response:
    """A good answer from plain data."""
    return Response(200, msgspec.json.encode(body), (JSON,))


class ParsedRequest:
    """The query of one request, read the way the provider reads it."""

    def __init__(self, request: Request, *, quoted_expand: bool) -> None:
        self._pairs = request.query
        self._quoted = quoted_expand

    def one(self, name: str) -> str | None:
        """The last value given for ``name``."""
        values = [value for key, value in self._pairs if key == name]
        return values[-1] if values else None

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        """One of ``allowed``, the first of which is the default."""
        value = self.one(name)
        if value in (None, ""):
            return allowed[0]
        if value not in allowed:
            raise bad(f"{name} must be one of {', '.join(allowed)}")
        return value or allowed[0]

    def many(self, name: str) -> frozenset[str]:
        """Every value of ``name[]``; one value that holds a JSON list counts as its items."""
        found: set[str] = set()
        for key, value in self._pairs:
            if key == f"{name}[]":
                found.update(self._opened(value) or [value])
        return frozenset(found)

    def expand(self) -> frozenset[str]:
        """What to expand: ``expand[]`` as often as you like, of bare ``expand`` only the last.

        The official client puts bare values in JSON quotes; then all of them count.
        """
        found = set(self.many("expand"))
        bare = [value for key, value in self._pairs if key == "expand"]
        quoted = [item for value in bare for item in self._opened(value)]
        found.update(quoted or bare[-1:])
        return frozenset(found)

    def _opened(self, value: str) -> list[str]:
        """The items of a value in JSON quotes or a JSON list; empty when it is neither."""
        if not self._quoted or value[:1] not in ('"', "["):
            return []
        try:
            inner = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return []
        return [item for item in (inner if isinstance(inner, list) else [inner]) if item]

    @property
    def limit(self) -> int:
        """Rows a page: 1 to 100, ten unless asked."""
        return self.number("limit", 10, 100)

    @property
    def page(self) -> int | None:
        """The page asked for by number; None in cursor mode."""
        if self.one("page") is None:
            return None
        if self.one("cursor"):
            raise bad("use either cursor or page")
        return self.number("page", 1, None)

    @property
    def descending(self) -> bool:
        """The direction; ascending unless asked."""
        return self.choice("direction", ("asc", "desc")) == "desc"

    def cursor(self) -> int | None:
        """The position behind the opaque cursor; None at the start of a walk."""
        token = self.one("cursor")
        if token in (None, ""):
            return None
        try:
            position = msgspec.json.decode(base64.b64decode(token or "", validate=True))["at"]
        except (binascii.Error, ValueError, msgspec.DecodeError, TypeError, KeyError):
            raise bad("cursor is not valid") from None
        if not isinstance(position, int):
            raise bad("cursor is not valid")
        return position

    def number(self, name: str, default: int, most: int | None) -> int:
        """A whole number from 1 on."""
        text = self.one(name)
        if text in (None, ""):
            return default
        if not (text or "").isascii() or not (text or "").isdigit():
            raise bad(f"{name} must be a whole number")
        number = int(text or "0")
        if number < 1 or (most is not None and number > most):
            raise bad(f"{name} is out of range")
        return number


def cursor_token(position: int) -> str:
    """The opaque cursor for a position."""
    return base64.b64encode(msgspec.json.encode({"at": position, "v": 2})).decode()
