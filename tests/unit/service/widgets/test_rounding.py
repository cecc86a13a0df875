"""Rounding: unbiased, keyed, the same for a whole period."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.reports.engine.projection import Rounding
from regulars.widgets.rounding import round_count, round_outwards

SECRET = bytes(range(32))
step_for = Rounding().step_for


@pytest.mark.parametrize(
    ("value", "step"), [(20, 5), (1_000, 5), (1_001, 10), (10_000, 10), (10_001, 100)]
)
def test_the_step_grows_with_the_count(value: int, step: int) -> None:
    assert step_for(value) == step


@settings(deadline=None)
@given(st.integers(0, 200_000), st.text(max_size=12), st.binary(min_size=32, max_size=32))
def test_a_count_moves_less_than_one_step(value: int, period: str, secret: bytes) -> None:
    rounded = round_count(value, step_for(value), metric="m", period=period, secret=secret)
    assert rounded % step_for(value) == 0
    assert abs(rounded - value) < step_for(value)


def test_the_mean_error_is_zero_and_its_deviation_below_half_a_step() -> None:
    errors = [
        round_count(203, 5, metric="m", period=f"2026-W{week}", secret=SECRET) - 203
        for week in range(4_000)
    ]
    assert abs(statistics.fmean(errors)) < 0.15
    assert statistics.pstdev(errors) <= 2.5


def test_asking_again_teaches_nothing() -> None:
    answers = {round_count(203, 5, metric="m", period="2026-W47", secret=SECRET) for _ in range(50)}
    assert len(answers) == 1


@pytest.mark.parametrize("changed", ["metric", "period", "secret"])
def test_metric_period_and_secret_all_turn_the_coin(changed: str) -> None:
    answers = set()
    for number in range(60):
        words = {"metric": "m", "period": "p"}
        secret = SECRET
        if changed == "secret":
            secret = number.to_bytes(32, "big")
        else:
            words[changed] = f"{words[changed]}{number}"
        answers.add(round_count(202, 5, **words, secret=secret))
    assert answers == {200, 205}


def test_names_that_flow_together_are_told_apart() -> None:
    pairs = [
        (
            round_count(202, 5, metric=f"ab{number}", period="c", secret=SECRET),
            round_count(202, 5, metric=f"a{number}", period="bc", secret=SECRET),
        )
        for number in range(60)
    ]
    assert any(one != other for one, other in pairs)


def test_the_interval_only_grows() -> None:
    assert round_outwards(195, 221, 5) == (195, 225)
    assert round_outwards(196, 220, 5) == (195, 220)


@settings(deadline=None)
@given(st.integers(0, 5_000), st.integers(0, 300), st.integers(0, 300))
def test_the_rounded_count_stays_inside_its_interval(value: int, down: int, up: int) -> None:
    low, high = round_outwards(max(0, value - down), value + up, step_for(value))
    assert low <= round_count(value, step_for(value), metric="m", period="p", secret=SECRET) <= high
