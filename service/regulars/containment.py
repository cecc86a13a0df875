"""Keeps trouble with a connector where it belongs: in the run of its connection, with a name.

Connectors are written by strangers and run in our process. ``Contained`` stands between a
connector and everybody who calls it: an exception that is not of the family becomes
``ContractBroken``, which says whose fault it is and where; pages that are no pages, that run in a
circle or never end are noticed. What is looked at costs once a page, never once a record: the
rest of a record's types is found out when its columns are made (``naming_wrong_rows``).
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, get_args

from regulars_connectors.contract import (
    Connector,
    Finding,
    FirstLook,
    Known,
    Page,
    Push,
    Stream,
    StreamName,
    Walk,
)
from regulars_connectors.errors import ConnectorError, ContractBroken, CursorExpired
from regulars_connectors.instants import DAY, SECOND
from regulars_connectors.paging import MAX_PAGES
from regulars_connectors.record_faults import plausible, type_faults
from regulars_connectors.records import Hint, Quarantined, Record

from .errors import RegularsError

logger = logging.getLogger(__name__)

MOST_WALKS = 100_000
"""One below each poll, post or link; what gives more does not end."""
PAGES_ALIKE = 10
"""So often may a page be the same as an earlier one before the walk counts as a circle."""
EMPTY_PAGES = 1_000
"""So many pages without any row in a row, each with another cursor, are no walk either."""
LONGEST_WAIT_SECONDS = DAY / SECOND
MOST_WAITS = 20_000


class Contained:
    """A connector that breaks only in the words of the family. ``name`` is that of its settings."""

    def __init__(self, inner: Connector, name: str) -> None:
        self._inner = inner
        self.name = name
        self.Settings = inner.Settings

    def streams(self) -> Sequence[Stream]:
        """As in the contract; also refuses streams that the store does not know."""
        with blaming(self.name, "streams()"):
            found = list(islice(self._inner.streams(), MOST_WALKS))
        for stream in found:
            if not isinstance(stream, Stream) or stream.name not in get_args(StreamName):
                raise _broken(self.name, "streams()", "it names a stream that does not exist")
            if stream.kind not in ("state", "events"):
                raise _broken(self.name, "streams()", f"{stream.name} is of no known kind")
        return found

    def walks(self, stream: Stream, known: Known) -> Sequence[Walk]:
        """As in the contract."""
        where = f"walks() of the stream {stream.name}"
        with blaming(self.name, where):
            found = list(islice(self._inner.walks(stream, known), MOST_WALKS + 1))
        if len(found) > MOST_WALKS:
            raise _broken(self.name, where, f"it gives more than {MOST_WALKS:,} walks")
        for walk in found:
            if not isinstance(walk, Walk) or walk.stream != stream:
                raise _broken(self.name, where, "it gives something that is no walk of it")
            if not isinstance(walk.parent, str | None):
                raise _broken(self.name, where, "the parent of a walk is not text")
        return found

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        """As in the contract, bounded. Raises ContractBroken and what comes through.

        A connector that breaks on the place where an earlier run stopped (another version may
        have named it) is given the walk from its start: CursorExpired.
        """
        where = f"pages() of the stream {walk.stream.name}"
        watch = _Watch()
        try:
            with blaming(self.name, where):
                pages = iter(self._inner.pages(walk, cursor))
                page = next(pages, None)
        except ContractBroken as error:
            if cursor is None:
                raise
            raise CursorExpired(error.happened) from error
        while page is not None:
            fault = _page_fault(walk.stream.name, page) or watch.fault(page)
            if fault is not None:
                raise _broken(self.name, where, fault)
            yield page
            with blaming(self.name, where):
                page = next(pages, None)

    def look(self) -> FirstLook:
        """As in the contract."""
        with blaming(self.name, "look()"):
            look = self._inner.look()
            if all(isinstance(finding, Finding) for finding in look.findings):
                return look
        raise _broken(self.name, "look()", "its findings are none")

    def receive(self, push: Push) -> Sequence[Record | Hint]:
        """As in the contract."""
        with blaming(self.name, "receive()"):
            return list(self._inner.receive(push))

    def close(self) -> None:
        """End connections; what goes wrong now can hurt nobody any more and is logged."""
        try:
            with blaming(self.name, "close()"):
                self._inner.close()
        except ConnectorError as error:
            logger.warning("connector %s: %s", self.name, error.happened)


def contain(inner: Connector, name: str) -> Connector:
    """The connector, contained."""
    made: Any = Contained(inner, name)  # the contract's name is one of the class
    contained: Connector = made
    return contained


@contextmanager
def blaming(name: str, where: str) -> Iterator[None]:
    """Turn any error that is not of the family into ContractBroken: whose, where, which kind.

    Not with its text: that may hold a key or an address. ``sys.exit`` is no way out either.
    """
    try:
        yield
    except (ConnectorError, RegularsError):
        raise
    except (Exception, SystemExit) as error:  # foreign code may fail in any way
        kind = type(error).__name__
        raise _broken(name, where, f"{kind} {_place(error)}") from error


@contextmanager
def naming_wrong_rows(name: str, stream: str, records: Sequence[Any]) -> Iterator[None]:
    """Turn the error of making columns into ContractBroken, naming the record and its field."""
    try:
        yield
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        where = f"pages() of the stream {stream}"
        for number, record in enumerate(records, start=1):
            for fault in type_faults(stream, record):
                place = f"record {number:,} of {len(records):,}"
                raise _broken(name, where, f"in {place} {fault.words()}") from error
        kind = type(error).__name__
        raise _broken(name, where, f"what it yields cannot be kept ({kind})") from error


def _broken(name: str, where: str, what: str) -> ContractBroken:
    return ContractBroken(f"The connector {name!r} broke its contract in {where}: {what}.")


def _place(error: BaseException) -> str:
    """Where in the connector's code it went wrong: the innermost place that is not ours."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = str(Path(__file__).parent)
    theirs = [frame for frame in frames if not frame.filename.startswith(ours)] or frames
    return f"at {Path(theirs[-1].filename).name}, line {theirs[-1].lineno}"


