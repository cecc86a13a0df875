"""Invented histories of running totals: the views against the same counted by hand in Python.

Asked of everybody at once, in spans of two people, and without anything set aside.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.counted_by_hand import Posts, Subscription, look_at, reading

from regulars.reports.engine.partitions import materialise_posts, partition_people

NEEDED, OF = 3, 6
FOREVER = datetime(9999, 12, 31)  # noqa: DTZ001
FIRST = datetime(2026, 1, 5, 9, 0)  # noqa: DTZ001


def week(number: float) -> datetime:
    return FIRST + timedelta(days=7 * number)


def invent(tables: Any, seed: int) -> tuple[list[Subscription], Posts, datetime]:
    """A publication of a few people with all that running totals and names can show."""
    chosen = random.Random(seed)
    count = chosen.randint(1, 40)
    tables.posts(count)
    as_of = week(count - 1) + timedelta(days=chosen.choice([1, 3, 9]))
    # all but the newest have been followed by another one; that one needs a week
    posts = Posts([week(number) for number in range(count)], count - (as_of < week(count)))
    subscriptions = []
    for number in range(chosen.randint(1, 7)):
        person = f"p{number}"
        if chosen.random() < 0.2:  # two subscriptions, the second taken up in place of the first
            middle = week(chosen.randint(0, count)) + timedelta(days=2)
            first = Subscription(f"{person}b", person, week(-1), middle + timedelta(hours=6))
            subscriptions += [first, Subscription(f"{person}a", person, middle, FOREVER)]
        else:
            subscriptions.append(Subscription(person, person, week(-1), FOREVER))
    for one in subscriptions:
        left = {} if one.ends_at == FOREVER else {"left_at": one.ends_at}
        tables.person(one.name, of=one.person, joined_at=one.starts_at, **left)
        _invent_looks(tables, one, posts, as_of, chosen)
        if chosen.random() < 0.5:
            _invent_names(tables, one, posts, as_of, chosen)
    return subscriptions, posts, as_of


def _invent_looks(
    tables: Any, one: Subscription, posts: Posts, as_of: datetime, chosen: random.Random
) -> None:
    """Looks at random hours of some weeks; mails are missed, automations come, opens come late."""
    moment, totals = max(week(-0.5), one.starts_at), (chosen.randint(0, 3), 0, 0)
    shown = [totals]
    tables.totals(one.name, moment, totals)
    keen = chosen.random()
    while moment < min(as_of, one.ends_at):
        seen_at = moment + timedelta(
            days=7 * chosen.choice([1, 1, 1, 2, 5]), hours=chosen.choice([0, 5])
        )
        if seen_at > one.ends_at:
            return  # the other subscription takes over; no post is seen by both
        between = posts.sent_by(seen_at) - posts.sent_by(moment)
        received = max(0, between + chosen.choice([0, 0, 0, 0, -1, 1, 2]))
        opened = sum(chosen.random() < keen for _ in range(received)) + (
            chosen.random() < 0.2
        ) * chosen.randint(1, 3)
        clicked = int(chosen.random() < 0.15)
        totals = (totals[0] + received, totals[1] + opened, totals[2] + clicked)
        # sometimes the provider shows one of the totals too low
        low = [chosen.random() < 0.1 and chosen.randint(1, 3) for _ in totals]
        now = tuple(max(0, true - less) for true, less in zip(totals, low, strict=True))
        if now != shown[-1]:
            top = [max(each) for each in zip(*shown, strict=True)]
            names = ("top_received", "top_opened", "top_clicked")
            height = dict(zip(names, top, strict=True))
            tables.totals(one.name, seen_at, now, (moment, shown[-1]), **height)
            shown.append(now)
            if seen_at < as_of:
                one.looks.append(look_at(moment, seen_at, shown))
        moment = seen_at


def _invent_names(
    tables: Any, one: Subscription, posts: Posts, as_of: datetime, chosen: random.Random
) -> None:
    for post in range(1, len(posts.sent_at) + 1):
        if chosen.random() < 0.25 and post <= posts.matured:
            kind = chosen.choice(["open", "open", "click"])
            tables.signal(kind, one.name, post - 1, happened_at=None)
            (one.told.opened if kind == "open" else one.told.clicked).add(post)
        if chosen.random() < 0.05:
            tables.signal("poll", one.name, post - 1)
            if week(post - 1) + timedelta(hours=3) < as_of:
                one.told.answered.add(post)


def asked(tables: Any, as_of: datetime) -> dict[str, Any]:
    """What the views say now, of the people whom they speak of now."""
    found = tables.connection.execute(
        "SELECT reading.*, held_since, held_until"
        " FROM people_reading('notes', $as_of, $needed, $of, FALSE, 'UTC') AS reading"
        " LEFT JOIN habits('notes', $as_of, $needed, $of, FALSE, 'UTC') AS habit"
        " ON habit.person_no = reading.person_no",
        {"as_of": as_of, "needed": NEEDED, "of": OF},
    )
    names = [column[0] for column in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return {row["person_id"].removeprefix("per_"): row for row in rows}


def asked_in_spans(tables: Any, as_of: datetime, span_people: int | None) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    tables.connection.execute("BEGIN")
    materialise_posts(tables.connection, "notes", as_of)
    for _ in partition_people(tables.connection, "notes", as_of, span_people):
        of_span = asked(tables, as_of)
        assert span_people is None or len(of_span) <= span_people
        assert not rows.keys() & of_span.keys()
        rows |= of_span
    tables.connection.execute("ROLLBACK")
    return rows


def held_against(found: dict[str, Any], by_hand: dict[str, dict[str, Any]]) -> None:
    assert found.keys() == by_hand.keys()
    for person, facts in by_hand.items():
        assert {name: found[person][name] for name in facts} == facts, person


@pytest.mark.long
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32))
def test_the_views_say_what_counting_by_hand_says(new_tables, seed):
    with new_tables() as tables:
        subscriptions, posts, as_of = invent(tables, seed)
        by_hand = reading(subscriptions, posts, NEEDED, OF)
        held_against(asked_in_spans(tables, as_of, 2), by_hand)
        held_against(asked_in_spans(tables, as_of, None), by_hand)


@pytest.mark.soak  # asked by hand, the views take long to plan, most of all by the older DuckDB
@pytest.mark.parametrize("seed", [3, 11])
def test_setting_aside_changes_nothing(tables, seed):
    subscriptions, posts, as_of = invent(tables, seed)
    tables.connection.execute("BEGIN")
    materialise_posts(tables.connection, "notes", as_of)
    direct = asked(tables, as_of)
    tables.connection.execute("ROLLBACK")
    held_against(direct, reading(subscriptions, posts, NEEDED, OF))
    # person_no counts through everybody, so nothing differs with the spans but the order
    assert asked_in_spans(tables, as_of, 1) == asked_in_spans(tables, as_of, None) == direct
