"""The headcount: returns, the issue effect and the interval, worked out by hand."""

import math
import subprocess
import sys

import numpy as np
import pytest
from support.model_by_hand import sustained

from regulars.stats import headcount as headcounts
from regulars.stats.cells import Cells
from regulars.stats.forecast import Forecast
from regulars.stats.headcount import Headcount, Returns, headcount, issue_effect, return_rate
from regulars.stats.mixture import THETA, P


def test_returns_need_both_windows():
    """Section 2.6 as the issue has it: the mean where both are positive, else nothing."""
    assert (Returns(0.02, 0.04).r, Returns(0.02, 0.04).r_max) == (pytest.approx(0.03), 0.04)
    assert (Returns(-0.01, 0.04).r, Returns(-0.01, 0.04).r_max) == (0, 0.04)
    assert (Returns(0.0, 0.04).r, Returns(-0.01, -0.02).r_max) == (0, 0)
    for missing in (Returns(), Returns(0.02), Returns(None, 0.02)):
        assert (missing.r, missing.r_max) == (0, 0)


def test_return_rate_of_a_back_test():
    """40 people at 0.1 and 20 at 0.05: five expected, nine came; 60 and 20 people below."""
    rate = return_rate(np.array([0.1, 0.05, 0.2, 0.9]), np.array([7, 2, 30, 90]),
                       np.array([40, 20, 40, 100]))  # fmt: skip
    assert rate == pytest.approx((9 - 5) / 80)
    nobody = np.zeros(0)
    assert return_rate(nobody, nobody, nobody) == 0


def test_returns_are_added_to_the_quiet_alone():
    chances = headcounts.with_returns(np.array([0.0, 0.19, 0.2, 0.99]), 0.03)
    assert chances == pytest.approx([0.03, 0.22, 0.2, 0.99])
    assert headcounts.with_returns(np.array([0.19]), 0.9)[0] == 1


def reading(slope):
    plain = np.ones(len(slope))
    return Forecast(plain, plain, plain, plain, np.array(slope))


def test_issue_effect_by_hand():
    """Differences of +0.1 and -0.1 in turns over 400 people: v = 0.005 - D / 400."""
    shares, people = [0.5, 0.6] * 6, [400] * 12
    d = (0.2 * 30 + 0.1 * 10) / 40
    sigma = issue_effect(shares, people, reading([0.2, 0.1]), np.array([30, 10]))
    assert sigma == pytest.approx(math.sqrt(0.01 / 2 - d / 400) / d)


def test_one_wild_unit_is_borne_by_the_median():
    """Differences 0.02 eleven times, then one of 0.5: 1.5 (1.4826 * 0.02)^2 / 2, less chance."""
    shares = [0.4, 0.42] * 6 + [0.92]
    sigma = issue_effect(shares, [10_000] * 13, reading([0.2]), np.array([5]))
    variance = 1.5 * (1.4826 * 0.02) ** 2 / 2 - 0.2 / 10_000
    assert sigma == pytest.approx(math.sqrt(variance) / 0.2)


@pytest.mark.parametrize(
    ("shares", "people"),
    [
        ([0.5, 0.6] * 3 + [0.5], [400] * 7),  # seven units
        ([0.5, 0.6] * 6, [4] * 12),  # four people
        ([0.5] * 12, [400] * 12),  # less than chance alone would do
        ([], []),
    ],
)
def test_no_issue_effect(shares, people):
    assert issue_effect(shares, people, reading([0.2]), np.array([5])) == 0


def test_units_that_count_for_the_issue_effect():
    """The last 26, without those of under five people, which join their neighbours."""
    shares = np.random.default_rng(2).uniform(0.3, 0.7, 26)
    plain = issue_effect(shares, [500] * 26, reading([0.2]), np.array([5]))
    longer = issue_effect([0.9, 0.1, *shares], [500] * 28, reading([0.2]), np.array([5]))
    assert longer == plain > 0
    few = [500] * 10 + [4] + [500] * 15
    without = issue_effect(np.delete(shares, 10), [500] * 25, reading([0.2]), np.array([5]))
    assert issue_effect(shares, few, reading([0.2]), np.array([5])) == pytest.approx(without)


def test_nobody_to_move_is_no_issue_effect():
    nobody = reading([]), np.zeros(0)
    assert issue_effect([0.5, 0.6] * 6, [400] * 12, *nobody) == 0


