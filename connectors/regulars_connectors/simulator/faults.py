"""Faults by name: each wraps a simulated API, or changes how the provider behaves.

``FAULTS`` lists them with what they do. Those that *hit* last for one or a few calls and then heal.
Those that *stay* last as long as the provider runs.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import msgspec

from ..instants import Instant
from . import refusing
from .beehiiv import BeehiivApi
from .beehiiv.requests import JSON, error
from .handler import Handler, Request, Response
from .odd_answers import ODD_ANSWERS
from .quota import Quota

HTML = ("Content-Type", "text/html; charset=utf-8")
_OVERSIZED_BYTES = 40 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault. make: from the bare API and what wraps it so far to the new API."""

    text: str
    lasts: Literal["hits", "stays"]
    make: Callable[[BeehiivApi, Handler], Handler]


def with_faults(
    api: BeehiivApi,
    names: Iterable[str] = (),
    *,
    quota: int | None = None,
    tick: Callable[[], Instant] | None = None,
) -> Handler:
    """``api`` with the named faults, under its quota. Unknown names raise ValueError."""
    return under_quota(troubled(api, names), quota, tick or api.context.clock)


def troubled(api: BeehiivApi, names: Iterable[str]) -> Handler:
    """``api`` with the named faults. Unknown names raise ValueError."""
    wrapped: Handler = api
    for name in names:
        if name not in FAULTS:
            raise ValueError(
                f"no fault is called {name!r}: choose from {', '.join(sorted(FAULTS))}"
            )
        wrapped = FAULTS[name].make(api, wrapped)
    return wrapped


def under_quota(api: Handler, per_minute: int | None, tick: Callable[[], Instant]) -> Quota:
    """Any API under a quota of the provider, which counts every request."""
    return Quota(api, per_minute, tick, _too_many)


def _too_many() -> Response:
    return error(429, "Rate limit exceeded", "RATE_LIMIT")


# --- how the provider stands -----------------------------------------------------------------


def _stays(text: str, **quirks: Any) -> Fault:
    def make(api: BeehiivApi, inner: Handler) -> Handler:
        api.context.quirks = replace(api.context.quirks, **quirks)
        return inner

    return Fault(text, "stays", make)


# --- hits: some calls of the subscription walk, counted from 1 -------------------------------


def _is_walk(request: Request) -> bool:
    return request.path.endswith("/subscriptions")


class _Hit:
    """Lets ``act`` have the calls in ``calls`` of the subscription walk, and passes the rest."""

    def __init__(
        self, inner: Handler, calls: range, act: Callable[[Handler, Request], Response]
    ) -> None:
        self.inner = inner
        self.calls = calls
        self.act = act
        self.count = 0

    def __call__(self, request: Request) -> Response:
        if not _is_walk(request):
            return self.inner(request)
        self.count += 1
        if self.count in self.calls:
            return self.act(self.inner, request)
        return self.inner(request)


def _hits(text: str, calls: range, act: Callable[[Handler, Request], Response]) -> Fault:
    return Fault(text, "hits", lambda _face, inner: _Hit(inner, calls, act))


def _gives(text: str, calls: range, response: Callable[[], Response]) -> Fault:
    """A hit that answers by itself."""
    return _hits(text, calls, lambda _inner, _request: response())


def _html() -> Response:
    return Response(200, b"<!doctype html><title>One moment</title><p>Checking.", (HTML,))


def _bad_gateway() -> Response:
    return Response(502, b"<html><body>bad gateway</body></html>", (HTML,))


