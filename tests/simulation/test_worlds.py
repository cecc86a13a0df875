"""The invented worlds are what they are said to be."""

from __future__ import annotations

import numpy as np
import pytest
from simulation.gather import history
from simulation.worlds import NEVER, WORLDS, burst, live, reopened


@pytest.mark.parametrize("world", WORLDS)
def test_nobody_reads_what_was_not_sent_to_them(world):
    lived = live(world, 2_000, 1)
    assert not (lived.reads & ~lived.sent(75)).any()
    assert lived.reads.any()
    left = lived.left < NEVER
    # World a: 53 % of chances to stop lie below 0.02, so many have not stopped after 75 posts.
    assert 0.03 < left.mean() < 0.15
    assert (lived.left[left] >= lived.first[left]).all()


def test_the_same_seed_gives_the_same_world_and_another_another():
    one, again, other = live("d", 200, 1), live("d", 200, 1), live("d", 200, 2)
    assert (one.reads == again.reads).all()
    assert (one.first == again.first).all()
    assert (one.reads != other.reads).any()


def test_a_fall_changes_nothing_before_it_and_only_takes_reads_away():
    calm, fallen = live("a", 2_000, 1), live("a", 2_000, 1, fall_from=57)
    assert (calm.reads[:, :57] == fallen.reads[:, :57]).all()
    assert not (fallen.reads & ~calm.reads).any()
    assert 0.80 < fallen.reads[:, 57:].sum() / calm.reads[:, 57:].sum() < 0.97


def test_people_take_it_up_again_in_world_e_alone():
    def paused(world):
        """Shares of people who read again after 20 posts without a read."""
        reads = live(world, 3_000, 1).reads[:, :74]
        so_far = np.cumsum(reads, axis=1)
        still = so_far[:, 20:] == so_far[:, :-20]
        return (still[:, :-1] & reads[:, 21:] & (so_far[:, 20:-1] > 3)).any(axis=1).mean()

    assert paused("e") > 4 * paused("a")


def test_a_burst_reads_once_and_some_of_it_stays():
    came = burst(60, 1_000, 1, units=96, staying=0.02)
    reads = came.reads.sum(axis=1)
    assert (reads[:980] == 1).all()
    assert (came.first == 60).all()
    assert reads[980:].max() > 10
    late = burst(60, 1_000, 1, units=96, late=0.3).reads
    assert 250 < late[:, 61].sum() < 350


def test_a_post_that_everybody_opens_is_set_aside():
    opened = history(reopened(live("a", 2_000, 1), 60, 1), 61)
    assert np.flatnonzero(opened.set_aside).tolist() == [60]
    assert not opened.opportunities[:, 60].any()


def test_a_future_beyond_the_world_is_refused():
    with pytest.raises(ValueError, match="world ends"):
        live("a", 10, 1).really_read(70, 4, 8)
