"""Confines a connector's faults to the run of its connection, and names the connector.

Third-party connectors run in our process. ``GuardedConnector`` stands between a connector and its
callers. An exception outside the family becomes ``ContractBroken``, which names the connector and
the place. Invalid pages, and walks that repeat or never end, are detected. Its checks cost a fixed
amount for each page, whatever the number of records: the other types of a record show when its
columns are made (``attributing_rows``). Each page is copied, so that a connector may reuse its
lists.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from regulars.errors import RegularsError
from regulars_connectors.contract import (
    Connector,
    Finding,
    Page,
    Preflight,
    Stream,
    SupportsWebhooks,
    SyncState,
    Unused,
    Walk,
    WebhookEvent,
    WebhookRequest,
)
from regulars_connectors.contract_faults import (
    delivery_id_fault,
    faults_of_several_streams,
    faults_of_several_walks,
    iterator_fault,
    page_faults,
    preflight_faults,
    sequence_fault,
    stream_faults,
    walk_faults,
    webhook_faults,
)
from regulars_connectors.errors import (
    ConnectorError,
    ContractBroken,
    CursorExpired,
    Interrupted,
)
from regulars_connectors.paging import MAX_PAGES
from regulars_connectors.plugin_errors import is_interrupt, lacks_text, place_of, plain
from regulars_connectors.record_validation import type_faults

logger = logging.getLogger(__name__)

MOST_WALKS = 100_000
"""One below each poll, post or link. A connector with more never ends."""
PAGES_ALIKE = 10
"""After so many pages equal to an earlier one, the walk counts as a circle."""
EMPTY_PAGES = 1_000
"""After so many empty pages in a row, the walk counts as endless."""
MOST_MEANINGS = 10_000
"""Of one delivery."""
_OURS = Path(__file__).parents[1]
_END: Any = object()


class GuardedConnector:
    """A connector that raises errors of the family only. name: as in the settings."""

    def __init__(self, inner: Connector, name: str) -> None:
        self._inner = inner
        self.name = name
        self.Settings = inner.Settings

    def streams(self) -> Sequence[Stream]:
        """As in the contract. Also refuses streams unknown to the store."""
        where = "streams()"
        with self._blaming(where):
            streams = self._several(where, self._inner.streams())
            self._refuse(where, stream_faults(streams))
            self._refuse(where, faults_of_several_streams(streams))
        return streams

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        """As in the contract."""
        where = f"walks() of the stream {stream.name}"
        with self._blaming(where):
            walks = self._several("walks()", self._inner.walks(stream, state), where)
            self._refuse(where, walk_faults(walks, stream))
            self._refuse(where, faults_of_several_walks(walks, stream))
        return walks

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        """As in the contract, bounded. Raises ContractBroken and the errors of the family.

        A connector that breaks at the cursor of an earlier run, perhaps of another version, raises
        CursorExpired, so that the walk starts again. The last page is yielded once it is certain
        to be the last, because its caller takes the walk for whole.
        """
        where = f"pages() of the stream {walk.stream.name}"
        watch = _Watch()
        try:
            with self._blaming(where):
                returned: Any = self._inner.pages(walk, cursor)
                self._refuse(where, filter(None, [iterator_fault(returned)]))
                pages = iter(returned)
                page = next(pages, _END)
        except ContractBroken as error:
            if cursor is None:
                raise
            raise CursorExpired(error.happened) from error
        try:
            while page is not _END:
                page = self._checked(walk, page, where, watch)
                with self._blaming(where):
                    after = next(pages, _END) if page.cursor is None else None
                if page.cursor is None and after is not _END:
                    fault = "a page follows the last one, which is the page without a cursor"
                    raise _broken(self.name, where, fault)
                yield page
                with self._blaming(where):
                    page = after if page.cursor is None else next(pages, _END)
        finally:
            self._end(pages)

    def _several(self, call: str, returned: Any, where: str | None = None) -> list[Any]:
        """The items of a sequence, bounded, because a sequence may be endless."""
        if fault := sequence_fault(call, returned):
            raise _broken(self.name, where or call, fault)
        found = list(islice(returned, MOST_WALKS + 1))
        if len(found) > MOST_WALKS:
            fault = f"{call} must return at most {MOST_WALKS:,} of them"
            raise _broken(self.name, where or call, fault)
        return found

    def _refuse(self, where: str, faults: Iterable[str]) -> None:
        """Raise the first fault, if any."""
        for fault in faults:
            raise _broken(self.name, where, fault)

    def _checked(self, walk: Walk, page: Any, where: str, watch: _Watch) -> Page:
        """A copy of the page, checked, with the first of its records."""
        with self._blaming(where):
            self._refuse(where, page_faults(page))
            for record in page.records[:1]:
                faults = [
                    fault
                    for fault in type_faults(walk.stream.name, record)
                    if not fault.is_of_the_row
                ]
                self._refuse(where, (f"a record breaks its promise: {fault}" for fault in faults))
            copied = _copied(page)
            if fault := watch.fault(copied):
                raise _broken(self.name, where, fault)
        return copied

    def _end(self, pages: Any) -> None:
        """End a generator now, rather than whenever memory is cleared."""
        close = getattr(pages, "close", None)
        if callable(close):
            self._quietly("the end of pages()", close)

    def preflight(self) -> Preflight:
        """As in the contract."""
        where = "preflight()"
        with self._blaming(where):
            preflight = self._inner.preflight()
            self._refuse(where, preflight_faults(preflight))
            return replace(preflight, findings=[_plain(one) for one in preflight.findings])

    def close(self) -> None:
        """End connections. An error is logged, since it can do no harm any more."""
        self._quietly("close()", self._inner.close)

    def _quietly(self, where: str, call: Callable[[], object]) -> None:
        try:
            with self._blaming(where):
                call()
        except ConnectorError as error:
            logger.warning("connector %s: %s", self.name, error.happened)

    def _blaming(self, where: str) -> AbstractContextManager[None]:
        return attributing_errors(self.name, where, type(self._inner).__module__)


class GuardedWebhookConnector(GuardedConnector):
    """The same for a connector that takes webhooks."""

    _inner: Any

    def verify_webhook(self, request: WebhookRequest) -> str:
        """As in the contract."""
        where = "verify_webhook()"
        with self._blaming(where):
            returned = self._inner.verify_webhook(request)
            self._refuse(where, filter(None, [delivery_id_fault(returned)]))
        return str(returned)

    def handle_webhook(self, body: bytes) -> WebhookEvent:
        """As in the contract, with at most so many meanings."""
        where = "handle_webhook()"
        with self._blaming(where):
            returned = self._inner.handle_webhook(body)
            self._refuse(where, webhook_faults(returned))
            if len(returned.meanings) > MOST_MEANINGS:
                fault = f"a delivery means at most {MOST_MEANINGS:,} things"
                raise _broken(self.name, where, fault)
        event: WebhookEvent = replace(returned, meanings=tuple(returned.meanings))
        return event


def guard(inner: Connector, name: str) -> Connector:
    """The connector, guarded. It takes webhooks if the connector does."""
    takes = isinstance(inner, SupportsWebhooks)
    kind = GuardedWebhookConnector if takes else GuardedConnector
    any_connector: Any = kind(inner, name)  # the contract wants a name of the class
    guarded: Connector = any_connector
    return guarded


@contextmanager
def attributing_errors(name: str, where: str, module: str | None = None) -> Iterator[None]:
    """Turn any error outside the family into ContractBroken: whose, where, which kind.

    Its text is left out, because it may hold a key or an address. This covers ``sys.exit`` and
    everything else except Ctrl-C. module: the connector's, to find the place in.
    """
    try:
        yield
    except (RegularsError, Interrupted):
        raise
    except ConnectorError as error:
        if lacks_text(error):
            place = place_of(error, module, _OURS)
            fault = f"{type(error).__name__} {place} lacks a text that says what happened"
            raise _broken(name, where, fault) from error
        raise
    except BaseException as error:  # a connector may fail in any way
        if is_interrupt(error):
            raise
        kind = type(error).__name__
        raise _broken(name, where, f"{kind} {place_of(error, module, _OURS)}") from error


@contextmanager
def attributing_rows(name: str, stream: str, records: Sequence[Any]) -> Iterator[None]:
    """Turn an error of making columns into ContractBroken with the record and its field."""
    try:
        yield
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        where = f"pages() of the stream {stream}"
        for number, record in enumerate(records, start=1):
            for fault in type_faults(stream, record):
                place = f"record {number:,} of {len(records):,}"
                raise _broken(name, where, f"in {place} {fault}") from error
        kind = type(error).__name__
        raise _broken(name, where, f"its records cannot be stored ({kind})") from error


def _broken(name: str, where: str, what: str) -> ContractBroken:
    return ContractBroken(f"The connector {name!r} broke its contract in {where}: {what}.")


def _copied(page: Page) -> Page:
    """The page with lists of its own, because a connector may refill its lists for each page."""
    return replace(
        page,
        records=tuple(page.records),
        quarantined=tuple(page.quarantined),
        notices=tuple(plain(notice) for notice in page.notices),
        as_of=tuple(page.as_of),
        unused=tuple(map(_plain_fact, page.unused)),
    )


def _plain_fact(fact: Unused) -> Unused:
    columns = tuple(map(plain, fact.columns))
    return replace(fact, name=plain(fact.name), detail=plain(fact.detail), columns=columns)


def _plain(finding: Finding) -> Finding:
    fix = plain(finding.fix or "") or None
    return Finding(plain(finding.name), finding.verdict, plain(finding.text), fix)


class _Watch:
    """Detects a walk that repeats itself, in constant memory.

    It remembers one earlier page, and replaces it each time the walk has doubled its length
    (Brent's cycle detection), so any circle shows after a few rounds.
    """

    def __init__(self) -> None:
        self._count = 0
        self._empty = 0
        self._alike = 0
        self._kept: Page | None = None

    def fault(self, page: Page) -> str | None:
        """What is wrong with the walk so far."""
        if page.cursor is None:
            return None
        self._count += 1
        self._empty = 0 if page.records or page.quarantined else self._empty + 1
        if self._count > MAX_PAGES:
            return f"the walk went on for more than {MAX_PAGES:,} pages"
        if self._empty > EMPTY_PAGES:
            return f"{EMPTY_PAGES:,} pages in a row are empty and claim that more follow"
        return self._fault_of_circle(page)

    def _fault_of_circle(self, page: Page) -> str | None:
        if self._kept is not None and page.cursor == self._kept.cursor:
            return "the same cursor came twice in one walk"
        self._alike += self._kept is not None and _alike(page, self._kept)
        if self._alike >= PAGES_ALIKE:
            return f"its pages repeat and bring nothing new ({self._count:,} pages)"
        if self._count & (self._count - 1) == 0:
            self._kept, self._alike = page, 0
        return None


def _alike(page: Page, other: Page) -> bool:
    """Whether two pages with rows are equal in number, first row and last row."""
    rows, others = page.records, other.records
    if not rows or len(rows) != len(others):
        return False
    return bool(rows[0] == others[0] and rows[-1] == others[-1])
