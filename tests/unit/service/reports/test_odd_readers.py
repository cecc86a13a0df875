"""The figure where there is little to tell it from, or something odd: an answer and its reason."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from regulars.reports.calibration import CALIBRATION
from regulars.reports.house import HOUSE, House
from regulars.reports.regulars import REGULARS, RegularsParameters
from regulars.reports.states import State
from regulars.stats import bgbb, mixture

EVERYBODY = RegularsParameters(
    state="regular,fading,quiet,uncertain,hidden,not_measured,newcomer,occasional"
)


@pytest.fixture(autouse=True)
def _no_warning() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(divide="raise", invalid="raise", over="raise"):
        warnings.simplefilter("error")
        yield


def ask(tables: Any, as_of: Any, **settings: Any) -> House:
    """The report `house`, once neither it nor the others hold what cannot be."""
    house: House = tables.ask(HOUSE, as_of, **settings).result
    figures = [house.sustained_readers, house.with_uncertain, house.by_rule]
    for figure in figures:
        assert figure is None or 0 <= figure.low <= figure.value <= figure.high <= figure.n
    people = tables.ask(REGULARS, as_of, parameters=EVERYBODY, **settings).result.people
    for person in people:
        for number in (person.p_sustained, person.p_here):
            assert number is None or 0 <= number <= 1
        assert person.expected_reads is None or math.isfinite(person.expected_reads)
    assert len(people) == house.active_people
    for window in tables.ask(CALIBRATION, as_of, **settings).result.windows:
        assert 0 <= window.came <= window.expected.n
    assert "NaN" not in house.model_dump_json()
    return house


def states(tables: Any, as_of: Any, **settings: Any) -> dict[State, int]:
    asked = tables.ask(REGULARS, as_of, parameters=EVERYBODY, **settings)
    return dict(asked.result.counts)


def readers(tables: Any, posts: int, people: int, reads: float, seed: int = 1) -> None:
    """People who were there before the first post and read each post by chance."""
    chosen = random.Random(seed)
    for number in range(people):
        tables.person(f"p{number}")
        tables.opens(f"p{number}", *(post for post in range(posts) if chosen.random() < reads))
    if not reads:
        tables.signals_pulled()


@pytest.mark.long
def test_no_posts(tables, at):
    tables.person("anna")
    house = ask(tables, at(1))
    assert (house.reason, house.sustained_readers, house.by_rule) == ("no_posts", None, None)


@pytest.mark.long
def test_one_post(tables, at):
    tables.posts(1)
    readers(tables, 1, 2, 1.0)
    house = ask(tables, at(2))
    assert (house.reason, house.posts_seen, house.posts_needed) == ("too_few_posts", 1, 8)
    # before there is a figure, those are told who have read everything so far
    assert house.read_all == 2


@pytest.mark.long
def test_one_subscriber(tables, at):
    tables.posts(20)
    readers(tables, 20, 1, 1.0)
    figure = ask(tables, at(20)).sustained_readers
    assert (figure.value, figure.high, figure.n) == (1, 1, 1)


def test_nobody_at_all(tables, at):
    tables.posts(20)
    assert ask(tables, at(20)).reason == "no_people"


@pytest.mark.parametrize("people", [5, 20])
def test_all_read(tables, at, people):
    tables.posts(20)
    readers(tables, 20, people, 1.0)
    figure = ask(tables, at(20)).sustained_readers
    assert (figure.value, figure.n) == (people, people)


def test_none_read(tables, at):
    tables.posts(20)
    readers(tables, 20, 10, 0.0)
    house = ask(tables, at(20))
    assert (house.sustained_readers.value, house.sustained_readers.n) == (0, 0)
    assert house.words.startswith("Nobody counts yet")


@pytest.mark.long
def test_all_left_and_cells_of_leavers_only(tables, at):
    tables.posts(20)
    for number in range(8):
        tables.person(f"p{number}", status="left", left_at=at(12.5))
        tables.opens(f"p{number}", *range(number, 12))
    tables.run_stream("subscriptions", at(19), run_id="run_1")
    tables.run(at(19))
    house = ask(tables, at(20))
    assert (house.sustained_readers.value, house.active_people) == (0, 0)


@pytest.mark.long
def test_five_people(tables, at):
    tables.posts(20)
    readers(tables, 20, 5, 0.6)
    assert ask(tables, at(20)).sustained_readers.n == 5


@pytest.mark.long
def test_newcomers_only(tables, at):
    tables.posts(20)
    tables.person("gone", status="left", left_at=at(9.5))
    for number in range(6):
        tables.person(f"p{number}", joined_at=at(14.5))
        tables.opens(f"p{number}", *range(15, 20))
    house = ask(tables, at(20))
    assert (house.newcomers, house.sustained_readers.value) == (6, 0)
    assert house.words.startswith("Nobody counts yet")


@pytest.mark.long
def test_all_opens_of_unknown_making(tables, at):
    tables.posts(20)
    for number in range(6):
        tables.person(f"p{number}")
        posts = range(20) if number < 2 else range(0, 20, 2)
        tables.opens(f"p{number}", *posts, machine=None)
    house = ask(tables, at(20))
    assert (house.uncertain, house.basis) == (2, "recorded_opens")
    assert house.sustained_readers.n == 4
    # beside the figure, the two who opened everything are added
    assert house.with_uncertain.value == house.sustained_readers.value + 2


def test_tracking_off_for_all_posts(tables, at):
    tables.posts(20, opens_tracked=False)
    readers(tables, 20, 4, 0.0)
    tables.signal("click", "p0", 18, url="https://example.org/a")
    house = ask(tables, at(20))
    assert (house.reason, house.not_measured, house.newcomers) == ("not_measured", 4, 0)


@pytest.mark.long
def test_tracking_off_for_the_last_twelve(tables, at):
    tables.posts(24)
    for number in range(24, 36):
        tables.post(number, at(number), opens_tracked=False)
    readers(tables, 24, 6, 0.8)
    before, house = ask(tables, at(24)), ask(tables, at(36))
    # silence says nothing there: chances sink a little, since somebody may have stopped meanwhile
    assert before.sustained_readers.value == house.sustained_readers.value == 6
    # and a click there is a sign of life, that adds no read
    tables.signal("click", "p0", 35, url="https://example.org/a")
    people = tables.ask(REGULARS, at(36), parameters=EVERYBODY).result.people
    here = {person.id: person.p_here for person in people}
    assert here["per_p0"] == max(here.values())


@pytest.mark.long
def test_tracking_off_for_some(tables, at):
    for number in range(24):
        tables.post(number, at(number), opens_tracked=number % 3 > 0)
    chosen = random.Random(3)
    for number in range(6):
        tables.person(f"p{number}")
        tables.opens(
            f"p{number}", *(post for post in range(24) if post % 3 and chosen.random() < 0.8)
        )
    figure = ask(tables, at(24)).sustained_readers
    assert (figure.value, figure.high, figure.n) == (5, 6, 6)


@pytest.mark.long
def test_a_year_s_pause(tables, at):
    for number in range(12):
        tables.post(number, at(number))
        tables.post(number + 12, at(number + 64))
    chosen = random.Random(4)
    for number in range(6):
        tables.person(f"p{number}")
        for post in range(24):
            if chosen.random() < 0.8:
                sent = at(post) if post < 12 else at(post + 52)
                tables.opens(f"p{number}", post, happened_at=sent + timedelta(hours=3))
    assert ask(tables, at(76)).sustained_readers.n == 6


@pytest.mark.long
def test_two_posts_a_day_are_weeks(tables, at):
    for number in range(126):
        tables.post(number, at(number / 14))
    for name, step in (("anna", 10), ("ben", 60)):
        tables.person(name)
        for post in range(0, 126, step):
            tables.opens(name, post, happened_at=at(post / 14) + timedelta(hours=1))
    house = ask(tables, at(10.5), regular_reads=None, regular_of=None)
    assert (house.rule.unit, house.constants.fewest_units) == ("week", 8)
    assert (house.sustained_readers.value, house.sustained_readers.n) == (1, 2)


@pytest.mark.long
def test_a_week_that_goes_on_is_nobodys_opportunity(tables, at):
    # A post a day. Half of the people read the one of Monday, half the one of Saturday alone: on
    # each day of a week as many keep reading.
    people = [f"p{number}" for number in range(20)]
    for day in range(84):
        tables.post(day, at(day / 7))
    for number, name in enumerate(people):
        tables.person(name)
        first = 4 if number % 2 else 2  # the first post goes out on a Thursday
        for day in range(first, 84, 7):
            tables.opens(name, day, happened_at=at(day / 7) + timedelta(hours=1))
    asked = [ask(tables, at(10 + day / 7 + 0.05)) for day in range(14)]
    assert {house.rule.unit for house in asked} == {"week"}
    assert {house.sustained_readers.n for house in asked} == {20}
    values = [house.sustained_readers.value for house in asked]
    assert max(values) - min(values) <= 1, values


@pytest.mark.long
def test_duplicated_and_late_signals_count_once(tables, at):
    tables.posts(20)
    readers(tables, 20, 5, 0.7)
    once = ask(tables, at(21)).sustained_readers
    for post in range(20):
        tables.connection.execute(
            "INSERT INTO signals BY NAME SELECT * REPLACE (signal_key || '-again' AS signal_key,"
            " happened_at + INTERVAL 30 HOUR AS happened_at) FROM signals"
            " WHERE post_id = $post AND NOT signal_key LIKE '%again'",
            {"post": f"post{post}"},
        )
    assert ask(tables, at(21)).sustained_readers == once


@pytest.mark.long
def test_two_connections_of_different_rhythm(tables, at):
    tables.posts(20)
    for number in range(5):
        tables.post(100 + number, at(4 * number + 0.5), connection="other")
    readers(tables, 20, 4, 0.8)
    for number in range(3):
        tables.person(f"q{number}", connection="other")
        for post in range(5):
            sent = at(4 * post + 0.5) + timedelta(hours=3)
            tables.opens(f"q{number}", 100 + post, happened_at=sent, connection="other")
    house = ask(tables, at(21), regular_reads=None, regular_of=None)
    assert (house.newcomers, house.sustained_readers.n) == (3, 4)


@pytest.mark.long
def test_totals_that_fall(tables, at):
    tables.posts(20)
    tables.person("anna")
    totals = [(10 + n, 5 + n) for n in range(10)] + [(20, 3)] + [(21 + n, 4 + n) for n in range(9)]
    tables.history("anna", *totals)
    house = ask(tables, at(20))
    assert house.sustained_readers.n == 1


@pytest.mark.long
def test_a_fit_that_does_not_converge_leans_on_its_base(tables, at, monkeypatch):
    lost = bgbb.BetaGeometric(1.0, 1.0, 0.18, 2.82, converged=False)
    monkeypatch.setattr(mixture.bgbb, "fit", lambda *_, **__: lost)
    tables.posts(20)
    readers(tables, 20, 5, 0.7)
    house = ask(tables, at(20))
    assert house.fallback
    assert house.sustained_readers.n == 5
    assert 3 <= house.sustained_readers.value <= 5
