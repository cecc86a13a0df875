"""Checks of one walk: read as in a sync, then again in every way that a sync may use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from ..contract import Connector, Page, Walk
from ..errors import CursorExpired
from ..plural import pluralize
from .calls import Calls, Stopped
from .promises import Ledger
from .rows import ids_seen, judge_page, judge_rows, key_of, keys_of

_SIDE_BY_SIDE = 3


@dataclass(frozen=True, slots=True)
class Depth:
    """How far a check goes: pages of a walk, walks of a stream, cursors to resume at."""

    pages: int = 100
    walks: int = 5
    resumes: int = 20


@dataclass(frozen=True, slots=True)
class Read:
    """The pages of a walk. ended: whether it ended within the depth."""

    pages: list[Page]
    ended: bool


class WalkCheck:
    """The checks of one walk."""

    def __init__(self, ledger: Ledger, calls: Calls, depth: Depth, walk: Walk) -> None:
        self._ledger, self._calls, self._depth, self._walk = ledger, calls, depth, walk
        below = f" below {walk.parent!r}" if walk.parent is not None else ""
        self.where = f"stream {walk.stream.name}{below}"

    def judge(self, connector: Connector, fresh: Callable[[], Connector]) -> list[Page]:
        """Make every check. Returns the pages of the first reading, for the streams that follow.

        Comparing rows needs the right types, so wrong types end the checks of this walk.
        """
        first = self.read(connector, None, watched=True)
        if not judge_rows(self._ledger, self._walk.stream, first.pages, self.where):
            return []
        self._judge_end(first)
        self._judge_again(first, fresh)
        self._judge_side_by_side(first, connector)
        self._judge_resuming(first, connector)
        return first.pages

    def read(self, connector: Connector, cursor: str | None, *, watched: bool = False) -> Read:
        """The pages from ``cursor`` on, as many as the depth allows."""
        pages: list[Page] = []
        cursors = {cursor}
        for page in self._calls.each(self.where, connector, self._walk, cursor):
            place = f"{self.where}, page {len(pages) + 1}"
            if not judge_page(self._ledger, self._walk.stream, page, place):
                return Read(pages, False)
            if pages and pages[-1].cursor is None:
                # A sync stops here, and the rest may be endless.
                if watched:
                    self._ledger.broken("last-page", place, "comes after a page without a cursor")
                return Read(pages, False)
            if watched:
                self._judge_advance(page, cursors, place)
            pages.append(page)
            if len(pages) >= self._depth.pages and page.cursor is not None:
                return Read(pages, False)
        return Read(pages, True)

    def _judge_advance(self, page: Page, cursors: set[str | None], where: str) -> None:
        self._ledger.judged("cursor-advances")
        if page.cursor is None:
            return
        if page.cursor in cursors:
            self._ledger.broken("cursor-advances", where, "repeats an earlier cursor")
        if not page.records and not page.quarantined:
            self._ledger.broken("cursor-advances", where, "is empty and has a cursor")
        cursors.add(page.cursor)

    def _judge_end(self, read: Read) -> None:
        if not read.ended:
            self._judge_endless(read.pages)
            return
        self._ledger.judged("walk-ends", "last-page", "total-agrees")
        if not read.pages:
            self._ledger.broken("last-page", self.where, "the walk has no page")
            return
        if read.pages[-1].cursor is not None:
            self._ledger.broken("last-page", self.where, "the last page has a cursor")
        totals = [page.total for page in read.pages if page.total is not None]
        seen = ids_seen(read.pages)
        if totals and not min(totals) <= seen <= max(totals):
            message = f"{seen} came where {min(totals)} to {max(totals)} are counted"
            self._ledger.broken("total-agrees", self.where, message)

    def _judge_endless(self, pages: Sequence[Page]) -> None:
        half = len(pages) // 2
        before = set(keys_of(pages[:half]))
        message = f"it went on after {pluralize(len(pages), 'page')}"
        if half > 1 and before.issuperset(keys_of(pages[half:])):
            self._ledger.broken("walk-ends", self.where, f"{message} and brought nothing new")
        elif len(pages) >= self._depth.pages:
            self._ledger.warn("walk-ends", self.where, f"{message}: let the check read more pages")

    def _judge_again(self, first: Read, fresh: Callable[[], Connector]) -> None:
        """Compare with a second object. A third then tells a moving provider apart."""
        self._ledger.judged("same-again")
        known = keys_of(first.pages)
        second = self._keys(fresh, None)
        if second == known:
            return
        third = self._keys(fresh, None)
        first_rows = pluralize(len(known), "row")
        message = f"{first_rows} came first, then {len(second)}, then {len(third)}"
        if third == second:
            self._ledger.warn("same-again", self.where, f"{message}: the provider may have changed")
        else:
            self._ledger.broken("same-again", self.where, f"{message}, or in another order")

    def _keys(self, fresh: Callable[[], Connector], cursor: str | None) -> list[tuple[Any, ...]]:
        connector = fresh()
        try:
            return keys_of(self.read(connector, cursor).pages)
        finally:
            self._calls.quietly("close()", connector.close)

    def _judge_side_by_side(self, first: Read, connector: Connector) -> None:
        """Read two walks of one object in turn, and compare each with a walk alone."""
        self._ledger.judged("remembers-nothing")
        wanted = keys_of(first.pages[:_SIDE_BY_SIDE])
        generators = [self._pages(connector) for _ in range(2)]
        found: list[list[tuple[Any, ...]]] = [[], []]
        for _ in range(min(_SIDE_BY_SIDE, len(first.pages))):
            for generator, keys in zip(generators, found, strict=True):
                page = next(generator, None)
                keys.extend(keys_of([page] if page is not None else []))
        if any(keys != wanted for keys in found):
            alone = self._keys_of_start(connector) == wanted
            message = "two walks at the same time" if alone else "the same object, asked again,"
            self._ledger.broken("remembers-nothing", self.where, f"{message} gave other rows")

    def _pages(self, connector: Connector) -> Iterator[Page]:
        pages: Iterator[Any] = self._calls.each(self.where, connector, self._walk, None)
        return takewhile(lambda page: isinstance(page, Page), pages)

    def _keys_of_start(self, connector: Connector) -> list[tuple[Any, ...]]:
        return keys_of(self.read(connector, None).pages[:_SIDE_BY_SIDE])

    def _judge_resuming(self, first: Read, connector: Connector) -> None:
        self._ledger.judged("resume")
        places = [number for number, page in enumerate(first.pages) if page.cursor is not None]
        places = places[: len(first.pages) - 1]
        step = -(-len(places) // self._depth.resumes) or 1
        for number in places[::step]:
            where = f"{self.where}, after page {number + 1}"
            wanted = keys_of(first.pages[number + 1 :])
            try:
                rest = self.read(connector, first.pages[number].cursor)
            except Stopped as stopped:
                if not isinstance(stopped.error, CursorExpired):
                    raise
                message = "the cursor had expired, so an interrupted sync starts this walk again"
                self._ledger.warn("resume", where, message)
                continue
            found = keys_of(rest.pages)[: len(wanted)] if not first.ended else keys_of(rest.pages)
            if found != wanted:
                came = pluralize(len(found), "row")
                message = f"{came} came where {len(wanted)} were left, or in another order"
                self._ledger.broken("resume", where, message)


def newest_first(pages: Sequence[Page]) -> list[Any]:
    """The records of a walk, each once, the newest first by their times."""
    rows = {key_of(record): record for page in pages for record in page.records}
    return sorted(rows.values(), key=_when, reverse=True)


def _when(record: Any) -> int:
    return int(getattr(record, "sent_at", None) or getattr(record, "created_at", None) or 0)
