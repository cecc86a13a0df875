"""A newsletter whose every third post is for one list alone, looked at each week.

The right values are the world's own: to whom each post was really sent, and who opened it when.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.weekly_looks import weeks_in

from regulars_connectors.instants import DAY
from regulars_connectors.simulator import World

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

OF = 8


def truth(world: World, subscription_id: str, first_look: int, now: int) -> tuple[int, int]:
    """How many posts were sent to somebody since the first look, and opens among the last eight."""
    deeds = [
        world.deed(subscription_id, post.id)
        for number, post in enumerate(world.posts)
        if first_look < post.sent_at and world.schedule.matured_s[number] * 1_000_000 <= now
    ]
    sent = [deed for deed in deeds if deed.was_sent]
    opened = [deed.open_recorded_at is not None and deed.open_recorded_at < now for deed in sent]
    return len(sent), sum(opened[-OF:])


def test_everybody_is_judged_by_the_posts_that_were_for_them(tmp_path: Path) -> None:
    world = World(5, posts=28, subscribers=120, spike_size=0, listed=3)
    with weeks_in(tmp_path / "data", world) as weeks:
        for week in range(10, 24):
            assert weeks.look(week).outcome == "complete"
        states, _ = weeks.figures()
        owners = ids_of(weeks)
    first_look, now = world.posts[10].sent_at - DAY, world.posts[23].sent_at - DAY
    exact = checked = 0
    for person_id, _, low, high, judged in states:
        person = world.by_id[owners[person_id]]
        # Of somebody whose opens are blocked, clicks are a read as well.
        if not person.opens_recorded or person.joined_s * 1_000_000 > first_look or person.left_s:
            continue
        sent, opened = truth(world, person.id, first_look, now)
        assert judged == min(sent, OF), person.key
        assert low <= opened <= high, person.key
        exact += low == high
        checked += 1
    assert checked > 25
    assert exact > checked * 0.9
    numbers = {len(world.by_id[one].sends) for one in owners.values()}
    assert len(numbers) > 5  # not everybody got the same posts


def ids_of(weeks: Any) -> dict[str, str]:
    """Subscription ids by person."""
    from regulars.store import Store

    with Store(weeks._store) as store, store.read() as cursor:
        rows = cursor.execute("SELECT person_id, subscription_id FROM people").fetchall()
    return dict(rows)
