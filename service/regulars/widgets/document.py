"""The public document of a widget: one rounded figure with its texts.

Everything that the public sees is made from this document. It holds nothing about any person, and
nothing from fewer people than the minimum group.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from pydantic import AliasChoices, BaseModel, Field

from regulars.messages import in_a_row
from regulars.pages.formatting import format_day
from regulars.reports.engine.projection import (
    PEOPLE,
    PERCENT,
    FigureText,
    FigureValue,
    Projection,
    SecondFigure,
)
from regulars.settings import PublicationSettings, WidgetSettings
from regulars_connectors.foreign_text import one_line

from . import messages
from .addresses import Addresses
from .cadence import Period
from .rounding import round_count, round_outwards

MOST_DOTS = 60
SEAT_SHARES = (5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
LONGEST_TITLE = 60
SCHEMA_VERSION = "1.1"


@dataclass(frozen=True, slots=True)
class PublicFigure:
    """The figure that a report makes public, with what its envelope says of it.

    shown: its declaration. value, second: still exact. starts, ends: first and last day looked at.
    definition: how it is counted, in words. known_until: the day of the last complete sync, if it
    is stale.
    """

    shown: Projection[Any]
    value: FigureValue
    starts: date
    ends: date
    definition: str = ""
    known_until: date | None = None
    second: FigureValue | None = None


class WidgetPeriod(BaseModel):
    """The time that the figure looks at."""

    from_: date = Field(validation_alias=AliasChoices("from_", "from"), serialization_alias="from")
    to: date
    issues: int
    label: str


class WidgetFigure(BaseModel):
    """One public figure."""

    id: str
    value: int | None
    low: int | None
    high: int | None
    unit: str
    rounded_to: int
    method: str
    reason: str | None


class WidgetTheatre(BaseModel):
    """Dots to draw, how many of them are lit, and how many people (or other units) a dot is."""

    seat_is: int
    dots: int
    lit: int


class WidgetText(BaseModel):
    """Ready sentences in the document's language."""

    headline: str
    detail: str
    key: str
    as_of: str
    about: str
    alt: str


class WidgetPrivacy(BaseModel):
    """How the figures were made safe to publish."""

    min_group: int
    rounded_to: int
    cadence: Literal["weekly", "daily"]


class WidgetLinks(BaseModel):
    """Addresses on the service's own host."""

    about: str
    svg: str
    png: str
    frame: str
    json_: str = Field(validation_alias=AliasChoices("json_", "json"), serialization_alias="json")


class WidgetDocument(BaseModel):
    """Version 1 of the document; the schema in ``widget-v1.schema.json`` describes each field."""

    schema_version: str = SCHEMA_VERSION
    kind: Literal["regulars.widget"] = "regulars.widget"
    lang: Literal["en"] = "en"
    dir: Literal["ltr"] = "ltr"
    title: str
    as_of: date
    next_update: datetime
    period: WidgetPeriod
    figures: list[WidgetFigure]
    theatre: WidgetTheatre | None
    text: WidgetText
    privacy: WidgetPrivacy
    notice: str | None
    definition: str
    links: WidgetLinks

    @property
    def is_settled(self) -> bool:
        """Whether it has its figure. Until then it may still change within its period."""
        return self.figures[0].value is not None

    @property
    def period_name(self) -> str:
        """The week or day that it shows, as ``Period`` names it: 2026-W47, 2026-11-22."""
        if self.privacy.cadence == "daily":
            return self.as_of.isoformat()
        year, week, _ = self.as_of.isocalendar()
        return f"{year}-W{week:02d}"

    def found_at(self, addresses: Addresses, period: str | None = None) -> WidgetDocument:
        """The same document with links to these addresses, or to a frozen period of theirs."""
        return self.model_copy(update={"links": _links(addresses, period)})

    def to_json(self) -> bytes:
        """The document as the public gets it."""
        text = self.model_dump_json(by_alias=True)
        return text.encode()


@dataclass(frozen=True, slots=True)
class DocumentContext:
    """What a document is made for: the widget, its publication, period and addresses."""

    widget: WidgetSettings
    publication: PublicationSettings
    period: Period
    secret: bytes
    base_url: str

    @property
    def title(self) -> str:
        return one_line(self.publication.title or "") or self.publication.name

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.base_url, self.widget.key)


def build_document(figure: PublicFigure, setting: DocumentContext) -> WidgetDocument:
    """The document for the figure. Where it is too early or the group too small, it says so."""
    shown = _shown(figure, setting)
    second = _second(shown, figure, setting)
    theatre = _theatre(shown, figure)
    return WidgetDocument(
        title=setting.title,
        as_of=setting.period.last_day,
        next_update=setting.period.next_update.astimezone(UTC),
        period=_period(figure),
        figures=[shown] if second is None else [shown, second],
        theatre=theatre,
        text=_text(shown, second, theatre, figure, setting),
        privacy=WidgetPrivacy(
            min_group=setting.widget.min_group,
            rounded_to=shown.rounded_to,
            cadence=setting.widget.cadence,
        ),
        notice=_notice(shown.reason, figure.shown.text),
        definition=figure.definition,
        links=_links(setting.addresses),
    )


def _shown(figure: PublicFigure, setting: DocumentContext) -> WidgetFigure:
    value, low, high = figure.value.value, figure.value.low, figure.value.high
    if value is None or low is None or high is None:
        return _withheld(figure, figure.value.reason or "too_early")
    if _comes_from_few(figure, setting.widget.min_group):
        return _withheld(figure, "small_group")
    return _rounded(figure.shown, figure.value, (value, low, high), setting)


