"""The statistics of the product against the same model written down a second time."""

from __future__ import annotations

import numpy as np
import pytest
from simulation import by_hand
from simulation.counting import Counted
from simulation.worlds import WORLDS, burst, live

# Donations of 11,104 people in six years: x, t, people (Fader, Hardie, Shang 2010).
# fmt: off
DONATIONS = np.array([
    (0, 0, 3464), (1, 1, 1091), (1, 2, 277), (1, 3, 129), (1, 4, 78), (1, 5, 119), (1, 6, 129),
    (2, 2, 613), (2, 3, 255), (2, 4, 155), (2, 5, 173), (2, 6, 234), (3, 3, 322), (3, 4, 181),
    (3, 5, 225), (3, 6, 357), (4, 4, 240), (4, 5, 284), (4, 6, 512), (5, 5, 335), (5, 6, 728),
    (6, 6, 1203),
])
# fmt: on


def test_the_second_writing_gives_the_published_figures():
    x, t, people = DONATIONS.T
    n, left = np.full(len(x), 6), np.zeros(len(x), bool)
    shapes = by_hand.fit(x, t, n, left, people.astype(float), priors=False)
    assert shapes == pytest.approx((1.204, 0.750, 0.657, 2.783), abs=0.005)
    alive, gone = by_hand.log_parts(x, t, n)
    whole = np.exp(alive) + np.exp(gone)
    assert people @ np.log(whole @ by_hand.base_weights(shapes)) == pytest.approx(
        -33_226.09, abs=0.05
    )
    base = by_hand.base_weights(by_hand.fit(x, t, n, left, people.astype(float)))
    weights = by_hand.learn(whole, people, base)
    assert people @ np.log(whole @ weights) == pytest.approx(-33_206.2, abs=0.5)
    expected = by_hand.future(np.exp(alive), whole, weights, 3, 5)["expected"]
    assert people @ expected == pytest.approx(13_012, abs=15)


def same(counted: Counted, flags: bool = True) -> None:
    """Both headlines, to the digits that two searches for the same maximum share."""
    hand = by_hand.headline(counted.lived, counted.at, flags=flags)
    head = counted.headcount
    assert head.value == pytest.approx(hand.value, rel=1e-5)
    assert counted.chances == pytest.approx(hand.chances, abs=1e-4)
    assert counted.sigma == pytest.approx(hand.sigma, abs=1e-3)
    assert counted.returns.r == pytest.approx(hand.returns, abs=1e-4)
    # The slope of S may step over the border below which returns are added.
    assert (head.low, head.high) == pytest.approx((hand.low, hand.high), abs=0.3)


@pytest.mark.parametrize(
    "world", [*WORLDS[:2], *(pytest.param(one, marks=pytest.mark.long) for one in WORLDS[2:])]
)
def test_both_give_the_same_headline(world):
    same(Counted(live(world, 120, 5), 65))


@pytest.mark.long
@pytest.mark.parametrize("world", WORLDS)
def test_both_give_the_same_headline_of_a_longer_list(world):
    same(Counted(live(world, 2_000, 5), 65))


@pytest.mark.long
def test_both_give_the_same_headline_after_a_burst():
    calm = live("a", 300, 5)
    spiked = calm.with_others(burst(50, 400, 5, units=75, staying=0.05))
    counted = Counted(spiked, 65)
    assert set(counted.now.stratum.tolist()) == {0, 51}
    same(counted)
