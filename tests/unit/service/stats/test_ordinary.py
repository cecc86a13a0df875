"""Is a post's figure ordinary beside those before it, and what changed it?"""

import numpy as np
import pytest
from scipy import special
from scipy import stats as scipy_stats

from regulars.stats import ordinary
from regulars.stats.ordinary import (
    PostReaders,
    count_model,
    lasting_fall,
    mix,
    ordinary_count,
    ordinary_readers,
)

SHARES = [52, 48, 55, 50, 47, 53, 49, 51, 54, 46, 50, 52]
COUNTS = [3, 5, 2, 6, 4, 3, 7, 4, 2, 5, 3, 4]


# --- shares ----------------------------------------------------------------------------------


def test_the_published_limits_of_a_share():
    found = ordinary_readers(SHARES, [120] * 12, 120)
    assert found.low == pytest.approx(33.1, abs=0.05)
    assert found.high == pytest.approx(68.1, abs=0.05)
    assert found.posts == 12


@pytest.mark.parametrize(
    ("readers", "verdict"),
    [
        (32, "unusually_low"),
        (33, "ordinary"),
        (46, "ordinary"),
        (68, "ordinary"),
        (69, "unusually_high"),
    ],
)
def test_the_verdict_agrees_with_the_limits_a_sentence_names(readers, verdict):
    assert ordinary_readers(SHARES, [120] * 12, 120).verdict(readers) == verdict


def test_the_table_of_students_t_is_that_of_scipy():
    values = [special.stdtrit(posts - 1, 0.995) for posts in range(8, 27)]
    assert pytest.approx(values, abs=1e-6) == ordinary._T_995


def test_fewer_than_eight_posts_say_nothing():
    assert ordinary_readers(SHARES[:7], [120] * 7, 120) is None
    assert ordinary_readers(SHARES[:8], [120] * 8, 120).posts == 8
    assert ordinary_readers(SHARES, [120] * 11 + [0], 120).posts == 11
    assert ordinary_readers(SHARES, [120] * 12, 0) is None
    assert ordinary_readers([], [], 10) is None
    assert ordinary_count(COUNTS[:7]) is None


def test_the_last_twenty_six_posts_speak():
    long_ago = [5] * 40 + SHARES * 2 + SHARES[:2]
    found = ordinary_readers(long_ago, [120] * len(long_ago), 120)
    assert found == ordinary_readers(long_ago[-26:], [120] * 26, 120)
    assert found.posts == 26


def test_limits_stay_among_people():
    everybody = ordinary_readers([10] * 9, [10] * 9, 10)
    assert (everybody.low, everybody.high) == (10, 10)
    nobody = ordinary_readers([0] * 9, [10] * 9, 10)
    assert (nobody.low, nobody.high, nobody.verdict(0)) == (0, 0, "ordinary")
    few = ordinary_readers([3, 1, 2, 4, 0, 3, 2, 1], [5] * 8, 5)
    assert (few.low, few.high) == (0, 5)


@pytest.mark.parametrize("members", [30, 300, 1000])
@pytest.mark.parametrize("effect", [0, 0.25, 0.5])
def test_shares_are_called_unusual_in_at_most_one_post_of_a_hundred_a_side(members, effect):
    rng = np.random.default_rng(31)
    chance = 1 / (1 + np.exp(-rng.normal(0.2, effect, (1500, 20))))
    verdicts = []
    for past in rng.binomial(members, chance).tolist():
        found = ordinary_readers(past[:-1], [members] * 19, members)
        verdicts.append(found.verdict(past[-1]))
    assert np.mean(np.array(verdicts) == "unusually_low") <= 0.01
    assert np.mean(np.array(verdicts) == "unusually_high") <= 0.01


# --- counts ----------------------------------------------------------------------------------


def test_the_published_limits_of_a_count():
    model = count_model(COUNTS)
    assert model.dispersion == pytest.approx(0.0510, abs=0.00005)
    assert model.mean == pytest.approx(4.042, abs=0.0005)
    assert model.variance == pytest.approx(5.281, abs=0.0005)
    found = ordinary_count(COUNTS)
    assert (found.low, found.high, found.posts) == (0, 11, 12)
    assert found.verdict(11) == "ordinary"
    assert found.verdict(12) == "unusually_high"


@pytest.mark.parametrize(
    "past",
    [
        [0] * 8,
        [0, 0, 1, 0, 0, 0, 0, 2],
        [40, 38, 55, 41, 36, 47, 50, 39],
        [900, 1200] * 6,
        [20_000, 21_000, 19_000, 20_500] * 3,
    ],
)
def test_limits_of_counts_are_the_quantiles_of_scipy(past):
    model = count_model(past)
    size = model.mean**2 / (model.variance - model.mean)
    reference = scipy_stats.nbinom(size, model.mean / model.variance)
    found = ordinary_count(past)
    assert (found.low, found.high) == (reference.ppf(0.005), reference.ppf(0.995))


