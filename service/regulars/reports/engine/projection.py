"""The public figure of a report, which its widgets show.

A widget of the settings may name any report with ``project=``. It is made from what stands here and
from the envelope's window, definition and sources.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from regulars.messages import Label, Sentence, Text

if TYPE_CHECKING:
    from .envelope import Envelope

R = TypeVar("R", bound=BaseModel)
SMALLEST_STEP = 5
PEOPLE = "people"
PERCENT = "percent"
_CODE = re.compile(r"[a-z][a-z0-9_]*")
# The parts that a text of a figure may name.
_PARTS = {
    "headline": {"value"},
    "alt": {"value", "low", "high", "title"},
    "too_early_alt": {"title"},
    "badge_message": {"value"},
    "dot": {"value"},
}


@dataclass(frozen=True, slots=True)
class FigureText:
    """The texts of a public figure, with their parts such as ``{value}``.

    headline: ``{value}``. alt: the same for people who do not see the picture, with ``{value}``,
    ``{title}``, ``{low}`` and ``{high}``. too_early, too_early_alt (``{title}``): in place of both
    until there is a figure. link: text of a link to the figure. badge_label, badge_message
    (``{value}``): the two halves of a badge. dot (``{value}``): what a dot of the drawing stands
    for; without it there is no drawing. Raises ValueError for an unknown part.
    """

    headline: Sentence
    alt: Sentence
    too_early: Sentence
    too_early_alt: Sentence
    link: Label
    badge_label: Label
    badge_message: Label
    dot: Sentence | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            text: Text | None = getattr(self, field.name)
            surplus = text.parts - _PARTS.get(field.name, set()) if text else None
            if surplus:
                known = ", ".join(sorted(_PARTS.get(field.name, set()))) or "none"
                raise ValueError(f"{field.name} names {sorted(surplus)}; its parts are: {known}")


@dataclass(frozen=True, slots=True)
class Rounding:
    """Steps of rounding: ``(most, step)`` in rising order, ``largest_step`` above them.

    Raises ValueError for a step below five, which could give single people away.
    """

    steps: tuple[tuple[int, int], ...] = ((1_000, 5), (10_000, 10))
    largest_step: int = 100

    def __post_init__(self) -> None:
        if min(self.largest_step, *(step for _, step in self.steps)) < SMALLEST_STEP:
            raise ValueError(f"a public figure is rounded to {SMALLEST_STEP} at least")

    def step_for(self, value: float) -> int:
        """The step for a figure of that size."""
        return next((step for most, step in self.steps if value <= most), self.largest_step)


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureValue:
    """The exact figure. ``value`` is None while the report cannot say.

    people: how many people stand behind it, held against the widget's minimum group; None for a
    figure that is not about people, such as a number of posts. reason: stable word for why there is
    no value. method: stable name of the way it is counted. issues: how many of ``unit`` it looks
    at. seats: what the drawing has room for, such as the house that the writer wants; by default
    the figure itself. since: when that time began, unless it is the window of the report.
    """

    value: int | None
    low: int | None
    high: int | None
    people: int | None
    method: str
    issues: int
    unit: Literal["issues", "weeks"] = "issues"
    reason: str | None = None
    seats: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFigure:
    """A public figure that stands below the first one, made from the answer of ``report``.

    words: the sentence, with ``{value}``. fewest_people: from so many on it is shown, and never
    below the widget's own minimum group. Raises ValueError for an unknown part.
    """

    metric: str
    words: Sentence
    report: Any
    value: Callable[[Any], FigureValue]
    unit: str
    rounding: Rounding
    fewest_people: int

    def __post_init__(self) -> None:
        if surplus := self.words.parts - {"value"}:
            raise ValueError(f"words names {sorted(surplus)}; its parts are: value")


@dataclass(frozen=True, slots=True)
class Projection(Generic[R]):
    """A public figure. metric: its stable name in documents, which also keys its rounding.

    unit: what is counted, such as ``people``. value: makes it from the report's envelope.
    second: a figure out of another report, which is left out where it cannot be shown.
    """

    metric: str
    text: FigureText
    value: Callable[[Envelope[R]], FigureValue]
    unit: str = PEOPLE
    rounding: Rounding = Rounding()
    second: SecondFigure | None = None

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.metric):
            raise ValueError(f"{self.metric!r} is no name of a figure: a-z, 0-9 and _")


def projection(
    metric: str,
    text: FigureText,
    *,
    unit: str = PEOPLE,
    rounding: Rounding | None = None,
    second: SecondFigure | None = None,
) -> Callable[[Callable[[Envelope[R]], FigureValue]], Projection[R]]:
    """Decorator: makes the function below the public figure of a report, for ``project=``."""

    def declare(value: Callable[[Envelope[R]], FigureValue]) -> Projection[R]:
        return Projection(metric, text, value, unit, rounding or Rounding(), second)

    return declare
