"""What a refusal says: whether it may pass, in whose words, and who spoke at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Any

import msgspec

from ..bounds import said
from ..errors import (
    AuthenticationFailed,
    ConnectorError,
    FeatureUnavailable,
    InvalidResponse,
    NotFound,
    Unreachable,
)
from ..foreign_text import one_line
from ..plural import pluralize
from .redaction import redact

PASSING = frozenset({408, 425, 500, 502, 503, 504, *range(520, 528), 529})
"""Statuses that pass: too early, too slow, or an edge that could not reach the provider."""

HEAVY = frozenset({408, 500, 502, 504, 522, 524})
"""Of these, the ones that a smaller request may avoid."""

_BY_A_PROXY = frozenset({407, 511})
_MOST_ERROR_BYTES = 64 * 1024
_MOST_READ_CHARS = 4_000
_MOST_LEVELS = 4
_EDGE_CODE = re.compile(rb"\s*error code: \d{3,4}\s*")
_IN_FRONT = (
    "Run the sync again later. If it stays so, let requests that name themselves regulars through"
    " there, or sync from another network."
)
_SAID_IN = ("message", "detail", "error_description", "title")


class StatusError(InvalidResponse):
    """A refusal without an error class of its own, such as 400. status: of HTTP."""

    def __init__(self, happened: str, status: int) -> None:
        super().__init__(happened)
        self.status = status


def plain_refusal(
    status: int, name: str, headers: Mapping[str, str], body: bytes
) -> ConnectorError:
    """The usual error for a status. name: of the request, for a person."""
    if is_in_front(status, headers, body):
        return refused_in_front(status, name)
    if status == 401:
        return AuthenticationFailed("The provider refused the key (401).")
    if status == 403:
        return FeatureUnavailable(f"The key, plan or settings exclude {name} (403).")
    if status == 404:
        return NotFound(f"The provider has no {name} (404).")
    return StatusError(f"{name} was answered with status {status}.", status)


QUOTE = " The answer says:"
"""Behind it stand a provider's own words, which are for the owner alone."""


def is_in_front(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a proxy, a firewall or a bot check refused, and the provider was never asked.

    Providers refuse in JSON or in a word. A web page is made for people, by something before them.
    """
    if status in _BY_A_PROXY:
        return True
    if status not in (401, 403):
        return False
    is_page = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
    return is_page or "cf-mitigated" in headers or _EDGE_CODE.fullmatch(body) is not None


def refused_in_front(status: int, name: str, provider: str = "the provider") -> Unreachable:
    """The error for a refusal by something in front of the provider."""
    return Unreachable(
        f"{name} was refused ({status}) by something in front of {provider}, such as a firewall,"
        " a bot check or a password.",
        to_do=_IN_FRONT,
    )


def is_json_object(body: bytes) -> bool:
    """Whether a body is an object of JSON, as far as it was read."""
    return isinstance(_decoded(body), dict)


def is_error(body: bytes) -> bool:
    """Whether the body of a good status is an error: it has no data and names one."""
    found = _decoded(body) if len(body) <= _MOST_ERROR_BYTES else None
    if not isinstance(found, dict) or isinstance(found.get("data"), list | dict):
        return False
    status = found.get("status", found.get("code"))
    is_status = isinstance(status, int) and not isinstance(status, bool) and 400 <= status < 600
    return is_status or bool(found.get("errors") or found.get("error")) or any(_sentences(found))


def provider_sentence(body: bytes, secrets: Sequence[str] = ()) -> str | None:
    """The provider's own sentence: on one line, bounded, without keys and addresses.

    None for a body that is no JSON or holds no sentence.
    """
    found = next(_sentences(_decoded(body[:_MOST_ERROR_BYTES])), None)
    if found is None:
        return None
    # Cleaned first: a character that hides within an address would hide the address.
    return said(redact(one_line(found[:_MOST_READ_CHARS]), secrets)) or None


def quoting(error: ConnectorError, words: str | None) -> None:
    """Let the provider's own sentence stand behind ours."""
    if words:
        error.provider_said = words
        error.happened = f'{error.happened}{QUOTE} "{words}"'
        error.args = (error.happened,)


def in_words(seconds: float) -> str:
    """A wait for a person: "2 hours"; rounded up, since too early is refused again."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 2 * size or (size == 3_600 and seconds == size):
            return pluralize(ceil(seconds / size), unit)
    return pluralize(ceil(seconds), "second")


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _sentences(found: Any, depth: int = 0) -> Iterator[str]:
    """The sentences of an error, the most telling first: lists of errors, one error, a message."""
    if depth > _MOST_LEVELS:
        return
    if isinstance(found, str) and found.strip():
        yield found
    elif isinstance(found, list):
        for one in found[:3]:
            yield from _sentences(one, depth + 1)
    elif isinstance(found, dict):
        for name in ("errors", "error"):
            yield from _sentences(found.get(name), depth + 1)
        for name in _SAID_IN:
            if isinstance(found.get(name), str):
                yield from _sentences(found[name], depth + 1)
