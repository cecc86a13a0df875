"""A burst of sign-ups that read once, and a post that everybody opened: the figure stays."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from regulars.reports.house import HOUSE

POSTS, BURST_AT = 34, 22


def readers(tables: Any, at: Any, seed: int = 1, keen: tuple[float, float] = (1.2, 1)) -> None:
    """Two new people a week. Each reads by a chance of their own, and some stop for good."""
    chosen = random.Random(seed)
    for number in range(2 * POSTS):
        joined = number // 2
        chance, stays = chosen.betavariate(*keen), chosen.randint(2, 60)
        tables.person(f"p{number}", joined_at=at(joined - 0.5))
        reads = [
            post for post in range(joined, min(POSTS, joined + stays)) if chosen.random() < chance
        ]
        tables.opens(f"p{number}", *reads)


def burst(tables: Any, at: Any, people: int) -> None:
    """Everybody who came reads the first post that they got, and nothing after it."""
    for number in range(people):
        tables.person(f"b{number}", joined_at=at(BURST_AT - 0.5) + timedelta(minutes=number))
        tables.opens(f"b{number}", BURST_AT)


@pytest.mark.long
def test_a_burst_of_one_time_readers_leaves_the_figure_alone(tables, at):
    tables.posts(POSTS)
    readers(tables, at)
    before = tables.ask(HOUSE, at(POSTS)).result
    burst(tables, at, 120)
    after = tables.ask(HOUSE, at(POSTS)).result
    assert [one.people for one in after.set_aside.arrivals] == [122]
    assert before.set_aside.arrivals == []
    figure, was = after.sustained_readers, before.sustained_readers
    assert abs(figure.value - was.value) <= 1
    assert abs((figure.high - figure.low) - (was.high - was.low)) <= 2
    assert "burst" in " ".join(tables.ask(HOUSE, at(POSTS)).coverage.notes)


@pytest.mark.long
def test_a_post_that_everybody_opened_counts_for_nobody(tables, at):
    tables.posts(POSTS)
    readers(tables, at, keen=(1, 3))
    before = tables.ask(HOUSE, at(POSTS)).result
    for number in range(2 * 20):
        tables.opens(f"p{number}", 20)
    after = tables.ask(HOUSE, at(POSTS)).result
    flagged = [(one.sent_at.date(), one.flag) for one in after.set_aside.posts]
    assert flagged == [(at(20).date(), "high")]
    assert abs(after.sustained_readers.value - before.sustained_readers.value) <= 2
