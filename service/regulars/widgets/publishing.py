"""What a widget shows now and showed before. A document is committed when first shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from regulars.errors import StoreDamaged
from regulars.reports import REPORTS
from regulars.reports.engine.ask import find_public_report, public_reports
from regulars.reports.engine.projection import PEOPLE, FigureText, Projection
from regulars.reports.engine.query import AnyEnvelope, AnyReport
from regulars.settings import PublicationSettings, ServerSettings, Settings, WidgetSettings
from regulars.store.actions.widgets import publish, published, published_periods
from regulars.store.protocols import WritableStore
from regulars_connectors.instants import from_datetime

from .addresses import Addresses
from .cadence import Period, last_full_period
from .document import DocumentContext, WidgetDocument, build_document
from .public_figure import public_figure

ReportAsker = Callable[[AnyReport, PublicationSettings, datetime], AnyEnvelope]


@dataclass(frozen=True, slots=True)
class ConfiguredWidget:
    """A widget of the settings, its report, and its public address.

    others: reports that it may have shown before.
    """

    publication: PublicationSettings
    widget: WidgetSettings
    base_url: str
    report: AnyReport
    others: tuple[AnyReport, ...] = ()

    @property
    def shown(self) -> Projection[Any]:
        """The public figure of the report."""
        assert self.report.project is not None, "configured_widgets() takes no other"  # noqa: S101
        return self.report.project

    def text_of(self, document: WidgetDocument) -> FigureText:
        """The texts of the document's figure, perhaps of an earlier report of the widget."""
        metric = document.figures[0].id
        known = (one.project for one in self.others if one.project)
        return next((one.text for one in known if one.metric == metric), self.shown.text)

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.base_url, self.widget.key)

    def period_at(self, now: datetime) -> Period:
        """The week or day that it shows at that time."""
        return last_full_period(now, ZoneInfo(self.publication.time_zone), self.widget.cadence)


def own_address(server: ServerSettings) -> str:
    """Where the outside reaches the service, else where it is reached on its own machine."""
    return server.public_url or server.local_url


def configured_widgets(
    settings: Settings, base_url: str | None = None, reports: Sequence[AnyReport] = REPORTS
) -> list[ConfiguredWidget]:
    """Every widget of the settings, in their order.

    base_url: the public address of all; by default that of each in the settings, or this machine.
    Raises SettingsWrong for a report without a public figure.
    """
    return [
        ConfiguredWidget(
            publication,
            widget,
            base_url or widget.public_base_url or own_address(settings.server),
            find_public_report(settings, widget, reports),
            public_reports(reports),
        )
        for publication in settings.publications
        for widget in publication.widgets
    ]


class Publisher:
    """Makes documents and commits those that are shown. ``ask`` answers their reports."""

    def __init__(self, store: WritableStore, ask: ReportAsker) -> None:
        self._store = store
        self._ask = ask

    def show(self, declared: ConfiguredWidget, now: datetime) -> WidgetDocument:
        """What the public sees now. A figure is committed before its first showing."""
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
        """What the public would see now, and whether it has seen it. For the owner alone."""
        return self._look(declared, declared.period_at(now))

    def frozen(self, declared: ConfiguredWidget, period: str) -> WidgetDocument | None:
        """The frozen document of a period, or None."""
        kept = published(self._store, declared.widget.keys, period)
        return _read(kept).found_at(declared.addresses, period) if kept else None

    def periods(self, declared: ConfiguredWidget) -> list[str]:
        """The periods with a frozen document, oldest first."""
        return published_periods(self._store, declared.widget.keys)

    def _look(self, declared: ConfiguredWidget, period: Period) -> tuple[WidgetDocument, bool]:
        """The document of the period, and whether it is frozen.

        A larger minimum group takes effect at once: a frozen figure too small for it is withheld,
        and its period gets no other.
        """
        kept = published(self._store, declared.widget.keys, period.name)
        if kept is None:
            return self._make(declared, period), False
        document = _read(kept)
        if _may_come_from_few(document, declared.widget.min_group):
            return self._make(declared, period, is_private=True), False
        return document.found_at(declared.addresses), True

    def _make(
        self, declared: ConfiguredWidget, period: Period, *, is_private: bool = False
    ) -> WidgetDocument:
        publication = declared.publication
        envelope = self._ask(declared.report, publication, period.end)
        below = declared.shown.second
        second = self._ask(below.report, publication, period.end) if below else None
        figure = public_figure(declared.shown, envelope, publication, second)
        if is_private:
            withheld = replace(figure.value, value=None, reason="small_group")
            figure = replace(figure, value=withheld)
        setting = DocumentContext(
            widget=declared.widget,
            publication=publication,
            period=period,
            secret=self._store.secret,
            base_url=declared.base_url,
        )
        return build_document(figure, setting)


def _may_come_from_few(document: WidgetDocument, min_group: int) -> bool:
    """Whether fewer people than that may stand behind the document.

    A count of people tells by itself. Anything else tells by the minimum group it was made with.
    """
    counted = min(
        (one.value or 0) if one.unit == PEOPLE else document.privacy.min_group
        for one in document.figures
    )
    return counted < min_group


def _read(kept: str) -> WidgetDocument:
    try:
        return WidgetDocument.model_validate_json(kept)
    except ValidationError as error:
        raise StoreDamaged("A document that a widget published cannot be read.") from error
