"""The list of people: states, evidence, since when; never by score."""

from datetime import UTC, timedelta

import pytest
from pydantic import ValidationError

from regulars.reports.regulars import REGULARS, RegularsParameters

EVERYBODY = RegularsParameters(
    state="regular,fading,quiet,uncertain,hidden,not_measured,newcomer,occasional"
)


def listed(tables, as_of, parameters=None):
    result = tables.ask(REGULARS, as_of, parameters=parameters).result
    return {person.id.removeprefix("per_"): person for person in result.people}


def test_a_person_with_ids_evidence_and_since(tables, at):
    # Read 1 to 8: the fourth of eight is post 4, but a window of eight is first full at post 7.
    tables.posts(9)
    tables.person("anna")
    tables.opens("anna", 1, 2, 3, 6, 7, 8)
    tables.signal("click", "anna", 4, url="https://example.org/a")
    tables.signal("reply", "anna", 5)
    person = listed(tables, at(9.5))["anna"]
    assert (person.id, person.provider_id, person.connection) == ("per_anna", "anna", "main")
    assert [(s.connection, s.provider_id) for s in person.subscriptions] == [("main", "anna")]
    evidence = person.evidence
    assert (evidence.reads_low, evidence.reads_high, evidence.of) == (8, 8, 8)
    assert (evidence.opens, evidence.clicks, evidence.answers) == (6, 1, 1)
    assert evidence.last_read_at == (at(8) + timedelta(hours=3)).replace(tzinfo=UTC)
    assert person.since == at(7).replace(tzinfo=UTC)
    assert person.joined_at == at(-1).replace(tzinfo=UTC)
    assert person.wrote_back
    assert person.state == "regular"
    assert 0.5 <= person.p_sustained == round(person.p_sustained, 2) <= 1
    assert 0 < person.p_here <= 1
    assert 4 < person.expected_reads <= 8
    assert person.last_answer_at == (at(5) + timedelta(hours=3)).replace(tzinfo=UTC)


def test_since_is_the_post_that_completed_the_unbroken_run(tables, at):
    # Windows of four with two reads wanted. Opened 0, 1, 5, 6, 7, so the window ends on
    # 3: yes (0, 1), 4: no (1), 5: no (5), 6: yes (5, 6), 7: yes. Unbroken since post 6.
    tables.posts(8)
    tables.person("anna")
    tables.opens("anna", 0, 1, 5, 6, 7)
    result = tables.ask(REGULARS, at(8), regular_reads=2, regular_of=4).result
    assert result.people[0].since == at(6).replace(tzinfo=UTC)


def test_where_no_opens_are_recorded_clicks_are_evidence_and_no_state(tables, at):
    # Four clicks among ten posts, on 3, 5, 6 and 8: regular by the rule, and nobody's opportunity.
    tables.posts(10, opens_tracked=False)
    tables.person("anna")
    for post in (3, 5, 6, 8):
        tables.signal("click", "anna", post, url="https://example.org/a")
    person = listed(tables, at(10), EVERYBODY)["anna"]
    assert (person.state, person.evidence.of, person.evidence.clicks) == ("not_measured", 4, 4)
    assert (person.rule_state, person.since) == ("regular", at(3).replace(tzinfo=UTC))
    assert person.p_sustained is None


def test_quiet_is_whoever_kept_to_the_rule_within_a_year(tables, at):
    # Opened 0 to 3 of twenty: the window that ends on post 7 was the last that held.
    tables.posts(20)
    tables.person("anna")
    tables.person("never")
    tables.opens("anna", 0, 1, 2, 3)
    person = listed(tables, at(20))["anna"]
    assert (person.state, person.since) == ("quiet", None)
    assert person.until == at(7).replace(tzinfo=UTC)
    assert set(listed(tables, at(20))) == {"anna"}
    # a year later the habit is forgotten
    later = at(7) + timedelta(days=366)
    assert listed(tables, later, EVERYBODY)["anna"].state == "occasional"


def test_the_order_is_by_state_and_then_by_how_long_they_are_there(tables, at):
    tables.posts(12)
    for name in ("recent", "longest", "gone_quiet", "keen"):
        tables.person(name)
    tables.opens("recent", 6, 7, 8, 9, 10, 11)
    tables.opens("longest", 0, 1, 2, 3, 8, 9, 10, 11)
    tables.opens("gone_quiet", 0, 1, 2, 3)
    tables.opens("keen", *range(12))
    result = tables.ask(REGULARS, at(12)).result
    names = [person.id.removeprefix("per_") for person in result.people]
    # recent: the first window with four reads ends on post 9; the others hold since post 7
    assert names == ["keen", "longest", "recent", "gone_quiet"]
    assert result.counts == {"regular": 3, "quiet": 1}


def test_a_block_neither_makes_nor_breaks_a_habit_in_its_middle(tables, at):
    # Windows of four, two reads wanted: posts 0 to 3 read one by one, 4 to 7 seen at once with
    # two read. The window that ends on post 3 holds, those within the block are not asked, the
    # one that ends on post 7 holds again: unbroken since post 3.
    tables.posts(8)
    tables.person("anna")
    tables.history("anna", (10, 5, 0), (11, 6, 1), (12, 7, 1), (13, 8, 1), (14, 9, 1))
    tables.totals("anna", at(7.5), (18, 11, 1), (at(3.5), (14, 9, 1)))
    result = tables.ask(REGULARS, at(8), regular_reads=2, regular_of=4).result
    assert result.people[0].state == "regular"
    assert result.people[0].since == at(3).replace(tzinfo=UTC)


def test_states_can_be_chosen(tables, at):
    tables.posts(8)
    tables.person("anna")
    tables.person("ben", joined_at=at(6.5))
    tables.opens("anna", 0)
    assert listed(tables, at(8)) == {}
    assert set(listed(tables, at(8), RegularsParameters(state="newcomer"))) == {"ben"}
    people = listed(tables, at(8), EVERYBODY)
    assert {name: person.state for name, person in people.items()} == {
        "anna": "occasional", "ben": "newcomer",
    }  # fmt: skip
    assert RegularsParameters(state=["regular", "quiet"]).state == ("regular", "quiet")
    with pytest.raises(ValidationError):
        RegularsParameters(state="best")


def test_one_person_with_two_subscriptions_is_listed_once(tables, at):
    tables.posts(8)
    tables.person("one", of="anna")
    tables.person("two", of="anna", joined_at=at(2.5))
    tables.opens("one", 0, 1)
    tables.opens("two", 4, 5)
    (person,) = listed(tables, at(8)).values()
    assert [s.provider_id for s in person.subscriptions] == ["one", "two"]
    assert person.evidence.reads_low == 4
