"""The public document of a widget: one figure, rounded, with the words to go with it.

Everything that leaves the service for the public is made from this one document. It holds
nothing about any person, and nothing from fewer people than the minimum group.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from pydantic import AliasChoices, BaseModel, Field

from regulars.settings import PublicationSettings, WidgetSettings

from .addresses import Addresses
from .cadence import Period
from .rounding import round_count, round_outwards, step_for

MOST_DOTS = 60
SEAT_SHARES = (5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
METRIC: Literal["sustained_readers"] = "sustained_readers"
LONGEST_TITLE = 60
ABOUT = "How this is counted"
SCHEMA_VERSION = "1.1"


@dataclass(frozen=True, slots=True)
class PublicFigure:
    """What the house report lets out. ``value`` is None where it cannot say yet.

    starts, ends: first and last day looked at. issues: how many, of what ``unit`` says.
    reason: a stable word for why there is no value. definition: how it is counted, in words.
    known_until: the day when something last came in whole, where that is old.
    """

    value: float | None
    low: float | None
    high: float | None
    method: str
    reason: str | None
    starts: date
    ends: date
    issues: int
    unit: Literal["issues", "weeks"]
    house_size: int
    definition: str = ""
    known_until: date | None = None


class WidgetPeriod(BaseModel):
    """The time that the figure looks at."""

    from_: date = Field(validation_alias=AliasChoices("from_", "from"), serialization_alias="from")
    to: date
    issues: int
    label: str


class WidgetFigure(BaseModel):
    """One public figure."""

    id: Literal["sustained_readers"] = METRIC
    value: int | None
    low: int | None
    high: int | None
    unit: Literal["people"] = "people"
    rounded_to: int
    method: str
    reason: str | None


class WidgetTheatre(BaseModel):
    """Dots to draw: how many, how many of them lit, how many people one stands for."""

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
    """What was done to the figures."""

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
        """Whether it says a figure; without one it may still say more before the period ends."""
        return all(figure.value is not None for figure in self.figures)

    @property
    def period_name(self) -> str:
        """The week or day that it shows, as ``Period`` names it: 2026-W47, 2026-11-22."""
        if self.privacy.cadence == "daily":
            return self.as_of.isoformat()
        year, week, _ = self.as_of.isocalendar()
        return f"{year}-W{week:02d}"

    def found_at(self, addresses: Addresses, period: str | None = None) -> WidgetDocument:
        """The same document with the links of these addresses; those of a frozen period if named.

        Links say where a document is served, not what it says, so they may change with the place.
        """
        return self.model_copy(update={"links": _links(addresses, period)})

    def to_json(self) -> bytes:
        """The document as it goes out."""
        text = self.model_dump_json(by_alias=True)
        return text.encode()


@dataclass(frozen=True, slots=True)
class DocumentContext:
    """What a document is made for: the widget, its publication, the time shown, the addresses."""

    widget: WidgetSettings
    publication: PublicationSettings
    period: Period
    secret: bytes
    base_url: str

    @property
    def title(self) -> str:
        return self.publication.title or self.publication.name

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.base_url, self.widget.key)

    def counted_on(self, figure: PublicFigure) -> str:
        """When it was counted; from when the data are, where they are old."""
        if figure.known_until is not None:
            return f"Counted from what was known on {_day(figure.known_until)}"
        return f"Counted on {_day(self.period.last_day)}"


def build_document(figure: PublicFigure, setting: DocumentContext) -> WidgetDocument:
    """The document for the figure; without one where the group is too small or it is too early."""
    shown = _shown(figure, setting)
    theatre = _theatre(shown, figure.house_size)
    return WidgetDocument(
        title=setting.title,
        as_of=setting.period.last_day,
        next_update=setting.period.next_update.astimezone(UTC),
        period=_period(figure),
        figures=[shown],
        theatre=theatre,
        text=_text(shown, theatre, figure, setting),
        privacy=WidgetPrivacy(
            min_group=setting.widget.min_group,
            rounded_to=shown.rounded_to,
            cadence=setting.widget.cadence,
        ),
        notice=_notice(shown.reason),
        definition=figure.definition,
        links=_links(setting.addresses),
    )


def _shown(figure: PublicFigure, setting: DocumentContext) -> WidgetFigure:
    value = figure.value
    if value is None or figure.low is None or figure.high is None:
        return _withheld(figure, figure.reason or "too_early")
    if value < setting.widget.min_group:
        return _withheld(figure, "small_group")
    # The coin is the publication's, not the widget's: two widgets must not be averaged.
    rounded = round_count(
        value,
        metric=f"{setting.publication.name}/{METRIC}",
        period=setting.period.name,
        secret=setting.secret,
    )
    step = step_for(value)
    low, high = round_outwards(figure.low, figure.high, step)
    return WidgetFigure(
        value=rounded, low=low, high=high, rounded_to=step, method=figure.method, reason=None
    )


def _withheld(figure: PublicFigure, reason: str) -> WidgetFigure:
    return WidgetFigure(
        value=None,
        low=None,
        high=None,
        rounded_to=step_for(0),
        method=figure.method,
        reason=reason,
    )


def _theatre(shown: WidgetFigure, house_size: int) -> WidgetTheatre | None:
    """Dots from the rounded figure alone: no order, no person."""
    if shown.value is None:
        return None
    room = max(house_size, shown.value)
    seat_is = next((s for s in SEAT_SHARES if room <= s * MOST_DOTS), SEAT_SHARES[-1])
    lit = min(MOST_DOTS, round(shown.value / seat_is))
    dots = min(MOST_DOTS, max(lit, -(-room // seat_is)))
    return WidgetTheatre(seat_is=seat_is, dots=dots, lit=lit)


def _period(figure: PublicFigure) -> WidgetPeriod:
    many = f"the last {figure.issues} {figure.unit}"
    label = f"the last {figure.unit[:-1]}" if figure.issues == 1 else many
    return WidgetPeriod(from_=figure.starts, to=figure.ends, issues=figure.issues, label=label)


def _text(
    shown: WidgetFigure,
    theatre: WidgetTheatre | None,
    figure: PublicFigure,
    setting: DocumentContext,
) -> WidgetText:
    title = setting.title if len(setting.title) <= LONGEST_TITLE else "This newsletter"
    counted_on = setting.counted_on(figure)
    if shown.value is None or theatre is None:
        notice = _notice(shown.reason) or ""
        return WidgetText(
            headline=notice,
            detail="",
            key="",
            as_of=counted_on,
            about=ABOUT,
            alt=f"{title}: {notice[0].lower()}{notice[1:]}",
        )
    between = f"etween {shown.low:,} and {shown.high:,}"
    return WidgetText(
        headline=f"About {shown.value:,} people keep coming back.",
        detail=f"B{between}, over {_period(figure).label}.",
        key=_key(theatre),
        as_of=counted_on,
        about=ABOUT,
        alt=(
            f"About {shown.value:,} people keep coming back to {title}, b{between}. {counted_on}."
        ),
    )


def _key(theatre: WidgetTheatre) -> str:
    one = f"One dot is {theatre.seat_is:,} people."
    return f"{one} Rings are empty seats." if theatre.lit < theatre.dots else one


def _notice(reason: str | None) -> str | None:
    match reason:
        case None:
            return None
        case "small_group":
            return "The room is small, and the number stays private."
        case _:
            return "It is too early to say how many people keep coming back."


def _links(addresses: Addresses, period: str | None = None) -> WidgetLinks:
    return WidgetLinks(
        about=addresses.page,
        svg=addresses.picture("card.svg", period),
        png=addresses.picture("card.png", period),
        frame=addresses.frame,
        json_=addresses.frozen(period) if period else addresses.json,
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"