def _second(
    first: WidgetFigure, figure: PublicFigure, setting: DocumentContext
) -> WidgetFigure | None:
    """The figure below the first one. Where that is private or too early, so is this one."""
    shown, found = figure.shown.second, figure.second
    if shown is None or found is None:
        return None
    value, low, high = found.value, found.low, found.high
    if first.reason is not None:
        return _empty(shown, found, first.reason)
    if value is None or low is None or high is None:
        return _empty(shown, found, found.reason or "too_early")
    if (found.people or 0) < max(shown.fewest_people, setting.widget.min_group):
        return _empty(shown, found, "small_group")
    return _rounded(shown, found, (value, low, high), setting)


def _rounded(
    shown: Projection[Any] | SecondFigure,
    found: FigureValue,
    exact: tuple[int, int, int],
    setting: DocumentContext,
) -> WidgetFigure:
    """exact: value, low and high."""
    value, low, high = exact
    step = shown.rounding.step_for(value)
    # Rounding goes by the publication: the mean of two widgets must not give more away.
    rounded = round_count(
        value,
        step,
        metric=f"{setting.publication.name}/{shown.metric}",
        period=setting.period.name,
        secret=setting.secret,
    )
    low, high = round_outwards(low, high, step)
    return WidgetFigure(
        id=shown.metric,
        value=rounded,
        low=low,
        high=min(100, high) if shown.unit == PERCENT else high,
        unit=shown.unit,
        rounded_to=step,
        method=found.method,
        reason=None,
    )


def _comes_from_few(figure: PublicFigure, min_group: int) -> bool:
    """Whether fewer people than the minimum group stand behind the figure.

    A count of people is also held against it. A figure about no people passes.
    """
    counted = figure.value.value if figure.shown.unit == PEOPLE else None
    return any(one is not None and one < min_group for one in (figure.value.people, counted))


def _withheld(figure: PublicFigure, reason: str) -> WidgetFigure:
    return _empty(figure.shown, figure.value, reason)


def _empty(shown: Projection[Any] | SecondFigure, found: FigureValue, reason: str) -> WidgetFigure:
    return WidgetFigure(
        id=shown.metric,
        value=None,
        low=None,
        high=None,
        unit=shown.unit,
        rounded_to=shown.rounding.step_for(0),
        method=found.method,
        reason=reason,
    )


def _theatre(shown: WidgetFigure, figure: PublicFigure) -> WidgetTheatre | None:
    """Dots from the rounded figure alone, so that no dot is a person."""
    if shown.value is None or figure.shown.text.dot is None:
        return None
    room = max(figure.value.seats or 0, shown.value)
    seat_is = next((s for s in SEAT_SHARES if room <= s * MOST_DOTS), SEAT_SHARES[-1])
    lit = min(MOST_DOTS, round(shown.value / seat_is))
    dots = min(MOST_DOTS, max(lit, -(-room // seat_is)))
    return WidgetTheatre(seat_is=seat_is, dots=dots, lit=lit)


def _period(figure: PublicFigure) -> WidgetPeriod:
    issues = figure.value.issues
    label = messages.LAST_ISSUES if figure.value.unit == "issues" else messages.LAST_WEEKS
    return WidgetPeriod(
        from_=figure.starts, to=figure.ends, issues=issues, label=label(count=issues)
    )


def _text(
    shown: WidgetFigure,
    second: WidgetFigure | None,
    theatre: WidgetTheatre | None,
    figure: PublicFigure,
    setting: DocumentContext,
) -> WidgetText:
    title = setting.title if len(setting.title) <= LONGEST_TITLE else messages.THIS_NEWSLETTER()
    text, old = figure.shown.text, figure.known_until
    day = format_day(old or setting.period.last_day)
    as_of = (messages.COUNTED_FROM if old else messages.COUNTED_ON)(day=day)
    if shown.value is None:
        small = shown.reason == "small_group"
        return WidgetText(
            headline=_notice(shown.reason, text) or "",
            detail="",
            key="",
            as_of=as_of,
            about=messages.ABOUT(),
            alt=(messages.SMALL_GROUP_ALT if small else text.too_early_alt)(title=title),
        )
    value, low, high = f"{shown.value:,}", f"{shown.low:,}", f"{shown.high:,}"
    by_issue = figure.value.unit == "issues"
    detail = messages.BETWEEN_ISSUES if by_issue else messages.BETWEEN_WEEKS
    closed = messages.COUNTED_FROM_CLOSED if old else messages.COUNTED_ON_CLOSED
    return WidgetText(
        headline=text.headline(value=value),
        detail=in_a_row(
            detail(low=low, high=high, count=figure.value.issues), _below(second, figure)
        ),
        key=_key(theatre, text),
        as_of=as_of,
        about=messages.ABOUT(),
        alt=in_a_row(text.alt(value=value, title=title, low=low, high=high), closed(day=day)),
    )


def _below(second: WidgetFigure | None, figure: PublicFigure) -> str:
    """The sentence of the second figure; empty where it is not shown."""
    shown = figure.shown.second
    if shown is None or second is None or second.value is None:
        return ""
    return shown.words(value=second.value)


def _key(theatre: WidgetTheatre | None, text: FigureText) -> str:
    if theatre is None or text.dot is None:
        return ""
    rings = messages.RINGS() if theatre.lit < theatre.dots else ""
    return in_a_row(text.dot(value=f"{theatre.seat_is:,}"), rings)


def _notice(reason: str | None, text: FigureText) -> str | None:
    match reason:
        case None:
            return None
        case "small_group":
            return messages.SMALL_GROUP()
        case _:
            return text.too_early()


def _links(addresses: Addresses, period: str | None = None) -> WidgetLinks:
    return WidgetLinks(
        about=addresses.page,
        svg=addresses.picture("card.svg", period),
        png=addresses.picture("card.png", period),
        frame=addresses.frame,
        json_=addresses.frozen(period) if period else addresses.json,
    )
