"""Cells: what a history can be, and how people who are alike become one entry."""

from collections import Counter
from math import comb, exp

import numpy as np
import pytest
from support.model_by_hand import orders

from regulars.stats.cells import Cells, joined, learned_from, log_choose

NAMES = ("x", "t", "n", "b", "has_left", "block_before", "block_size", "block_reads")


def people(cells):
    """How many people have which history."""
    rows = zip(*(getattr(cells, name).tolist() for name in NAMES), strict=True)
    found = Counter()
    for row, weight in zip(rows, cells.weight.tolist(), strict=True):
        found[row] += weight
    return found


def test_what_is_left_out_is_nothing():
    cells = Cells([0, 2], [0, 3], [4, 4])
    assert len(cells) == 2
    assert cells.people == 2
    assert cells.is_exact.all()
    assert not cells.has_left.any()
    assert cells.b.tolist() == cells.block_size.tolist() == [0, 0]
    assert (cells.x.dtype, cells.weight.dtype, cells.has_left.dtype) == ("int64", "float64", "bool")


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ({"x": [-1]}, "x"),
        ({"x": [5]}, "x"),  # more reads than posts up to the last one
        ({"t": [9]}, "t"),
        ({"b": [-1]}, "b"),
        ({"weight": [-1.0]}, "weight"),
        ({"weight": [np.nan]}, "weight"),
        ({"weight": [np.inf]}, "weight"),
        ({"block_before": [-1]}, "block_before"),
        ({"block_before": [5], "block_size": [4], "block_reads": [1]}, "block_before"),
        ({"block_size": [-2]}, "block_size"),
        ({"block_size": [3]}, "block_reads"),  # a block without a read holds no last read
        ({"block_size": [2], "block_reads": [3]}, "block_reads"),
        ({"block_size": [4], "block_reads": [4]}, "block_reads"),  # of 3 reads in all
        ({"block_before": [0], "block_size": [4], "block_reads": [1]}, "block_reads"),
    ],
)
def test_what_no_history_can_be(fault, named):
    good = {"x": [3], "t": [4], "n": [8]}
    with pytest.raises(ValueError, match=rf"cells: {named} is impossible in entry 0: x="):
        Cells(**good | fault)


def test_a_field_of_another_length():
    with pytest.raises(ValueError, match=r"cells: n has shape \(1,\), and x has \(2,\)"):
        Cells([1, 1], [1, 1], [1])


def random_cells(seed, size=400):
    chance = np.random.default_rng(seed)
    n = chance.integers(1, 6, size)
    t = chance.integers(0, n + 1)
    x = chance.integers(0, t + 1)
    in_block = (x > 0) & (n > 2) & (chance.random(size) < 0.4)
    reads = np.where(in_block, 1, 0)
    block_size = np.where(in_block, np.minimum(2, n - x + 1), 0)
    before = np.where(in_block, np.maximum(x - 1, n - block_size - 1), 0)
    return Cells(
        x, t, n, chance.integers(0, 2, size), chance.random(size) < 0.3,
        chance.integers(1, 4, size), before, block_size, reads,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_collapsing_keeps_all_people_and_each_history_once(seed):
    cells = random_cells(seed)
    found = cells.collapsed()
    wanted = Counter()
    for row, weight in people(cells).items():
        in_block = bool(row[6])  # t is ignored where a block is open
        wanted[(row[0], 0 if in_block else row[1], *row[2:])] += weight
    assert people(found) == wanted
    assert len(found) == len(wanted) < len(cells)
    again = cells.take(np.random.default_rng(seed).permutation(len(cells))).collapsed()
    assert list(people(again).items()) == list(people(found).items())


def test_collapsing_nobody_somebody_and_all_alike():
    assert len(joined([]).collapsed()) == 0
    assert people(Cells([1], [1], [2]).collapsed()) == {(1, 1, 2, 0, False, 0, 0, 0): 1}
    assert people(Cells([1] * 5, [1] * 5, [2] * 5).collapsed()) == {(1, 1, 2, 0, False, 0, 0, 0): 5}


def test_cells_that_are_put_together():
    parts = [random_cells(1), random_cells(2)]
    assert people(joined(parts)) == people(parts[0]) + people(parts[1])


@pytest.mark.parametrize(
    ("x", "n", "block"),
    [(1, 3, (0, 3, 1)), (3, 8, (2, 4, 2)), (4, 9, (1, 5, 3)), (5, 9, (3, 4, 4)), (2, 7, (6, 1, 1))],
)
def test_where_the_last_read_of_a_block_may_lie(x, n, block):
    """Section 1.6: C(t - a - 1, y - 1) orders for each t from a + y to a + d."""
    cells = Cells([1, x], [1, 0], [2, n], None or np.zeros(2), None or np.zeros(2, bool),
                  np.ones(2), [0, block[0]], [0, block[1]], [0, block[2]])  # fmt: skip
    cell, t, logs = cells.last_reads()
    assert (cell[0], t[0], logs[0]) == (0, 1, 0.0)
    by_hand = Counter(
        max(at + 1 for at, read in enumerate(row) if read) for row in orders(x, 0, n, block)
    )
    found = {int(last): exp(log) for last, log in zip(t[1:], logs[1:], strict=True)}
    assert set(cell[1:]) == {1}
    assert found == pytest.approx(dict(by_hand))
    assert exp(cells.log_orders()[1]) == pytest.approx(comb(block[1], block[2]))


def test_ways_to_choose():
    size = np.array([0, 5, 60, 300])
    chosen = np.array([0, 5, 30, 7])
    wanted = [comb(*pair) for pair in zip(size.tolist(), chosen.tolist(), strict=True)]
    assert np.exp(log_choose(size, chosen)) == pytest.approx(wanted, rel=1e-10)


def test_weights_are_learned_from_those_with_the_smallest_hashes():
    hashes = np.random.default_rng(3).integers(0, 2**63, 1_000)
    chosen = learned_from(hashes, most=100)
    assert chosen.sum() == 100
    assert hashes[chosen].max() < hashes[~chosen].min()
    turned = np.random.default_rng(4).permutation(1_000)
    assert (learned_from(hashes[turned], most=100) == chosen[turned]).all()
    assert learned_from(hashes, most=1_000).all()
    assert learned_from(np.zeros(0, np.int64)).tolist() == []
    assert learned_from(np.arange(30_001)).sum() == 30_000
