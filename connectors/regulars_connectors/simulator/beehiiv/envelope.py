"""Lists on the wire: cursor pages (flat or nested) and numbered pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from ..handler import Response
from .context import Quirks
from .requests import JSON, ParsedRequest, Refusal, cursor_token

DEPRECATED = (("Deprecation", "true"), ("X-Pagination-Warning", "page is deprecated, use cursor"))
LAST_PAGE = 100
Item = TypeVar("Item")


def cursor_page(
    quirks: Quirks, rows: Sequence[str], *, limit: int, following: int | None, total: int
) -> Response:
    """One page of a cursor walk; ``rows`` are JSON texts, ``following`` where the next begins."""
    about: dict[str, Any] = {
        "limit": limit,
        "has_more": following is not None,
        "next_cursor": None if following is None else cursor_token(following),
    }
    if quirks.totals:
        about["total_results"] = total
    outer = {"pagination": about} if quirks.nested else about
    # The extra key is one that nobody announced; shapes grew several times in 2026.
    text = msgspec.json.encode({**outer, "x_unannounced": True}).decode()
    return Response(200, f'{{"data":[{",".join(rows)}],{text[1:]}'.encode(), (JSON,))


def numbered_page(rows: Sequence[str], *, page: int, limit: int, total: int) -> Response:
    """One page of an offset walk."""
    about = {
        "limit": limit,
        "page": page,
        "total_results": total,
        "total_pages": -(-total // limit),
    }
    text = msgspec.json.encode(about).decode()
    return Response(200, f'{{"data":[{",".join(rows)}],{text[1:]}'.encode(), (JSON,))


def slice_numbered(
    items: Sequence[Item], asking: ParsedRequest, write: Callable[[Item], object]
) -> Response:
    """The page asked for out of all ``items`` of an offset list; only its own are written."""
    page, limit = asking.page or 1, asking.limit
    rows = [_text(write(item)) for item in items[(page - 1) * limit : page * limit]]
    return numbered_page(rows, page=page, limit=limit, total=len(items))


def slice_cursor(
    quirks: Quirks, items: Sequence[Item], asking: ParsedRequest, write: Callable[[Item], object]
) -> Response:
    """The page asked for out of all ``items`` of a cursor list; only its own are written."""
    if asking.page is not None:
        check_page(asking.page)
        return slice_numbered(items, asking, write).with_headers(*DEPRECATED)
    start, limit = asking.cursor() or 0, asking.limit
    end = start + limit
    rows = [_text(write(item)) for item in items[start:end]]
    following = end if end < len(items) else None
    return cursor_page(quirks, rows, limit=limit, following=following, total=len(items))


def _text(row: object) -> str:
    return msgspec.json.encode(row).decode()


def check_page(page: int) -> None:
    """Endpoints that moved to cursors, posts and segments refuse pages beyond the hundredth."""
    if page > LAST_PAGE:
        raise Refusal(400, "page must not exceed 100, use cursor pagination", "INVALID_PAGE")
