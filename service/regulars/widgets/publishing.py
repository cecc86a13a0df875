"""What a widget shows now and showed before: documents, committed when they are first shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from regulars.reports.engine.envelope import Envelope
from regulars.reports.house import House
from regulars.settings import PublicationSettings, ServerSettings, WidgetSettings
from regulars.store.actions.widgets import publish, published, published_periods
from regulars.store.protocols import WritableStore
from regulars_connectors.instants import from_datetime

from .addresses import Addresses
from .cadence import Period, last_full_period
from .document import DocumentContext, WidgetDocument, build_document
from .public_figure import public_figure

HouseAsker = Callable[[PublicationSettings, datetime], Envelope[House]]


@dataclass(frozen=True, slots=True)
class ConfiguredWidget:
    """A widget of the settings, and where the public finds it."""

    publication: PublicationSettings
    widget: WidgetSettings
    base_url: str

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.base_url, self.widget.key)

    def period_at(self, now: datetime) -> Period:
        """The whole week or day that is shown at that time."""
        return last_full_period(now, ZoneInfo(self.publication.time_zone), self.widget.cadence)


def own_address(server: ServerSettings) -> str:
    """Where the service is reached on its own machine."""
    name = "[::1]" if server.host == "::1" else server.host
    return f"http://{name}:{server.port}"


class Publisher:
    """Makes documents and keeps those that were shown. ``ask`` answers the report ``house``."""

    def __init__(self, store: WritableStore, ask: HouseAsker) -> None:
        self._store = store
        self._ask = ask

    def show(self, declared: ConfiguredWidget, now: datetime) -> WidgetDocument:
        """What the public sees now; a figure is committed before it is shown for the first time."""
        period = declared.period_at(now)
        document, is_shown = self._look(declared, period)
        if is_shown or not document.is_settled:
            return document
        kept = publish(
            self._store,
            widget=declared.widget.key,
            former=declared.widget.keys[1:],
            publication=declared.publication.name,
            period=period.name,
            document=document.to_json().decode(),
            at=from_datetime(now),
        )
        return _read(kept).found_at(declared.addresses)

    def look(self, declared: ConfiguredWidget, now: datetime) -> tuple[WidgetDocument, bool]:
        """What the public sees or would see now, for the owner alone, and whether it was shown."""
        return self._look(declared, declared.period_at(now))

    def frozen(self, declared: ConfiguredWidget, period: str) -> WidgetDocument | None:
        """What was shown of a period; None where nothing was."""
        kept = published(self._store, declared.widget.keys, period)
        return _read(kept).found_at(declared.addresses, period) if kept else None

    def periods(self, declared: ConfiguredWidget) -> list[str]:
        """The periods of which a figure was shown, oldest first."""
        return published_periods(self._store, declared.widget.keys)

    def _look(self, declared: ConfiguredWidget, period: Period) -> tuple[WidgetDocument, bool]:
        """What the period says, and whether that was shown already.

        Whoever asks for a larger minimum group meanwhile means from now on, not from next week;
        and no second figure is made where the first one is too small for it.
        """
        kept = published(self._store, declared.widget.keys, period.name)
        if kept is None:
            return self._make(declared, period), False
        document = _read(kept)
        if any((one.value or 0) < declared.widget.min_group for one in document.figures):
            return self._make(declared, period, is_private=True), False
        return document.found_at(declared.addresses), True

    def _make(
        self, declared: ConfiguredWidget, period: Period, *, is_private: bool = False
    ) -> WidgetDocument:
        figure = public_figure(self._ask(declared.publication, period.end), declared.publication)
        if is_private:
            figure = replace(figure, value=None, reason="small_group")
        setting = DocumentContext(
            widget=declared.widget,
            publication=declared.publication,
            period=period,
            secret=self._store.secret,
            base_url=declared.base_url,
        )
        return build_document(figure, setting)


def _read(kept: str) -> WidgetDocument:
    return WidgetDocument.model_validate_json(kept)
