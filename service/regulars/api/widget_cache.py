"""Widgets as ready responses, made once for each period.

A new period is computed in the thread pool. Once published, a figure stays for its period, so that
comparing it before and after a sync reveals nobody who came between.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

import anyio
import anyio.to_thread
from starlette.types import Receive

from regulars.errors import GoneForGood, NothingHere
from regulars.reports import REPORTS
from regulars.reports.engine.query import AnyEnvelope, AnyReport, ReportQuery, Run
from regulars.settings import PublicationSettings, Settings
from regulars.store.protocols import WritableStore
from regulars.widgets.cadence import Period
from regulars.widgets.document import WidgetDocument
from regulars.widgets.images import Picture, resting
from regulars.widgets.listing import WidgetLine, line_of
from regulars.widgets.oembed import oembed_of
from regulars.widgets.publishing import ConfiguredWidget, Publisher, configured_widgets, own_address
from regulars.widgets.variants import (
    FLOATING_CACHE,
    FROZEN_CACHE,
    JSON,
    JSON_POLICY,
    OEMBED,
    Variant,
    embed_headers,
    made_document,
    made_picture,
    make,
    variant_of,
)
from regulars_connectors.instants import Instant, from_datetime

from .memory_cache import CacheEntry, ResponseCache
from .report_service import ReportService
from .responses import CachedResponse, prepare

logger = logging.getLogger(__name__)
T = TypeVar("T")

STAND_IN_CACHE = "public, max-age=300"
FOREVER: Instant = sys.maxsize


@dataclass(frozen=True, slots=True)
class CurrentWidget:
    """What a widget shows of a period: from its end until the next update.

    version: of the store that it was made from, while it waits for data. None once the document
    is final. response: the document, encoded.
    """

    period: Period
    version: int | None
    document: WidgetDocument
    response: CachedResponse

    def is_valid(self, now: datetime, version: int) -> bool:
        """Whether this is still the current one."""
        in_time = self.period.end <= now < self.period.next_update
        return in_time and (self.version is None or self.version == version)


class WidgetCache:
    """Every response of all configured widgets, each made at its first request.

    A widget uses one thread at most. When a week begins, many callers ask at once: the first
    computes and draws for all of them, and the rest of the service keeps its threads.
    """

    def __init__(
        self,
        settings: Settings,
        store: WritableStore,
        service: ReportService,
        reports: Sequence[AnyReport] = REPORTS,
    ) -> None:
        found = configured_widgets(settings, reports=reports)
        self._widgets = {one.widget.key: one for one in found}
        self._former = {
            former: (configured.widget.key, last_day)
            for configured in self._widgets.values()
            for former, last_day in configured.widget.former_keys.items()
        }
        self.own_base = own_address(settings.server)
        self._store = store
        self.now = service.now
        self._service = service
        self.publisher = Publisher(store, partial(_answer, service.computed))
        self._current: dict[str, CurrentWidget] = {}
        self._threads = {key: anyio.CapacityLimiter(1) for key in self._widgets}
        self._responses = ResponseCache(service.clock)

    @property
    def widgets(self) -> list[ConfiguredWidget]:
        """Every widget of the settings, in their order."""
        return list(self._widgets.values())

    async def listed(self, receive: Receive) -> list[WidgetLine]:
        """Every widget of the settings, and what it shows now. receive: of the request."""
        now = self.now()

        def lines(run: Run | None) -> list[WidgetLine]:
            asks = partial(_answer, partial(self._service.envelope, run=run))
            publisher = Publisher(self._store, asks)
            return [line_of(publisher, one, now) for one in self.widgets]

        return await self._service.in_turn("widgets", lines, receive)

    def widget(self, key: str) -> ConfiguredWidget:
        """The widget with that key, or with that former key.

        Raises NothingHere, and GoneForGood for a former key after its last day.
        """
        if key in self._former:
            present, last_day = self._former[key]
            configured = self._widgets[present]
            zone = ZoneInfo(configured.publication.time_zone)
            if self.now().astimezone(zone).date() > last_day:
                raise GoneForGood("This widget has a new key, and this one was retired.")
            return configured
        if key not in self._widgets:
            raise NothingHere(
                "No widget has that key.",
                to_do="Declare the widget in the settings to publish it.",
            )
        return self._widgets[key]

    def find_document(self, key: str) -> CachedResponse | None:
        """The current document, if it is already made."""
        current = self._find_current(key)
        return current.response if current else None

    async def document(self, key: str) -> CachedResponse:
        """The current document."""
        return (await self._make_current(key)).response

    async def oembed(self, key: str, wide: int | None, high: int | None) -> CachedResponse:
        """The oEmbed response. wide, high: the most pixels."""
        if not (wide or high):
            return await self.named(key, OEMBED)
        current = await self._make_current(key)
        body = oembed_of(current.document, self.widget(key).addresses, wide, high)
        return respond(Variant(body, JSON, JSON_POLICY), FLOATING_CACHE, current.period.end)

    async def named(self, key: str, name: str, theme: str = "auto") -> CachedResponse:
        """The current response of that name below the widget's address. Raises NothingHere."""
        configured = self.widget(key)
        return await self._floating(
            (key, "named", name, theme),
            lambda document: _existing(make(document, configured, name, theme=theme)),
        )

    async def picture(self, key: str, picture: Picture) -> CachedResponse:
        """A picture of the current document. A configured widget always has one.

        If drawing fails, it is the last good one, or a note that the figure is resting.
        """
        configured = self.widget(key)
        name = (key, "picture", *_parts(picture))
        draw = partial(made_picture, picture=picture)
        # Whatever goes wrong, a post or a README must show some picture.
        try:
            return await self._floating(name, draw)
        except Exception:
            logger.exception("a picture could not be made: %s", picture)
        try:
            document = await anyio.to_thread.run_sync(self._last_good, configured)
            last = (*name, "last good", document.period_name)
            return await self._respond(last, partial(draw, document), STAND_IN_CACHE)
        except NothingHere:
            return await _resting(picture)
        except Exception:
            logger.exception("nor could an older one: %s", picture)
            return await _resting(picture)

    def _last_good(self, configured: ConfiguredWidget) -> WidgetDocument:
        """The last document that was shown. Raises NothingHere if there is none."""
        before = self._current.get(configured.widget.key)
        if before is not None:
            return before.document
        periods = self.publisher.periods(configured)
        document = self.publisher.frozen(configured, periods[-1]) if periods else None
        if document is None:
            raise NothingHere("This widget has yet to show its first figure.")
        return document

    async def frozen(
        self, key: str, period: str, name: str, picture: Picture | None
    ) -> CachedResponse:
        """What was published of a period, for ever. Raises NothingHere if nothing was."""
        configured = self.widget(key)
        if picture is None:
            return await self._frozen(configured, period, name, None)
        try:
            return await self._frozen(configured, period, name, picture)
        except NothingHere:
            raise
        except Exception:
            # The same rule. The note is cacheable for minutes only.
            logger.exception("a frozen picture could not be made: %s", picture)
            return await _resting(picture)

    async def _frozen(
        self, configured: ConfiguredWidget, period: str, name: str, picture: Picture | None
    ) -> CachedResponse:
        key = configured.widget.key
        if period == configured.period_at(self.now()).name:
            await self._make_current(key)

        def make_variant() -> Variant:
            document = self.publisher.frozen(configured, period)
            if document is None:
                raise NothingHere(
                    "This widget showed no figure of that time.",
                    to_do="See the widget's page: only figures shown while they were new are kept.",
                )
            if picture:
                return made_picture(document, picture)
            return _existing(make(document, configured, name))

        parts = _parts(picture) if picture else (name,)
        return await self._respond((key, "frozen", period, *parts), make_variant, FROZEN_CACHE)

    async def _make_current(self, key: str) -> CurrentWidget:
        """The current document, computed if the cached one is outdated."""
        current = self._find_current(key)
        if current is None:
            current = await self._in_thread(key, partial(self._show, key))
        return current

    def _find_current(self, key: str) -> CurrentWidget | None:
        current = self._current.get(key)
        is_valid = current is not None and current.is_valid(self.now(), self._store.version)
        return current if is_valid else None

    def _show(self, key: str) -> CurrentWidget:
        current = self._find_current(key)
        if current is not None:  # made while this call waited for the widget's thread
            return current
        configured = self.widget(key)
        version, now = self._store.version, self.now()
        document = self.publisher.show(configured, now)
        period = configured.period_at(now)
        self._current[key] = CurrentWidget(
            period,
            None if document.is_settled else version,
            document,
            respond(made_document(document), FLOATING_CACHE, period.end),
        )
        return self._current[key]

    async def _floating(
        self, name: tuple[str, ...], make_of: Callable[[WidgetDocument], Variant]
    ) -> CachedResponse:
        """A response made of the current document. Its name begins with the widget's key."""
        current = await self._make_current(name[0])
        # Valid for its period, and for the data it was made from while it waits for more.
        full = (*name, current.period.name, str(current.version))
        make_variant = partial(make_of, current.document)
        return await self._respond(full, make_variant, FLOATING_CACHE, current.period)

    async def _respond(
        self,
        name: tuple[str, ...],
        make_variant: Callable[[], Variant],
        cache_control: str,
        period: Period | None = None,
    ) -> CachedResponse:
        """The response cached under that name, or one that ``make_variant`` makes now.

        name: begins with the widget's key. period: when it is shown, by default always.
        """

        def make_entry() -> CacheEntry:
            modified = period.end if period else None
            until = from_datetime(period.next_update) if period else FOREVER
            return CacheEntry(respond(make_variant(), cache_control, modified), 0, until)

        entry = self._responses.find(name)
        if entry is None:
            get_or_make = partial(self._responses.get_or_make, name, make_entry)
            entry = await self._in_thread(name[0], get_or_make)
        return entry.response

    async def _in_thread(self, key: str, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self._threads[key])


def respond(
    variant: Variant, cache_control: str, modified: datetime | None = None
) -> CachedResponse:
    """A response with the headers of every widget response.

    cache_control: how long caches may keep it. modified: since when it is shown.
    """
    headers = embed_headers(variant.policy, cache_control)
    if modified is not None:
        headers["Last-Modified"] = format_datetime(modified, usegmt=True)
    return prepare(variant.body, variant.kind, headers)


def _answer(
    ask: Callable[[ReportQuery], AnyEnvelope],
    report: AnyReport,
    publication: PublicationSettings,
    as_of: datetime,
) -> AnyEnvelope:
    return ask(ReportQuery(report, publication, as_of=as_of))


async def _resting(picture: Picture) -> CachedResponse:
    body = await anyio.to_thread.run_sync(resting, picture)
    return respond(variant_of(body, picture), STAND_IN_CACHE)


def _existing(variant: Variant | None) -> Variant:
    if variant is None:
        raise NothingHere(
            "This widget has nothing of that name.",
            to_do="The widget's page lists every address.",
        )
    return variant


def _parts(picture: Picture) -> tuple[str, ...]:
    return picture.variant, picture.form, picture.theme, str(picture.scale)
