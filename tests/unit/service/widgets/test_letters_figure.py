"""What a widget of the report ``letters`` shows: who wrote back, and the share that is answered."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from support.invented_house import enclose
from support.invented_service import FakeStore, settings_of

from regulars.reports.letters import Letters, LettersOfSeason
from regulars.reports.waiting import WaitingOfSeason, WaitingResult
from regulars.settings import PublicationSettings
from regulars.stats.estimate import Estimate
from regulars.widgets.badge import badge_of
from regulars.widgets.document import WidgetDocument
from regulars.widgets.images import picture_named, picture_of
from regulars.widgets.page import render_frame, render_page
from regulars.widgets.publishing import ConfiguredWidget, Publisher, configured_widgets
from regulars.widgets.schema import schema_bytes

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
SINCE = datetime(2026, 8, 31, 9, tzinfo=UTC)


def letters(people: int | None) -> Letters:
    of_season = None
    if people is not None:
        of_season = LettersOfSeason(issues=13, since=SINCE, people=people)
    return Letters(
        sentence="", replies=200, people=150, posts=[], writers=[], untied=0, to_other_mails=0,
        without_person=0, busiest_share=None, by_class={}, season=of_season,
    )  # fmt: skip


def waiting(people: int, answered: int | None, of: int = 100) -> WaitingResult:
    estimate = None
    if answered is not None:
        estimate = Estimate(
            value=answered, low=max(0, answered - 8), high=min(of, answered + 6), n=of, method="k/1"
        )
    of_season = WaitingOfSeason(
        issues=13, since=SINCE, people=people, answered_within_7_days=estimate
    )
    return WaitingResult(
        sentence="", people=0, listed=[], states={}, answered_within_7_days=None,
        half_answered_within_days=None, half_answered_between_days=None,
        wishes=[], season=of_season,
    )  # fmt: skip


class Shown:
    """A widget over invented answers, on a store that keeps what was shown."""

    def __init__(self, wrote: int | None, people: int, answered: int | None, **widget: Any) -> None:
        settings = settings_of(widget={"report": "letters"} | widget)
        self.declared: ConfiguredWidget = configured_widgets(settings, "https://r.example.org")[0]
        self.answers = {"letters": letters(wrote), "waiting": waiting(people, answered)}
        self.store = FakeStore()

    def ask(self, report: Any, publication: PublicationSettings, as_of: datetime) -> Any:
        return enclose(report.name, self.answers[report.name], as_of=as_of)

    def show(self, declared: ConfiguredWidget | None = None) -> WidgetDocument:
        found = Publisher(self.store, self.ask).show(declared or self.declared, NOW)
        jsonschema.validate(json.loads(found.to_json()), json.loads(schema_bytes()))
        return found


def test_both_figures_stand_in_one_document_rounded() -> None:
    document = Shown(63, 55, 83).show()
    first, second = document.figures
    assert (first.id, first.unit, first.rounded_to) == ("people_who_wrote_back", "people", 5)
    assert first.value in (60, 65)
    assert (first.low, first.high) == (60, 65)
    assert (second.id, second.unit, second.rounded_to) == ("answered_within_days", "percent", 10)
    assert second.value in (80, 90)
    assert (second.low, second.high) == (70, 90)
    assert document.period.issues == 13
    assert document.period.from_ == SINCE.date()
    assert document.text.headline == f"About {first.value} readers wrote back."
    assert document.text.detail == (
        "Between 60 and 65, over the last 13 issues. "
        f"About {second.value} % of letters are answered within seven days."
    )


def test_exact_numbers_appear_nowhere() -> None:
    shown = Shown(63, 57, 83)
    document = shown.show()
    everything = [
        document.to_json().decode(), render_page(document, shown.declared).html,
        render_frame(document, shown.declared).html,
        badge_of(document, shown.declared.text_of(document)).decode(),
    ]  # fmt: skip
    text = " ".join(everything).replace(document.title, "")
    words = {word.strip('".,:;<>/=%{}[]()') for word in text.split()}
    assert not words & {"63", "57", "83", "75", "89", "150", "200"}


def test_a_badge_card_and_page_say_the_first_figure() -> None:
    shown = Shown(65, 55, 80)
    document = shown.show()
    badge = json.loads(badge_of(document, shown.declared.text_of(document)))
    assert (badge["label"], badge["message"]) == ("wrote back", "about 65 people")
    page = render_page(document, shown.declared).html
    assert "About 80 % of letters are answered within seven days." in page
    assert "rounded to 10 % and is shown from 50 people on" in page
    picture = picture_named("card.svg")
    assert picture is not None
    assert b"About 65 readers wrote back to" in picture_of(document, picture)


@pytest.mark.parametrize(("people", "reason"), [(50, None), (49, "small_group")])
def test_the_share_needs_fifty_people(people: int, reason: str | None) -> None:
    document = Shown(65, people, 80).show()
    first, second = document.figures
    assert first.value == 65
    assert second.reason == reason
    assert (second.value is None) == (reason is not None)
    assert ("answered" in document.text.detail) == (reason is None)
    assert document.is_settled


def test_a_larger_minimum_group_holds_for_the_share_too() -> None:
    first, second = Shown(100, 79, 80, min_group=80).show().figures
    assert first.value == 100
    assert second.reason == "small_group"


def test_a_share_beside_few_writers_stays_private() -> None:
    document = Shown(19, 60, 80).show()
    assert [one.reason for one in document.figures] == ["small_group", "small_group"]
    assert document.notice == "The room is small, and the number stays private."


def test_a_minimum_group_raised_later_hides_both() -> None:
    shown = Shown(65, 55, 80)
    shown.show()
    strict = Shown(65, 55, 80, min_group=70).declared
    assert [one.value for one in shown.show(strict).figures] == [None, None]


def test_nobody_waited_for_seven_days_yet() -> None:
    _, second = Shown(65, 55, None).show().figures
    assert (second.value, second.reason) == (None, "too_early")


def test_without_an_issue_it_is_too_early() -> None:
    document = Shown(None, 0, None).show()
    assert document.notice == "It is too early to say how many readers write back."
    assert [one.reason for one in document.figures] == ["no_letters", "no_letters"]
    assert not document.is_settled
