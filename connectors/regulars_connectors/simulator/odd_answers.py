"""Odd answers of a provider that seems healthy: words, dates and numbers of another shape.

Each changes the rows of one list as they leave the simulated API. ``faults`` lists them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import msgspec

from .beehiiv import BeehiivApi
from .handler import Handler, Request, Response

Row: TypeAlias = dict[str, Any]
Make: TypeAlias = Callable[[BeehiivApi, Handler], Handler]


def _rows(of: str, change: Callable[[int, Row], None]) -> Make:
    """A provider whose rows below a path that ends with ``of`` are changed, by place and row."""

    def make(_api: BeehiivApi, inner: Handler) -> Handler:
        def wrapped(request: Request) -> Response:
            answer = inner(request)
            return _changed(answer, change) if request.path.endswith(of) else answer

        return wrapped

    return make


def _changed(answer: Response, change: Callable[[int, Row], None]) -> Response:
    if answer.status != 200:
        return answer
    page = msgspec.json.decode(answer.body)
    data = page["data"] if isinstance(page["data"], list) else [page["data"]]
    for place, row in enumerate(data):
        if isinstance(row, dict):
            change(place, row)
    return replace(answer, body=msgspec.json.encode(page))


def _people(change: Callable[[int, Row], None]) -> Make:
    return _rows("/subscriptions", change)


def _stats(change: Callable[[Row], None]) -> Make:
    """People's statistics are changed, where they have any."""

    def with_stats(_place: int, row: Row) -> None:
        if row.get("stats"):
            change(row["stats"])

    return _people(with_stats)


def _mailed(row: Row) -> int:
    return int((row.get("stats") or {}).get("email", {}).get("delivered") or 0)


def _newest_mailed(fields: Row) -> Make:
    """The two posts that were mailed last are changed; pages show posts by age."""

    def make(_api: BeehiivApi, inner: Handler) -> Handler:
        def wrapped(request: Request) -> Response:
            answer = inner(request)
            if not request.path.endswith("/posts") or answer.status != 200:
                return answer
            page = msgspec.json.decode(answer.body)
            for row in [row for row in page["data"] if _mailed(row)][-2:]:
                row.update(fields)
            return replace(answer, body=msgspec.json.encode(page))

        return wrapped

    return make


def _one_in(share: int, row_change: Callable[[Row], None]) -> Callable[[int, Row], None]:
    return lambda place, row: row_change(row) if place % share == 0 else None


def _fifth_mailed_is_zero(_api: BeehiivApi, inner: Handler) -> Handler:
    def wrapped(request: Request) -> Response:
        answer = inner(request)
        if not request.path.endswith("/posts") or answer.status != 200:
            return answer
        page = msgspec.json.decode(answer.body)
        for row in [row for row in page["data"] if _mailed(row)][4:5]:
            row["publish_date"] = 0
        return replace(answer, body=msgspec.json.encode(page))

    return wrapped


def _quote_deliveries(_place: int, row: Row) -> None:
    if _mailed(row):
        row["stats"]["email"]["delivered"] = str(row["stats"]["email"]["delivered"])


def _rename_status(_place: int, row: Row) -> None:
    if row.get("status") == "confirmed":
        row["status"] = "published"


def _float_counts(stats: Row) -> None:
    stats.update((name, float(value)) for name, value in stats.items())


def _decimal_created(_place: int, row: Row) -> None:
    if str(row.get("id", "")).startswith("pub_"):
        row["created"] = float(row["created"])


ODD_ANSWERS: dict[str, tuple[str, Make]] = {
    "odd-status": (
        "one person in ten has the status needs_attention",
        _people(_one_in(10, lambda row: row.update(status="needs_attention"))),
    ),
    "new-status-words": (
        "every person's status is written otherwise",
        _people(lambda _, row: row.update(status=f"is_{row['status']}")),
    ),
    "undated-posts": (
        "no post has a publish_date",
        _rows("/posts", lambda _, row: row.update(publish_date=None)),
    ),
    "date-zero": ("the publish_date of one post is 0", _fifth_mailed_is_zero),
    "posts-as-drafts": (
        "the two newest mailed posts are drafts again",
        _newest_mailed({"status": "draft", "publish_date": None}),
    ),
    "posts-on-the-web": (
        "the two newest mailed posts stand on the web alone",
        _newest_mailed({"platform": "web"}),
    ),
    "new-post-status": (
        "posts have a status word that nobody knows",
        _rows("/posts", _rename_status),
    ),
    "untitled-posts": (
        "posts have no title",
        _rows("/posts", lambda _, row: row.update(title=None)),
    ),
    "quoted-deliveries": (
        "deliveries of posts come as text",
        _rows("/posts", _quote_deliveries),
    ),
    "odd-rates": (
        "people's rates come as text or false",
        _stats(lambda stats: stats.update(open_rate="46.3%", click_rate=False)),
    ),
    "float-counts": ("people's counts are written with a point", _stats(_float_counts)),
    "stats-as-list": (
        "people's statistics are an empty list",
        _people(lambda _, row: row.update(stats=[])),
    ),
    "negative-total": (
        "one person in ten has a negative total",
        _people(_one_in(10, lambda row: row.update(stats={"total_received": -1}))),
    ),
    "odd-fields": (
        "people's referrals and campaign have another type",
        _people(lambda _, row: row.update(referrals={}, utm_campaign=20260301)),
    ),
    "decimal-created": (
        "a publication's created is a decimal number",
        _rows("", _decimal_created),
    ),
}
"""By name: what each does in a sentence, and how."""
