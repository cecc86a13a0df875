"""Invented words about standings: the views against the same worked out in Python."""

from __future__ import annotations

import itertools
import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.spells_by_hand import FOREVER, Growth, Key, Word, World, stretches

WORDS = ("active", "active", "active", "unknown", "left", "left", "bounced", "paused", "pending")


def invent(seed: int, week: Any) -> World:
    """A few people with several subscriptions, spells and odd words each."""
    chosen = random.Random(seed)
    posts = {
        name: [week(n) for n in range(12) if chosen.random() < 0.7] for name in ("main", "other")
    }
    world = World([], posts)
    for number in range(chosen.randint(1, 6)):
        person = f"p{number}"
        for connection in chosen.choice([["main"], ["main"], ["main", "other"]]):
            name = f"{person}{connection[0]}"
            for spell in range(chosen.choice([1, 1, 1, 2, 3])):
                world.keys.append(_key(person, connection, name, spell, chosen, week))
            world.signs[connection, name] = {
                at for at in posts[connection] if chosen.random() < 0.3
            }
            world.totals[connection, name] = _growths(chosen, week)
    if chosen.random() < 0.5:
        world.whole_looks["main"] = week(chosen.randint(0, 14))
    return world


def _key(
    person: str, connection: str, name: str, spell: int, chosen: random.Random, week: Any
) -> Key:
    joined = week(chosen.choice([-3, -2, 1, 4])) + timedelta(seconds=chosen.choice([0, 30, 7200]))
    if chosen.random() < 0.2:
        joined = None
    key = Key(person, connection, name, f"s{spell}" if spell else "")
    seen = week(chosen.randint(0, 3) + 0.5)
    for _ in range(chosen.choice([1, 1, 2, 3, 4, 5])):
        status = chosen.choice(WORDS)
        gone = status == "active" and key.words and chosen.random() < 0.2
        told = status in ("left", "bounced") and chosen.random() < 0.4
        back = timedelta(days=chosen.choice([1, 3]))
        now = joined
        if joined and chosen.random() < 0.2:
            now = joined + timedelta(seconds=chosen.choice([20, 90]))
        key.words.append(
            Word(seen, status, now, seen - back if told else None, seen - back if gone else None)
        )
        seen += timedelta(days=7 * chosen.choice([1, 1, 2, 4]))
    return key


def _growths(chosen: random.Random, week: Any) -> list[Growth]:
    looks = [week(n + 0.5) for n in range(16) if chosen.random() < 0.5]
    return [
        Growth(was, now, chosen.randint(1, 2))
        for was, now in itertools.pairwise(looks)
        if chosen.random() < 0.5
    ]


def fill(tables: Any, world: World, chosen: random.Random) -> None:
    """The same facts as rows. Those of other keys may come in any order."""
    for connection, sent in world.posts.items():
        for number, at in enumerate(sent):
            tables.post(number, at, connection=connection)
    for key in chosen.sample(world.keys, len(world.keys)):
        _fill_key(tables, key)
    for (connection, name), signs in world.signs.items():
        for at in signs:
            post = world.posts[connection].index(at)
            tables.signal("send", name, post, connection=connection, happened_at=at)
    for (connection, name), growths in world.totals.items():
        for one in growths:
            now, was = (one.received, 0), (one.was_at, (0, 0))
            tables.totals(name, one.seen_at, now, was, connection=connection)
    for connection, at in world.whole_looks.items():
        tables.run_stream("subscriptions", at, connection=connection)


def _fill_key(tables: Any, key: Key) -> None:
    known = tables.connection.execute(
        "SELECT 1 FROM people WHERE connection = $c AND subscription_id = $n",
        {"c": key.connection, "n": key.name},
    ).fetchall()
    if not known:
        tables.insert(
            "people", connection=key.connection, subscription_id=key.name,
            person_id=f"per_{key.person}",
        )  # fmt: skip
    was: tuple[str | None, str | None] = (None, None)
    for word in key.words:
        presence = "removed" if word.absent_since else "present"
        tables.version(
            key.name, word.seen_at, connection=key.connection, spell=key.spell,
            status=word.status, joined_at=word.joined_at, left_at=word.left_at,
            presence=presence, absent_since=word.absent_since,
            was_status=was[0], was_presence=was[1],
        )  # fmt: skip
        was = (word.status, presence)


def told(tables: Any) -> dict[tuple[str, str], list[tuple[Any, ...]]]:
    rows = tables.connection.execute(
        "SELECT connection, subscription_id, starts_at, ends_at, end_kind, unsure_at"
        " FROM spells('notes') ORDER BY ALL"
    ).fetchall()
    found: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for connection, name, *rest in rows:
        found.setdefault((connection, name), []).append(tuple(rest))
    return found


def check(new_tables: Any, week: Any, seed: int) -> None:
    world = invent(seed, week)
    by_hand = {
        name: [one[:4] for one in found] for name, found in stretches(world).items() if found
    }
    with new_tables() as tables:
        fill(tables, world, random.Random(seed + 1))
        views = told(tables)
        counts = tables.connection.execute(
            "SELECT count(*), (SELECT count(*) FROM signals) FROM signals JOIN posts"
            " ON posts.connection = signals.connection AND posts.id = signals.post_id"
            " JOIN spells('notes') AS spells ON spells.connection = signals.connection"
            " AND spells.subscription_id = signals.subscription_id"
            " AND spells.starts_at <= posts.sent_at AND spells.ends_at > posts.sent_at"
        ).fetchone()
    assert views == by_hand, seed
    assert counts[0] <= counts[1]
    for found in views.values():
        for before, after in itertools.pairwise(found):
            assert before[1] < after[0] <= FOREVER


SEEDS = [*range(10), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(10, 40))]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_views_tell_the_spells_that_words_tell(new_tables, at, seed):
    check(new_tables, at, seed)


@pytest.mark.long
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(100, 2**32))
def test_whatever_the_words_are(new_tables, at, seed):
    check(new_tables, at, seed)
