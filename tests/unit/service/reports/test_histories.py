"""Histories: a bit for each post, as the views say; and the rule computed from the bits alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.made_histories import BY_WEEK, ask_histories, ask_rule

from regulars.reports.engine import partitions
from regulars.settings import PublicationSettings

from .test_counted_by_hand import NEEDED, OF, invent

NOTES = PublicationSettings(name="notes")


def by_rule(tables: Any, as_of: Any, needed: int, of: int, **asked: Any) -> dict[str, Any]:
    """What the bits say, by person."""
    rows = ask_rule(tables.connection, NOTES, as_of, needed, of, **asked)
    return {row["person_id"].removeprefix("per_"): row for row in rows}


def the_same(bits: dict[str, Any], views: dict[str, Any]) -> None:
    """Every column that both have is equal for everybody active."""
    assert bits.keys() == views.keys()
    for name, row in views.items():
        shared = row.keys() & bits[name].keys()
        assert {key: bits[name][key] for key in shared} == {key: row[key] for key in shared}, name
        assert {"state", "reads_low", "reads_high", "machine_only", "acted"} <= shared


def history(tables: Any, as_of: Any, **asked: Any) -> dict[tuple[str, int], Any]:
    rows = ask_histories(tables.connection, NOTES, as_of, **asked)
    return {(row["person_id"].removeprefix("per_"), row["standing_no"]): row for row in rows}


def test_each_post_has_a_bit_the_newest_first(tables, at):
    tables.posts(6)
    tables.post(6, at(6), opens_tracked=False)
    tables.posts(0)
    tables.person("anna")
    tables.opens("anna", 0, 2)
    tables.signal("open", "anna", 3, machine=True)
    tables.signal("open", "anna", 4, machine=None)
    tables.signal("click", "anna", 6, url="https://example.org/a")
    found = history(tables, at(7.5))["anna", 1]
    # posts from right to left: read, unread, read, a machine, an open of unknown making, unread,
    # a click where no opens are recorded
    assert {
        name: found[name]
        for name in ("reached", "seen", "judged", "low", "high", "settled", "plain", "opened")
    } == {
        "reached": "1111111", "seen": "1111111", "judged": "1110111", "low": "1010101",
        "high": "1010101", "settled": "1110111", "plain": "0010000", "opened": "0010101",
    }  # fmt: skip
    assert (found["clicked"], found["acted"], found["blind"]) == ("1000000",) * 3
    assert found["answered"] == "0000000"
    assert (found["first_unit"], found["last_life_unit"]) == (1, 7)
    assert found["last_read_at"] == at(6) + timedelta(hours=3)


def test_units_say_which_post_a_bit_is(tables, at):
    tables.posts(3)
    rows = ask_histories(
        tables.connection, NOTES, at(2.5), "SELECT * FROM units_of($publication, $as_of)"
    )
    # the newest of three is not matured, so that nothing can be said of it
    assert sorted((row["place"], row["first_sent_at"], row["post_nos"]) for row in rows) == [
        (0, at(1), [2]), (1, at(0), [1]),
    ]  # fmt: skip


def test_a_bit_may_be_a_week(tables, at):
    for number in range(8):
        tables.post(number, at(number / 2))
    tables.person("anna")
    tables.opens("anna", 0)
    tables.signal("open", "anna", 5, happened_at=at(2.6), machine=False)
    found = history(tables, at(6), rule=BY_WEEK)["anna", 1]
    assert (found["reached"], found["low"]) == ("1111", "0101")


def test_before_the_first_post_there_is_one_empty_bit(tables, at):
    tables.person("anna", joined_at=at(-1))
    found = history(tables, at(0))["anna", 1]
    assert (found["reached"], found["first_unit"], found["end_kind"]) == ("0", None, "open")


def test_people_who_left_keep_their_history(tables, at):
    tables.posts(8)
    tables.person("anna", joined_at=at(-1), left_at=at(3.5), channel="import", source="friends")
    tables.opens("anna", 0, 1)
    found = history(tables, at(8))["anna", 1]
    assert (found["end_kind"], found["until_at"]) == ("left", at(3.5))
    assert (found["channel"], found["source"]) == ("import", "friends")
    # post 3 went out half a week before
    assert (found["reached"], found["low"]) == ("00001111", "00000011")
    # before it happened, nobody had left
    assert history(tables, at(3))["anna", 1]["end_kind"] == "open"


def test_who_comes_back_has_two_standings(tables, at):
    tables.posts(8)
    tables.person("first", of="anna", joined_at=at(-1), left_at=at(2.5))
    tables.person("second", of="anna", joined_at=at(5.5))
    tables.opens("first", 0, 1)
    tables.opens("second", 6)
    found = history(tables, at(8))
    assert found.keys() == {("anna", 1), ("anna", 2)}
    before, now = found["anna", 1], found["anna", 2]
    assert (before["reached"], before["low"]) == ("00000111", "00000011")
    assert (now["reached"], now["low"], now["since_at"]) == ("11000000", "01000000", at(5.5))


@pytest.mark.parametrize("gap", [timedelta(0), timedelta(seconds=59)])
def test_spells_that_touch_are_one_standing(tables, at, gap):
    tables.posts(8)
    tables.person("old", of="anna", joined_at=at(-1), left_at=at(3.5))
    tables.person("new", of="anna", joined_at=at(3.5) + gap)
    tables.opens("old", 0, 2)
    tables.opens("new", 5)
    found = history(tables, at(8))
    assert found.keys() == {("anna", 1)}
    assert (found["anna", 1]["reached"], found["anna", 1]["low"]) == ("11111111", "00100101")
    assert found["anna", 1]["since_at"] == at(-1)


def test_a_gap_parts_two_standings(tables, at):
    tables.posts(8)
    tables.person("old", of="anna", joined_at=at(-1), left_at=at(3.5))
    tables.person("new", of="anna", joined_at=at(3.5) + timedelta(seconds=61))
    assert history(tables, at(8)).keys() == {("anna", 1), ("anna", 2)}


def uncertain(tables: Any, at: Any, posts: int = 30) -> None:
    """anna opened every post, and nobody knows who made these opens."""
    tables.posts(posts)
    tables.person("anna")
    tables.opens("anna", *range(posts), machine=None)


@pytest.mark.parametrize(
    ("post", "state"), [(2, "uncertain"), (3, "uncertain"), (4, "regular"), (29, "regular")]
)
@pytest.mark.parametrize("kind", ["click", pytest.param("poll", marks=pytest.mark.long)])
def test_an_act_settles_uncertain_within_the_last_26_posts(tables, at, kind, post, state):
    uncertain(tables, at)
    url = "https://example.org/a" if kind == "click" else None
    tables.signal(kind, "anna", post, url=url)
    views = tables.reading(at(30))
    # posts 4 to 29 are the last 26
    assert views["anna"]["state"] == state
    the_same(by_rule(tables, at(30), 4, 8), views)


@pytest.mark.parametrize(("week", "state"), [(3.9, "uncertain"), (4.1, "regular")])
def test_a_letter_about_no_post_counts_by_its_time(tables, at, week, state):
    uncertain(tables, at)
    tables.signal("reply", "anna", None, happened_at=at(week))
    assert tables.reading(at(30))["anna"]["state"] == state
    assert by_rule(tables, at(30), 4, 8)["anna"]["state"] == state


@pytest.mark.parametrize(("clicked", "state"), [(3, "uncertain"), (4, "regular")])
def test_a_click_of_running_totals_settles_only_among_the_last_26(tables, at, clicked, state):
    tables.posts(30)
    tables.person("anna", joined_at=at(-2))
    looks = [(n, n, 1 if n > clicked else 0) for n in range(31)]
    tables.history("anna", *looks)
    views = tables.reading(at(30.6))
    assert views["anna"]["state"] == state
    the_same(by_rule(tables, at(30.6), 4, 8), views)


def test_thirteen_automatic_replies_hide_nobody(tables, at):
    tables.posts(26)
    tables.person("anna")
    tables.opens("anna", 24, 25)
    for post in range(13):
        tables.signal("reply", "anna", post, machine=True)
    person = tables.reading(at(26))["anna"]
    assert (person["state"], person["machine_only"]) == ("occasional", 0)
    found = history(tables, at(26))["anna", 1]
    assert (found["answered"], found["last_life_unit"]) == ("0" * 26, None)


def test_a_click_where_opens_are_unrecorded_is_a_read_by_the_rule_alone(tables, at):
    tables.posts(8)
    for number in range(8, 12):
        tables.post(number, at(number), opens_tracked=False)
    tables.person("anna")
    tables.opens("anna", *range(6))
    for number in (8, 9):
        tables.signal("click", "anna", number, url="https://example.org/a")
    found = history(tables, at(12))["anna", 1]
    assert (found["reached"], found["blind"]) == ("1" * 12, "1111" + "0" * 8)
    assert (found["judged"], found["low"]) == ("0011" + "1" * 8, "0011" + "00111111")
    assert found["last_life_unit"] == 10


def first_look(tables: Any, at: Any, total: tuple[int, int], **asked: Any) -> tuple[int, ...]:
    """What the first look, half a week after post 5, tells of the six posts before it."""
    tables.posts(8)
    tables.person("anna", joined_at=asked.get("joined_at", at(-1)))
    tables.totals("anna", at(5.5), total)
    found = history(tables, asked.get("as_of", at(7)))["anna", 1]
    assert set(found["reached"]) == {"0"}  # of no single post
    return found["block_reached"], found["block_low"], found["block_high"]


@pytest.mark.parametrize(
    ("total", "block"),
    [
        ((6, 4), (6, 4, 4)),
        ((6, 0), (6, 0, 0)),
        # two mails did not come, or came before the account was
        ((4, 3), (4, 3, 3)),
        # three more mails than posts: the opens may be of those
        ((9, 4), (6, 1, 4)),
        ((9, 9), (6, 6, 6)),
        ((9, 2), (6, 0, 2)),
    ],
)
def test_the_first_look_at_totals_is_a_block_of_the_posts_before(tables, at, total, block):
    assert first_look(tables, at, total) == block


def test_posts_before_somebody_joined_are_not_in_the_first_look(tables, at):
    assert first_look(tables, at, (6, 4), joined_at=at(3.5)) == (2, 0, 2)


def test_of_the_first_look_what_has_not_matured_may_be_the_read_one(tables, at):
    # on the day after, post 5 is not judged yet; one of four reads may be of it
    assert first_look(tables, at, (6, 4), as_of=at(5.6)) == (5, 3, 4)


def test_the_rule_passes_the_first_look_over(tables, at):
    tables.posts(12)
    tables.person("anna", joined_at=at(-2))
    tables.history("anna", *((n + 4, n + 3) for n in range(1, 9)), start=3.5)
    views = tables.reading(at(12))
    assert (views["anna"]["posts_reached"], views["anna"]["state"]) == (7, "newcomer")
    the_same(by_rule(tables, at(12), 4, 8), views)
    found = history(tables, at(12))["anna", 1]
    assert (found["block_reached"], found["block_low"]) == (4, 3)


@pytest.mark.long
def test_made_in_spans_of_people_they_are_those_made_at_once(tables, at, monkeypatch):
    tables.posts(6)
    for number, name in enumerate(("anna", "ben", "carl", "dora", "erik")):
        gone = {"left_at": at(number)} if number % 2 else {}
        tables.person(name, joined_at=at(-1), **gone)
        tables.opens(name, *range(number % 3, 4))
    tables.person("ben again", of="ben", joined_at=at(4.5))
    at_once = history(tables, at(6))
    assert len(at_once) == 6
    for span_people in (1, 4):
        monkeypatch.setattr(partitions, "SPAN_PEOPLE", span_people)
        assert history(tables, at(6)) == at_once


@pytest.mark.parametrize("seed", [5, pytest.param(8, marks=pytest.mark.long)])
def test_the_bits_say_what_the_views_say(tables, seed):
    _, _, as_of = invent(tables, seed)
    the_same(by_rule(tables, as_of, NEEDED, OF), tables.reading(as_of, NEEDED, OF))


@pytest.mark.long
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32))
def test_the_bits_say_what_the_views_say_of_any_totals(new_tables, seed):
    with new_tables() as tables:
        _, _, as_of = invent(tables, seed)
        the_same(by_rule(tables, as_of, NEEDED, OF), tables.reading(as_of, NEEDED, OF))
