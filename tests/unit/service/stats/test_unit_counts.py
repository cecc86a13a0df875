"""Who is counted by unit: people with enough earlier opportunities, by when they came."""

from dataclasses import fields

import numpy as np

from regulars.stats.opportunities import UnitCounts
from regulars.stats.unit_bits import UnitBits

UNITS = 4  # place 0 is the newest


def counted(before: list[int]) -> UnitCounts:
    """Three people: all four units, the newest two, none; each read the newest unit alone."""
    rows = {one.name: np.zeros((3, UNITS), np.bool_) for one in fields(UnitBits)}
    chosen = np.array([[True] * 4, [True, True, False, False], [False] * 4])
    rows["low"] = rows["high"] = chosen & (np.arange(UNITS) == 0)
    counts = UnitCounts.empty(UNITS)
    first = np.array([3, 1, -1])
    counts.add(UnitBits(**rows), chosen, 3, first, before=np.array(before))
    return counts


def test_people_count_once_enough_opportunities_lie_before():
    counts = counted([0, 0, 0])
    assert counts.people[3].tolist() == [1, 0, 0, 0]
    assert counts.reads[3].tolist() == [1, 0, 0, 0]
    assert counts.people[1].tolist() == [0, 0, 0, 0]


def test_who_was_there_at_the_first_look_counts_at_once_and_with_the_oldest():
    counts = counted([2, 10, 10])
    assert counts.people[3].tolist() == [2, 2, 1, 0]
    assert counts.reads[3].tolist() == [2, 0, 0, 0]
    assert counts.people[1].tolist() == [0, 0, 0, 0]
