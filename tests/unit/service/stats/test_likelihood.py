"""The likelihood on a grid, against sums over orders and stopping times."""

import numpy as np
import pytest
from support.model_by_hand import grid_likelihood, log_bgbb, orders

from regulars.stats.cells import Cells
from regulars.stats.likelihood import Likelihood
from regulars.stats.mixture import THETA, P

ONE = np.ones((1, 1))


def at_point(cells, p, theta):
    """(alive, whole likelihood) of each cell at one point of the plane."""
    likelihood = Likelihood(cells, np.array([p]), np.array([theta]))
    unit = np.exp(likelihood.scale)
    return likelihood.futures([ONE])[0] * unit, likelihood.totals(ONE) * unit


def test_kernel_of_the_measurement_model_section_10():
    alive, whole = at_point(Cells([1], [2], [4]), 0.5, 0.1)
    assert alive[0] == pytest.approx(0.04100625, abs=1e-9)
    assert whole[0] - alive[0] == pytest.approx(0.02936250, abs=1e-9)


HISTORIES = [
    # x, t, n, has_left, block
    (0, 0, 1, False, (0, 0, 0)),
    (0, 0, 6, True, (0, 0, 0)),
    (2, 5, 5, False, (0, 0, 0)),
    (2, 5, 5, True, (0, 0, 0)),
    (3, 4, 9, False, (0, 0, 0)),
    (3, 4, 9, True, (0, 0, 0)),
    (1, 0, 7, False, (0, 4, 1)),
    (3, 0, 9, False, (2, 5, 2)),
    (3, 0, 9, True, (2, 5, 2)),
    (4, 0, 8, False, (3, 5, 3)),
    (6, 0, 8, True, (0, 7, 6)),
]


def cells_of(histories):
    x, t, n, left, blocks = zip(*histories, strict=True)
    before, size, reads = zip(*blocks, strict=True)
    zeros, ones = np.zeros(len(x)), np.ones(len(x))
    return Cells(x, t, n, zeros, left, ones, before, size, reads)


@pytest.mark.parametrize(("p", "theta"), [(0.5, 0.1), (0.003, 0.0005), (0.997, 0.9999), (0.9, 0.3)])
def test_each_history_post_by_post(p, theta):
    """Section 2.1, and 1.6 for blocks: the sum over t is the sum over all orders of the reads."""
    alive, whole = at_point(cells_of(HISTORIES), p, theta)
    for at, (x, t, n, left, block) in enumerate(HISTORIES):
        parts = [grid_likelihood(row, p, theta, has_left=left) for row in orders(x, t, n, block)]
        assert whole[at] == pytest.approx(sum(sum(part) for part in parts), rel=1e-9), HISTORIES[at]
        there = 0 if left else sum(part[0] for part in parts)
        assert alive[at] == pytest.approx(there, rel=1e-9), HISTORIES[at]


def test_a_proof_of_life_after_the_last_read_moves_t():
    _, whole = at_point(Cells([2], [5], [8]), 0.4, 0.2)
    row = (1, 1, 0, 0, 0, 0, 0, 0)
    assert whole[0] == pytest.approx(sum(grid_likelihood(row, 0.4, 0.2, alive_at=5)))


def test_posts_with_unrecorded_opens_have_to_be_outlived():
    """b takes the alive part on by (1 - theta)^b and leaves the likelihood as it is."""
    plain, whole = at_point(Cells([2], [3], [4]), 0.4, 0.2)
    later, same = at_point(Cells([2], [3], [4], [3]), 0.4, 0.2)
    assert later == pytest.approx(plain * 0.8**3)
    assert same == pytest.approx(whole)
    likelihood = Likelihood(Cells([2], [3], [4], [3]), np.array([0.4]), np.array([0.2]))
    here = likelihood.futures([ONE], through_b=False)[0] * np.exp(likelihood.scale)
    assert here == pytest.approx(plain)


def test_many_cells_at_once_and_one_by_one():
    """More rows than a stack holds, over the whole grid, blocks and leavers among them."""
    chance = np.random.default_rng(5)
    n = chance.integers(1, 90, 3_000)
    t = chance.integers(0, n + 1)
    x = chance.integers(0, t + 1)
    cells = Cells(x, t, n, has_left=chance.random(3_000) < 0.2)
    weights = chance.random((len(P), len(THETA)))
    likelihood = Likelihood(cells, P, THETA)
    found = np.log(likelihood.totals(weights)) + likelihood.scale
    for at in chance.integers(0, 3_000, 40):
        one = Likelihood(cells.take(np.array([at])), P, THETA)
        assert found[at] == pytest.approx(float(np.log(one.totals(weights))[0] + one.scale[0]))
    amounts = chance.random(3_000)
    # the sum over cells and the sum over the grid are two ways to the same number
    over_grid = float((likelihood.spread(amounts) * weights).sum())
    assert over_grid == pytest.approx(float((amounts * likelihood.totals(weights)).sum()))


@pytest.mark.parametrize("left", [False, True])
def test_six_hundred_posts_keep_their_digits(left):
    """Chances down to 10^-180 at the best point of the grid, against sixty digits.

    Beta curves so narrow that they are a point: BG/BB is then the likelihood at that point.
    """
    cells = Cells([0, 300, 600, 1, 599], [0, 600, 600, 600, 599], [600] * 5, has_left=[left] * 5)
    likelihood = Likelihood(cells, np.array([0.25]), np.array([0.0625]))
    found = np.log(likelihood.totals(ONE)) + likelihood.scale
    narrow = 2.0**100
    shapes = narrow * 0.25, narrow * 0.75, narrow * 0.0625, narrow * 0.9375
    for at in range(5):
        x, t, n = int(cells.x[at]), int(cells.t[at]), int(cells.n[at])
        assert found[at] == pytest.approx(
            float(log_bgbb(x, t, n, shapes, has_left=left)), rel=1e-12
        )
