"""Variation from a store written by hand, through histories and the fit, to its sentence."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest
from support.mass_reads import reads

from regulars.reports.variation import VARIATION

pytestmark = pytest.mark.long

POSTS = 30


@pytest.fixture
def crowd(tables: Any) -> Any:
    """Each of thirty reads three of four posts: 22 of them posts 0, 3, 4, 7, …, and 23 the rest."""
    tables.posts(POSTS)
    for number in range(30):
        name = f"steady{number:02d}"
        tables.person(name)
        reads(tables, name, *(post for post in range(POSTS) if (number + post) % 4))
    return tables


def test_the_newest_post_beside_those_before_it(crowd, at):
    # Posts 8 to 27 are compared, of which half have 22 readers and half 23: the mean is 0.75. Their
    # variance, 0.0003, is less than chance alone allows, 0.75 * 0.25 / 30 = 0.00625. So ordinary
    # reaches 2.8609 * sqrt(0.00625 * 21 / 20) = 0.2318 to each side: 15.5 to 29.5 of thirty.
    # A newcomer and two whose opens are a machine's, or may be, are no part of the thirty.
    crowd.person("new", joined_at=at(24.5))
    crowd.opens("new", *range(25, 30))
    crowd.person("hidden")
    for post in range(POSTS):
        crowd.signal("open", "hidden", post, machine=True)
    crowd.person("uncertain")
    crowd.opens("uncertain", *range(POSTS), machine=None)
    crowd.signal("reply", "steady01", 28)
    crowd.signal("reply", "steady01", 28, happened_at=at(28) + timedelta(days=2))
    crowd.signal("reply", "steady02", 28)
    crowd.signal("reply", "steady03", 26)
    found = crowd.ask(VARIATION, at(29.5)).result
    assert found.readers.model_dump() == {
        "value": 22, "of": 30, "low": 16, "high": 29, "usual": 22, "verdict": "ordinary",
        "posts": 20,
    }  # fmt: skip
    assert found.sentence.startswith("22 read; between 16 and 29 would be ordinary.")
    assert (found.title, found.sent_at) == ("Post 28", at(28).replace(tzinfo=UTC))
    assert [post.title for post in found.posts] == [f"Post {number}" for number in range(8, 29)]
    assert found.letters.value == 2
    assert [post.letters for post in found.posts[-3:]] == [1, 0, 2]
    assert (found.lasting_fall, found.mix, found.reason) == (None, None, None)


def test_while_nobody_has_enough_earlier_posts_it_is_too_early(crowd, at):
    found = crowd.ask(VARIATION, at(12.5)).result
    assert (found.readers, found.reason) == (None, "too_few_posts")


def test_where_opens_are_not_recorded_any_more_it_is_not_measured(tables, at):
    tables.posts(18)
    for number in range(18, POSTS):
        tables.post(number, at(number), opens_tracked=False)
    for number in range(12):
        tables.person(f"steady{number:02d}")
        reads(tables, f"steady{number:02d}", *range(number % 2, 18, 2))
    found = tables.ask(VARIATION, at(29.5)).result
    assert (found.readers, found.reason) == (None, "not_measured")
