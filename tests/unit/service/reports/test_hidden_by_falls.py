"""What a fall of totals hides stays within the bounds: people whose reading is known are invented.

A look is taken after each post. A person opens it, clicks in it, does both or neither, and in one
look of eight opens, or clicks, stand below what the look before showed.
"""

from __future__ import annotations

import random

import pytest

POSTS = 16
PEOPLE = 60


def invent(chosen: random.Random) -> tuple[list[bool], list[tuple[int, ...]]]:
    """What somebody read, post by post, and the totals as shown: received, opened, clicked."""
    opened, clicked = 12, 6
    read: list[bool] = []
    shown: list[tuple[int, ...]] = [(30, opened, clicked)]
    for number in range(POSTS):
        opens, clicks = chosen.choices([(0, 0), (1, 0), (1, 1), (0, 1)], [40, 35, 15, 10])[0]
        opened, clicked = opened + opens, clicked + clicks
        read.append(bool(opens or clicks))
        totals = [31 + number, opened, clicked]
        for place in (1, 2):
            if chosen.random() < 0.12:
                totals[place] = shown[-1][place] - chosen.randint(1, 3)
        shown.append(tuple(totals))
    return read, shown


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.long
def test_what_was_read_lies_within_the_bounds(tables, at, seed):
    chosen = random.Random(seed)
    tables.posts(POSTS)
    truth = {}
    for number in range(PEOPLE):
        name = f"r{number}"
        tables.person(name, joined_at=at(-40))
        truth[name], shown = invent(chosen)
        tables.history(name, *shown)
    for of in (POSTS, 12, 8, 4):
        # An open that a fall hid may show with the next post, as a late open does: where the last
        # posts begin in between, one read more than theirs is seen.
        late = 0 if of == POSTS else 1
        for name, person in tables.reading(at(POSTS + 1), 2, of).items():
            reads = sum(truth[name][-of:])
            assert person["reads_low"] - late <= reads <= person["reads_high"], (of, name)
