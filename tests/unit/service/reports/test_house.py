"""The headcount: its words in every state a publication can be in."""

from datetime import UTC, date, datetime

import pytest

from regulars.reports.engine.facts import Facts, PostFact
from regulars.reports.engine.report import Context, Parameters
from regulars.reports.house import HOUSE, HouseRow, build
from regulars.settings import PublicationSettings
from regulars.stats.recurrence import Rule

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
START = datetime(2026, 1, 5, 9, 0)  # noqa: DTZ001 - naive, as in the tables


def context(posts=8, gap=7.0, **settings):
    known = [PostFact("main", f"post{n}", "", START, START, True, True, True) for n in range(posts)]
    publication = PublicationSettings(name="notes", title="Field Notes", **settings)
    facts = Facts(known, [], Rule(4, 8, "post", gap))
    return Context(publication, Parameters(), NOW, NOW, facts)


def row(state, people, wrote_back=0, answered=0):
    return HouseRow(state, people, wrote_back, answered)


def test_the_figure_is_the_regulars_and_its_upper_end_adds_the_open_ones():
    rows = [
        row("regular", 148, 12, 30), row("cannot_tell", 10, 1, 2), row("occasional", 200),
        row("uncertain", 40), row("hidden", 60), row("newcomer", 7), row("not_measured", 3),
    ]  # fmt: skip
    built = build(rows, context(house_size=250))
    house = built.result
    figure = house.sustained_readers
    assert (figure.value, figure.low, figure.high, figure.n) == (148, 148, 158, 358)
    assert figure.method == "k_of_n/1"
    assert house.sentence == (
        "Between 148 and 158 people keep coming back to Field Notes: "
        "they have read at least 4 of the last 8 posts."
    )
    assert (house.cannot_tell, house.uncertain, house.hidden) == (10, 40, 60)
    assert (house.wrote_back, house.answered, house.active_people) == (13, 32, 468)
    assert (house.reason, house.house_size) == (None, 250)
    assert built.counted == 358
    assert {item.reason: item.count for item in built.left_out} == {
        "newcomer": 7, "not_measured": 3, "uncertain": 40, "hidden": 60,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([row("regular", 1)], "1 person keeps coming back"),
        ([row("regular", 2)], "2 people keep coming back"),
        ([row("occasional", 9)], "Nobody has read at least 4 of the last 8 posts yet."),
        ([row("newcomer", 9)], "Nobody can be judged yet: it takes enough posts"),
    ],
)
def test_the_sentence(rows, sentence):
    house = build(rows, context()).result
    assert house.sentence.startswith(sentence)
    assert house.reason is None


def test_too_few_posts_say_how_many_and_when():
    # Three seen, eight needed: five more at one a week from 2 March is 6 April.
    house = build([row("newcomer", 9)], context(posts=3)).result
    assert house.sustained_readers is None
    assert (house.reason, house.posts_seen, house.posts_needed) == ("too_few_posts", 3, 8)
    assert house.expected_on == date(2026, 4, 6)
    assert house.sentence == (
        "Too early to say: 3 of the 8 posts needed have been seen. "
        "Expect the first figure around 6 April 2026."
    )


def test_no_rhythm_no_date():
    house = build([row("newcomer", 9)], context(posts=1, gap=None)).result
    assert house.expected_on is None
    assert house.sentence == "Too early to say: 1 of the 8 posts needed has been seen."


def test_no_posts_no_people_and_nothing_measured():
    assert build([row("newcomer", 9)], context(posts=0)).result.reason == "no_posts"
    assert build([], context()).result.reason == "no_people"
    unmeasured = build([row("not_measured", 9)], context()).result
    assert (unmeasured.reason, unmeasured.sustained_readers) == ("not_measured", None)


def test_the_public_figure_holds_no_single_people(tables, at):
    tables.posts(8)
    for name in ("anna", "ben", "carl"):
        tables.person(name)
    tables.opens("anna", 0, 1, 2, 3)
    tables.signal("reply", "ben", 3)
    envelope = tables.ask(HOUSE, at(8))
    figure = HOUSE.project.value(envelope)
    assert (figure.value, figure.low, figure.high, figure.people) == (1, 1, 1, 1)
    assert "per_" not in repr(figure)


