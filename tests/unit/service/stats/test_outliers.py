"""Spikes of sign-ups and posts read by far more or fewer people than those before."""

import numpy as np
import pytest

from regulars.stats.outliers import hampel, read_share_outliers, sign_up_spikes

USUAL = [12, 9, 14, 11, 8, 13, 10, 12, 9, 15, 11, 10]


def flags(judged):
    return [one.flag for one in judged]


def test_the_published_series_of_the_identifier():
    # Sorted: 8 9 9 10 10 11 11 12 12 13 14 15. Median 11; absolute deviations 1 2 3 0 3 2 1 1 2 4
    # 0 1, median 1.5, times 1.4826 is 2.22: the floor, the root of 11, is larger.
    found = hampel(140, USUAL, 11**0.5)
    assert found.median == 11
    assert found.scale == pytest.approx(3.317, abs=0.0005)
    assert found.z == pytest.approx(38.9, abs=0.05)


def test_a_burst_is_flagged_and_stays_in_the_window_of_those_after_it():
    judged = sign_up_spikes([*USUAL, 140, 12, 150])
    assert flags(judged) == ["none"] * 12 + ["high", "none", "high"]
    assert judged[12].distance.z == pytest.approx(38.9, abs=0.05)


def test_fewer_than_six_intervals_judge_nothing():
    judged = sign_up_spikes([1, 2, 1, 2, 1, 500])
    assert flags(judged) == ["none"] * 6
    assert judged[5].distance is None
    assert flags(sign_up_spikes([1, 2, 1, 2, 1, 2, 500])) == ["none"] * 6 + ["high"]
    assert sign_up_spikes([]) == []


def test_who_was_there_at_the_first_look_is_no_spike():
    judged = sign_up_spikes([0] * 50 + [391, 11, 3, 4, 2, 5, 3, 90])
    assert flags(judged)[50:] == ["none"] * 7 + ["high"]
    assert judged[51].distance is None


@pytest.mark.parametrize(
    ("usual", "count", "flag"),
    [
        (0, 9, "none"),  # nine more than none: fewer than ten
        (0, 10, "high"),
        (4, 14, "none"),  # (14 - 4) / 2 is 5, and no further
        (4, 15, "high"),
        (100, 299, "none"),  # nearly twenty deviations, and less than three times as many
        (100, 300, "high"),
        (100, 0, "none"),  # a quiet week is no burst
    ],
)
def test_each_of_the_three_conditions_counts(usual, count, flag):
    assert sign_up_spikes([1, *[usual] * 12, count])[13].flag == flag


def test_a_post_that_everybody_or_nobody_opens_is_set_aside():
    members = [300] * 14
    shares = [120, 130, 118, 125, 122, 119, 131, 127, 124, 121, 126, 123]
    assert flags(read_share_outliers([*shares, 270, 2], members)[12:]) == ["high", "low"]


@pytest.mark.parametrize(
    ("read", "flag"),
    [
        # median 0.5 of 1,000: the floor is 0.0158, five of them 0.079
        (640, "none"),  # far away, and not a third more than usual
        (650, "high"),
        (160, "none"),  # far away, and more than three tenths of usual
        (150, "low"),
    ],
)
def test_far_away_alone_is_not_enough_for_a_share(read, flag):
    assert read_share_outliers([500] * 12 + [read], [1000] * 13)[12].flag == flag


def test_a_dead_list_that_moves_in_makes_no_outlier_of_the_posts_after_it():
    assert (
        flags(read_share_outliers([120] * 12 + [119] * 6, [300] * 12 + [5_000] * 6))
        == ["none"] * 18
    )
    failed = read_share_outliers([120] * 12 + [20], [300] * 12 + [5_000])
    assert failed[12].flag == "low"  # that the pixel failed shows all the same


def test_a_list_that_is_cleaned_makes_no_outlier_of_the_posts_after_it():
    assert flags(read_share_outliers([120] * 18, [5_000] * 12 + [300] * 6)) == ["none"] * 18


def test_a_list_of_one_may_miss_a_post():
    assert flags(read_share_outliers([1] * 12 + [0], [1] * 13)) == ["none"] * 13
    assert flags(read_share_outliers([0] * 12 + [1], [1] * 13)) == ["none"] * 13


def test_posts_without_members_are_no_part_of_the_window():
    judged = read_share_outliers([0] * 6 + [50] * 6 + [99], [0] * 6 + [100] * 7)
    assert [one.distance is None for one in judged] == [True] * 12 + [False]
    assert judged[12].distance.median == 0.5
    assert judged[12].flag == "high"


def test_readers_without_their_members_are_refused():
    with pytest.raises(ValueError, match="zip"):
        read_share_outliers([1, 2], [3])


@pytest.mark.parametrize("size", [2, 5, 1e9])
@pytest.mark.parametrize("mean", [5, 20, 80])
def test_sign_ups_without_a_burst_are_flagged_in_at_most_two_of_a_hundred(size, mean):
    rng = np.random.default_rng(17)
    series = rng.negative_binomial(size, size / (size + mean), (60, 46))
    found = np.array([flags(sign_up_spikes(one.tolist()))[12:] for one in series]) == "high"
    assert np.mean(found) <= 0.02 + 2 * (0.02 * 0.98 / found.size) ** 0.5
    bursts = [flags(sign_up_spikes([*one[:12].tolist(), 10 * mean]))[12] for one in series]
    assert np.mean(np.array(bursts) == "high") >= 0.78


@pytest.mark.parametrize("members", [30, 300, 3000])
def test_shares_without_an_event_are_flagged_in_fewer_than_one_of_a_hundred(members):
    rng = np.random.default_rng(18)
    chance = 1 / (1 + np.exp(-(rng.normal(-0.4, 0.5, (60, 46)))))
    series = rng.binomial(members, chance)
    found = [flags(read_share_outliers(one.tolist(), [members] * 46))[6:] for one in series]
    assert np.mean(np.array(found) != "none") < 0.01
