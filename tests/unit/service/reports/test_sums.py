"""The sums that must agree: people's running totals against the posts and the days."""

from __future__ import annotations

import pytest

from regulars.reports.coverage import COVERAGE


def look(tables, at, number, **streams):
    """A run that saw everybody and every post at week(number)."""
    run_id = f"run_{number}"
    tables.run(at(number), run_id=run_id)
    outcomes = {"subscriptions": "whole", "posts": "whole", "days": "window"} | streams
    for stream, outcome in outcomes.items():
        if outcome:
            tables.run_stream(stream, at(number), run_id=run_id, outcome=outcome)


def post_total(tables, at, post, seen, delivered, opened):
    tables.keys += 1
    tables.insert(
        "post_totals", id=f"post{post}", sent_at=at(post), delivered=delivered,
        unique_opens=opened, seen_at=at(seen), entry=tables.keys,
    )  # fmt: skip


def day_total(tables, at, day, seen, opened, mail="post"):
    tables.keys += 1
    tables.insert(
        "day_totals", id=f"{mail}/{day}", mail=mail, starts_at=at(day), unique_opens=opened,
        seen_at=at(seen), entry=tables.keys,
    )  # fmt: skip


@pytest.fixture
def three_looks(tables, at):
    """Two people, looks at weeks 0, 1 and 2; posts between them went to both."""
    for number in range(3):
        look(tables, at, number)
    for who in ("anna", "berta"):
        tables.totals(who, at(0), (10, 4))
        tables.totals(who, at(1), (11, 5), (at(0), (10, 4)))
    tables.totals("anna", at(2), (12, 6), (at(1), (11, 5)))
    tables.totals("berta", at(2), (12, 5), (at(1), (11, 5)))
    post_total(tables, at, 0, 0, 20, 8)  # before the first look: only what it grew by counts
    post_total(tables, at, 0.4, 1, 2, 2)
    post_total(tables, at, 1.4, 2, 2, 0)
    post_total(tables, at, 0, 2, 20, 9)
    return tables


def sums(tables, at, as_of=3):
    found = tables.ask(COVERAGE, at(as_of)).result.sums
    return {(one.span, one.what): (one.people, one.posts, one.days, one.gap) for one in found}


def test_they_agree_where_all_is_seen(three_looks, at):
    day_total(three_looks, at, 0, 0, 5)
    day_total(three_looks, at, 0, 1, 7)
    day_total(three_looks, at, 1, 2, 1)
    day_total(three_looks, at, 1, 2, 9, mail="message")
    assert sums(three_looks, at) == {
        ("all", "received"): (4, 4, None, 0),
        ("all", "opened"): (3, 3, 3, 0),
        ("last", "received"): (2, 2, None, 0),
        ("last", "opened"): (1, 1, 1, 0),
    }
    words = {one.words for one in three_looks.ask(COVERAGE, at(3)).result.sums}
    assert words == {"the sums of people and posts agree"}


def test_automations_inside_the_totals_are_named(three_looks, at):
    three_looks.totals("carla", at(2), (3, 1), (at(1.5), (0, 0)))
    found = {(one.span, one.what): one for one in three_looks.ask(COVERAGE, at(3)).result.sums}
    received = found["last", "received"]
    assert (received.people, received.posts, received.gap) == (5, 2, 3)
    assert "automations" in received.words
    assert (received.since, received.until) == (
        found["last", "opened"].since, found["last", "opened"].until,
    )  # fmt: skip


def test_people_who_are_missing_are_named(three_looks, at):
    post_total(three_looks, at, 1.6, 2, 50, 20)
    for one in three_looks.ask(COVERAGE, at(3)).result.sums:
        assert one.gap < 0
        assert "deleted" in one.words


def test_a_total_that_began_again_counts_for_nothing(three_looks, at):
    three_looks.totals("carla", at(2), (90, 80), epoch=2)
    assert sums(three_looks, at)["all", "received"] == (4, 4, None, 0)


def test_only_looks_that_saw_everybody_and_every_post_are_compared(tables, at):
    look(tables, at, 0)
    look(tables, at, 1, subscriptions="partial")
    look(tables, at, 2, posts="failed")
    look(tables, at, 3, days="unavailable")
    tables.totals("anna", at(0), (10, 4))
    tables.totals("anna", at(1), (11, 5), (at(0), (10, 4)))
    tables.totals("anna", at(3), (12, 6), (at(1), (11, 5)))
    assert sums(tables, at, 4) == {
        ("all", "received"): (2, 0, None, 2),
        ("all", "opened"): (2, 0, None, 2),
    }


def test_one_look_has_nothing_to_compare(tables, at):
    look(tables, at, 0)
    tables.totals("anna", at(0), (10, 4))
    assert sums(tables, at) == {}


def test_as_of_an_earlier_moment_the_later_look_is_not_known(three_looks, at):
    assert sums(three_looks, at, 1.5) == {
        ("all", "received"): (2, 2, None, 0),
        ("all", "opened"): (2, 2, None, 0),
    }
