"""The widget document: rounding, the minimum group, and words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.reports.engine.projection import FigureValue
from regulars.reports.house import HOUSE
from regulars.settings import PublicationSettings, WidgetSettings
from regulars.widgets.cadence import last_full_period
from regulars.widgets.document import DocumentContext, PublicFigure, WidgetDocument, build_document

KEY = "wgt_q83vEjRWeJCrze8SNFZ4kA"


def figure(value: int | None = 203, **changes: Any) -> PublicFigure:
    of_figure = {
        "value": value,
        "low": None if value is None else max(0, value - 9),
        "high": None if value is None else value + 14,
        "people": value,
        "method": "k_of_n/1",
        "reason": None if value is not None else "too_few_posts",
        "issues": 8,
        "seats": 300,
    }
    of_envelope = {
        "shown": HOUSE.project,
        "starts": date(2026, 9, 28),
        "ends": date(2026, 11, 22),
        "known_until": None,
    }
    own = {name: changes.pop(name) for name in list(changes) if name in of_envelope}
    return PublicFigure(value=FigureValue(**(of_figure | changes)), **(of_envelope | own))


def setting(**changes: Any) -> DocumentContext:
    now = datetime(2026, 11, 25, 9, tzinfo=UTC)
    values: dict[str, Any] = {
        "widget": WidgetSettings(key=KEY),
        "publication": PublicationSettings(name="invented", title="Invented Letters"),
        "period": last_full_period(now, ZoneInfo("UTC"), "weekly"),
        "secret": bytes(32),
        "base_url": "https://regulars.example.org",
    }
    return DocumentContext(**(values | changes))


def made(value: int | None = 203, **changes: Any) -> WidgetDocument:
    return build_document(figure(value, **changes), setting())


def test_the_figure_is_rounded_and_its_interval_outwards() -> None:
    [shown] = made(203).figures
    assert shown.value in (200, 205)
    assert (shown.low, shown.high, shown.rounded_to) == (190, 220, 5)


def test_sentences_say_the_rounded_figure_and_nothing_finer() -> None:
    document = made(203)
    text = document.text.model_dump()
    assert f"About {document.figures[0].value} people" in text["headline"]
    assert all("203" not in sentence and "194" not in sentence for sentence in text.values())
    assert text["as_of"] == "Counted on 22 November 2026"


def test_where_the_data_are_old_it_says_from_when_they_are() -> None:
    document = made(203, known_until=date(2026, 10, 5))
    assert document.text.as_of == "Counted from what was known on 5 October 2026"
    assert document.text.alt.endswith("Counted from what was known on 5 October 2026.")
    assert document.as_of == date(2026, 11, 22)


@pytest.mark.parametrize("value", [0, 1, 19])
def test_below_the_minimum_group_the_number_stays_private(value: int) -> None:
    document = made(value)
    [shown] = document.figures
    assert (shown.value, shown.low, shown.high) == (None, None, None)
    assert shown.reason == "small_group"
    assert document.theatre is None
    assert document.notice == "The room is small, and the number stays private."
    assert str(value) not in document.text.headline


def test_the_answer_is_the_same_for_every_small_room() -> None:
    assert made(3).to_json() == made(18).to_json()


def test_the_owner_may_ask_for_a_larger_group() -> None:
    strict = setting(widget=WidgetSettings(key=KEY, min_group=250))
    assert build_document(figure(203), strict).figures[0].value is None


def test_too_early_has_words_of_its_own() -> None:
    document = made(None)
    assert document.notice == "It is too early to say how many people keep coming back."
    assert document.figures[0].reason == "too_few_posts"


def test_two_widgets_of_a_publication_say_the_same_number() -> None:
    other = setting(widget=WidgetSettings(key=KEY[:-1] + "B"))
    for value in range(200, 260):
        one = build_document(figure(value), setting()).figures[0]
        assert one == build_document(figure(value), other).figures[0]


@settings(deadline=None)
@given(st.integers(20, 300_000), st.integers(1, 1_000_000))
def test_the_theatre_keeps_to_its_bounds(value: int, seats: int) -> None:
    theatre = made(value, seats=seats, low=value, high=value).theatre
    assert theatre is not None
    assert theatre.seat_is >= 5
    assert 0 <= theatre.lit <= theatre.dots <= 60


def test_the_theatre_is_made_from_the_rounded_figure_alone() -> None:
    theatres = {
        (shown.figures[0].value, shown.theatre.lit)
        for value in range(20, 1_000)
        if (shown := made(value)).theatre
    }
    values = [value for value, _ in theatres]
    assert len(values) == len(set(values))


def test_words_for_pictures_stay_short_under_any_title() -> None:
    long = setting(publication=PublicationSettings(name="invented", title="Letters " * 60))
    for value in (5, 203, 123_456):
        document = build_document(figure(value, known_until=date(2026, 9, 30)), long)
        assert len(document.text.alt) <= 180
    longest = setting(publication=PublicationSettings(name="invented", title="Letters " * 7))
    old = build_document(figure(123_456, known_until=date(2026, 9, 30)), longest)
    assert "Letters Letters" in old.text.alt
    assert len(old.text.alt) <= 180


def test_the_period_has_words() -> None:
    assert made(203).period.label == "the last 8 issues"
    assert made(203, issues=1).period.label == "the last issue"
    assert made(203, unit="weeks").period.label == "the last 8 weeks"
