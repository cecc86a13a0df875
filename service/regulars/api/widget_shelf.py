"""Ready bytes of widgets: made once for each period and kept.

What is shown is computed in the thread pool when the shown period moves on. Once a figure is out
it stays for its period: asking twice around a sync must not show who came between.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import anyio
import anyio.to_thread

from regulars.errors import GoneForGood, NothingHere
from regulars.reports.envelope import Envelope
from regulars.reports.house import HOUSE, House
from regulars.settings import PublicationSettings, Settings
from regulars.widgets.card import Picture, resting
from regulars.widgets.document import WidgetDocument
from regulars.widgets.made import Made, dressed, made_document, made_picture, make
from regulars.widgets.publishing import Declared, Publisher, own_address

from .asking import Asker
from .etags import etag_of
from .store_access import ServedStore

logger = logging.getLogger(__name__)

MOST_KEPT = 512


@dataclass(frozen=True, slots=True)
class Shown:
    """What a widget shows of a period. ``version``: of the store that it was made from."""

    period: str
    ends: datetime
    version: int
    document: WidgetDocument


@dataclass(frozen=True, slots=True)
class Ready:
    """Bytes to hand out. ``modified``: when what they say began to be shown.

    is_stand_in: they stand in the place of a picture that could not be made.
    """

    made: Made
    etag: str
    modified: datetime | None = None
    is_stand_in: bool = False

    def with_body(self, body: bytes) -> Ready:
        """The same with other bytes."""
        return replace(self, made=replace(self.made, body=body), etag=etag_of(body))


class WidgetShelf:
    """Everything of all declared widgets, each made when it is first asked for."""

    def __init__(self, settings: Settings, store: ServedStore, asker: Asker) -> None:
        self._declared = {
            widget.key: Declared(
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
        self._shown: dict[str, Shown] = {}
        self._making = {key: anyio.Lock() for key in self._declared}
        self._kept: OrderedDict[tuple[str, ...], Ready] = OrderedDict()

    @property
    def declared(self) -> list[Declared]:
        """Every widget of the settings, in their order."""
        return list(self._declared.values())

    def find(self, key: str) -> Declared:
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

    async def document(self, key: str) -> Ready:
        """The document that is shown now."""
        shown = await self._current(key)
        return await self._ready(shown, (key, "document"), lambda: made_document(shown.document))

    async def shown(self, key: str) -> WidgetDocument:
        """The document that is shown now, not yet as bytes."""
        return (await self._current(key)).document

    async def named(self, key: str, name: str, theme: str = "auto") -> Ready:
        """What has that name below the widget's address now. Raises NothingHere."""
        declared = self.find(key)
        shown = await self._current(key)
        return await self._ready(
            shown,
            (key, "named", name, theme),
            lambda: _something(make(shown.document, declared, name, theme=theme)),
        )

    async def picture(self, key: str, picture: Picture) -> Ready:
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
            ready = await self._keep(last, lambda: made_picture(document, picture), None)
            return replace(ready, is_stand_in=True)
        except NothingHere:
            return await _resting(picture)
        except Exception:
            logger.exception("nor could an older one: %s", picture)
            return await _resting(picture)

    def _last_good(self, declared: Declared) -> WidgetDocument:
        """What was shown before. Raises NothingHere where nothing was."""
        kept = self._shown.get(declared.widget.key)
        if kept is not None:
            return kept.document
        periods = self.publisher.periods(declared)
        document = self.publisher.frozen(declared, periods[-1]) if periods else None
        if document is None:
            raise NothingHere("This widget showed no figure yet.")
        return document

    async def frozen(self, key: str, period: str, name: str, picture: Picture | None) -> Ready:
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
        self, declared: Declared, period: str, name: str, picture: Picture | None
    ) -> Ready:
        key = declared.widget.key
        if period == declared.period_at(self.now()).name:
            await self._current(key)
        made_name = (key, "frozen", period, *(_words(picture) if picture else (name,)))
        if made_name in self._kept:
            self._kept.move_to_end(made_name)
            return self._kept[made_name]
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
        return await self._keep(made_name, make_it, None)

    async def _current(self, key: str) -> Shown:
        """What is shown now; asked anew where what is kept is of the past."""
        declared = self.find(key)
        period = declared.period_at(self.now()).name
        if not self._stands(key, period):
            async with self._making[key]:
                if not self._stands(key, period):
                    self._shown[key] = await anyio.to_thread.run_sync(self._show, declared)
        return self._shown[key]

    def _stands(self, key: str, period: str) -> bool:
        kept = self._shown.get(key)
        if kept is None or kept.period != period:
            return False
        return kept.document.is_settled or kept.version == self._store.version

    def _show(self, declared: Declared) -> Shown:
        version, now = self._store.version, self.now()
        period = declared.period_at(now)
        return Shown(period.name, period.end, version, self.publisher.show(declared, now))

    async def _ready(
        self, shown: Shown, name: tuple[str, ...], make_it: Callable[[], Made]
    ) -> Ready:
        # Within a period an unsettled document may change with the store.
        moment = (shown.period, str(shown.document.is_settled), str(shown.version))
        full = (*name, *(moment[:2] if shown.document.is_settled else moment))
        return await self._keep(full, make_it, shown.ends)

    async def _keep(
        self, name: tuple[str, ...], make_it: Callable[[], Made], modified: datetime | None
    ) -> Ready:
        """What is kept under that name, or what ``make_it`` gives now."""
        if name in self._kept:
            self._kept.move_to_end(name)
            return self._kept[name]
        made = await anyio.to_thread.run_sync(make_it)
        ready = Ready(made, etag_of(made.body), modified)
        self._kept[name] = ready
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return ready


def _house(asker: Asker, publication: PublicationSettings, as_of: datetime) -> Envelope[House]:
    return asker.envelope(HOUSE, publication, as_of=as_of)


async def _resting(picture: Picture) -> Ready:
    body = await anyio.to_thread.run_sync(resting, picture)
    return Ready(dressed(body, picture), etag_of(body), is_stand_in=True)


def _something(made: Made | None) -> Made:
    if made is None:
        raise NothingHere(
            "There is nothing of that name below this widget.",
            to_do="See the page of the widget for everything that it has.",
        )
    return made


def _words(picture: Picture) -> tuple[str, ...]:
    return picture.variant, picture.form, picture.theme, str(picture.scale)
