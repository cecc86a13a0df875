"""Ready bytes of widgets: made once for each period and kept.

What is shown is computed in the thread pool when the shown period moves on. Once a figure is out
it stays for its period: asking twice around a sync must not show who came between.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import partial
from zoneinfo import ZoneInfo

import anyio
import anyio.to_thread

from regulars.errors import GoneForGood, NothingHere
from regulars.reports.engine.envelope import Envelope
from regulars.reports.engine.query import ReportQuery
from regulars.reports.house import HOUSE, House
from regulars.settings import PublicationSettings, Settings
from regulars.store.protocols import WritableStore
from regulars.widgets.cadence import Period
from regulars.widgets.document import WidgetDocument
from regulars.widgets.images import Picture, resting
from regulars.widgets.oembed import oembed_of
from regulars.widgets.publishing import ConfiguredWidget, Publisher, own_address
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

from .report_service import ReportService
from .responses import CachedResponse, prepare

logger = logging.getLogger(__name__)

MOST_KEPT = 512
STAND_IN_CACHE = "public, max-age=300"


@dataclass(frozen=True, slots=True)
class CurrentWidget:
    """What a widget shows of a period: from the end of it until the next update.

    version: of the store that it was made from, where it waits for data; None where new data
    change nothing any more.
    """

    period: Period
    version: int | None
    document: WidgetDocument

    def stands(self, now: datetime, version: int) -> bool:
        """Whether it is what is to be shown now."""
        in_time = self.period.end <= now < self.period.next_update
        return in_time and (self.version is None or self.version == version)


class WidgetCache:
    """Everything of all declared widgets, each made when it is first asked for."""

    def __init__(self, settings: Settings, store: WritableStore, asker: ReportService) -> None:
        self._declared = {
            widget.key: ConfiguredWidget(
                publication, widget, widget.public_base_url or own_address(settings.server)
            )
            for publication in settings.publications
            for widget in publication.widgets
        }
        self._former = {
            former: (declared.widget.key, last_day)
            for declared in self._declared.values()
            for former, last_day in declared.widget.former_keys.items()
        }
        self.own_base = own_address(settings.server)
        self._store = store
        self.now = asker.now
        self.publisher = Publisher(store, partial(_house, asker))
        self._shown: dict[str, CurrentWidget] = {}
        self._making = {key: anyio.Lock() for key in self._declared}
        self._kept: OrderedDict[tuple[str, ...], CachedResponse] = OrderedDict()

    @property
    def declared(self) -> list[ConfiguredWidget]:
        """Every widget of the settings, in their order."""
        return list(self._declared.values())

    def find(self, key: str) -> ConfiguredWidget:
        """The widget declared under that key, or that had it before.

        Raises NothingHere, and GoneForGood where the days of a former key are over.
        """
        if key in self._former:
            present, last_day = self._former[key]
            declared = self._declared[present]
            zone = ZoneInfo(declared.publication.time_zone)
            if self.now().astimezone(zone).date() > last_day:
                raise GoneForGood("This widget was given another key.")
            return declared
        if key not in self._declared:
            raise NothingHere(
                "There is no widget of that key.",
                to_do="Declare it in the settings: a widget is off until it stands there.",
            )
        return self._declared[key]

    def at_hand(self, key: str) -> CachedResponse | None:
        """The document that is shown now, if it is made already."""
        shown = self._standing(key)
        return self._find(_name_of(shown, key, "document")) if shown else None

    async def document(self, key: str) -> CachedResponse:
        """The document that is shown now."""
        shown = await self._current(key)
        return await self._ready(shown, (key, "document"), lambda: made_document(shown.document))

    async def oembed(self, key: str, wide: int | None, high: int | None) -> CachedResponse:
        """What oEmbed is told, for a place of at most so many pixels."""
        if not (wide or high):
            return await self.named(key, OEMBED)
        shown = await self._current(key)
        body = oembed_of(shown.document, self.find(key).addresses, wide, high)
        return as_sent(Variant(body, JSON, JSON_POLICY), FLOATING_CACHE, shown.period.end)

    async def named(self, key: str, name: str, theme: str = "auto") -> CachedResponse:
        """What has that name below the widget's address now. Raises NothingHere."""
        declared = self.find(key)
        shown = await self._current(key)
        return await self._ready(
            shown,
            (key, "named", name, theme),
            lambda: _something(make(shown.document, declared, name, theme=theme)),
        )

    async def picture(self, key: str, picture: Picture) -> CachedResponse:
        """A picture of what is shown now; never an error once the widget is declared.

        Where it cannot be made it is the last good one, or the words that the figure is resting.
        """
        declared = self.find(key)
        name = (key, "picture", *_words(picture))
        # Whatever goes wrong: a letter or a README must not show a broken picture.
        try:
            shown = await self._current(key)
            return await self._ready(shown, name, lambda: made_picture(shown.document, picture))
        except Exception:
            logger.exception("a picture could not be made: %s", picture)
        try:
            document = await anyio.to_thread.run_sync(self._last_good, declared)
            last = (*name, "last good", document.period_name)
            return await self._keep(last, lambda: made_picture(document, picture), STAND_IN_CACHE)
        except NothingHere:
            return await _resting(picture)
        except Exception:
            logger.exception("nor could an older one: %s", picture)
            return await _resting(picture)

    def _last_good(self, declared: ConfiguredWidget) -> WidgetDocument:
        """What was shown before. Raises NothingHere where nothing was."""
        kept = self._shown.get(declared.widget.key)
        if kept is not None:
            return kept.document
        periods = self.publisher.periods(declared)
        document = self.publisher.frozen(declared, periods[-1]) if periods else None
        if document is None:
            raise NothingHere("This widget showed no figure yet.")
        return document

    async def frozen(
        self, key: str, period: str, name: str, picture: Picture | None
    ) -> CachedResponse:
        """What was shown of a period, for ever. Raises NothingHere where nothing was."""
        declared = self.find(key)
        if picture is None:
            return await self._frozen(declared, period, name, None)
        try:
            return await self._frozen(declared, period, name, picture)
        except NothingHere:
            raise
        except Exception:
            # The same rule; the words stand for minutes and not for ever.
            logger.exception("a frozen picture could not be made: %s", picture)
            return await _resting(picture)

    async def _frozen(
        self, declared: ConfiguredWidget, period: str, name: str, picture: Picture | None
    ) -> CachedResponse:
        key = declared.widget.key
        if period == declared.period_at(self.now()).name:
            await self._current(key)
        made_name = (key, "frozen", period, *(_words(picture) if picture else (name,)))
        if kept := self._find(made_name):
            return kept
        document = await anyio.to_thread.run_sync(self.publisher.frozen, declared, period)
        if document is None:
            raise NothingHere(
                "This widget showed no figure of that time.",
                to_do="Only what was shown while it was new is kept; nothing is made up later.",
            )
        make_it = (
            partial(made_picture, document, picture)
            if picture
            else lambda: _something(make(document, declared, name))
        )
        return await self._keep(made_name, make_it, FROZEN_CACHE)

    async def _current(self, key: str) -> CurrentWidget:
        """What is shown now; asked anew where what is kept is of the past."""
        shown = self._standing(key)
        if shown is None:
            declared = self.find(key)
            async with self._making[key]:
                shown = self._standing(key)
                if shown is None:
                    shown = await anyio.to_thread.run_sync(self._show, declared)
                    self._shown[key] = shown
        return shown

    def _standing(self, key: str) -> CurrentWidget | None:
        shown = self._shown.get(key)
        stands = shown is not None and shown.stands(self.now(), self._store.version)
        return shown if stands else None

    def _show(self, declared: ConfiguredWidget) -> CurrentWidget:
        version, now = self._store.version, self.now()
        document = self.publisher.show(declared, now)
        return CurrentWidget(
            declared.period_at(now), None if document.is_settled else version, document
        )

    async def _ready(
        self, shown: CurrentWidget, name: tuple[str, ...], make_it: Callable[[], Variant]
    ) -> CachedResponse:
        full = _name_of(shown, *name)
        return await self._keep(full, make_it, FLOATING_CACHE, shown.period.end)

    def _find(self, name: tuple[str, ...]) -> CachedResponse | None:
        kept = self._kept.get(name)
        if kept is not None:
            self._kept.move_to_end(name)
        return kept

    async def _keep(
        self,
        name: tuple[str, ...],
        make_it: Callable[[], Variant],
        cache: str,
        modified: datetime | None = None,
    ) -> CachedResponse:
        """What is kept under that name, whose first part is the key, or what ``make_it`` gives now.

        Many ask at once when a week begins, and one drawing is enough for all of them.
        """
        kept = self._find(name)
        if kept is None:
            async with self._making[name[0]]:
                kept = self._find(name)
                if kept is None:
                    kept = as_sent(await anyio.to_thread.run_sync(make_it), cache, modified)
                    self._kept[name] = kept
                    while len(self._kept) > MOST_KEPT:
                        self._kept.popitem(last=False)
        return kept