def test_the_whole_envelope(tables, at):
    tables.posts(9, opens_tracked=True)
    tables.person("anna")
    tables.opens("anna", 0, 1, 2, 3)
    tables.run(at(8))
    envelope = tables.ask(HOUSE, at(8.5), title="Notes")
    assert envelope.report == "house"
    assert envelope.result.sustained_readers.value == 1
    written = envelope.model_dump(mode="json")
    assert written["as_of"] == "2026-03-05T21:00:00Z"
    assert written["window"] == {"from": "2026-01-05T09:00:00Z", "to": "2026-03-05T21:00:00Z"}
    assert "at least 4 of the last 8 posts" in written["definition"]
    assert written["coverage"]["left_out"][0]["reason"] == "too_recent"
    (source,) = written["sources"]
    assert (source["connection"], source["last_outcome"]) == ("main", "complete")
    assert source["is_stale"] is False


def test_first_day_of_running_totals(tables, at):
    # Ten posts are known, the totals were looked at once: nothing seen between two looks yet.
    tables.posts(10)
    tables.person("anna")
    tables.totals("anna", at(9.5), (40, 30))
    house = tables.ask(HOUSE, at(9.6)).result
    assert (house.reason, house.posts_seen, house.active_people) == ("too_few_posts", 0, 1)
    # eight weeks after Thursday 12 March
    assert house.expected_on == date(2026, 5, 8)


def test_seven_posts_between_looks_are_one_too_few_and_eight_are_enough(tables, at):
    tables.posts(12)
    tables.person("anna")
    tables.history("anna", *[(10 + n, 5 + n // 2) for n in range(9)])
    assert tables.ask(HOUSE, at(7.2)).result.posts_seen == 7
    assert tables.ask(HOUSE, at(7.2)).result.reason == "too_few_posts"
    house = tables.ask(HOUSE, at(8)).result
    assert (house.posts_seen, house.sustained_readers.value) == (8, 1)


def test_totals_that_are_all_zero_are_not_measured(tables, at):
    # The connector gave no totals at all (they were all zero), so no post can be judged.
    tables.posts(8, opens_tracked=None)
    tables.person("anna")
    tables.run(at(7))
    tables.run_stream("subscriptions", at(7), alarm="counters_all_zero")
    envelope = tables.ask(HOUSE, at(8))
    assert envelope.result.reason == "not_measured"
    assert "zero for every total" in envelope.coverage.notes[0]


def test_everybody_left_is_an_answer(tables, at):
    tables.posts(8)
    tables.person("anna", status="left", left_at=at(5))
    tables.run(at(7))
    tables.run_stream("subscriptions", at(7))
    house = tables.ask(HOUSE, at(8)).result
    assert (house.sustained_readers.value, house.active_people) == (0, 0)


@pytest.mark.parametrize("reads_all", [True, False])
def test_everybody_reads_everything_or_nothing(tables, at, reads_all):
    tables.posts(8, opens_tracked=True)
    for name in ("anna", "ben"):
        tables.person(name)
        if reads_all:
            tables.opens(name, *range(8))
    figure = tables.ask(HOUSE, at(8)).result.sustained_readers
    assert (figure.value, figure.n) == ((2, 2) if reads_all else (0, 2))


def test_daily_posts_are_judged_by_the_week(tables, at):
    # 63 daily posts from Monday 5 January: nine ISO weeks in Lisbon. anna opens one post in each
    # of the weeks 2, 4, 6 and 8; ben opens four posts, all in one week.
    for day in range(63):
        tables.post(day, at(day / 7), opens_tracked=True)
    for name in ("anna", "ben"):
        tables.person(name)
    for day in (17, 31, 45, 59):
        tables.opens("anna", day, happened_at=at(day / 7))
    for day in (57, 58, 59, 60):
        tables.opens("ben", day, happened_at=at(day / 7))
    envelope = tables.ask(
        HOUSE, at(9.5), time_zone="Europe/Lisbon", regular_reads=None, regular_of=None
    )
    house = envelope.result
    assert (house.rule.k, house.rule.n, house.rule.unit) == (4, 8, "week")
    assert (house.posts_seen, house.sustained_readers.value) == (9, 1)
    assert "weeks with a post" in house.sentence


def test_a_weekly_look_at_daily_posts_proves_a_read_week(tables, at):
    # One look a week on Monday before the post: seven posts, so one read of the seven makes a
    # read week for certain. Eight weeks, four of them read.
    for day in range(56):
        tables.post(day, at(day / 7))
    tables.person("anna")
    opened = [5, 6, 6, 7, 7, 8, 8, 9, 9]
    tables.history("anna", *[(10 + 7 * n, o) for n, o in enumerate(opened)], start=-0.01)
    house = tables.ask(HOUSE, at(8.5), regular_reads=None, regular_of=None).result
    assert (house.rule.unit, house.sustained_readers.value, house.cannot_tell) == ("week", 1, 0)
