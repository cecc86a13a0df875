"""Totals that fall and rise again: a height that was seen before proves nothing.

Looks are taken at half weeks, each after one more post. ``history`` takes the totals as the
provider showed them. What she really read stands in each test, and must lie inside the bounds.
"""

import pytest


def bounds(tables, as_of, of, **asked):
    person = tables.reading(as_of, of, of, **asked)["anna"]
    return person["reads_low"], person["reads_high"]


def test_opens_that_fall_for_one_look_prove_one_read_once(tables, at):
    # Posts 0 to 3, really opened 0 and 2 (totals 6, 6, 7, 7). The look at post 1 showed two fewer.
    # Post 0: read. Post 1: its look fell, open. Post 2: from 4 to 7, above the height of 6 by one:
    # read. Post 3: unread.
    tables.posts(4)
    tables.person("anna")
    tables.history("anna", (10, 5), (11, 6), (12, 4), (13, 7), (14, 7))
    assert bounds(tables, at(5), 1) == (0, 0)
    assert bounds(tables, at(5), 2) == (1, 1)
    assert bounds(tables, at(5), 3) == (1, 2)
    assert bounds(tables, at(5), 4) == (2, 3)


def test_what_rises_to_its_height_alone_proves_nothing(tables, at):
    # She opened none. Post 0 fell by two, post 1 rose back by two: neither is proved.
    tables.posts(3)
    tables.person("anna")
    tables.history("anna", (10, 5), (11, 3), (12, 5), (13, 5))
    assert bounds(tables, at(4), 3) == (0, 2)
    assert bounds(tables, at(4), 1) == (0, 0)


def test_opens_beyond_the_height_go_to_the_post_of_the_fall(tables, at):
    # Posts 0 and 1, both opened (6, 7); the look at post 0 showed 3. Two opens above the height of
    # 5 for one post: the second is post 0's, whose look had fallen. An older one stays out of it.
    tables.posts(3)
    tables.person("anna")
    tables.history("anna", (9, 5), (10, 5), (11, 3), (12, 7))
    assert bounds(tables, at(4), 2) == (2, 2)
    assert bounds(tables, at(4), 3) == (2, 2)


def test_one_lower_in_every_second_look(tables, at):
    # Posts 0 to 5, none opened: 5 5 5 5 5 5, shown 4 5 4 5 4 5. Nothing is proved.
    tables.posts(6)
    tables.person("anna")
    tables.history(
        "anna", (10, 5), (11, 4), (12, 5), (13, 4), (14, 5), (15, 4), (16, 5)
    )  # fmt: skip
    assert bounds(tables, at(7), 6)[0] == 0
    assert tables.reading(at(7), 1, 6)["anna"]["state"] == "cannot_tell"


def test_clicks_that_fall_say_nothing_of_opens(tables, at):
    # Posts 0 to 2, opened 0 and 1. Clicks 3, 2, 3: no click is proved, and both opens stay exact.
    tables.posts(3)
    tables.person("anna")
    tables.history("anna", (10, 5, 3), (11, 6, 2), (12, 7, 3), (13, 7, 3))
    assert bounds(tables, at(4), 3) == (2, 2)
    assert tables.reading(at(4), 2, 3)["anna"]["acted"] == 0
    # one click above the height is one
    tables.totals("anna", at(2.6), (13, 7, 4), (at(2.5), (13, 7, 3)))
    assert tables.reading(at(4), 2, 3)["anna"]["acted"] == 1


def test_a_click_without_an_open_must_pass_its_height_too(tables, at):
    # Two clicks less at post 0, and back at post 1: each may hide a click without an open.
    tables.posts(3)
    tables.person("anna")
    tables.history("anna", (10, 5, 3), (11, 5, 1), (12, 5, 3), (13, 5, 3))
    assert bounds(tables, at(4), 3) == (0, 2)
    assert bounds(tables, at(4), 1) == (0, 0)


def test_a_click_that_a_fall_hid_makes_no_read_of_the_next_post(tables, at):
    # Post 0: opened and clicked, but its look showed a click less. Post 1: neither. The click comes
    # with the look at post 1, above its height: it is no read of post 1 for certain.
    tables.posts(2)
    tables.person("anna")
    tables.history("anna", (10, 5, 3), (11, 6, 2), (12, 6, 4))
    assert bounds(tables, at(3), 2) == (1, 2)
    assert bounds(tables, at(3), 1) == (0, 1)
    assert tables.reading(at(3), 1, 2)["anna"]["acted"] == 1


def test_the_open_of_a_click_that_a_fall_hid_is_no_second_read(tables, at):
    # Post 0: opened and clicked, but its look showed opens too low. They come with post 1.
    tables.posts(2)
    tables.person("anna")
    tables.history("anna", (10, 5, 3), (11, 4, 4), (12, 6, 4))
    assert bounds(tables, at(3), 2) == (1, 2)


def test_mails_that_fall_leave_opens_open(tables, at):
    # The look at post 1 showed 8 mails of 12, and the next one 13. Post 1 reached nobody for sure,
    # so posts 0, 2 and 3 are judged. Opens were 6 throughout: post 2 is open, for mails came back.
    tables.posts(4)
    tables.person("anna")
    tables.history("anna", (10, 5), (11, 6), (8, 6), (13, 6), (14, 6))
    assert tables.reading(at(5), 1, 3)["anna"]["opportunities"] == 3
    assert bounds(tables, at(5), 3) == (1, 2)
    assert bounds(tables, at(5), 1) == (0, 0)


def test_totals_that_began_again_prove_nothing_below_their_height(tables, at):
    # From 40 mails and 30 opens to none: what follows may be read, and the upper bound says so.
    tables.posts(4)
    tables.person("anna")
    tables.history("anna", (40, 30), (0, 0), (1, 1), (2, 2), (3, 3))
    assert bounds(tables, at(5), 3) == (0, 3)


@pytest.mark.parametrize("by_week", [False, True])
def test_a_late_open_settles_a_fallen_look_by_week_too(tables, at, by_week):
    tables.posts(3)
    tables.person("anna")
    tables.history("anna", (9, 5), (10, 5), (11, 3), (12, 7))
    assert bounds(tables, at(4), 3, by_week=by_week) == (2, 2)


def test_coverage_counts_totals_that_fell(tables, at):
    from regulars.reports.coverage import COVERAGE

    tables.posts(4)
    tables.person("anna")
    tables.person("bert")
    tables.history("anna", (10, 5), (11, 6), (12, 4), (13, 7), (14, 7))
    tables.history("bert", (10, 5, 3), (11, 5, 2), (12, 5, 2))
    totals = {item.code: item.count for item in tables.ask(COVERAGE, at(5)).result.totals}
    assert totals["fell"] == 2
    assert "restarted" not in totals