def as_sent(made: Variant, cache: str, modified: datetime | None = None) -> CachedResponse:
    """With the headers that everything of a widget carries.

    cache: how long it may be kept on the way. modified: when what it says began to be shown.
    """
    headers = embed_headers(made.policy, cache)
    if modified is not None:
        headers["Last-Modified"] = format_datetime(modified, usegmt=True)
    return prepare(made.body, made.kind, headers)


def _name_of(shown: CurrentWidget, *name: str) -> tuple[str, ...]:
    """What it is kept under: for its period, and for the data that it still waits with."""
    return *name, shown.period.name, str(shown.version)


def _house(
    asker: ReportService, publication: PublicationSettings, as_of: datetime
) -> Envelope[House]:
    return asker.envelope(ReportQuery(HOUSE, publication, as_of=as_of))


async def _resting(picture: Picture) -> CachedResponse:
    body = await anyio.to_thread.run_sync(resting, picture)
    return as_sent(variant_of(body, picture), STAND_IN_CACHE)


def _something(made: Variant | None) -> Variant:
    if made is None:
        raise NothingHere(
            "There is nothing of that name below this widget.",
            to_do="See the page of the widget for everything that it has.",
        )
    return made


def _words(picture: Picture) -> tuple[str, ...]:
    return picture.variant, picture.form, picture.theme, str(picture.scale)
