"""What was expected some posts ago, and what came?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec
from pydantic import Field

from regulars.stats.estimate import Estimate
from regulars.stats.interval import Headcount

from . import messages
from .engine.envelope import Part
from .engine.report import Built, Context, EvidenceQuery, Parameters, Report

MOST_WINDOWS = 6


class CalibrationParameters(Parameters):
    """How far to look back."""

    windows: int = Field(
        default=4,
        ge=1,
        le=MOST_WINDOWS,
        description="how many earlier forecasts to test, each as many posts further back as the"
        " rule looks at",
    )

    def query_values(self) -> dict[str, Any]:
        """The number of windows."""
        return {"windows": self.windows}

    def windows_needed(self) -> int:
        """As many as are asked."""
        return self.windows


class CalibrationQuery(EvidenceQuery):
    """Named parameters of ``calibration.sql``."""

    windows: int


class CalibrationRow(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A tenth of a window. Times are naive UTC."""

    back: int
    began_at: datetime
    people: int
    expected: float
    low: float
    high: float
    came: int
    tenth: int
    tenth_people: int
    tenth_expected: float
    tenth_came: int


class Tenth(Part):
    """People whose chance lay in one tenth, from ``above`` up to ``below`` hundredths."""

    above: int = Field(description="chance from which on, in hundredths")
    below: int = Field(description="chance up to which, in hundredths")
    people: int = Field(description="how many people that were")
    expected: int = Field(description="how many of them were expected to keep reading")
    came: int = Field(description="how many of them did")


class CalibrationWindow(Part):
    """One earlier forecast and what came of it."""

    date: dt.date = Field(description="day from which on the posts were still to come")
    units: int = Field(description="how many posts (or weeks) ago that is")
    expected: Estimate = Field(description="people who were expected to keep reading")
    came: int = Field(description="people who did")
    is_inside: bool = Field(description="whether what came lies within the interval")
    tenths: list[Tenth] = Field(description="the same by tenths of the chance, without empty ones")


class Calibration(Part):
    """Earlier forecasts, the newest first, each held against what came."""

    windows: list[CalibrationWindow]
    words: str | None = Field(description="why there is nothing to show, in words")
    sentence: str = Field(description="the newest of them as a writer could say it")


def _definition(context: Context[CalibrationParameters]) -> str:
    rule = context.facts.rule
    text = (
        messages.CALIBRATION_DEFINITION_POSTS
        if rule.unit == "post"
        else messages.CALIBRATION_DEFINITION_WEEKS
    )
    return text(reads=rule.reads, of=rule.of)


def build(
    rows: Sequence[CalibrationRow], context: Context[CalibrationParameters]
) -> Built[Calibration]:
    """The windows, from their tenths."""
    windows = [_window(list(group)) for _, group in groupby(rows, key=lambda row: row.back)]
    words = None if windows else messages.NOTHING_TO_TEST()
    result = Calibration(windows=windows, words=words, sentence=_sentence(windows, context))
    return Built(result, windows[0].expected.n if windows else 0)


def _window(rows: list[CalibrationRow]) -> CalibrationWindow:
    first = rows[0]
    expected = Headcount(first.expected, first.low, first.high, first.people).estimate()
    return CalibrationWindow(
        date=first.began_at.date(),
        units=first.back,
        expected=expected,
        came=first.came,
        is_inside=expected.low <= first.came <= expected.high,
        tenths=list(_tenths(rows)),
    )


def _tenths(rows: Iterable[CalibrationRow]) -> Iterable[Tenth]:
    for row in rows:
        if row.tenth_people:
            yield Tenth(
                above=10 * row.tenth,
                below=10 * row.tenth + 10,
                people=row.tenth_people,
                expected=round(row.tenth_expected),
                came=row.tenth_came,
            )


def _sentence(windows: Sequence[CalibrationWindow], context: Context[CalibrationParameters]) -> str:
    if not windows:
        return messages.NOTHING_TO_TEST()
    last = windows[0]
    by_post = context.facts.rule.unit == "post"
    text = messages.EXPECTED_AND_CAME_POSTS if by_post else messages.EXPECTED_AND_CAME_WEEKS
    return text(units=last.units, expected=last.expected.words(), came=f"{last.came:,}")


CALIBRATION: Report[CalibrationParameters, CalibrationRow, Calibration] = Report(
    name="calibration",
    question="What was expected some posts ago, and what came?",
    definition=_definition,
    parameters=CalibrationParameters,
    query=CalibrationQuery,
    evidence=CalibrationRow,
    result=Calibration,
    build=build,
    reads_readers=True,
)