READ, STOP = 11, 0
SURE = np.zeros((len(P), len(THETA)))
SURE[READ, STOP] = 1.0
SURE = SURE.reshape(-1)


def plain_chance(p, n, t):
    """P(sustained) of 4 of 8 at one point of the grid, when the last read was at t of n."""
    theta, q = THETA[STOP], 1 - P[READ]
    alive = q ** (n - t) * (1 - theta) ** (n - t)
    gone = sum(q**k * (1 - theta) ** k * theta for k in range(n - t))
    return alive / (alive + gone) * sustained(p, theta, 4, 8)


def test_value_and_interval_by_hand():
    """Section 2.7 with one point of the grid: variance of chances, and the slope of S."""
    cells = Cells([5, 6], [9, 10], [10, 10], weight=[30, 12])
    found = headcount([(cells.take(np.array([0])), SURE), (cells.take(np.array([1])), SURE)],
                      4, 8, sigma=0.4)  # fmt: skip
    chances = [plain_chance(P[READ], 10, 9), plain_chance(P[READ], 10, 10)]
    logit = math.log(P[READ] / (1 - P[READ]))
    ups, downs = (
        [plain_chance(1 / (1 + math.exp(-logit - step)), 10, t) for t in (9, 10)]
        for step in (0.1, -0.1)
    )
    people = (30, 12)
    value = sum(n * chance for n, chance in zip(people, chances, strict=True))
    slope = sum(n * (u - d) / 0.2 for n, u, d in zip(people, ups, downs, strict=True))
    variance = sum(n * chance * (1 - chance) for n, chance in zip(people, chances, strict=True))
    sd = math.sqrt(variance + slope**2 * 0.4**2 / 8)
    assert found.n == 42
    assert found.value == pytest.approx(value)
    assert found.low == pytest.approx(value - 1.645 * sd, rel=1e-4)
    assert found.high == pytest.approx(min(42, value + 1.645 * sd), rel=1e-4)


def test_the_upper_end_takes_the_larger_return():
    quiet = Cells([3], [3], [60], weight=[200])
    weights = np.full(399, 1 / 399)
    without = headcount([(quiet, weights)], 4, 8)
    found = headcount([(quiet, weights)], 4, 8, returns=Returns(0.02, 0.06))
    assert without.value < 0.05 * 200
    assert found.value == pytest.approx(without.value + 200 * 0.04)
    chance = found.value / 200
    sd = math.sqrt(200 * chance * (1 - chance))
    assert found.low == pytest.approx(found.value - 1.645 * sd, rel=1e-3)
    assert found.high == pytest.approx(without.value + 200 * 0.06 + 1.645 * sd, rel=1e-3)


def test_nobody_is_nobody():
    for strata in ([], [(Cells([], [], []), SURE)]):
        assert headcount(strata, 4, 8, sigma=0.5) == Headcount(0.0, 0.0, 0.0, 0)
    assert headcount([], 4, 8).estimate().words() == "0"


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (Headcount(148.2, 139.7, 157.1, 420), "about 148 (139 to 158)"),
        (Headcount(0.5, 0.2, 1.0, 1), "about 1 (0 to 1)"),
        (Headcount(2.9999999999, 2.9999999999, 3.0000000001, 3), "3"),  # digits are no people
        (Headcount(0.4, 0.0, 1.2, 3), "about 0 (0 to 2)"),
        (Headcount(2.6, 2.55, 2.7, 3), "about 3 (2 to 3)"),
    ],
)
def test_whole_people(count, words):
    estimate = count.estimate()
    assert estimate.words() == words
    assert (estimate.n, estimate.method) == (count.n, "sustained_readers/1")


def test_a_headcount_from_kept_weights_loads_no_scipy():
    program = """
import sys
import numpy as np
from regulars.stats.cells import Cells
from regulars.stats.headcount import headcount
assert headcount([(Cells([4], [8], [9]), np.full(399, 1 / 399))], 4, 8, sigma=0.2).n == 1
print([name for name in sys.modules if name.startswith("scipy")])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert (done.stderr, done.stdout) == ("", "[]\n")


def test_fewest_opportunities():
    assert [headcounts.fewest_opportunities(of) for of in (4, 6, 8, 12)] == [6, 6, 8, 12]
