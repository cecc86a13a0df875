"""Keeps trouble with a connector where it belongs: in the run of its connection, with a name.

Connectors are written by strangers and run in our process. ``GuardedConnector`` stands between a
connector and everybody who calls it: an exception that is not of the family becomes
``ContractBroken``, which says whose fault it is and where; pages that are no pages, that run in a
circle or never end are noticed. What is looked at costs once a page, never once a record: the
rest of a record's types is found out when its columns are made (``attributing_rows``). A page is
copied as it comes, so that what a connector does with its lists afterwards changes nothing.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, get_args

from regulars.errors import RegularsError
from regulars_connectors.contract import (
    Connector,
    Finding,
    Page,
    Preflight,
    Stream,
    StreamName,
    SyncState,
    Walk,
    WebhookRequest,
)
from regulars_connectors.errors import ConnectorError, ContractBroken, CursorExpired
from regulars_connectors.instants import DAY, SECOND
from regulars_connectors.paging import MAX_PAGES
from regulars_connectors.plugin_errors import is_interrupt, is_line, place_of, plain, wordless
from regulars_connectors.record_validation import (
    are_notices,
    is_quarantined,
    plausible,
    type_faults,
)
from regulars_connectors.records import Hint, Record

logger = logging.getLogger(__name__)

MOST_WALKS = 100_000
"""One below each poll, post or link; what gives more does not end."""
PAGES_ALIKE = 10
"""So often may a page be the same as an earlier one before the walk counts as a circle."""
EMPTY_PAGES = 1_000
"""So many pages without any row in a row, each with another cursor, are no walk either."""
LONGEST_WAIT_SECONDS = DAY / SECOND
MOST_WAITS = 20_000
_OURS = Path(__file__).parents[1]
_END: Any = object()


class GuardedConnector:
    """A connector that breaks only in the words of the family. ``name`` is that of its settings."""

    def __init__(self, inner: Connector, name: str) -> None:
        self._inner = inner
        self.name = name
        self.Settings = inner.Settings

    def streams(self) -> Sequence[Stream]:
        """As in the contract; also refuses streams that the store does not know."""
        with self._blaming("streams()"):
            found = self._several("streams()", self._inner.streams(), MOST_WALKS)
        for stream in found:
            fault = _stream_fault(stream)
            if fault is not None:
                raise _broken(self.name, "streams()", fault)
        names = [stream.name for stream in found]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise _broken(self.name, "streams()", f"it names the stream {twice} twice")
        return found

    def walks(self, stream: Stream, known: SyncState) -> Sequence[Walk]:
        """As in the contract."""
        where = f"walks() of the stream {stream.name}"
        with self._blaming(where):
            found = self._several(where, self._inner.walks(stream, known), MOST_WALKS + 1)
        if len(found) > MOST_WALKS:
            raise _broken(self.name, where, f"it gives more than {MOST_WALKS:,} walks")
        fault = next((fault for walk in found if (fault := _walk_fault(stream, walk))), None)
        if fault is None and len(found) > 1 and stream.kind == "state":
            fault = _fault_of_several(found)
        if fault is not None:
            raise _broken(self.name, where, fault)
        return found

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        """As in the contract, bounded. Raises ContractBroken and what comes through.

        A connector that breaks on the place where an earlier run stopped (another version may
        have named it) is given the walk from its start: CursorExpired. The last page is given only
        once nothing came after it: whoever has it takes the walk for whole.
        """
        where = f"pages() of the stream {walk.stream.name}"
        watch = _Watch()
        try:
            with self._blaming(where):
                pages = iter(self._iterable(where, self._inner.pages(walk, cursor)))
                page = next(pages, _END)
        except ContractBroken as error:
            if cursor is None:
                raise
            raise CursorExpired(error.happened) from error
        try:
            while page is not _END:
                page = self._sound(walk, page, where, watch)
                with self._blaming(where):
                    after = next(pages, _END) if page.cursor is None else None
                if page.cursor is None and after is not _END:
                    told = "a page comes after the last one, which is the one without a cursor"
                    raise _broken(self.name, where, told)
                yield page
                with self._blaming(where):
                    page = after if page.cursor is None else next(pages, _END)
        finally:
            self._end(pages)

    def _several(self, where: str, given: Any, most: int) -> list[Any]:
        return list(islice(self._iterable(where, given), most))

    def _iterable(self, where: str, given: Any) -> Any:
        if not hasattr(given, "__iter__"):
            told = f"it gives a {type(given).__name__}, where several of something are promised"
            raise _broken(self.name, where, told)
        return given

    def _sound(self, walk: Walk, page: Any, where: str, watch: _Watch) -> Page:
        """The page, copied, where it is one."""
        with self._blaming(where):
            fault = _page_fault(walk.stream.name, page)
            if fault is None:
                page = _copied(page)
                fault = watch.fault(page)
        if fault is not None:
            raise _broken(self.name, where, fault)
        sound: Page = page
        return sound

    def _end(self, pages: Any) -> None:
        """End a generator that was left before its end, rather than whenever memory is cleared."""
        close = getattr(pages, "close", None)
        if callable(close):
            self._quietly("the end of pages()", close)

    def preflight(self) -> Preflight:
        """As in the contract."""
        with self._blaming("preflight()"):
            preflight = self._inner.preflight()
            given = [_plain_finding(finding) for finding in preflight.findings]
            findings = [finding for finding in given if finding is not None]
            sized = _is_amount(preflight.requests) and _is_amount(preflight.seconds)
            if len(findings) == len(given) and sized:
                return replace(preflight, findings=findings)
        fault = "its findings are none" if sized else "requests or seconds are no number from 0"
        raise _broken(self.name, "preflight()", fault)

    def receive(self, push: WebhookRequest) -> Sequence[Record | Hint]:
        """As in the contract."""
        with self._blaming("receive()"):
            return list(self._inner.receive(push))

    def close(self) -> None:
        """End connections; what goes wrong now can hurt nobody any more and is logged."""
        self._quietly("close()", self._inner.close)

    def _quietly(self, where: str, call: Callable[[], object]) -> None:
        try:
            with self._blaming(where):
                call()
        except ConnectorError as error:
            logger.warning("connector %s: %s", self.name, error.happened)

    def _blaming(self, where: str) -> AbstractContextManager[None]:
        return attributing_errors(self.name, where, type(self._inner).__module__)


def guard(inner: Connector, name: str) -> Connector:
    """The connector, contained."""
    made: Any = GuardedConnector(inner, name)  # the contract's name is one of the class
    contained: Connector = made
    return contained


@contextmanager
def attributing_errors(name: str, where: str, module: str | None = None) -> Iterator[None]:
    """Turn any error that is not of the family into ContractBroken: whose, where, which kind.

    Not with its text: that may hold a key or an address. ``sys.exit`` is no way out either, nor is
    any other error that is no Exception; Ctrl-C is. module: the connector's, to find the place in.
    """
    try:
        yield
    except RegularsError:
        raise
    except ConnectorError as error:
        if wordless(error):
            place = place_of(error, module, _OURS)
            told = f"{type(error).__name__} {place} does not say in words what happened"
            raise _broken(name, where, told) from error
        raise
    except BaseException as error:  # foreign code may fail in any way
        if is_interrupt(error):
            raise
        kind = type(error).__name__
        raise _broken(name, where, f"{kind} {place_of(error, module, _OURS)}") from error


@contextmanager
def attributing_rows(name: str, stream: str, records: Sequence[Any]) -> Iterator[None]:
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


def _stream_fault(stream: Any) -> str | None:
    if not isinstance(stream, Stream) or stream.name not in get_args(StreamName):
        return "it names a stream that does not exist"
    if stream.kind not in ("state", "events"):
        return f"{stream.name} is of no known kind"
    return None if is_line(stream.label) else f"the label of {stream.name} is no line of text"


def _walk_fault(stream: Stream, walk: Any) -> str | None:
    if not isinstance(walk, Walk) or walk.stream != stream:
        return "it gives something that is no walk of it"
    if walk.coverage not in ("whole", "window", "since"):
        return "the coverage of a walk is none of whole, window, since"
    return None if isinstance(walk.parent, str | None) else "the parent of a walk is not text"


def _fault_of_several(walks: Sequence[Walk]) -> str | None:
    """What is wrong with several walks of a state stream, each of which may be well by itself."""
    if any(walk.coverage == "whole" for walk in walks):
        return (
            "it gives several walks and calls one of them whole, so that what the others show"
            " would count as gone; give one walk of everything, or several windows"
        )
    return None


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
        (_is_count(given.total), "the total of a page is no whole number from 0"),
        (_is_wait(given.wait_seconds), "the wait of a page is no number of seconds from 0"),
        (are_notices(given.notices), "the notices of a page are no list of texts"),
    ):
        if not holds:
            return words
    for row in page.quarantined:
        if not is_quarantined(row):
            return "a row set aside is not Quarantined, or its id or reason is not text"
    for record in page.records[:1]:
        for fault in type_faults(stream, record):
            return f"a record is not as promised: {fault.words()}"
    return None


def _is_count(total: object) -> bool:
    return total is None or (isinstance(total, int) and 0 <= total < 2**63)


def _is_amount(number: Any) -> bool:
    is_number = isinstance(number, int | float)
    return number is None or (is_number and math.isfinite(number) and number >= 0)


def _is_wait(seconds: object) -> bool:
    return isinstance(seconds, int | float) and not math.isnan(seconds) and seconds >= 0


def _copied(page: Page) -> Page:
    """The page with lists of its own: one that is filled again for each page would change it."""
    return replace(
        page,
        records=tuple(page.records),
        quarantined=tuple(page.quarantined),
        notices=tuple(plain(notice) for notice in page.notices),
    )


def _plain_finding(finding: Any) -> Finding | None:
    if not isinstance(finding, Finding) or finding.verdict not in ("ok", "warning", "error"):
        return None
    texts = (finding.name, finding.text, finding.fix or "")
    if not all(isinstance(text, str) for text in texts):
        return None
    name, text, fix = map(plain, texts)
    return Finding(name, finding.verdict, text, fix or None)


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
