"""The Kaplan-Meier curve against published tables and against scipy."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from regulars.stats.survival import bound_curves, kaplan_meier

# Weeks of remission under 6-MP: Freireich et al., Blood 21 (1963), as in Cox (1972). + goes on.
_TOLD = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
FREIREICH = [(float(one.rstrip("+")), not one.endswith("+")) for one in _TOLD.split()]


def test_freireich_and_others_6_mp() -> None:
    curve = kaplan_meier(*zip(*FREIREICH, strict=True))
    found = {step.time: round(step.share, 3) for step in curve.steps}
    assert found == {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert (curve.n, curve.ended, curve.median) == (21, 9, 23)
    assert [step.at_risk for step in curve.steps] == [21, 17, 15, 12, 11, 7, 6]


def test_freireich_interval_of_log_log() -> None:
    # SAS PROC LIFETEST and R survfit(conf.type="log-log") give 0.620 to 0.952 at week 6.
    curve = kaplan_meier(*zip(*FREIREICH, strict=True), z=1.959963984540054)
    first = curve.steps[0]
    assert (first.low, first.high) == pytest.approx((0.6197, 0.9516), abs=5e-4)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=40).filter(
        lambda rows: any(ended for _, ended in rows)
    )
)
def test_the_curve_of_scipy(rows: list[tuple[int, bool]]) -> None:
    curve = kaplan_meier(*zip(*rows, strict=True))
    censored = [time for time, ended in rows if not ended]
    known = [time for time, ended in rows if ended]
    theirs = ecdf(CensoredData(uncensored=known, right=censored)).sf
    for step in curve.steps:
        assert step.share == pytest.approx(float(theirs.evaluate(step.time)), abs=1e-12)
        assert 0 <= step.low <= step.share <= step.high <= 1


def test_while_more_than_half_wait_there_is_no_median() -> None:
    curve = kaplan_meier([1.0, 5.0, 5.0], [True, False, False])
    assert curve.median is None
    assert curve.at(6.0) is None
    found = curve.at(5.0)
    assert found is not None
    assert found.share == pytest.approx(2 / 3)


def test_nobody_and_nothing_ended() -> None:
    assert kaplan_meier([], []).at(7.0) is None
    alone = kaplan_meier([3.0], [False])
    assert (alone.steps, alone.median) == ((), None)


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        kaplan_meier([-1.0], [True])
    with pytest.raises(ValueError, match="as many"):
        kaplan_meier([1.0], [])


def test_half_is_half_though_fractions_are_rounded() -> None:
    # after 12 of 24, at 1, 2, ... weeks; the product of the fractions is a few bits above one half
    found = kaplan_meier([float(week) for week in range(1, 25)], [True] * 24)
    assert found.median == 12


def test_bounds_of_ends_between_two_times() -> None:
    # As early as can be: 0, 0, 3, 4+. As late: 1, 9, 3, 4+.
    bounds = bound_curves([(0.0, 1.0, True), (0.0, 9.0, True), (3.0, 3.0, True), (0.0, 4.0, False)])
    assert [(one.time, one.share) for one in bounds.earliest.steps] == [
        (0.0, 0.5), (3.0, pytest.approx(0.25)),
    ]  # fmt: skip
    assert [(one.time, one.share) for one in bounds.latest.steps] == [
        (1.0, 0.75), (3.0, pytest.approx(0.5)), (9.0, 0.0),
    ]  # fmt: skip
    assert bounds.median == (0.0, 3.0)


def test_bounds_of_exact_times_are_one_curve() -> None:
    rows = [(time, time, ended) for time, ended in FREIREICH]
    bounds = bound_curves(rows)
    assert bounds.earliest == bounds.latest == kaplan_meier(*zip(*FREIREICH, strict=True))


def test_most_may_still_wait_at_the_latest() -> None:
    bounds = bound_curves([(0.0, 5.0, True), (0.0, 2.0, False)])
    assert bounds.median == (0.0, 5.0)
    assert bound_curves([(0.0, 5.0, False)]).median == (None, None)
    assert bound_curves([(0.0, 9.0, True), (0.0, 10.0, False), (0.0, 10.0, False)]).median == (
        None, None,
    )  # fmt: skip


def test_an_interval_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        bound_curves([(2.0, 1.0, True)])
