"""BG/BB: digits, slopes, blocks, and lists at the edge. Published figures: test_donations."""

from decimal import Decimal
from itertools import product
from math import comb

import numpy as np
import pytest
from support.donations import donations
from support.model_by_hand import log_bgbb

from regulars.stats import bgbb
from regulars.stats.bgbb import BetaGeometric
from regulars.stats.cells import Cells

SHAPES = [
    (1.204, 0.750, 0.657, 2.783),
    (0.05, 4.0, 0.02, 90.0),
    (800.0, 30.0, 12.0, 0.3),
    (1.0, 1.0, 1.0, 1.0),  # the closed form of the expected reads divides by gamma - 1
]


@pytest.mark.parametrize("shapes", SHAPES)
def test_likelihood_against_sixty_digits(shapes):
    """Measurement model, section 10: a relative error of 1e-12 at most, for n below 300."""
    chance = np.random.default_rng(11)
    n = chance.integers(1, 300, 60)
    t = chance.integers(0, n + 1)
    x = np.where(t > 0, chance.integers(0, t + 1), 0)
    x[:10], t[:10] = 0, 0
    left = chance.random(60) < 0.3
    found = bgbb.log_likelihood(Cells(x, t, n, has_left=left), BetaGeometric(*shapes))
    for at in range(60):
        history = int(x[at]), int(t[at]), int(n[at])
        wanted = log_bgbb(*history, shapes, has_left=bool(left[at]))
        assert abs((Decimal(float(found[at])) - wanted) / wanted) <= Decimal("1e-12"), history


@pytest.mark.parametrize("left", [False, True])
def test_a_block_is_the_sum_over_the_places_of_its_last_read(left):
    """Section 1.6, before a = 2 posts: sum of C(t - a - 1, y - 1) times the likelihood at t."""
    shapes, (x, n, a, d, y) = SHAPES[0], (4, 11, 2, 6, 3)
    cells = Cells([x, 1], [0, 1], [n, 3], [0, 0], [left, False], [1, 1], [a, 0], [d, 0], [y, 0])
    wanted = sum(
        comb(t - a - 1, y - 1) * log_bgbb(x, t, n, shapes, has_left=left).exp()
        for t in range(a + y, a + d + 1)
    )
    found = bgbb.log_likelihood(cells, BetaGeometric(*shapes))
    assert found[0] == pytest.approx(float(wanted.ln()), rel=1e-12)
    assert found[1] == pytest.approx(float(log_bgbb(1, 1, 3, shapes)), rel=1e-12)


@pytest.mark.parametrize("shapes", SHAPES)
def test_the_slope_is_that_of_the_likelihood(shapes):
    cells = Cells(
        [0, 3, 5, 40, 4], [0, 8, 5, 90, 0], [7, 8, 9, 150, 11],
        has_left=[True, False, True, False, False], weight=[3, 2, 1, 5, 2],
        block_before=[0, 0, 0, 0, 2], block_size=[0, 0, 0, 0, 6], block_reads=[0, 0, 0, 0, 3],
    )  # fmt: skip

    def total(moved):
        return bgbb.log_likelihood(cells, BetaGeometric(*moved)) @ cells.weight

    slope = bgbb._Evaluation(bgbb._Places.of(cells), BetaGeometric(*shapes)).slope()
    for at, size in enumerate(shapes):
        up, down = list(shapes), list(shapes)
        up[at], down[at] = size * (1 + 1e-5), size * (1 - 1e-5)
        assert slope[at] == pytest.approx((total(up) - total(down)) / (2e-5 * size), rel=1e-5)


def test_forecasts_by_writing_out_what_may_come():
    """A read of a later post: the chance of the longer histories over that of the known one."""
    shapes = SHAPES[0]
    x, t, n = 2, 3, 5
    known = log_bgbb(x, t, n, shapes).exp()
    wanted = Decimal(0)
    for ahead in (1, 2, 3):
        for between in product((0, 1), repeat=ahead - 1):
            reads = x + sum(between) + 1
            wanted += log_bgbb(reads, n + ahead, n + ahead, shapes).exp() / known
    found = bgbb.expected_reads(Cells([x], [t], [n]), BetaGeometric(*shapes), 3)
    assert found[0] == pytest.approx(float(wanted), rel=1e-12)


