"""Which posts are measured: something says so of that very post, or silence says nothing."""

from datetime import timedelta

import pytest

from regulars.reports.coverage import COVERAGE
from regulars.reports.house import HOUSE


def posts_of(tables, as_of):
    return {item.code: item.count for item in tables.ask(COVERAGE, as_of).result.posts}


def unlooked(tables):
    """As files have it: no walk below a single post is noted."""
    tables.connection.execute("DELETE FROM walks")


@pytest.mark.parametrize("flag", [True, None])
def test_posts_without_any_open_are_not_said(tables, at, flag):
    # Twelve posts; opens are known of 0 to 3 and 8 to 11. bo opened all of these but post 9:
    # seven of eight. cy opened none of them. A map that calls every post tracked changes nothing.
    tables.posts(12, opens_tracked=flag)
    unlooked(tables)
    for name in ("ada", "bo", "cy"):
        tables.person(name)
    tables.opens("ada", 0, 1, 2, 3, 8, 9, 10, 11)
    tables.opens("bo", 0, 1, 2, 3, 8, 10, 11)
    found = tables.reading(at(13))
    assert (found["bo"]["reads_low"], found["bo"]["posts_judged"]) == (7, 8)
    assert {name: person["state"] for name, person in found.items()} == {
        "ada": "regular", "bo": "regular", "cy": "occasional"
    }  # fmt: skip
    assert posts_of(tables, at(13)) == {"sent": 12, "not_said": 4}
    left_out = {one.reason: one.count for one in tables.ask(HOUSE, at(13)).coverage.left_out}
    assert left_out["not_said"] == 4


@pytest.mark.long
def test_opens_of_a_pull_that_broke_off_measure_nothing(tables, at):
    # The pull that brought them never came to its end: perhaps it showed one open of many.
    tables.posts(8, opens_tracked=True)
    unlooked(tables)
    tables.person("anna")
    tables.opens("anna", *range(8))
    assert tables.reading(at(8))["anna"]["state"] == "regular"
    tables.connection.execute("UPDATE run_streams SET outcome = 'partial'")
    assert tables.reading(at(8))["anna"]["state"] == "not_measured"
    assert tables.ask(HOUSE, at(8)).result.reason == "not_measured"
    assert posts_of(tables, at(8)) == {"sent": 8, "not_said": 8}


def test_a_pull_that_brought_nothing_judges_nobody(tables, at):
    tables.posts(8, opens_tracked=True)
    unlooked(tables)
    tables.person("anna")
    tables.signals_pulled()
    house = tables.ask(HOUSE, at(8)).result
    assert (house.reason, house.sustained_readers) == ("not_measured", None)


def test_sends_and_clicks_say_nothing_of_opens(tables, at):
    tables.posts(8, opens_tracked=None)
    unlooked(tables)
    tables.person("anna")
    for post in range(8):
        tables.signal("send", "anna", post)
    tables.signal("click", "anna", 2, url="https://example.org/a", machine=False)
    assert tables.reading(at(8))["anna"]["opportunities"] == 1
    assert posts_of(tables, at(8))["not_said"] == 8


@pytest.mark.parametrize(("unique_opens", "opportunities"), [(0, 8), (3, 7), (None, 7)])
def test_a_count_of_zero_agrees_with_a_list_of_none(tables, at, unique_opens, opportunities):
    # Post 3 has no open in the list. If the provider counts none either, nobody opened it.
    tables.posts(8, opens_tracked=True)
    unlooked(tables)
    tables.connection.execute(
        "UPDATE posts SET unique_opens = $opens WHERE id = 'post3'", {"opens": unique_opens}
    )
    tables.person("anna")
    tables.opens("anna", 0, 1, 2, 4, 5, 6, 7)
    assert tables.reading(at(8))["anna"]["opportunities"] == opportunities


def test_a_walk_below_a_post_must_end_after_it_matured(tables, at):
    tables.posts(8, opens_tracked=True)
    tables.person("anna")
    assert tables.reading(at(8))["anna"]["opportunities"] == 8
    tables.connection.execute(
        "UPDATE walks SET seen_at = $early WHERE parent = 'post5'",
        {"early": at(5) + timedelta(days=1)},
    )
    tables.connection.execute("UPDATE walks SET cursor = 'on' WHERE parent = 'post6'")
    assert tables.reading(at(8))["anna"]["opportunities"] == 6


