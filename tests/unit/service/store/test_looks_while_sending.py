"""Looks at running totals while a post is being sent: exact where the mail had come, else bounds.

Everybody's totals stand in the tests, and what follows from them is worked out beside.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import pytest
from support.set_aside import ask_views

from regulars.store import Store
from regulars_connectors.instants import DAY, SECOND
from regulars_connectors.records import Counters, Post

pytestmark = pytest.mark.usefixtures("store_stays_open")

MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
Rows = Callable[[str], list[tuple[Any, ...]]]
Read = Callable[[], list[tuple[Any, ...]]]

AS_OF = datetime(2026, 3, 1)  # noqa: DTZ001 - naive UTC, as in the tables
READ = """
SELECT subscription_id, mailed.post_id, read.low, read.high
FROM counter_opportunities('pub', $as_of) AS read
JOIN current_spells('pub', $as_of) AS spells ON spells.spell_no = read.spell_no
JOIN mailed_posts('pub', $as_of) AS mailed ON mailed.post_no = read.post_no
ORDER BY ALL
"""


@pytest.fixture
def read(opened: Callable[[], Store]) -> Read:
    """Person, post, and whether it was read at least and at most, by the running totals."""

    def ask() -> list[tuple[Any, ...]]:
        with opened() as store, store.read() as cursor:
            found = ask_views(cursor, "pub", AS_OF, READ, {"as_of": AS_OF})
        return [tuple(row.values()) for row in found]

    return ask


def post(name: str, sent_at: int, **more: Any) -> Post:
    return Post(id=name, title=name, status="sent", sent_at=sent_at, **more)


@pytest.fixture
def look(provider: Any, sync: Callable[..., Any]) -> Callable[..., Any]:
    """A look at an instant that shows these totals, one after the other from person 0 on."""

    def run(at: int, *totals: tuple[int, int]) -> Any:
        provider.now = at
        provider.people = [
            msgspec.structs.replace(one, counters=Counters(*shown, 0))
            for one, shown in zip(provider.people, totals, strict=True)
        ]
        return sync()

    return run


@pytest.fixture
def four(provider: Any, person_of: Callable[..., Any], look: Callable[..., Any]) -> int:
    """Four people of whom the first look shows ten mails, five of them opened. Its instant."""
    provider.people = [person_of(number) for number in range(4)]
    first = provider.now
    look(first, *[(10, 5)] * 4)
    return int(first)


def test_a_look_while_sending_is_exact_for_what_had_come(
    provider: Any, look: Callable[..., Any], read: Read, four: int
) -> None:
    sent = four + 7 * DAY
    provider.posts = [post("p", sent)]
    look(
        sent + 30 * MINUTE,
        (10, 5),  # it had not come
        (11, 6),  # it had come, and was opened at once
        (11, 5),  # it had come
        (10, 6),  # it had not come, and an older mail was opened
    )
    provider.posts.append(post("q", sent + 7 * DAY))
    look(
        sent + 9 * DAY,
        (12, 7),  # both came, both were opened
        (12, 6),  # q came, and was left unopened
        (12, 6),  # q came, and was opened
        (12, 6),  # both came, neither was opened
    )
    assert read() == [
        ("s000", "p", 1, 1), ("s000", "q", 1, 1),
        ("s001", "p", 1, 1), ("s001", "q", 0, 0),
        ("s002", "p", 0, 0), ("s002", "q", 1, 1),
        ("s003", "p", 0, 0), ("s003", "q", 0, 0),
    ]  # fmt: skip


@pytest.mark.long
def test_one_of_two_that_came_after_the_look_is_a_block(
    provider: Any, look: Callable[..., Any], read: Read, four: int
) -> None:
    sent = four + 7 * DAY
    provider.posts = [post("p", sent)]
    look(sent + HOUR, *[(10, 5)] * 4)
    provider.posts.append(post("q", sent + 7 * DAY))
    look(sent + 9 * DAY, (12, 6), (11, 6), (11, 5), (10, 5))
    assert read() == [
        ("s000", "p", 1, 0), ("s000", "q", 0, 1),  # one of both, either
        ("s001", "q", 1, 1), ("s002", "q", 0, 0),  # p never came: it bounced, say
    ]  # fmt: skip


@pytest.mark.long
def test_two_looks_at_one_post_that_is_being_sent_stay_in_order(
    provider: Any, look: Callable[..., Any], rows: Rows, read: Read, four: int
) -> None:
    sent = four + 7 * DAY
    provider.posts = [post("p", sent)]
    look(sent + HOUR, (10, 6), (10, 5), (10, 6), (10, 5))
    look(sent + 2 * HOUR, (10, 7), (10, 5), (11, 6), (11, 6))
    look(sent + 5 * DAY, (11, 7), (11, 6), (11, 7), (11, 6))
    dated = rows(
        "SELECT subscription_id, count(*), count(DISTINCT seen_at) FROM counters GROUP BY 1"
    )
    assert all(every == different for _, every, different in dated)
    assert rows("SELECT count(*) FROM counters WHERE was_at > seen_at") == [(0,)]
    assert read() == [
        ("s000", "p", 0, 0),
        ("s001", "p", 1, 1),
        ("s002", "p", 1, 1),  # it came by the second look, and was opened after it
        ("s003", "p", 1, 1),
    ]  # fmt: skip


def test_of_two_posts_within_a_day_only_the_missing_one_waits(
    provider: Any, look: Callable[..., Any], read: Read, four: int
) -> None:
    sent = four + 7 * DAY
    provider.posts = [post("p", sent), post("q", sent + 10 * HOUR)]
    look(sent + 11 * HOUR, (11, 6), (12, 6), (10, 5), (11, 5))
    provider.posts.append(post("r", sent + 7 * DAY))
    look(sent + 10 * DAY, (13, 6), (13, 7), (13, 5), (13, 7))
    assert read() == [
        ("s000", "p", 1, 1), ("s000", "q", 0, 0), ("s000", "r", 0, 0),
        ("s001", "p", 1, 0), ("s001", "q", 0, 1), ("s001", "r", 1, 1),
        ("s002", "p", 0, 0), ("s002", "q", 0, 0), ("s002", "r", 0, 0),
        ("s003", "p", 0, 0), ("s003", "q", 1, 1), ("s003", "r", 1, 1),
    ]  # fmt: skip


@pytest.mark.long
def test_a_newcomer_whom_the_first_mail_had_not_reached(
    provider: Any, person_of: Callable[..., Any], look: Callable[..., Any], read: Read, four: int
) -> None:
    sent = four + 7 * DAY
    provider.posts = [post("p", sent)]
    provider.people.append(person_of(4, joined_at=sent - DAY))
    look(sent + HOUR, *[(11, 5)] * 4, (0, 0))
    provider.posts.append(post("q", sent + 7 * DAY))
    look(sent + 9 * DAY, *[(12, 5)] * 4, (2, 2))
    assert [row for row in read() if row[0] == "s004"] == [
        ("s004", "p", 1, 1), ("s004", "q", 1, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "fields", [{"form": "web"}, {"status": "draft"}], ids=["on the web", "a draft"]
)
def test_what_is_not_mailed_moves_no_look(
    provider: Any, look: Callable[..., Any], rows: Rows, four: int, fields: dict[str, Any]
) -> None:
    provider.posts = [msgspec.structs.replace(post("p", four + 7 * DAY), **fields)]
    look(four + 7 * DAY + HOUR, *[(10, 6)] * 4)
    assert rows("SELECT DISTINCT seen_at FROM counters WHERE was_at IS NOT NULL") == rows(
        "SELECT max(ended_at) FROM run_streams WHERE stream = 'subscriptions'"
    )