def _page_fault(stream: str, page: Any) -> str | None:
    """What is wrong with a page; of its records only the first is looked at."""
    if not isinstance(page, Page):
        return f"it yields a {type(page).__name__} instead of a Page"
    given: Any = page  # a dataclass holds nobody to its types
    for holds, words in (
        (isinstance(given.records, Sequence), "the records of a page are no sequence"),
        (isinstance(given.quarantined, Sequence), "the rows set aside are no sequence"),
        (isinstance(given.cursor, str | None), "a cursor is not text"),
        (isinstance(given.checkpoint, str | None), "a checkpoint is not text"),
        (plausible(given.fetched_at), "fetched_at of a page is no instant in microseconds"),
        (isinstance(given.total, int | None), "the total of a page is no number"),
        (isinstance(given.wait_seconds, int | float), "the wait of a page is no number"),
    ):
        if not holds:
            return words
    if not all(isinstance(row, Quarantined) for row in page.quarantined):
        return "a row set aside is not Quarantined"
    for record in page.records[:1]:
        for fault in type_faults(stream, record):
            return f"in a record {fault.words()}"
    return None


class _Watch:
    """Notices a walk that does not advance, in little memory however long it is.

    One earlier page is remembered and replaced each time the walk has doubled its length (Brent's
    way of finding a circle), so any circle is noticed after a few rounds.
    """

    def __init__(self) -> None:
        self._count = 0
        self._empty = 0
        self._alike = 0
        self._waits = 0
        self._waited = 0.0
        self._kept: Page | None = None

    def fault(self, page: Page) -> str | None:
        """What is wrong with the walk so far."""
        if page.cursor is None:
            return None
        if page.wait_seconds > 0:
            return self._fault_of_waiting(page.wait_seconds)
        self._count += 1
        self._empty = 0 if page.records or page.quarantined else self._empty + 1
        if self._count > MAX_PAGES:
            return f"the walk did not end after {MAX_PAGES:,} pages"
        if self._empty > EMPTY_PAGES:
            return f"{EMPTY_PAGES:,} pages in a row are empty and claim that more follow"
        return self._fault_of_circle(page)

    def _fault_of_circle(self, page: Page) -> str | None:
        if self._kept is not None and page.cursor == self._kept.cursor:
            return "it gives the same cursor twice in one walk"
        self._alike += self._kept is not None and _alike(page, self._kept)
        if self._alike >= PAGES_ALIKE:
            return f"its pages repeat themselves and bring nothing new ({self._count:,} pages)"
        if self._count & (self._count - 1) == 0:
            self._kept, self._alike = page, 0
        return None

    def _fault_of_waiting(self, seconds: float) -> str | None:
        self._waits += 1
        self._waited += seconds
        if self._waits > MOST_WAITS or self._waited > LONGEST_WAIT_SECONDS:
            return "what was asked for was not ready after a day of waiting"
        return None


def _alike(page: Page, other: Page) -> bool:
    """Whether two pages with rows hold the same: as many, the same first and the same last."""
    rows, others = page.records, other.records
    if not rows or len(rows) != len(others):
        return False
    return bool(rows[0] == others[0] and rows[-1] == others[-1])
