"""Bits of posts that reached everybody, made from spans of time: as the views say row by row."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from support.made_histories import BY_POST, ask_histories

from regulars.reports.engine import partitions
from regulars.settings import PublicationSettings

NOTES = PublicationSettings(name="notes")
POSTS = 14
_SENT = "SELECT count(*) FROM {}($publication, $as_of)"


def invent(tables: Any, at: Any, seed: int) -> Any:
    """Two connections, of which some posts are the same, and people in one or both.

    Subscriptions overlap, end and come back, opens have no time or an impossible one, machines
    click, posts have lists of deliveries, lists of readers or no pixel. Returns the instant.
    """
    chosen = random.Random(seed)
    both = seed % 3 > 0
    for number in range(POSTS):
        values: dict[str, Any] = {"opens_tracked": chosen.choice([True, True, True, None, False])}
        values |= chosen.choice([{}, {}, {}, {}, {"restricted": True}, {"delivered": 3}])
        if chosen.random() < 0.1:
            values["list_id"] = "daily"
        tables.post(number, at(number), **values)
        if both and chosen.random() < 0.7:  # the same one, or one that only this connection knows
            same = {} if seed % 3 == 2 else {"title": f"Other {number}"}
            moved = timedelta(hours=0 if same == {} else chosen.randint(-30, 30))
            tables.post(number, at(number) + moved, connection="other", **same)
    for number in range(8):
        for place in ("main", "other") if both else ("main",):
            if place == "main" or chosen.random() < 0.5:
                _subscribe(tables, at, chosen, number, place)
    tables.run_stream("list_standings", at(POSTS))
    return at(POSTS - chosen.choice([0.9, 0.2, 0])) + timedelta(days=1)


def _subscribe(tables: Any, at: Any, chosen: random.Random, number: int, place: str) -> None:
    for turn in range(chosen.choice([1, 1, 1, 2])):
        name = f"{place[0]}{number}{'ab'[turn]}"
        joined = at(chosen.choice([-1, -1, chosen.randrange(POSTS), chosen.uniform(0, POSTS)]))
        left = {"left_at": joined + timedelta(days=chosen.uniform(3, 60))}
        left = left if chosen.random() < 0.4 else {}
        values = {"joined_at": joined} | left | {"connection": place}
        tables.person(name, of=f"p{number}", **values)
        if left and chosen.random() < 0.4:  # and back again
            tables.version(
                name, at(POSTS), spell="two", connection=place,
                joined_at=left["left_at"] + timedelta(days=chosen.choice([0, 9])),
            )  # fmt: skip
        if chosen.random() < 0.5:
            tables.insert(
                "list_standings", connection=place, id=name, list_id="daily",
                subscription_id=name, status="active", joined_at=at(-1), presence="present",
                seen_at=at(POSTS),
            )  # fmt: skip
        for post in range(POSTS):
            _react(tables, at, chosen, name, post, place)


def _react(tables: Any, at: Any, chosen: random.Random, name: str, post: int, place: str) -> None:
    if post % 7 == 5 and chosen.random() < 0.8:
        tables.signal("send", name, post, connection=place)
    for _ in range(chosen.choice([0, 0, 1, 2, 4])):
        kind = chosen.choice(["open", "open", "open", "click", "poll", "reply"])
        values = {
            "machine": chosen.choice([None, None, False, True]),
            "happened_at": chosen.choice([
                None, at(post - 3), at(post + 0.1), at(post + 0.1), at(post + 5), at(post + 11),
                at(post) + timedelta(seconds=chosen.randint(1, 20)),
            ]),
        }  # fmt: skip
        if kind == "click":
            values["url"] = f"https://example.org/{chosen.choice(['a', 'b', 'c', 'unsubscribe'])}"
        tables.signal(kind, name, post, connection=place, **values)


def compare(tables: Any, at: Any, seed: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Both ways give equal rows; returns how many posts of how many spells bits told."""
    as_of = invent(tables, at, seed)
    told = []
    alone = partitions.set_aside_even

    def listen(connection: Any, publication: str, moment: Any) -> None:
        alone(connection, publication, moment)
        counts = [
            connection.execute(
                _SENT.format(view), {"publication": publication, "as_of": moment}
            ).fetchall()[0][0]
            for view in ("even_posts", "even_spells")
        ]
        told.append(counts[0] * counts[1])

    with monkeypatch.context() as patch:
        patch.setattr(partitions, "set_aside_even", listen)
        by_bits = ask_histories(tables.connection, NOTES, as_of, rule=BY_POST)
    sendings = partitions.set_aside_sendings

    def without(*values: Any, has_even: bool, **more: Any) -> None:
        sendings(*values, has_even=False, **more)

    with monkeypatch.context() as patch:
        patch.setattr(partitions, "set_aside_sendings", without)
        by_row = ask_histories(tables.connection, NOTES, as_of, rule=BY_POST)
    assert by_row
    assert by_bits == by_row
    return sum(told)


@pytest.mark.parametrize("seed", [0])
def test_bits_of_even_posts_are_what_rows_say(tables, at, seed, monkeypatch):
    assert compare(tables, at, seed, monkeypatch) > 0


@pytest.mark.long
def test_bits_of_even_posts_are_what_rows_say_of_thirty(new_tables, at, monkeypatch):
    told = []
    for seed in range(30):
        with new_tables() as tables:
            told.append(compare(tables, at, seed, monkeypatch))
    assert sum(count > 0 for count in told) > 20