def test_unrecorded_posts_have_to_be_outlived():
    model = BetaGeometric(*SHAPES[0])
    plain, later = Cells([2], [3], [5]), Cells([2], [3], [5], [2])
    assert bgbb.p_alive(later, model) == pytest.approx(bgbb.p_alive(plain, model, 3))
    three = bgbb.expected_reads(plain, model, 5) - bgbb.expected_reads(plain, model, 2)
    assert bgbb.expected_reads(later, model, 3) == pytest.approx(three)


def test_whoever_has_left_has_no_future():
    model, cells = BetaGeometric(*SHAPES[0]), Cells([4, 4], [5, 5], [5, 5], has_left=[True, False])
    assert bgbb.p_alive(cells, model)[0] == bgbb.expected_reads(cells, model, 8)[0] == 0
    assert bgbb.p_alive(cells, model)[1] > 0.8


EDGES = {
    "one person who read": Cells([1], [1], [1]),
    "one person who did not": Cells([0], [0], [1]),
    "none read": Cells([0, 0], [0, 0], [8, 150], weight=[400, 9]),
    "all read": Cells([8, 150], [8, 150], [8, 150], weight=[400, 9]),
    "all left": Cells([0, 3], [0, 3], [1, 9], has_left=[True, True], weight=[7, 5]),
    "all left before their first post": Cells([0], [0], [1], has_left=[True], weight=[500]),
    "two hundred posts": Cells([200, 0, 100], [200, 0, 101], [200] * 3, weight=[5, 5, 5]),
    "a million who never read": Cells([0], [0], [150], weight=[1e6]),
}


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("with_priors", [True, False])
def test_lists_at_the_edge_have_a_fit(name, with_priors):
    model = bgbb.fit(EDGES[name], with_priors=with_priors)
    assert model.converged
    shapes = [model.alpha, model.beta, model.gamma, model.delta]
    assert np.isfinite([*shapes, model.log_likelihood]).all()
    assert min(shapes) > 0
    for found in (bgbb.p_alive(EDGES[name], model), bgbb.expected_reads(EDGES[name], model, 8)):
        assert np.isfinite(found).all()
        assert (found >= 0).all()


@pytest.mark.parametrize("posts", [26, 52])
def test_the_fit_is_at_the_top_by_sixty_digits(posts):
    """The published likelihood falls to every side of what the search found."""
    chance = np.random.default_rng(posts)
    n = chance.integers(1, posts + 1, 150)
    lived = np.minimum(n, chance.geometric(chance.beta(0.5, 6, 150) + 1e-9) - 1)
    read = chance.random((150, posts)) < chance.beta(1.2, 1, 150)[:, None]
    read &= np.arange(posts)[None, :] < lived[:, None]
    t = np.where(read.any(axis=1), posts - np.argmax(read[:, ::-1], axis=1), 0)
    cells = Cells(read.sum(axis=1), t, n).collapsed()
    model = bgbb.fit(cells, with_priors=False)
    best = np.array([model.alpha, model.beta, model.gamma, model.delta])

    def total(shapes):
        return sum(
            int(weight) * log_bgbb(int(x), int(t), int(n), tuple(shapes.tolist()))
            for x, t, n, weight in zip(cells.x, cells.t, cells.n, cells.weight, strict=True)
        )

    top = total(best)
    assert model.log_likelihood == pytest.approx(float(top), rel=1e-12)
    for at in range(4):
        step = np.ones(4)
        step[at] = 1 + 1e-4
        up, down = total(best * step), total(best / step)
        assert top > max(up, down)
        assert abs(up - down) < Decimal("1e-3") * (2 * top - up - down)  # the slope is 0


def test_nobody_gives_the_priors_alone():
    empty = Cells([], [], [])
    without_posts = Cells([0, 0], [0, 0], [0, 5], weight=[9, 0])
    assert bgbb.fit(empty) == bgbb.fit(without_posts) == bgbb.PRIOR
    near_nothing = bgbb.fit(Cells([0], [0], [1], weight=[1e-9]))
    assert near_nothing.alpha == pytest.approx(bgbb.PRIOR.alpha, rel=1e-6)
    assert near_nothing.delta == pytest.approx(bgbb.PRIOR.delta, rel=1e-6)


def test_a_search_that_is_cut_short_says_so():
    model = bgbb.fit(donations(), steps=2)
    assert not model.converged
    assert bgbb.fit(donations()).converged
    assert model.log_likelihood < bgbb.fit(donations()).log_likelihood
