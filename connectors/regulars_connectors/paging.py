"""Walks through a provider's pages: bounded, and suspicious of pages that do not advance.

``follow`` walks pages joined by opaque cursors, ``count_through`` numbered ones. Both take a
``fetch`` that asks for one page, and both ask for fewer rows when an answer is too large.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from .contract import Page
from .errors import CursorExpired, CursorLoop, ResponseTooLarge

MAX_PAGES = 200_000
"""Twenty million rows: more than any newsletter has; a walk beyond it is a loop."""

FetchCursor = Callable[[int, str | None], Page]
FetchNumber = Callable[[int, int], tuple[Page, bool | None]]
P = TypeVar("P")


def follow(
    fetch: FetchCursor,
    cursor: str | None = None,
    *,
    limit: int = 100,
    max_pages: int = MAX_PAGES,
    sparse: bool = False,
) -> Iterator[Page]:
    """Yield the pages from ``cursor`` on. ``fetch(limit, cursor)`` gives a page whose cursor is
    None when it is the last. Raises CursorLoop, and what ``fetch`` raises.

    sparse: rows may be left out while reading, so that a page before the last may be empty.
    """
    seen = {cursor}
    for _ in range(max_pages):
        page, limit = _fitting(lambda rows, at=cursor: fetch(rows, at), limit)  # type: ignore[misc]
        if not sparse:
            _must_advance(page)
        if page.cursor is not None and page.cursor in seen:
            raise CursorLoop("The provider gave the same cursor twice in one walk.")
        yield page
        if page.cursor is None:
            return
        cursor = page.cursor
        seen.add(cursor)
    raise _endless(max_pages)


def count_through(
    fetch: FetchNumber, cursor: str | None = None, *, limit: int = 100, max_pages: int = MAX_PAGES
) -> Iterator[Page]:
    """Yield numbered pages. ``fetch(limit, number)`` gives a page and whether more follow, which
    is None where the provider leaves it out.

    A walk ends by what came, because a provider's count of pages may be wrong: with an empty page
    where the total is known, and unless more is claimed also with a page of fewer rows than asked
    for, or with all the rows of the total.

    The cursor is the number of the next page as text. After an answer that was too large it is
    "number/limit", since the number alone no longer says where to continue.
    """
    usual = limit
    number, limit = _place(cursor, usual)
    came: int | None = 0 if number == 1 else None
    for _ in range(max_pages):
        at = (number - 1) * limit

        def ask(rows: int, at: int = at) -> tuple[Page, bool | None]:
            return fetch(rows, at // rows + 1)

        (page, claims_more), limit = _fitting(ask, limit)
        rows = len(page.records) + len(page.quarantined)
        came = None if came is None else came + rows
        more = _is_followed(page, claims_more, rows=rows, came=came, limit=limit)
        number = at // limit + 2
        page = replace(page, cursor=_name(number, limit, usual) if more else None)
        yield page
        if not more:
            return
    raise _endless(max_pages)


def _is_followed(
    page: Page, claims: bool | None, *, rows: int, came: int | None, limit: int
) -> bool:
    """Whether more rows follow a numbered page.

    claims: what the provider says. came: rows so far, None in a walk that was resumed.
    """
    if rows == 0:
        if claims and page.total is None:
            raise CursorLoop("The provider gave an empty page that claims more pages follow.")
        return False
    if claims:
        return True  # perhaps by a count of pages that is too high: the next page is empty then
    is_full = rows >= limit
    if page.total is None or came is None:
        return is_full and claims is None
    return came < page.total and (is_full or claims is None)


def _endless(max_pages: int) -> CursorLoop:
    return CursorLoop(f"The walk goes on after {max_pages} pages.")


def smaller(limit: int) -> int:
    """Half the rows, or the next smaller share that divides ``limit`` evenly.

    Numbered pages can only be cut where the old and the new pages begin at the same row.
    """
    share = 2
    while limit % share:
        share += 1
    return limit // share


def _fitting(ask: Callable[[int], P], limit: int) -> tuple[P, int]:
    """Ask for ``limit`` rows, for fewer while the answer is too large; it stays so in this walk."""
    while True:
        try:
            return ask(limit), limit
        except ResponseTooLarge:
            if limit == 1:
                raise
            limit = smaller(limit)


def _must_advance(page: Page) -> None:
    if page.cursor is not None and not page.records and not page.quarantined:
        raise CursorLoop("The provider gave an empty page that claims more pages follow.")


def _name(number: int, limit: int, usual: int) -> str:
    return str(number) if limit == usual else f"{number}/{limit}"


def _place(cursor: str | None, limit: int) -> tuple[int, int]:
    if cursor is None:
        return 1, limit
    number, _, reduced = cursor.partition("/")
    if not number.isdigit() or (reduced and not reduced.isdigit()):
        raise CursorExpired("The stored place in this walk is not a page number.")
    return max(1, int(number)), max(1, int(reduced or limit))
