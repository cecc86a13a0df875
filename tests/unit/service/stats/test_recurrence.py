"""The rhythm of a publication, and the rule that follows from it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from regulars.stats.recurrence import Rule, expected_on, median_gap_days, rule_for

START = datetime(2026, 1, 5, 9, 0)  # noqa: DTZ001 - naive, as in the tables


def every(days, count):
    return [START + timedelta(days=days * number) for number in range(count)]


@pytest.mark.parametrize(
    ("gap", "reads", "of", "unit"),
    [
        (None, 4, 8, "post"),  # no rhythm yet
        (1.0, 4, 8, "week"),
        (2.99, 4, 8, "week"),
        (3.0, 4, 8, "post"),  # 56/3 is 19: never over 8
        (7.0, 4, 8, "post"),
        (8.0, 4, 7, "post"),  # half of seven, rounded up
        (10.0, 3, 6, "post"),  # 5.6
        (14.0, 2, 4, "post"),
        (30.0, 2, 4, "post"),  # 1.9: never under 4
    ],
)
def test_the_rule_follows_the_rhythm(gap, reads, of, unit):
    assert rule_for(gap) == Rule(reads, of, unit, gap)


def test_the_owner_may_say_otherwise():
    assert rule_for(7.0, reads=3) == Rule(3, 8, "post", 7.0)
    assert rule_for(7.0, of=5) == Rule(3, 5, "post", 7.0)
    assert rule_for(7.0, reads=10) == Rule(10, 10, "post", 7.0)
    assert rule_for(1.0, reads=2, of=6) == Rule(2, 6, "week", 1.0)


def test_the_rhythm_is_the_median_gap_of_the_last_posts():
    assert median_gap_days([]) is None
    assert median_gap_days([every(7, 1)]) is None
    assert median_gap_days([every(7, 5)]) == 7.0
    # a daily past of 40 posts, then 25 weekly gaps: only these are looked at
    daily, weekly = every(1, 40), [START + timedelta(days=39 + 7 * n) for n in range(1, 26)]
    assert median_gap_days([daily + weekly]) == 7.0


def test_posts_known_from_two_places_do_not_halve_the_gap():
    assert median_gap_days([every(7, 10), every(7, 10)]) == 7.0


def test_when_the_first_figure_can_be_expected():
    moment = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert expected_on(moment, 5, rule_for(7.0)) == date(2026, 4, 6)
    assert expected_on(moment, 2, rule_for(1.0)) == date(2026, 3, 16)
    assert expected_on(moment, 2, rule_for(None)) is None


def test_the_rule_in_words():
    assert rule_for(7.0).words() == "at least 4 of the last 8 posts"
    assert rule_for(1.0).words() == "at least 4 of the last 8 weeks with a post"
