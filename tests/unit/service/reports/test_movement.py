"""Who moved, in a store written by hand: thirty steady readers, and one for each way to move.

Posts 0 to 28 can be judged just before post 30, so eight posts ago posts 0 to 20 were known.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from support.empty_database import tables_in_memory
from support.mass_reads import reads

from regulars.reports.movement import MOVEMENT, Group, Movement, MovementParameters, Mover

from .conftest import Tables, week

pytestmark = pytest.mark.long

POSTS = 30
NOW = week(29.5)
GROUPS = ("joined", "slipping", "quiet", "came_back", "left")


def write(tables: Tables) -> None:
    """Everybody of this module."""

    def person(name: str, *posts: int, **values: Any) -> None:
        tables.person(name, **values)
        reads(tables, name, *posts)

    tables.posts(POSTS)
    for number in range(30):  # each reads three of four posts, and each post has 22 or 23 of them
        person(f"steady{number:02d}", *(post for post in range(POSTS) if (number + post) % 4))
    person("new", *range(16, POSTS), joined_at=week(15.5))
    person("early_bird", *range(4, POSTS), joined_at=week(3.5))
    person("slipping", *range(1, 25, 2))
    person("quiet", *range(20))
    person("long_quiet", *range(10))
    person("back", *range(9), *range(24, POSTS))
    person("silence", 0, 1, 2, *range(13, POSTS))
    person("one_read", *range(9), 26)
    person("left", *range(26), status="left", left_at=week(25.5))
    person("bounced", *range(26), status="bounced", left_at=week(25.5))
    person("left_before", *range(21), status="left", left_at=week(20.5))
    person("left_silent", 3, status="left", left_at=week(25.5))
    person("again", *range(24), status="left", left_at=week(23.5))
    person("again2", 26, 27, 28, of="again", joined_at=week(25.5))


@pytest.fixture(scope="module")
def crowd(empty_database: Path) -> Iterator[Tables]:
    with tables_in_memory(empty_database) as connection:
        tables = Tables(connection)
        write(tables)
        yield tables


def asked(tables: Any, as_of: datetime, **parameters: Any) -> Movement:
    found = tables.ask(MOVEMENT, as_of, parameters=MovementParameters(**parameters)).result
    assert isinstance(found, Movement)
    return found


@pytest.fixture(scope="module")
def moved(crowd: Tables) -> Movement:
    return asked(crowd, NOW)


@contextmanager
def without(tables: Tables, condition: str) -> Iterator[None]:
    """Meanwhile opens of which the condition is true are not there."""
    tables.connection.execute(f"CREATE TEMP TABLE gone AS FROM signals WHERE {condition}")
    tables.connection.execute(f"DELETE FROM signals WHERE {condition}")
    try:
        yield
    finally:
        tables.connection.execute("INSERT INTO signals FROM gone; DROP TABLE gone")


def names(group: Group) -> list[str]:
    """Who is in a group, without the ``per_``."""
    assert group.count == len(group.people)
    return [one.id.removeprefix("per_") for one in group.people]


def only(group: Group, name: str) -> Mover:
    [found] = [one for one in group.people if one.id == f"per_{name}"]
    return found


def at(number: float) -> datetime:
    return week(number).replace(tzinfo=UTC)


def test_everybody_who_moved_is_in_their_group_and_nobody_else(moved: Movement) -> None:
    assert {group: names(getattr(moved, group)) for group in GROUPS} == {
        # the newest movement first, where it has a date
        "joined": ["back", "new"],
        "slipping": ["slipping"],
        "quiet": ["quiet", "long_quiet"],
        "came_back": ["back", "silence"],
        "left": ["bounced", "left"],
    }
    assert (moved.posts, moved.back_to, moved.held_back) == (8, at(21), None)
    assert moved.sentence == (
        "2 people joined the regulars. 2 people came back. 1 person reads less than they used to. "
        "2 people have gone quiet within a year. 2 regulars have left."
    )


def test_a_newcomer_of_then_who_reads_everything_has_joined(moved: Movement) -> None:
    # Joined after post 15: five posts by then, which is too few to say; thirteen by now, all read.
    new = only(moved.joined, "new")
    assert (new.reads_low, new.of, new.usual_reads, new.is_new) == (8, 8, 8, True)


def test_whoever_reads_below_their_own_rhythm_slips(moved: Movement) -> None:
    # Every other post up to 23, then none of five. Somebody here and reading half does that once in
    # 32, and as many of this list stop within five posts: as likely here as gone. So four of the
    # next eight, which half of those still here read, are unlikely, and were likely before.
    slipping = only(moved.slipping, "slipping")
    # of posts 21 to 28 they read 21 and 23; before, ten of 21, which is 3.8 of eight
    assert (slipping.reads_low, slipping.reads_high, slipping.of) == (2, 2, 8)
    assert slipping.usual_reads == 4


def test_whoever_read_everything_and_stopped_has_gone_quiet(moved: Movement) -> None:
    # Posts 0 to 19 and none of the nine since. The windows of eight that end on posts 7 to 23 hold
    # four reads or more (that of post 23 holds 16, 17, 18 and 19): the habit held until post 23.
    quiet = only(moved.quiet, "quiet")
    assert quiet.until == at(23)
    assert (quiet.reads_low, quiet.usual_reads, quiet.is_new) == (0, 8, True)


def test_whoever_was_quiet_then_already_is_not_new_there(moved: Movement) -> None:
    # Posts 0 to 9 and nothing since: eleven unread posts by then.
    assert not only(moved.quiet, "long_quiet").is_new


def test_whoever_seemed_gone_and_read_since_came_back(moved: Movement) -> None:
    # Posts 0 to 8, none of the twelve after, which were known then, and 24 to 28 since. Somebody
    # else read one post since, which is one too few.
    back = only(moved.came_back, "back")
    assert (back.reads_low, back.of, back.reads_since) == (5, 8, 5)
    # none of posts 3 to 12, so gone by the look of it sixteen posts ago; from 13 on every one
    assert only(moved.came_back, "silence").reads_since == 16


def test_a_regular_of_then_whose_subscription_ended_has_left(moved: Movement) -> None:
    left, bounced = only(moved.left, "left"), only(moved.left, "bounced")
    assert (left.left_at, left.is_unreachable) == (at(25.5), False)
    assert (bounced.left_at, bounced.is_unreachable) == (at(25.5), True)


def test_it_looks_back_as_far_as_it_is_asked(crowd: Tables) -> None:
    # Joined after post 3: six posts by post 10, which is too few, and seventeen by post 21.
    found = asked(crowd, NOW, posts=19)
    assert "early_bird" in names(found.joined)
    assert (found.posts, found.back_to) == (19, at(10))


def test_names_are_held_back_while_the_newest_post_looks_broken(crowd: Tables) -> None:
    # The pixel of post 28 failed: nobody opened it, after 22 or 23 of thirty each time.
    with without(crowd, "post_id = 'post28'"):
        found = asked(crowd, NOW)
    assert found.held_back is not None
    assert found.held_back.reason == "outlier"
    assert found.sentence.endswith(found.held_back.words)
    assert "quiet within a year" not in found.sentence
    assert (found.slipping.people, found.quiet.people) == ([], [])
    assert found.quiet.count == 2
    assert names(found.joined) == ["back", "new"]


def test_names_are_held_back_while_the_newest_post_is_unusually_low(crowd: Tables) -> None:
    # Half of those who read post 28 did not: no outlier, and far fewer than each time before.
    steady = "subscription_id LIKE 'steady%' AND substr(subscription_id, 7)::INTEGER < 18"
    with without(crowd, f"post_id = 'post28' AND {steady}"):
        found = asked(crowd, NOW)
    assert found.held_back is not None
    assert found.held_back.reason == "unusually_low"
    assert found.quiet.people == []


def test_too_few_posts_to_look_back_say_nobody_joined(crowd: Tables) -> None:
    found = asked(crowd, NOW, posts=40)
    assert (found.back_to, names(found.joined), names(found.left)) == (None, [], [])


@pytest.mark.parametrize("posts", [0, -1, 105, "many"])
def test_an_impossible_number_of_posts_is_refused(posts: Any) -> None:
    with pytest.raises(ValidationError, match="posts"):
        MovementParameters(posts=posts)


def test_no_posts_and_nobody_have_an_answer(tables: Tables) -> None:
    assert asked(tables, week(3)).sentence == "Nobody moved: the usual coming and going."
    tables.posts(5)
    found = asked(tables, week(4.5))
    assert (found.back_to, found.quiet.count) == (None, 0)
