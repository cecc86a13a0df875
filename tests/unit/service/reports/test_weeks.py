"""Whole weeks in place of posts that come too fast: what of the posts of a week decides.

Two posts a week, on Thursday and half a week later, for eight weeks and both before and after.
"""

from __future__ import annotations

from datetime import timedelta

import pytest


@pytest.fixture
def weekly(tables, at):
    for number in range(16):
        tables.post(number, at(number / 2))
    return tables


def opens(tables, at, name, number, machine):
    moment = at(number / 2) + timedelta(hours=3)
    tables.signal("open", name, number, machine=machine, happened_at=moment)


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ([], "uncertain"),
        # one more open of the week, by an unknown maker or by a machine: nobody surely read it
        ([("open", 7, None)], "uncertain"),
        # the provider takes one open for a person's: beside a plain one of the same week
        ([("open", 7, False)], "regular"),
        ([("click", 7, False)], "regular"),
        # and a week whose only read it is
        ([("open", 6, False)], "regular"),
    ],
)
def test_one_sure_read_of_a_week_makes_it_a_persons(weekly, at, more, state):
    # anna opened the first post of every week, and nobody knows who made these opens.
    weekly.person("anna")
    for number in range(0, 16, 2):
        if ("open", number, False) not in more:
            opens(weekly, at, "anna", number, None)
    for kind, number, machine in more:
        moment = at(number / 2) + timedelta(hours=3)
        url = "https://example.org/x" if kind == "click" else None
        weekly.signal(kind, "anna", number, machine=machine, happened_at=moment, url=url)
    person = weekly.reading(at(9), by_week=True)["anna"]
    assert (person["state"], person["reads_low"], person["posts_judged"]) == (state, 8, 8)


def test_a_machine_beside_a_read_of_the_week_hides_nothing(weekly, at):
    weekly.person("anna")
    for number in range(16):
        opens(weekly, at, "anna", number, number % 2 == 0)
    person = weekly.reading(at(9), by_week=True)["anna"]
    assert (person["state"], person["machine_only"], person["reads_low"]) == ("regular", 0, 8)


def test_a_block_over_two_weeks_proves_a_read_where_the_other_has_no_room(weekly, at):
    # Looks after posts 1, 4 and 15. The block of posts 2 to 4 has two reads. Two posts of it lie in
    # week 1, one in week 2. Week 1 has room for both reads, so week 2 has none for certain.
    weekly.person("bo", joined_at=at(-8))
    weekly.totals("bo", at(0.6), (10, 5))
    weekly.totals("bo", at(2.1), (13, 7), (at(0.6), (10, 5)))
    weekly.totals("bo", at(7.6), (24, 7), (at(2.1), (13, 7)))
    rows = weekly.rows(
        "SELECT low, high, is_plain FROM opportunities('notes', $as_of, true, 'UTC')"
        " ORDER BY unit_no",
        {"as_of": at(9)},
    )
    assert [tuple(row.values()) for row in rows] == [(1, 1, 1), (0, 1, 0), *[(0, 0, 0)] * 5]
