"""What must leave the headline where it is, and lists so small or odd that it must survive them."""

from __future__ import annotations

import numpy as np
import pytest
from simulation.counting import Counted
from simulation.worlds import NEVER, Lived, live


def shuffled(lived: Lived, seed: int) -> Lived:
    order = np.random.default_rng(seed).permutation(len(lived.first))
    return Lived(lived.first[order], lived.left[order], lived.reads[order])


def test_the_order_of_people_changes_nothing():
    lived = live("b", 400, 2)
    value = Counted(lived, 65).headcount.value
    for seed in (1, 2):
        assert Counted(shuffled(lived, seed), 65).headcount.value == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("world", ["a", "b"])
def test_people_who_never_read_change_little(world):
    lived = live(world, 1_000, 2)
    silent = live("a", 500, 3)
    silent = Lived(silent.first, np.full(500, NEVER), np.zeros_like(silent.reads))
    value = Counted(lived, 65).headcount.value
    assert Counted(lived.with_others(silent), 65).headcount.value == pytest.approx(value, rel=0.03)


def odd(people: int, kind: str) -> Lived:
    rng = np.random.default_rng(people)
    reads = {
        "all read": np.ones((people, 75), bool),
        "none read": np.zeros((people, 75), bool),
        "all left": rng.random((people, 75)) < 0.5,
        "newcomers": np.ones((people, 75), bool),
    }[kind]
    first = np.full(people, 60 if kind == "newcomers" else 0)
    left = np.full(people, 62 if kind == "all left" else NEVER)
    reads &= (np.arange(75) >= first[:, None]) & (np.arange(75) < left[:, None])
    return Lived(first, left, reads)


@pytest.mark.parametrize("people", [1, 5, 30])
@pytest.mark.parametrize("kind", ["all read", "none read", "all left", "newcomers"])
def test_an_odd_list_has_a_finite_headline(people, kind):
    counted = Counted(odd(people, kind), 65)
    head = counted.headcount
    assert np.isfinite([head.value, head.low, head.high]).all()
    assert 0 <= head.low <= head.value <= head.high <= head.n
    if kind == "all read":
        assert head.n == people
        assert 0.7 * people < head.value <= people
    else:
        assert head.value == 0


def test_one_post_is_enough_to_say_that_nobody_is_established():
    head = Counted(live("a", 50, 1), 17).headcount
    assert 0 <= head.low <= head.value <= head.high <= head.n
