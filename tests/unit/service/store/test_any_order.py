"""Any order and repetition of the same facts gives the same tables."""

from __future__ import annotations

import random
from typing import Any

import pytest

from regulars_connectors.instants import DAY, SECOND
from regulars_connectors.records import Post, Signal

from .conftest import START, person

POSTS = [
    Post(id=f"p{n}", title=f"Post {n}", status="sent", sent_at=START - (9 - n) * DAY)
    for n in range(9)
]
SIGNALS = [
    Signal(kind=kind, id=f"{kind}{n}", subscription_id=f"s{n % 12:03d}", post_id=f"p{n % 9}",
           at=START - (9 - n % 9) * DAY + 3600 * SECOND)
    for n in range(30)
    for kind in ("send", "open")
]  # fmt: skip
PEOPLE = [person(n, received=9, opened=n % 9) for n in range(12)]


LONG = [pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 4)]


@pytest.mark.parametrize("seed", [0, *LONG])
def test_the_same_facts_make_the_same_tables(
    provider: Any, sync: Any, rows: Any, seed: int
) -> None:
    chosen = random.Random(seed)
    provider.posts, provider.people, provider.signals = [], [], []
    shares = [chosen.sample(SIGNALS, k=chosen.randint(1, len(SIGNALS))) for _ in range(3)]
    shares.append(SIGNALS)
    for share in chosen.sample(shares, k=len(shares)):
        provider.now += DAY
        provider.posts = _again(chosen, POSTS)
        provider.people = _again(chosen, PEOPLE)
        provider.signals = _again(chosen, share)
        sync()
    assert set(rows("SELECT id, title, presence FROM posts")) == {
        (post.id, post.title, "present") for post in POSTS
    }
    assert sorted(rows("SELECT kind, signal_key, subscription_id, post_id FROM signals")) == sorted(
        (one.kind, one.id, one.subscription_id, one.post_id) for one in SIGNALS
    )
    assert sorted(
        rows("SELECT subscription_id, received, opened, was_received FROM counters")
    ) == sorted((one.id, 9, number % 9, None) for number, one in enumerate(PEOPLE))


def _again(chosen: random.Random, records: list[Any]) -> list[Any]:
    """In another order, some of them twice."""
    found = records + chosen.sample(records, k=len(records) // 3)
    return chosen.sample(found, k=len(found))
