"""The headcount: its words in every state a publication can be in."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from regulars.reports.engine.facts import Facts, PostFact
from regulars.reports.engine.report import Context, Parameters
from regulars.reports.house import HOUSE, HouseRow, build
from regulars.reports.readers.summary import Burst, OutlierUnit, Readership, WindowTest
from regulars.settings import PublicationSettings
from regulars.stats.recurrence import Rule

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
START = datetime(2026, 1, 5, 9, 0)  # noqa: DTZ001 - naive, as in the tables


def context(posts=8, gap=7.0, readership=None, **settings):
    known = [PostFact("main", f"post{n}", "", START, START, True, True, True) for n in range(posts)]
    publication = PublicationSettings(name="notes", title="Field Notes", **settings)
    facts = Facts(known, [], Rule(4, 8, "post", gap))
    return Context(publication, Parameters(), NOW, NOW, facts, readership)


def row(state, people, wrote_back=0, answered=0, *, part="outside", rule=None, **sums):
    return HouseRow(state, rule or state, part, people, wrote_back, answered, **sums)


def fit(**changes):
    found = Readership(
        reads=4, of=8, unit="post", fewest=8, units=40, most_opportunities=40, sigma=0.0, r=0.0,
        r_max=0.0, outliers=[], bursts=[], windows=[], shares=[], fall=None,
        has_fallen_back=False, has_plain_opens=False, is_provisional=False,
    )  # fmt: skip
    return msgspec.structs.replace(found, **changes)


def counted(people, value, variance=0.0, **changes):
    return row(
        changes.pop("state", "regular"), people, part=changes.pop("part", "counted"),
        value=value, most=value, variance=variance, **changes,
    )  # fmt: skip


def test_the_figure_adds_chances_up_and_says_how_sure_it_is():
    # Standard deviation 5: 148.2 less and plus 1.6449 * 5 is 139.98 to 156.4, rounded outwards.
    rows = [
        counted(200, 148.2, 25.0, wrote_back=12, answered=30, rule="regular"),
        row("occasional", 200), row("newcomer", 7), row("not_measured", 3, rule="cannot_tell"),
        row("uncertain", 40, part="uncertain", value=20.0, most=20.0, variance=0.0),
        row("hidden", 60),
    ]  # fmt: skip
    built = build(rows, context(house_size=250, readership=fit()))
    house = built.result
    figure = house.sustained_readers
    assert (figure.value, figure.low, figure.high, figure.n) == (148, 139, 157, 200)
    assert figure.method == "sustained_readers/1"
    assert figure.words() == "about 148 (139 to 157)"
    # the uncertain people's chances are added: 168.2 less and plus the same
    assert (house.with_uncertain.value, house.with_uncertain.n) == (168, 240)
    # by the rule: 200 keep to it, 3 may, of 403 that it judges
    rule = house.by_rule
    assert (rule.value, rule.low, rule.high, rule.n) == (200, 200, 203, 403)
    assert rule.method == "k_of_n/1"
    assert house.sentence == (
        "About 148 people (139 to 157) keep coming back to Field Notes: "
        "they are expected to read at least 4 of the next 8 posts."
    )
    assert (house.cannot_tell, house.uncertain, house.hidden) == (3, 40, 60)
    assert (house.wrote_back, house.answered, house.active_people) == (12, 30, 510)
    assert (house.reason, house.house_size, house.basis) == (None, 250, "measured")
    assert built.counted == 200
    assert {item.reason: item.count for item in built.left_out} == {
        "newcomer": 7, "not_measured": 3, "uncertain": 40, "hidden": 60,
    }  # fmt: skip


def test_hidden_people_have_an_estimate_of_their_own():
    # 60 hidden beside 240 visible people: the variance 20 grows to 20 * (1 + 60 / 240) = 25, so the
    # interval is 30 less and plus 1.6449 * 5 = 21.8 to 38.2, rounded outwards.
    rows = [
        counted(200, 148.2, 25.0), row("occasional", 40), row("uncertain", 9, part="uncertain"),
        row("hidden", 5, proved=2),
        row("hidden", 60, part="hidden", value=30.0, most=30.0, variance=20.0, proved=12),
    ]  # fmt: skip
    house = build(rows, context(readership=fit())).result
    other = house.hidden_estimate
    assert (other.value, other.low, other.high, other.n) == (30, 21, 39, 60)
    assert (house.hidden, house.hidden_proved, other.method) == (65, 14, "hidden_readers/1")
    assert house.hidden_words == "If they read like the people we can see, about 30 more."
    assert (house.sustained_readers.value, house.sustained_readers.n) == (148, 200)
    assert house.with_uncertain.n == 209


def test_who_may_have_left_counts_in_the_upper_end_alone():
    rows = [counted(10, 8.0), row("not_measured", 2, part="unsure", value=1.5, most=1.5)]
    figure = build(rows, context(readership=fit())).result.sustained_readers
    assert (figure.value, figure.low, figure.high, figure.n) == (8, 8, 10, 12)


def test_what_posts_have_in_common_widens_the_interval():
    # slope 100, sigma 0.4, eight posts: 100 * 0.4 / sqrt(8) = 14.14 more standard deviation
    rows = [counted(1000, 500.0, slope=100.0)]
    house = build(rows, context(readership=fit(sigma=0.4))).result
    assert (house.sustained_readers.low, house.sustained_readers.high) == (476, 524)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([counted(20, 20.0)], "20 people keep coming back"),
        ([counted(1, 1.0)], "1 of 1 whose reading is known is likely to keep coming back"),
        ([counted(2, 2.0)], "2 of 2 whose reading is known are likely to keep coming back"),
        ([counted(9, 0.0)], "Nobody is expected to read at least 4 of the next 8 posts"),
        ([row("newcomer", 9)], "Nobody counts yet: it takes 8 posts"),
    ],
)
def test_the_sentence(rows, sentence):
    house = build(rows, context(readership=fit())).result
    assert house.sentence.startswith(sentence)
    assert house.reason is None


def test_below_twenty_people_counts_come_first_and_the_figure_in_words():
    # 6 + 3 + 2 + 3 = 14 people; their chances 7.2, variance 1.5: 1.6449 * 1.2247 = 2.01 less and
    # plus is 5.2 to 9.2, rounded outwards. Those who may have left stand in the upper end alone.
    rows = [
        counted(6, 5.4, 0.5), row("fading", 3, part="counted", value=1.2, most=1.2, variance=0.5),
        row("quiet", 2, part="counted", value=0.1, most=0.1, variance=0.1),
        row("occasional", 3, part="counted", value=0.5, most=0.5, variance=0.4),
        row("uncertain", 4, part="uncertain"), row("newcomer", 9),
    ]  # fmt: skip
    house = build(rows, context(readership=fit())).result
    assert house.few.model_dump() == {
        "people": 14, "regular": 6, "fading": 3, "quiet": 2, "occasional": 3,
    }  # fmt: skip
    assert house.sentence == (
        "6 of 14 whose reading is known are likely to keep coming back to Field Notes: to read at "
        "least 4 of the next 8 posts. Added up, the chances of all make about 7 people (5 to 10)."
    )


@pytest.mark.parametrize(
    ("rows", "people"),
    [
        ([counted(19, 12.0)], 19),
        ([counted(20, 12.0)], None),
        ([row("newcomer", 5)], None),
        ([], None),
    ],
)
def test_many_and_nobody_have_no_counts_of_few(rows, people):
    house = build(rows, context(readership=fit())).result
    assert (house.few.people if house.few else None) == people


def test_the_figure_says_what_it_rests_on():
    flagged = fit(
        outliers=[OutlierUnit(START, "high", [3])], bursts=[Burst(START, 900)],
        windows=[WindowTest(8, START, 300, 148.2, 139.9, 156.4, 151, [])],
        has_plain_opens=True, has_fallen_back=True, is_provisional=True,
    )  # fmt: skip
    built = build([counted(10, 8.0)], context(readership=flagged))
    house = built.result
    assert (house.basis, house.fallback, house.provisional) == ("recorded_opens", True, True)
    assert [post.flag for post in house.set_aside.posts] == ["high"]
    assert [one.people for one in house.set_aside.arrivals] == [900]
    (test,) = house.back_tests
    assert (test.date, test.units, test.expected.value, test.came) == (START.date(), 8, 148, 151)
    assert (test.expected.low, test.expected.high) == (139, 157)
    constants = house.constants
    assert (constants.reads, constants.of, constants.fewest_units) == (4, 8, 8)
    assert (constants.fewest_reads, constants.fewest_days) == (3, 56)
    said = " ".join(built.notes)
    for part in ("Provisional", "recorded opens", "900 people came in bursts", "no fit"):
        assert part in said
    assert ("far_out", 1) in {(item.reason, item.count) for item in built.left_out}


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
    tables.posts(9)
    for name in ("anna", "ben", "carl"):
        tables.person(name)
    tables.opens("anna", *range(8))
    tables.signal("reply", "ben", 3)
    envelope = tables.ask(HOUSE, at(9))
    figure = HOUSE.project.value(envelope)
    assert (figure.value, figure.low, figure.high, figure.people) == (1, 0, 1, 1)
    assert (figure.method, figure.issues, figure.unit) == ("sustained_readers/1", 8, "issues")
    assert "per_" not in repr(figure)


def test_the_whole_envelope(tables, at):
    tables.posts(9, opens_tracked=True)
    tables.person("anna")
    tables.opens("anna", 0, 1, 2, 3)
    tables.run(at(8))
    envelope = tables.ask(HOUSE, at(8.5), title="Notes")
    assert envelope.report == "house"
    assert envelope.result.by_rule.value == 1
    written = envelope.model_dump(mode="json")
    assert written["as_of"] == "2026-03-05T21:00:00Z"
    assert written["window"] == {"from": "2026-01-05T09:00:00Z", "to": "2026-03-05T21:00:00Z"}
    assert "at least 4 of the next 8 posts" in written["definition"]
    assert written["coverage"]["left_out"][0]["reason"] == "too_recent"
    (source,) = written["sources"]
    assert (source["connection"], source["last_outcome"]) == ("main", "complete")
    assert source["is_stale"] is False


def test_first_day_of_running_totals(tables, at):
    # Ten posts are known, the totals were looked at once: 30 of 40 mails were opened. That they
    # came before the first of the posts known makes nine of these a block, all of it perhaps read.
    tables.posts(10)
    tables.person("anna")
    tables.totals("anna", at(9.5), (40, 30))
    house = tables.ask(HOUSE, at(9.6)).result
    assert (house.reason, house.provisional, house.active_people) == (None, True, 1)
    assert (house.posts_seen, house.sustained_readers.n) == (9, 1)
    # the rule needs posts that were seen between two looks
    assert house.by_rule is None


def test_seven_posts_between_looks_are_one_too_few_and_eight_are_enough(tables, at):
    tables.posts(12)
    tables.person("anna")
    tables.history("anna", *[(10 + n, 5 + n // 2) for n in range(9)])
    assert tables.ask(HOUSE, at(7.2)).result.posts_seen == 7
    assert tables.ask(HOUSE, at(7.2)).result.reason == "too_few_posts"
    house = tables.ask(HOUSE, at(8)).result
    assert (house.posts_seen, house.by_rule.value) == (8, 1)


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
    house = tables.ask(HOUSE, at(8)).result
    rule, figure = house.by_rule, house.sustained_readers
    assert (rule.value, rule.n) == ((2, 2) if reads_all else (0, 2))
    assert (figure.value, figure.n) == ((2, 2) if reads_all else (0, 0))


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
    assert (house.posts_seen, house.by_rule.value) == (9, 1)
    assert "weeks with a post" in envelope.definition


def test_a_weekly_look_at_daily_posts_proves_a_read_week(tables, at):
    # One look a week on Monday before the post: seven posts, so one read of the seven makes a
    # read week for certain. Eight weeks, four of them read.
    for day in range(56):
        tables.post(day, at(day / 7))
    tables.person("anna")
    opened = [5, 6, 6, 7, 7, 8, 8, 9, 9]
    tables.history("anna", *[(10 + 7 * n, o) for n, o in enumerate(opened)], start=-0.01)
    house = tables.ask(HOUSE, at(8.5), regular_reads=None, regular_of=None).result
    assert (house.rule.unit, house.by_rule.value, house.cannot_tell) == ("week", 1, 0)
