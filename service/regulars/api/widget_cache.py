"""Ready bytes of widgets: made once for each period and kept.

What is shown is computed in the thread pool when the shown period moves on. Once a figure is out
it stays for its period: asking twice around a sync must not show who came between.
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

from regulars.errors import GoneForGood, NothingHere
from regulars.reports import REPORTS
from regulars.reports.engine.query import AnyEnvelope, AnyReport, ReportQuery
from regulars.settings import PublicationSettings, Settings
from regulars.store.protocols import WritableStore
from regulars.widgets.cadence import Period
from regulars.widgets.document import WidgetDocument
from regulars.widgets.images import Picture, resting
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
    """What a widget shows of a period: from the end of it until the next update.

    version: of the store that it was made from, where it waits for data; None where new data
    change nothing any more. response: the document, encoded.
    """

    period: Period
    version: int | None
    document: WidgetDocument
    response: CachedResponse

    def is_valid(self, now: datetime, version: int) -> bool:
        """Whether it is what is to be shown now."""
        in_time = self.period.end <= now < self.period.next_update
        return in_time and (self.version is None or self.version == version)


class WidgetCache:
    """Everything of all configured widgets, each made when it is first asked for.

    Each widget has one thread at most. Many ask at once when a week begins: the first computes
    and draws for all of them, and the rest of the service keeps its threads.
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
        self.publisher = Publisher(store, partial(_answer, service))
        self._current: dict[str, CurrentWidget] = {}
        self._threads = {key: anyio.CapacityLimiter(1) for key in self._widgets}
        self._responses = ResponseCache(service.clock)

    @property
    def widgets(self) -> list[ConfiguredWidget]:
        """Every widget of the settings, in their order."""
        return list(self._widgets.values())

    def widget(self, key: str) -> ConfiguredWidget:
        """The widget configured under that key, or that had it before.

        Raises NothingHere, and GoneForGood where the days of a former key are over.
        """
        if key in self._former:
            present, last_day = self._former[key]
            configured = self._widgets[present]
            zone = ZoneInfo(configured.publication.time_zone)
            if self.now().astimezone(zone).date() > last_day:
                raise GoneForGood("This widget was given another key.")
            return configured
        if key not in self._widgets:
            raise NothingHere(
                "There is no widget of that key.",
                to_do="Declare it in the settings: a widget is off until it stands there.",
            )
        return self._widgets[key]

    def find_document(self, key: str) -> CachedResponse | None:
        """The document that is shown now, if it is made already."""
        current = self._find_current(key)
        return current.response if current else None

    async def document(self, key: str) -> CachedResponse:
        """The document that is shown now."""
        return (await self._make_current(key)).response

    async def oembed(self, key: str, wide: int | None, high: int | None) -> CachedResponse:
        """The oEmbed answer, for a place of at most so many pixels."""
        if not (wide or high):
            return await self.named(key, OEMBED)
        current = await self._make_current(key)
        body = oembed_of(current.document, self.widget(key).addresses, wide, high)
        return respond(Variant(body, JSON, JSON_POLICY), FLOATING_CACHE, current.period.end)

    async def named(self, key: str, name: str, theme: str = "auto") -> CachedResponse:
        """What has that name below the widget's address now. Raises NothingHere."""
        configured = self.widget(key)
        return await self._floating(
            (key, "named", name, theme),
            lambda document: _existing(make(document, configured, name, theme=theme)),
        )

    async def picture(self, key: str, picture: Picture) -> CachedResponse:
        """A picture of what is shown now; never an error once the widget is configured.

        Where it cannot be made it is the last good one, or the words that the figure is resting.
        """
        configured = self.widget(key)
        name = (key, "picture", *_parts(picture))
        draw = partial(made_picture, picture=picture)
        # Whatever goes wrong: an issue or a README must not show a broken picture.
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
        """What was shown before. Raises NothingHere where nothing was."""
        before = self._current.get(configured.widget.key)
        if before is not None:
            return before.document
        periods = self.publisher.periods(configured)
        document = self.publisher.frozen(configured, periods[-1]) if periods else None
        if document is None:
            raise NothingHere("This widget showed no figure yet.")
        return document

    async def frozen(
        self, key: str, period: str, name: str, picture: Picture | None
    ) -> CachedResponse:
        """What was shown of a period, for ever. Raises NothingHere where nothing was."""
        configured = self.widget(key)
        if picture is None:
            return await self._frozen(configured, period, name, None)
        try:
            return await self._frozen(configured, period, name, picture)
        except NothingHere:
            raise
        except Exception:
            # The same rule; the words stand for minutes and not for ever.
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
                    to_do="Only what was shown while it was new is kept; nothing is made up later.",
                )
            if picture:
                return made_picture(document, picture)
            return _existing(make(document, configured, name))

        parts = _parts(picture) if picture else (name,)
        return await self._respond((key, "frozen", period, *parts), make_variant, FROZEN_CACHE)

    async def _make_current(self, key: str) -> CurrentWidget:
        """What is shown now; asked anew where what is cached is of the past."""
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
        if current is not None:  # made while this one waited for the widget's thread
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
        """What is made of the current document; its name begins with the widget's key."""
        current = await self._make_current(name[0])
        # For its period, and for the data that it still waits with.
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
        """The response cached under that name, or what ``make_variant`` gives now.

        name: begins with the widget's key. period: when it is shown; always unless given.
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
    """A response with the headers that everything of a widget carries.

    cache_control: how long it may be kept on the way. modified: when it began to be shown.
    """
    headers = embed_headers(variant.policy, cache_control)
    if modified is not None:
        headers["Last-Modified"] = format_datetime(modified, usegmt=True)
    return prepare(variant.body, variant.kind, headers)


def _answer(
    service: ReportService, report: AnyReport, publication: PublicationSettings, as_of: datetime
) -> AnyEnvelope:
    return service.envelope(ReportQuery(report, publication, as_of=as_of))


async def _resting(picture: Picture) -> CachedResponse:
    body = await anyio.to_thread.run_sync(resting, picture)
    return respond(variant_of(body, picture), STAND_IN_CACHE)


def _existing(variant: Variant | None) -> Variant:
    if variant is None:
        raise NothingHere(
            "There is nothing of that name below this widget.",
            to_do="See the page of the widget for everything that it has.",
        )
    return variant


def _parts(picture: Picture) -> tuple[str, ...]:
    return picture.variant, picture.form, picture.theme, str(picture.scale)
