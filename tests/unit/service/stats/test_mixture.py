"""The grid and its weights: as defined, against EM written out, and the same for the same people.

Figures of the donations data: test_donations.
"""

import time

import numpy as np
import pytest
from support.donations import donations
from support.model_by_hand import grid_likelihood, orders

from regulars.stats import bgbb, mixture
from regulars.stats.bgbb import BetaGeometric
from regulars.stats.cells import Cells, joined
from regulars.stats.headcount import headcount
from regulars.stats.mixture import THETA, P


def test_the_grid_of_section_2_2():
    assert (len(P), len(THETA), mixture.POINTS) == (21, 19, 399)
    assert [P[0], P[1], P[10], P[19], P[20]] == pytest.approx([0.003, 0.01, 0.5, 0.99, 0.997])
    steps = np.diff(np.log(P[1:20] / (1 - P[1:20])))
    assert steps == pytest.approx(steps[0])
    assert [THETA[0], THETA[1], THETA[14]] == pytest.approx([0.0005, 0.002, 0.5])
    assert np.diff(np.log(THETA[1:15])) == pytest.approx(np.log(250) / 13)
    assert THETA[15:].tolist() == [0.7, 0.85, 0.97, 0.9999]


def test_base_weights_are_the_mass_of_the_curves_in_the_bins():
    """Beta(1, 3) has 1 - (1 - p)^3 below p, Beta(2, 1) has theta^2 below theta."""
    base = mixture.base_weights(BetaGeometric(1, 3, 2, 1)).reshape(len(P), len(THETA))
    assert base.sum() == pytest.approx(1)
    low, high = (P[4] + P[5]) / 2, (P[5] + P[6]) / 2
    first, last = (THETA[0] + THETA[1]) / 2, (THETA[17] + THETA[18]) / 2
    in_bin = (1 - low) ** 3 - (1 - high) ** 3
    assert base[5, 0] == pytest.approx(in_bin * first**2)
    assert base[5, 18] == pytest.approx(in_bin * (1 - last**2))  # the outer bin reaches 1


HISTORIES = [
    # x, t, n, has_left, people, block
    (0, 0, 4, False, 30, (0, 0, 0)),
    (1, 1, 6, False, 12, (0, 0, 0)),
    (5, 6, 6, False, 9, (0, 0, 0)),
    (2, 4, 5, True, 3, (0, 0, 0)),
    (3, 0, 9, False, 4, (2, 5, 2)),
]


def cells_of(histories):
    x, t, n, left, people, blocks = zip(*histories, strict=True)
    before, size, reads = zip(*blocks, strict=True)
    return Cells(x, t, n, np.zeros(len(x)), left, people, before, size, reads)


def test_rounds_of_em_written_out():
    base = mixture.base_weights(bgbb.PRIOR)
    found = mixture.fit_weights(cells_of(HISTORIES), base, base_weight=7.0, rounds=3)
    table = np.array(
        [
            [
                sum(
                    sum(grid_likelihood(row, p, theta, has_left=left))
                    for row in orders(x, t, n, block)
                )
                for p in P
                for theta in THETA
            ]
            for x, t, n, left, _, block in HISTORIES
        ]
    )
    people = np.array([history[4] for history in HISTORIES])
    weights = base + 1e-12
    for _ in range(3):
        posterior = weights * table / (table @ weights)[:, None]
        weights = (people @ posterior + 7.0 * base) / (people.sum() + 7.0)
    assert found == pytest.approx(weights, rel=1e-9)
    assert found.sum() == pytest.approx(1)


def test_weights_lean_on_the_base_where_it_counts_for_everything():
    base = mixture.base_weights(bgbb.PRIOR)
    assert mixture.fit_weights(cells_of(HISTORIES), base, 1e12) == pytest.approx(base, abs=1e-9)
    nobody = Cells([0, 1], [0, 1], [0, 3], weight=[5, 0])  # n = 0, and no people
    assert (mixture.fit_weights(nobody, base) == base).all()
    assert (mixture.learn(nobody).weights == base).all()


def test_three_hundred_rounds_are_the_definition():
    """EM still drifts after them, and stops early only where it no longer does."""
    cells = donations()
    base = mixture.base_weights(bgbb.fit(cells))
    by_rounds = [
        mixture.log_likelihood(cells, mixture.fit_weights(cells, base, rounds=rounds))
        for rounds in (1, 30, 300)
    ]
    assert by_rounds == sorted(by_rounds)
    default = mixture.fit_weights(cells, base)
    assert (default == mixture.fit_weights(cells, base, rounds=300)).all()
    one = Cells([3], [3], [3], weight=[1e-6])
    settled = mixture.fit_weights(one, base, rounds=20)
    assert (settled == mixture.fit_weights(one, base, rounds=300)).all()