def _torn(inner: Handler, request: Request) -> Response:
    whole = inner(request)
    return replace(whole, body=whole.body[: len(whole.body) // 2], torn=True)


def _oversized() -> Response:
    return Response(200, b'{"data":["' + b"x" * _OVERSIZED_BYTES + b'"]}', (JSON,))


def _bomb() -> Response:
    body = gzip.compress(b'{"data":["' + b"x" * _OVERSIZED_BYTES + b'"]}')
    return Response(200, body, (JSON, ("Content-Encoding", "gzip")))


def _deep() -> Response:
    return Response(200, b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}", (JSON,))


def _slow(inner: Handler, request: Request) -> Response:
    return replace(inner(request), delay_seconds=3.0)


def _storm_500() -> Response:
    return error(500, "Something went wrong", "INTERNAL")


def _redirect() -> Response:
    return Response(302, b"", (("Location", "http://127.0.0.1:9/elsewhere"),))


def _expired() -> Response:
    return error(400, "cursor has expired", "INVALID_CURSOR")


def _wrong_type(inner: Handler, request: Request) -> Response:
    def change(page: dict[str, Any]) -> None:
        if page["data"]:
            page["data"][len(page["data"]) // 2]["created"] = "yesterday"

    return _changed(inner(request), change)


def _empty_more(inner: Handler, request: Request) -> Response:
    def change(page: dict[str, Any]) -> None:
        page["data"] = []
        _about(page).update(has_more=True, next_cursor="ZW1wdHk=")

    return _changed(inner(request), change)


def _changed(response: Response, change: Callable[[dict[str, Any]], None]) -> Response:
    """The response with its JSON body changed. Responses without a list stay as they are."""
    if response.status != 200:
        return response
    page = msgspec.json.decode(response.body)
    change(page)
    return replace(response, body=msgspec.json.encode(page))


def _about(page: dict[str, Any]) -> dict[str, Any]:
    """Where this page keeps its cursor: at the top, or nested."""
    nested = page.get("pagination")
    return nested if isinstance(nested, dict) else page


# --- hits that remember ----------------------------------------------------------------------


def _cursor_loop(_face: BeehiivApi, inner: Handler) -> Handler:
    """From the third page of the first walk on, each page points to the second again."""
    cursors: list[str] = []

    def act(inside: Handler, request: Request) -> Response:
        def change(page: dict[str, Any]) -> None:
            about = _about(page)
            if about["next_cursor"]:
                cursors.append(about["next_cursor"])
            if len(cursors) > 2:
                about["next_cursor"] = cursors[0]

        return _changed(inside(request), change)

    return _Hit(inner, range(1, 8), act)


def _duplicate(_face: BeehiivApi, inner: Handler) -> Handler:
    """The first row of the first page comes again on the second, as when rows move."""
    rows: list[Any] = []

    def act(inside: Handler, request: Request) -> Response:
        def change(page: dict[str, Any]) -> None:
            page["data"] = rows[:1] + page["data"]
            rows.extend(page["data"][:1])

        return _changed(inside(request), change)

    return _Hit(inner, range(1, 3), act)


def _shrinking(api: BeehiivApi, inner: Handler) -> Handler:
    """While the second page is asked for, three people are deleted for good."""

    def act(inside: Handler, request: Request) -> Response:
        people = list(api.context.moment().people())
        gone = [person.id for person, _ in (people[:1] + people[-2:])]
        api.context.hidden = frozenset(gone)
        return inside(request)

    return _Hit(inner, range(2, 3), act)


def _falling(api: BeehiivApi, inner: Handler) -> Handler:
    """A recount: from the second walk on, every third person's counters are lower by two."""
    walks = 0

    def wrapped(request: Request) -> Response:
        nonlocal walks
        if _is_walk(request) and not any(name == "cursor" for name, _ in request.query):
            walks += 1
            if walks == 2:
                api.context.quirks = replace(api.context.quirks, recount=2)
        return inner(request)

    return wrapped


# --- refusals and counts that are wrong, of edges and providers ------------------------------


def _standing(text: str, wrap: refusing.Wrap) -> Fault:
    return Fault(text, "stays", lambda _face, inner: wrap(inner))


_PEOPLE = refusing.below("subscriptions")
_NUMBERED = refusing.below("posts", "publications", "newsletter_lists", "results")

REFUSALS: dict[str, Fault] = {
    **{
        f"edge-{status}": _gives(
            f"the second page is the {status} of an edge, twice",
            range(2, 4),
            partial(refusing.of_the_edge, status),
        )
        for status in (408, 425, 520, 522, 524)
    },
    "error-inside": _gives(
        "the second page is an error with status 200, once", range(2, 3), refusing.error_inside
    ),
    "challenge": _standing(
        "an edge answers everything with a 403 page",
        refusing.answering(refusing.every, refusing.challenge),
    ),
    "challenge-people": _standing(
        "an edge answers people with a 403 page", refusing.answering(_PEOPLE, refusing.challenge)
    ),
    "challenge-later-pages": _standing(
        "an edge answers people behind the first page with a 403 page",
        refusing.answering(refusing.later_page(_PEOPLE), refusing.challenge),
    ),
    "forbidden-people": _standing(
        "people answer 403, for want of a plan",
        refusing.answering(_PEOPLE, refusing.plan_lacks_it),
    ),
    "forbidden-posts": _standing(
        "posts answer 403, for want of a plan",
        refusing.answering(refusing.below("posts"), refusing.plan_lacks_it),
    ),
    "people-gone": _standing("people answer 404", refusing.answering(_PEOPLE, refusing.gone)),
    "posts-gone": _standing(
        "posts answer 404", refusing.answering(refusing.below("posts"), refusing.gone)
    ),
    "people-gone-later": _standing(
        "people behind the first page answer 404",
        refusing.answering(refusing.later_page(_PEOPLE), refusing.gone),
    ),
    "come-back-later": _standing(
        "people behind the first page answer 429 for two hours",
        refusing.answering(refusing.later_page(_PEOPLE), refusing.come_back_later),
    ),
    "more-pages-than-rows": _standing(
        "numbered lists count two pages too many",
        refusing.changing(_NUMBERED, refusing.count_more_pages),
    ),
    "no-total-pages": _standing(
        "numbered lists lack total_pages",
        refusing.changing(_NUMBERED, refusing.count_no_pages),
    ),
    "total-never-agrees": _standing(
        "total_results of people counts three who are never shown",
        refusing.changing(_PEOPLE, refusing.count_more_rows),
    ),
    "refused-expand": _standing(
        "people with expand[]=tags answer 400", refusing.without_expand(_PEOPLE, "tags")
    ),
    "refused-recipients": _standing(
        "posts with expand[]=recipients answer 400",
        refusing.without_expand(refusing.below("posts"), "recipients"),
    ),
    "refused-stats": _standing(
        "people with expand[]=stats answer 400", refusing.without_expand(_PEOPLE, "stats")
    ),
}

FAULTS: dict[str, Fault] = REFUSALS | {
    "documented-stats": _stays("statistics under their documented names", stats="documented"),
    "missing-stats": _stays("a tenth of the people lack statistics", missing_stats=True),
    "all-zero-stats": _stays("everybody's statistics are zero", stats="zero"),
    "boolean-stats": _stays(
        "a publication's rate is false instead of a number", boolean_stats=True
    ),
    "nested-envelope": _stays("cursor pages keep their keys under pagination", nested=True),
    "no-total": _stays("cursor pages lack total_results", totals=False),
    "plain-expand-only": _stays("expand in JSON quotes is ignored", quoted_expand=False),
    "forbidden-polls": _stays("polls answer 403", polls_allowed=False),
    "forbidden-engagements": _stays("engagements answer 403", engagements_allowed=False),
    "forbidden-segments": _stays("segments answer 403", segments_allowed=False),
    "no-lists": _stays("newsletter lists answer 404", lists_allowed=False),
    "segments-processing": _stays("segments are being computed", segments="processing"),
    "segments-failed": _stays("segments failed to compute", segments="failed"),
    "old-statistics": _stays("statistics are 30 hours old", statistics_lag_s=30 * 3600),
    "slow-sending": _stays("the mails of a post go out over four hours", slow_sending=True),
    "refused-key": _stays("every key answers 401", key_works=False),
    "counters-fall": Fault("from the second walk on some counters are lower", "stays", _falling),
    "shrinking-list": Fault("three people are deleted during the walk", "stays", _shrinking),
    "html-answer": _gives("the second page is HTML with status 200, once", range(2, 3), _html),
    "bad-gateway": _gives("the second page is an HTML 502, twice", range(2, 4), _bad_gateway),
    "torn-body": _hits("the second page breaks off, once", range(2, 3), _torn),
    "oversized-body": _gives("the second page is 40 MB, once", range(2, 3), _oversized),
    "gzip-bomb": _gives("the second page unpacks to 40 MB, once", range(2, 3), _bomb),
    "deep-body": _gives("the second page nests 100,000 deep, once", range(2, 3), _deep),
    "wrong-type-row": _hits("one row of the first page has a wrong type", range(1, 2), _wrong_type),
    "cursor-loop": Fault("the walk's cursors run in a circle, once", "hits", _cursor_loop),
    "empty-page-claims-more": _hits(
        "the second page is empty, with more", range(2, 3), _empty_more
    ),
    "cursor-expires": _gives("the third page's cursor is refused, once", range(3, 4), _expired),
    "storm-429": _gives("three answers 429 that lack Retry-After", range(2, 5), _too_many),
    "storm-500": _gives("three answers 500", range(2, 5), _storm_500),
    "duplicate-row": Fault("a row comes on two pages, once", "hits", _duplicate),
    "redirect": _gives("the second page is a redirect elsewhere, once", range(2, 3), _redirect),
    "slow": _hits("the second page takes three seconds, once", range(2, 3), _slow),
    **{name: Fault(text, "stays", make) for name, (text, make) in ODD_ANSWERS.items()},
}