def test_no_replies_are_ordinary_where_few_come():
    assert ordinary_count([2, 3, 1, 2, 4, 2, 1, 3]).verdict(0) == "ordinary"
    assert ordinary_count([20, 23, 18, 22, 24, 19, 21, 20]).verdict(0) == "unusually_low"


def test_a_list_that_grew_by_more_than_a_fifth_scales_its_counts():
    past = [10] * 12
    grown = ordinary_count(past, delivered=[100] * 12, delivered_now=200)
    assert grown == ordinary_count([20] * 12)
    assert ordinary_count(past, delivered=[100] * 12, delivered_now=120) == ordinary_count(past)
    unknown = ordinary_count(past, delivered=[100] * 11 + [0], delivered_now=200)
    assert unknown.posts == 11


@pytest.mark.parametrize("mean", [0.5, 2, 8, 40])
@pytest.mark.parametrize("dispersion", [0, 0.1, 0.2])
def test_counts_are_called_unusual_in_at_most_two_posts_of_a_hundred_a_side(mean, dispersion):
    rng = np.random.default_rng(32)
    means = mean * (rng.gamma(1 / dispersion, dispersion, (1000, 20)) if dispersion else 1)
    series = rng.poisson(means, (1000, 20)).tolist()
    verdicts = [ordinary_count(past[:-1]).verdict(past[-1]) for past in series]
    assert np.mean(np.array(verdicts) == "unusually_low") <= 0.02
    assert np.mean(np.array(verdicts) == "unusually_high") <= 0.02


# --- the fall that lasts ---------------------------------------------------------------------


def test_a_fall_lasts_below_three_and_a_half_deviations():
    # Variance 300 and, for the posts' own effect, 50 squared times 0.4 squared over 8: 50.
    fall = lasting_fall(934, 1000, 300, slope=50, sigma=0.4, units=8)
    assert fall.z == pytest.approx(-66 / 350**0.5)
    assert fall.lasts
    assert not lasting_fall(935, 1000, 300, slope=50, sigma=0.4, units=8).lasts
    assert not lasting_fall(1200, 1000, 300, slope=50, sigma=0.4, units=8).lasts


def test_where_nothing_could_vary_no_fall_is_said():
    assert lasting_fall(0, 0, 0, slope=0, sigma=0.4, units=8) is None


# --- the mix ---------------------------------------------------------------------------------


def test_newcomers_who_read_less_lower_the_share_of_all():
    # Newcomers read 20 of 100, others 60; their part grows from a tenth to a half.
    before = PostReaders(newcomers=10, newcomers_read=2, others=90, others_read=54)
    after = PostReaders(newcomers=100, newcomers_read=20, others=100, others_read=60)
    found = mix([before] * 8 + [after] * 4)
    assert found.before == pytest.approx(0.56)
    assert found.after == pytest.approx(0.40)
    assert found.newcomers == pytest.approx(-0.16)
    assert found.behaviour == pytest.approx(0)


def test_what_changed_is_the_sum_of_its_parts():
    before = PostReaders(newcomers=20, newcomers_read=4, others=80, others_read=48)
    after = PostReaders(newcomers=50, newcomers_read=15, others=75, others_read=30)
    found = mix([before] * 8 + [after] * 4)
    # By hand: parts 0.2 and 0.4; shares 0.2 and 0.3 of newcomers, 0.6 and 0.4 of others.
    assert found.newcomers == pytest.approx(0.2 * (0.25 - 0.5))
    assert found.behaviour == pytest.approx(0.1 * 0.3 - 0.2 * 0.7)
    assert found.newcomers + found.behaviour == pytest.approx(found.after - found.before)


def test_a_group_that_was_not_there_changes_the_mix_alone():
    before = PostReaders(newcomers=0, newcomers_read=0, others=100, others_read=60)
    after = PostReaders(newcomers=50, newcomers_read=10, others=50, others_read=30)
    found = mix([before] * 8 + [after] * 4)
    assert found.newcomers == pytest.approx(-0.2)
    assert found.behaviour == pytest.approx(0)
    alone = PostReaders(newcomers=0, newcomers_read=0, others=100, others_read=40)
    assert mix([before] * 8 + [alone] * 4).behaviour == pytest.approx(-0.2)


def test_the_mix_of_few_people_or_few_posts_is_not_told():
    few = PostReaders(newcomers=10, newcomers_read=2, others=39, others_read=20)
    enough = PostReaders(newcomers=10, newcomers_read=2, others=40, others_read=20)
    assert mix([few] * 12) is None
    assert mix([enough] * 11) is None
    assert mix([few] * 8 + [enough] * 4) is None
    assert mix([few] * 3 + [enough] * 12).behaviour == pytest.approx(0)
    assert mix([]) is None