def test_unrecorded_posts_teach_nothing():
    cells, base = cells_of(HISTORIES), mixture.base_weights(bgbb.PRIOR)
    later = Cells(
        cells.x, cells.t, cells.n, np.arange(len(cells)), cells.has_left, cells.weight,
        cells.block_before, cells.block_size, cells.block_reads,
    )  # fmt: skip
    assert mixture.fit_weights(later, base) == pytest.approx(mixture.fit_weights(cells, base))


def test_a_search_without_an_end_leaves_the_base_as_the_weights():
    learned = mixture.learn(donations(), steps=2)
    assert learned.fallback
    assert not learned.model.converged
    assert (learned.weights == learned.base).all()
    assert learned.base == pytest.approx(mixture.base_weights(learned.model))
    found = headcount([(donations(), learned.weights)], 3, 5)
    assert 0 < found.low < found.value < found.high < found.n


def random_people(seed, size=300):
    chance = np.random.default_rng(seed)
    p, n = chance.beta(1, 1, size), chance.integers(1, 40, size)
    lived = np.minimum(n, chance.geometric(0.05, size) - 1)
    x = chance.binomial(lived, p)
    t = np.where(x > 0, np.maximum(x, (lived * chance.random(size)).astype(int)), 0)
    return Cells(x, t, n, has_left=chance.random(size) < 0.1)


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 6))]
)
def test_the_order_of_rows_and_split_cells_change_nothing(seed):
    """Section 11, test 6: S equal to 1e-9."""
    cells = random_people(seed)
    chance = np.random.default_rng(seed + 100)
    parts = chance.random(len(cells))
    ways = {
        "as they come": cells,
        "shuffled": cells.take(chance.permutation(len(cells))),
        "split": joined([cells.weighted(parts), cells.weighted(1 - parts)]),
        "collapsed": cells.collapsed(),
    }
    found = {}
    for way, people in ways.items():
        counted = people.take((people.n >= 8) & (people.x >= 3) & ~people.has_left)
        found[way] = headcount([(counted, mixture.learn(people).weights)], 4, 8, sigma=0.2)
    plain = found.pop("as they come")
    for way, other in found.items():
        assert other.value == pytest.approx(plain.value, rel=1e-9), way
        assert other.low == pytest.approx(plain.low, rel=1e-9), way
        assert other.n == plain.n


EDGES = {
    "one person who read": Cells([9], [9], [9]),
    "none read": Cells([0, 0], [0, 0], [8, 150], weight=[400, 9]),
    "all read": Cells([8, 150], [8, 150], [8, 150], weight=[400, 9]),
    "all left": Cells([4, 3], [4, 3], [9, 9], has_left=[True, True], weight=[7, 5]),
    "six hundred posts": Cells([600, 0, 300], [600, 0, 301], [600] * 3, weight=[5, 5, 5]),
    "five people": Cells([0, 1, 4, 9, 12], [0, 3, 8, 9, 12], [12, 9, 9, 9, 12]),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.long) if name == "six hundred posts" else name
        for name in EDGES
    ],
)
def test_lists_at_the_edge_have_a_headcount(name):
    """Section 2.10: no NaN, no warning, 0 <= low <= S <= high <= people."""
    cells = EDGES[name]
    learned = mixture.learn(cells)
    assert not learned.fallback
    assert np.isfinite(learned.weights).all()
    assert learned.weights.sum() == pytest.approx(1)
    found = headcount([(cells, learned.weights)], 4, 8, sigma=0.4)
    assert 0 <= found.low <= found.value <= found.high <= found.n == cells.people
    if name == "all left":
        assert found.value == found.high == 0
    if name == "none read":
        assert found.value < 0.02 * found.n
    if name == "all read":
        assert 0.9 * found.n < found.value


def test_everything_runs_in_one_thread():
    """Products over large arrays would wake the other cores, which costs more than it saves."""
    chance = np.random.default_rng(8)
    n = chance.integers(1, 100, 20_000)
    t = chance.integers(0, n + 1)
    cells = Cells(chance.integers(0, t + 1), t, n)
    whole, here = time.process_time(), time.thread_time()
    model = bgbb.fit(cells.take(np.arange(2_000)))
    weights = mixture.fit_weights(cells, mixture.base_weights(model), rounds=20)
    headcount([(cells, weights)], 4, 8)
    elsewhere = (time.process_time() - whole) - (time.thread_time() - here)
    assert elsewhere < 0.1 * (time.thread_time() - here)


def test_somebody_whom_the_weights_do_not_know_has_a_forecast():
    """Weights learned from others may leave a point of the grid with less than any number."""
    none = np.zeros(mixture.POINTS)
    none[0] = 1.0
    found = headcount([(Cells([600], [600], [600]), none)], 4, 8)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert np.isfinite(mixture.log_likelihood(Cells([600], [600], [600]), none))
