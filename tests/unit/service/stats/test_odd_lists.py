"""Lists at random, odd ones too: each has a headcount within its bounds, without a warning."""

import numpy as np
import pytest

from regulars.stats import bgbb, mixture
from regulars.stats.cells import Cells, joined
from regulars.stats.forecast import forecast
from regulars.stats.headcount import Returns, headcount, issue_effect


def odd_list(seed):
    """Up to forty cells: any reads, blocks anywhere, leavers, unrecorded posts, whole crowds."""
    chance = np.random.default_rng(seed)
    size, longest = int(chance.integers(1, 40)), int(chance.choice([1, 3, 12, 60, 200]))
    n = chance.integers(0, longest + 1, size)
    t = chance.integers(0, n + 1)
    x = np.where(chance.random(size) < 0.3, t, chance.integers(0, t + 1))
    crowd = np.where(chance.random(size) < 0.1, 50_000, chance.integers(1, 9, size))
    left = chance.random(size) < chance.choice([0.0, 0.2, 1.0])
    exact = Cells(x, t, n, chance.integers(0, 4, size), left, crowd)
    length = chance.integers(1, longest + 1, size)
    before = chance.integers(0, longest + 1, size)
    reads = chance.integers(1, length + 1)
    earlier = chance.integers(0, before + 1)
    whole = before + length + chance.integers(0, 5, size)
    blocks = Cells(
        earlier + reads, np.zeros(size), whole, np.zeros(size), left, np.ones(size),
        before, length, reads,
    )  # fmt: skip
    return joined([exact, blocks] if chance.random() < 0.5 else [exact])


QUICK = 6


@pytest.mark.parametrize(
    "seed",
    [*range(QUICK), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(QUICK, 60))],
)
def test_an_odd_list_has_a_headcount(seed):
    cells = odd_list(seed)
    learned = mixture.learn(cells)
    assert not learned.fallback
    assert learned.weights.sum() == pytest.approx(1)
    assert learned.weights.min() >= 0
    assert np.isfinite(mixture.log_likelihood(cells, learned.weights))
    of = 4 + seed % 5
    found = forecast(cells, learned.weights, (of + 1) // 2, of)
    for numbers, most in (
        (found.p_here, 1), (found.p_sustained, 1), (found.expected_reads, of),
        (found.variance_reads, of**2 / 4), (found.slope, 0.25),
    ):  # fmt: skip
        assert ((numbers >= 0) & (numbers <= most + 1e-12)).all()
        assert (numbers[cells.has_left] == 0).all()
    # reading at least half of the next posts is at least half of them in reads
    assert (found.expected_reads >= found.p_sustained * ((of + 1) // 2) - 1e-12).all()
    sigma = issue_effect(np.random.default_rng(seed).random(12), [50] * 12, found, cells.weight)
    counted = headcount(
        [(cells, learned.weights)], (of + 1) // 2, of, returns=Returns(0.02, -0.1), sigma=sigma
    )
    assert 0 <= counted.low <= counted.value <= counted.high <= counted.n
    assert counted.estimate().n == round(cells.people)
    stratum = mixture.fit_weights(cells, learned.weights, mixture.STRATUM_WEIGHT)
    assert stratum.sum() == pytest.approx(1)
    exact = bgbb.p_alive(cells, learned.model)
    assert ((exact >= 0) & (exact <= 1 + 1e-12)).all()
