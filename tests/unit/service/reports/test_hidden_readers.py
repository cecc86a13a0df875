"""People whose reading nobody can see, from signals to the words of the report `house`."""

from __future__ import annotations

from typing import Any

import pytest

from regulars.reports.house import HOUSE, House
from regulars.stats.hidden import FEWEST_HIDDEN, FEWEST_VISIBLE

pytestmark = pytest.mark.long

POSTS = 20
SEEN = "TIMESTAMP '2026-12-01'"


def crowd(tables: Any, name: str, people: int, **values: Any) -> None:
    """People who were there before the first post."""
    for number in range(people):
        tables.person(f"{name}{number}", **values)


def signals(tables: Any, kind: str, name: str, which: str, *, machine: bool | None) -> None:
    """Signals of the people and posts that a condition over ``one`` and ``post`` chooses."""
    tables.connection.execute(
        "INSERT INTO signals (publication, connection, kind, signal_key, subscription_id, post_id,"
        " happened_at, machine, seen_at, entry)"
        f" SELECT 'notes', 'main', '{kind}', '{kind}{name}' || one || '.' || post,"
        f" '{name}' || one, 'post' || post, TIMESTAMP '2026-01-05 12:00' + to_days(7 * post),"
        f" $machine, {SEEN}, 1"
        " FROM (SELECT one::INTEGER AS one FROM range(300) AS ones(one)),"
        f" (SELECT post::INTEGER AS post FROM range({POSTS}) AS posts(post))"
        f" WHERE {which} AND EXISTS (FROM people WHERE subscription_id = '{name}' || one)",
        {"machine": machine},
    )
    tables.signals_pulled()


def seen_and_unseen(tables: Any, seen: int, unseen: int) -> None:
    """Visible people read every other post and click a fourth of these. Machines open all of the
    others' mails; of these every third person clicks in every eighth post.
    """
    tables.posts(POSTS)
    crowd(tables, "seen", seen)
    crowd(tables, "unseen", unseen)
    signals(tables, "open", "seen", "(one + post) % 2 = 0", machine=False)
    signals(tables, "click", "seen", "(one + post) % 8 = 0", machine=False)
    signals(tables, "open", "unseen", "TRUE", machine=True)
    signals(tables, "click", "unseen", "one % 3 = 0 AND (one + post) % 8 = 0", machine=False)


def ask(tables: Any, as_of: Any) -> House:
    house: House = tables.ask(HOUSE, as_of).result
    assert "NaN" not in house.model_dump_json()
    return house


def test_hidden_people_stand_beside_the_figure(tables: Any, at: Any) -> None:
    seen_and_unseen(tables, 120, 60)
    house = ask(tables, at(POSTS - 0.5))
    assert (house.hidden, house.active_people) == (60, 180)
    # 20 of the 60 click in each post p with (one + p) % 8 = 0: once in eight posts at least
    assert house.hidden_proved == 20
    figure, other = house.sustained_readers, house.hidden_estimate
    assert figure is not None
    assert figure.n == 120
    assert other is not None
    assert (other.method, other.n) == ("hidden_readers/1", 60)
    # Visible people have an even chance of each post, so that of 4 in 8 is 163/256: 38 of 60. A
    # third of the hidden click as they do, which leaves the others less likely to be there.
    assert 20 <= other.low <= other.value <= other.high <= 60
    assert 25 <= other.value <= 45
    assert house.hidden_words == (
        f"If they read like the people we can see, about {other.value} more."
    )


@pytest.mark.parametrize(
    ("seen", "unseen"),
    [(FEWEST_VISIBLE - 1, FEWEST_HIDDEN), (FEWEST_VISIBLE, FEWEST_HIDDEN - 1), (FEWEST_VISIBLE, 0)],
)
def test_below_the_minimum_there_is_no_estimate(
    tables: Any, at: Any, seen: int, unseen: int
) -> None:
    seen_and_unseen(tables, seen, unseen)
    house = ask(tables, at(POSTS - 0.5))
    assert (house.hidden_estimate, house.hidden_words) == (None, None)
    assert house.hidden_proved == len(range(0, unseen, 3))


def test_at_the_minimum_there_is_one_also_where_nobody_clicks(tables: Any, at: Any) -> None:
    tables.posts(POSTS)
    crowd(tables, "seen", FEWEST_VISIBLE)
    crowd(tables, "unseen", FEWEST_HIDDEN)
    signals(tables, "open", "seen", "(one + post) % 2 = 0", machine=False)
    signals(tables, "open", "unseen", "TRUE", machine=True)
    house = ask(tables, at(POSTS - 0.5))
    assert house.hidden_proved == 0
    # Nobody who can be seen clicks either, so nothing says that the others read less: all of the
    # visible ones are there, with 163/256 for 4 in 8 posts. 19 of 30.
    assert house.hidden_estimate is not None
    assert 17 <= house.hidden_estimate.value <= 23


def test_who_joined_lately_is_no_part_of_it(tables: Any, at: Any) -> None:
    seen_and_unseen(tables, 120, 40)
    crowd(tables, "unseenlate", 20, joined_at=at(POSTS - 8))
    signals(tables, "open", "unseenlate", f"post >= {POSTS - 8}", machine=True)
    house = ask(tables, at(POSTS - 0.5))
    assert house.hidden == 60
    assert house.hidden_estimate is not None
    assert house.hidden_estimate.n == 40


def test_machines_clicks_and_clicks_of_long_ago_prove_nothing(tables: Any, at: Any) -> None:
    seen_and_unseen(tables, 10, 3)
    signals(tables, "click", "unseen", "one = 1 AND post = 5", machine=False)
    signals(tables, "click", "unseen", "one = 2", machine=True)
    # of the posts 0 to 18, which can be judged, the newest thirteen are 6 to 18
    assert ask(tables, at(POSTS - 0.5)).hidden_proved == 1
    signals(tables, "reply", "unseen", "one = 1 AND post = 6", machine=None)
    assert ask(tables, at(POSTS - 0.5)).hidden_proved == 2
