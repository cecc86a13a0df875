"""What ends a standing and what does not, each with the figure worked out by hand.

Nine weekly posts, 0 to 8. Just after post 8 the posts 0 to 7 can be judged, and four of eight make
a regular.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from regulars.reports.coverage import COVERAGE
from regulars.reports.house import HOUSE

SECOND = timedelta(seconds=1)
PRESENT = {"was_presence": "present"}
FOREVER = datetime(9999, 12, 31)  # noqa: DTZ001


@pytest.fixture
def letters(tables):
    tables.posts(9, opens_tracked=True)
    return tables


def known(tables, *names, connection="main"):
    for name in names:
        tables.insert(
            "people", connection=connection, subscription_id=name, person_id=f"per_{name[:4]}"
        )


def house(tables, at):
    result = tables.ask(HOUSE, at(8) + SECOND).result
    figure = result.by_rule
    return (figure.low, figure.high), result.newcomers


def spells(tables, name="anna"):
    return tables.connection.execute(
        "SELECT starts_at, ends_at FROM spells('notes') WHERE subscription_id = $name ORDER BY 1",
        {"name": name},
    ).fetchall()


def people(tables, at, moment=8):
    seen = tables.ask(COVERAGE, at(moment) + SECOND).result
    return {item.code: item.count for item in seen.people}


def signals(tables, at):
    seen = tables.ask(COVERAGE, at(8) + SECOND).result
    return sum(item.count for item in seen.opens), {i.code: i.count for i in seen.signals}


# A status that is not known


def test_an_unknown_status_leaves_open_whether_a_regular_stands(letters, at):
    known(letters, "anna", "bert")
    for name in ("anna", "bert"):
        letters.version(name, at(-0.5))
        letters.version(name, at(7.5), status="unknown", was_status="active", **PRESENT)
    letters.opens("anna", 0, 2, 4, 6)
    letters.opens("bert", 0)
    assert house(letters, at) == ((0, 1), 0)
    assert people(letters, at) == {"cannot_tell": 1, "occasional": 1}
    for name in ("anna", "bert"):
        letters.version(name, at(8), was_status="unknown", **PRESENT)
    assert house(letters, at) == ((1, 1), 0)


def test_before_the_unknown_word_came_the_figure_stands(letters, at):
    known(letters, "anna")
    letters.version("anna", at(-0.5))
    letters.version("anna", at(8.5), status="unknown", was_status="active", **PRESENT)
    letters.opens("anna", 0, 2, 4, 6)
    assert house(letters, at) == ((1, 1), 0)


def test_somebody_first_seen_with_an_unknown_status_may_stand(letters, at):
    known(letters, "anna")
    letters.version("anna", at(7.5), status="unknown")
    letters.opens("anna", 0, 2, 4, 6)
    assert house(letters, at) == ((0, 1), 0)


def test_an_unknown_status_brings_nobody_back(letters, at):
    known(letters, "anna")
    letters.version("anna", at(-0.5))
    letters.version("anna", at(3.5), status="left", was_status="active", **PRESENT)
    letters.version("anna", at(4.5), status="unknown", was_status="left", **PRESENT)
    assert people(letters, at) == {"left": 1}
    assert spells(letters) == [(at(-1), at(3.5))]


def test_who_leaves_after_an_unknown_status_left_then(letters, at):
    known(letters, "anna")
    letters.version("anna", at(-0.5))
    letters.version("anna", at(3.5), status="unknown", was_status="active", **PRESENT)
    letters.version("anna", at(5.5), status="left", was_status="unknown", **PRESENT)
    assert spells(letters) == [(at(-1), at(5.5))]


# Ends that were none


def interrupted(tables, at, **back):
    """Out at the look of 5.5, in again at that of 6.5, with post 6 in between."""
    known(tables, "anna")
    tables.version("anna", at(-0.5))
    tables.version("anna", at(5.5), status="left", was_status="active", **PRESENT)
    tables.version("anna", at(6.5), was_status="left", **PRESENT, **back)


def test_who_received_the_post_in_between_never_left(letters, at):
    interrupted(letters, at)
    letters.signal("send", "anna", 6)
    letters.opens("anna", 0, 2, 4, 6)
    assert spells(letters) == [(at(-1), FOREVER)]


def test_whose_total_went_on_never_left(tables, at):
    # Totals at the looks -0.5, 0.5 and so on: a mail each week, the one of post 6 too.
    tables.posts(9)
    interrupted(tables, at)
    tables.history("anna", *[(n, n) for n in range(9)])
    assert tables.reading(at(8) + SECOND)["anna"]["opportunities"] == 8


def test_whose_total_stood_still_over_a_post_was_away(tables, at):
    # Post 6 was not received: a new standing from 6.5, with post 7 alone.
    tables.posts(9)
    interrupted(tables, at)
    received = [0, 1, 2, 3, 4, 5, 6, 6, 7]
    tables.history("anna", *[(n, n) for n in received])
    person = tables.reading(at(8) + SECOND)["anna"]
    assert (person["since_at"], person["opportunities"]) == (at(6.5), 1)


def test_nobody_missed_anything_where_no_post_went_out(letters, at):
    known(letters, "anna")
    letters.version("anna", at(-0.5))
    letters.version("anna", at(5.3), status="left", was_status="active", **PRESENT)
    letters.version("anna", at(5.7), was_status="left", **PRESENT)
    assert spells(letters) == [(at(-1), FOREVER)]


def test_a_first_look_that_showed_everybody_gone_makes_no_newcomers(letters, at):
    known(letters, "anna")
    letters.version("anna", at(5.3), status="left")
    letters.version("anna", at(5.7), was_status="left", **PRESENT)
    assert spells(letters) == [(at(-1), FOREVER)]


def test_who_missed_a_post_or_joined_anew_was_away(letters, at):
    interrupted(letters, at)
    assert spells(letters) == [(at(-1), at(5.5)), (at(6.5), FOREVER)]
    letters.connection.execute("DELETE FROM subscription_versions; DELETE FROM people")
    interrupted(letters, at, joined_at=at(6.2))
    letters.signal("send", "anna", 6)
    assert spells(letters) == [(at(-1), at(5.5)), (at(6.2), FOREVER)]


def test_mail_that_came_while_two_looks_showed_them_out(tables, at):
    # Out at 4.5 and 5.5, in at 6.5: the mail of post 5 came in between, so they were in all along.
    tables.posts(9)
    known(tables, "anna")
    tables.version("anna", at(-0.5))
    tables.version("anna", at(4.5), status="left", was_status="active", **PRESENT)
    tables.version("anna", at(6.5), was_status="left", **PRESENT)
    tables.history("anna", *[(n, n) for n in (0, 1, 2, 3, 4, 5, 6, 6, 7)])
    assert spells(tables) == [(at(-1), FOREVER)]


# One person, one standing


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_later_left_ends_an_older_spell_of_the_same_id(letters, at, order):
    # An old list says active since 2020, the newer one says joined at 0 and gone by now: 5 opens of
    # the nine posts, each of which counts once, and nobody is left.
    known(letters, "anna")
    rows = [{"spell": "a", "joined_at": at(-300)}, {"spell": "b", "status": "left"}]
    for number, place in enumerate(order):
        letters.version("anna", at(8) + number * SECOND / 2, **rows[place])
    letters.opens("anna", 2, 3, 4, 5, 6)
    assert people(letters, at) == {"left": 1}
    assert signals(letters, at) == (5, {})
    ((start, end),) = spells(letters)
    assert (start, at(8) <= end < at(8) + SECOND) == (at(-300), True)


def test_a_cut_of_seconds_in_the_time_of_joining_starts_nothing(letters, at):
    known(letters, "anna")
    letters.version("anna", at(5), spell="a", joined_at=at(-1) + 37 * SECOND)
    letters.version("anna", at(6), spell="b", joined_at=at(-1), status="left")
    letters.version("bert", at(5), spell="a", joined_at=at(-1) + timedelta(hours=5))
    letters.version("bert", at(6), spell="b", joined_at=at(-1).replace(hour=0))
    assert spells(letters) == [(at(-1), at(6))]
    assert spells(letters, "bert") == [(at(-1).replace(hour=0), FOREVER)]


def test_spells_that_overlap_or_touch_count_a_signal_once(letters, at):
    known(letters, "anna")
    letters.version("anna", at(9), spell="a", status="left", left_at=at(3))
    letters.version("anna", at(9), spell="b", status="left", joined_at=at(2), left_at=at(4))
    letters.version("anna", at(9), spell="c", joined_at=at(4))
    for post in (0, 2, 3, 5):
        letters.signal("send", "anna", post)
    letters.opens("anna", 0, 2, 3, 5)
    assert signals(letters, at) == (4, {})
    assert spells(letters) == [(at(-1), FOREVER)]
    assert house(letters, at)[0] == (1, 1)  # the others went to everybody: four of eight


def test_a_left_of_another_connection_ends_what_was_shown_before_it(letters, at):
    # "old" was imported once at 2. At "main" anna, who joined there later, left at 6.
    known(letters, "anna")
    known(letters, "anna", connection="old")
    letters.version("anna", at(2), connection="old", joined_at=at(-90))
    letters.version("anna", at(6), status="left", joined_at=at(-1))
    assert people(letters, at) == {"left": 1}
    # a look at "old" that shows her afterwards keeps her in
    letters.run_stream("subscriptions", at(7), connection="old")
    assert people(letters, at).get("left") is None


def test_who_moved_on_stays_with_the_later_subscription(letters, at):
    # The old list lost her without a date, which says nothing of what began after it.
    known(letters, "anna")
    known(letters, "anna", connection="new")
    letters.version("anna", at(1), connection="new", joined_at=at(0.5))
    letters.version("anna", at(6), status="left", joined_at=at(-1))
    assert people(letters, at) == {"newcomer": 1}


def test_a_dated_left_ends_only_what_nobody_showed_after_it(letters, at):
    known(letters, "anna")
    letters.version("anna", at(7), spell="a", joined_at=at(0.5))
    letters.version("anna", at(7), spell="b", status="left", left_at=at(3), joined_at=at(-1))
    assert spells(letters) == [(at(-1), FOREVER)]
    letters.version("bert", at(2), spell="a", joined_at=at(0.5))
    letters.version("bert", at(7), spell="b", status="left", left_at=at(3), joined_at=at(-1))
    assert spells(letters, "bert") == [(at(-1), at(3))]


def test_a_subscription_that_follows_at_once_goes_on_with_the_standing(tables, at):
    tables.posts(4, opens_tracked=True)
    for number in range(4, 8):
        tables.post(number, at(number), connection="new", opens_tracked=True)
    tables.person("old", of="anna", status="left", left_at=at(3.5))
    tables.person("fresh", of="anna", joined_at=at(3.5), connection="new")
    assert tables.reading(at(8))["anna"]["opportunities"] == 8


# An unknown time of joining


def test_who_joined_at_an_unknown_time_counts_from_the_first_sign(letters, at):
    known(letters, "anna", "bert", "cora")
    for name in ("anna", "bert", "cora"):
        letters.version(name, at(5.5), joined_at=None)
    letters.signal("send", "anna", 2)  # from post 2 on: six posts
    letters.opens("bert", 4)  # from post 4 on: four posts
    reached = {name: row["opportunities"] for name, row in letters.reading(at(8)).items()}
    # post 2 has a list of deliveries, on which anna is alone; cora from her first look on: 6, 7
    assert reached == {"anna": 6, "bert": 4, "cora": 2}


def test_an_unknown_time_of_joining_is_not_told_as_a_date(letters, at):
    from regulars.reports.regulars import REGULARS

    known(letters, "anna")
    letters.version("anna", at(8), joined_at=None)
    letters.opens("anna", 0, 1, 2, 3, 4)
    listed = letters.ask(REGULARS, at(8) + SECOND).result.people
    assert [(one.id, one.joined_at) for one in listed] == [("per_anna", None)]


# Nobody is in no line


def test_everybody_known_is_in_one_line(letters, at):
    for number, status in enumerate(
        ("active", "unknown", "left", "bounced", "removed", "paused", "pending")
    ):
        name = f"p{number}xx"
        letters.person(name, status=status)
    letters.person("neverxx", joined_at=at(20))  # will join
    letters.insert("people", subscription_id="went", person_id="per_went")
    letters.version("went", at(1), status="pending")
    letters.version("went", at(2), status="left", was_status="pending", **PRESENT)
    seen = letters.ask(COVERAGE, at(60)).result
    counts = {item.code: item.count for item in seen.people}
    assert counts == {
        "occasional": 2, "newcomer": 1, "left": 2, "unreachable": 2, "paused": 1, "pending": 1,
    }  # fmt: skip
    # As of then nobody has seen the one who joins at 20.
    early = people(letters, at)
    assert (early["pending"], sum(early.values())) == (1, 8)
