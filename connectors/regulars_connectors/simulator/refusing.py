"""Handlers that refuse, miscount or break off as edges and providers do, for faults by name.

Each takes the API that it stands before, and lasts as long as that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from .beehiiv.requests import JSON, error
from .handler import Handler, Request, Response

HTML = ("Content-Type", "text/html; charset=utf-8")
COUNTED_TOO_MANY = 3
LONG_WAIT_SECONDS = 7200

Wrap = Callable[[Handler], Handler]
Match = Callable[[Request], bool]


def below(*names: str) -> Match:
    """Requests for these lists of the publication, those of a newsletter list aside."""
    ends = tuple(f"/{name}" for name in names)
    return lambda request: request.path.endswith(ends) and "/newsletter_lists/" not in request.path


def every(_request: Request) -> bool:
    """Every request."""
    return True


def later_page(match: Match) -> Match:
    """Of these requests, the ones for a page behind the first."""
    return lambda request: match(request) and any(key == "cursor" for key, _ in request.query)


def answering(match: Match, response: Callable[[], Response]) -> Wrap:
    """The requests that match get this answer."""

    def wrap(inner: Handler) -> Handler:
        return lambda request: response() if match(request) else inner(request)

    return wrap


def changing(match: Match, change: Callable[[dict[str, Any]], None]) -> Wrap:
    """Good answers to the requests that match are changed."""

    def wrap(inner: Handler) -> Handler:
        def changed(request: Request) -> Response:
            response = inner(request)
            if response.status != 200 or not match(request):
                return response
            page = msgspec.json.decode(response.body)
            change(page)
            return replace(response, body=msgspec.json.encode(page))

        return changed

    return wrap


def without_expand(match: Match, value: str) -> Wrap:
    """One value of ``expand[]`` is refused."""

    def refused(request: Request) -> bool:
        return match(request) and ("expand[]", value) in request.query

    return answering(
        refused,
        lambda: error(400, f"expand[] contains an unknown value: {value}", "INVALID_PARAMETER"),
    )


def challenge() -> Response:
    """The page by which an edge asks whether you are a person."""
    page = b"<!DOCTYPE html><title>Just a moment...</title><p>Checking your browser."
    return Response(403, page, (HTML, ("cf-mitigated", "challenge")))


def of_the_edge(status: int) -> Response:
    """The page of an edge that could not get an answer from the provider."""
    return Response(status, b"<html><title>Error</title><p>The origin is away.", (HTML,))


def error_inside() -> Response:
    """A good status whose body is an error."""
    return Response(200, b'{"message":"Internal server error"}', (JSON,))


def plan_lacks_it() -> Response:
    """A refusal in the provider's own words."""
    return error(403, "API access requires the Harbour plan", "FORBIDDEN")


def gone() -> Response:
    """A list that is not there any more."""
    return error(404, "Not found", "NOT_FOUND")


def come_back_later() -> Response:
    """A quota that is used up for hours."""
    refused = error(429, "Rate limit exceeded", "RATE_LIMIT")
    return refused.with_headers(("Retry-After", str(LONG_WAIT_SECONDS)))


def count_more_rows(page: dict[str, Any]) -> None:
    """Let the total count a few who are never shown."""
    about = page.get("pagination") or page
    if "total_results" in about:
        about["total_results"] += COUNTED_TOO_MANY


def count_more_pages(page: dict[str, Any]) -> None:
    """Let the count of pages be too high."""
    if "total_pages" in page:
        page["total_pages"] += 2


def count_no_pages(page: dict[str, Any]) -> None:
    """Leave the count of pages out."""
    page.pop("total_pages", None)