def test_a_flag_that_says_no_is_believed(tables, at):
    tables.posts(8, opens_tracked=False)
    tables.person("anna")
    tables.opens("anna", *range(8))
    assert tables.reading(at(8))["anna"]["state"] == "not_measured"
    assert posts_of(tables, at(8)) == {"sent": 8, "opens_not_recorded": 8}


@pytest.mark.long
def test_an_archive_that_was_never_mailed_sets_no_rhythm(tables, at):
    # Nine weekly posts reached twenty people each. Forty older ones, a day apart, reached nobody.
    tables.posts(9, delivered=20)
    for day in range(40):
        tables.post(100 + day, at(-8) + timedelta(days=day), delivered=0)
    tables.person("anna", joined_at=at(-20))
    tables.opens("anna", *range(9))
    assert tables.ask(HOUSE, at(9), regular_reads=None, regular_of=None).result.rule.unit == "week"
    tables.run_stream("posts", at(9))
    house = tables.ask(HOUSE, at(9.1), regular_reads=None, regular_of=None).result
    assert (house.rule.unit, house.rule.n, house.posts_seen) == ("post", 8, 9)
    assert posts_of(tables, at(9.1))["never_mailed"] == 40


@pytest.mark.long
def test_posts_older_than_every_subscription_set_no_rhythm(tables, at):
    tables.posts(9)
    for day in range(40):
        tables.post(100 + day, at(-8) + timedelta(days=day))
    tables.person("anna", joined_at=at(-1))
    tables.opens("anna", *range(9))
    house = tables.ask(HOUSE, at(9), regular_reads=None, regular_of=None).result
    assert (house.rule.unit, house.posts_seen) == ("post", 9)
    # one that somebody is known to have received was mailed
    tables.signal("send", "anna", 130, happened_at=at(-4))
    assert posts_of(tables, at(9))["never_mailed"] == 39


def test_a_post_that_went_out_just_now_is_mailed_whatever_is_counted(tables, at):
    look = at(8) + timedelta(hours=47)
    tables.posts(8, delivered=20)
    tables.post(8, at(8), delivered=0, seen_at=look)
    tables.person("anna")
    tables.run_stream("posts", look)
    assert posts_of(tables, at(9))["sent"] == 9


@pytest.mark.parametrize(("written", "sent"), [(47, 9), (48, 8)])
def test_what_a_file_counts_is_as_old_as_the_file(tables, at, written, sent):
    # The export was written 47 or 48 hours after post 8 went out, and imported half a year later.
    tables.posts(8, delivered=20)
    tables.post(8, at(8), delivered=0, seen_at=at(8) + timedelta(hours=written))
    tables.person("anna")
    tables.run_stream("posts", at(30), shown_from=at(8) + timedelta(hours=written))
    assert posts_of(tables, at(9))["sent"] == sent


def test_opens_by_unknown_people_alone_measure_nothing(tables, at):
    # The list of opens writes ids with zeros in front, that of the people does not. Post 3 has one
    # open by ada, so it is measured for both. Of all others nobody can say who opened them.
    tables.posts(8, opens_tracked=True)
    unlooked(tables)
    for name in ("ada", "bo"):
        tables.person(name)
        tables.opens(f"00{name}", *range(8))
    assert posts_of(tables, at(8)) == {"sent": 8, "not_said": 8}
    assert tables.ask(HOUSE, at(8)).result.reason == "not_measured"
    tables.opens("ada", 3)
    assert posts_of(tables, at(8)) == {"sent": 8, "not_said": 7}
    assert tables.reading(at(8))["bo"]["posts_judged"] == 1


@pytest.mark.parametrize(
    ("hours", "early"), [(-24 * 400, 8), (-30, 8), (-20, 0)], ids=["a year", "a day", "a zone"]
)
def test_an_open_dated_before_its_post_was_sent_counts_without_that_time(tables, at, hours, early):
    # A wrong form of time moved all opens of ada, who joined three weeks before the first post. An
    # open proves a read whatever its time says. Within a day it may be a zone that nobody named.
    tables.posts(8, opens_tracked=True)
    unlooked(tables)
    for name in ("ada", "bo"):
        tables.person(name)
    for post in range(8):
        tables.opens("ada", post, happened_at=at(post) + timedelta(hours=hours))
    assert {name: person["state"] for name, person in tables.reading(at(8)).items()} == {
        "ada": "regular", "bo": "occasional"
    }  # fmt: skip
    opens = {item.code: item.count for item in tables.ask(COVERAGE, at(8)).result.opens}
    assert opens == {"person": 8} | ({"before_sending": early} if early else {})
