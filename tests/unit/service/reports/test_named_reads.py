"""What segments show of a person and a post, beside running totals: it counts, and never twice.

As in ``test_counters``, a look at week(n + 0.5) is the first that can show post n.
"""

from __future__ import annotations

import pytest

from regulars.reports.coverage import COVERAGE


def judge(tables, as_of, needed=4, of=8):
    person = tables.reading(as_of, needed, of)["anna"]
    return person["opportunities"], person["reads_low"], person["reads_high"]


def name(tables, at, post, kind="open", who="anna", **values):
    """A segment says that ``who`` opened or clicked the post."""
    segment = f"seg_{kind}{post}"
    row = {
        "id": segment, "name": segment, "status": "completed", "means": kind,
        "post_id": f"post{post}", "presence": "present", "seen_at": at(20),
    } | values  # fmt: skip
    tables.connection.execute(f"DELETE FROM segments WHERE id = '{segment}'")
    tables.insert("segments", **row)
    signal = {"happened_at": None, "signal_key": f"{segment}/{who}"}
    tables.signal(kind, who, post, **signal)


def block_of_four(tables, at, opened):
    """Posts 0 to 3 seen in one look, some of them opened."""
    tables.posts(4)
    tables.person("anna")
    tables.totals("anna", at(3.5), (14, 5 + opened), (at(-0.5), (10, 5)))


def test_without_a_segment_a_surplus_hides_what_was_opened(tables, at):
    # Five mails for two posts, two opened: both may have been automations.
    tables.posts(2)
    tables.person("anna")
    tables.totals("anna", at(1.5), (15, 7), (at(-0.5), (10, 5)))
    assert judge(tables, at(3)) == (2, 0, 2)
    # The segment says that post 1 was opened: at least one of the two.
    name(tables, at, 1)
    assert judge(tables, at(3)) == (2, 1, 2)
    name(tables, at, 0)
    assert judge(tables, at(3)) == (2, 2, 2)


def test_a_named_open_is_one_of_those_that_the_totals_count(tables, at):
    # Two of four opened, and one of them known by name: still two, not three.
    block_of_four(tables, at, opened=2)
    name(tables, at, 2)
    assert judge(tables, at(5)) == (4, 2, 2)


def test_a_named_open_that_the_totals_do_not_show_yet_counts(tables, at):
    # Look at week 0.5: not opened. The segment, worked out later, says that it was.
    tables.posts(1)
    tables.person("anna")
    tables.history("anna", (10, 5), (11, 5))
    assert judge(tables, at(2)) == (1, 0, 0)
    name(tables, at, 0)
    assert judge(tables, at(2)) == (1, 1, 1)


def test_an_open_that_was_named_before_the_totals_show_it_is_not_counted_again(tables, at):
    # Post 0 opened after the look at week 0.5, so the one open of week 1.5 is that of post 0 or of
    # post 1: without the segment one read, with it one for certain and perhaps two.
    tables.posts(3)
    tables.person("anna")
    tables.history("anna", (10, 5), (11, 5), (12, 6), (13, 7))
    assert judge(tables, at(2.1)) == (2, 1, 1)
    name(tables, at, 0)
    assert judge(tables, at(2.1)) == (2, 1, 2)
    # The next open is nobody's debt: two reads for certain of three posts with two opens.
    assert judge(tables, at(4)) == (3, 2, 3)


def test_a_late_open_pays_for_the_named_one_and_finds_no_other_post(tables, at):
    # Posts 0 and 1 unread, post 1 named; between posts the totals rise by one: it is that of
    # post 1, and post 0 stays unread. A second late open goes to post 0.
    tables.posts(3)
    tables.person("anna")
    tables.history("anna", (10, 5), (11, 5), (12, 5))
    name(tables, at, 1)
    tables.totals("anna", at(1.7), (12, 6), (at(1.5), (12, 5)))
    assert judge(tables, at(2.4)) == (2, 1, 1)
    tables.totals("anna", at(1.8), (12, 7), (at(1.7), (12, 6)))
    assert judge(tables, at(2.4)) == (2, 2, 2)


def test_opens_before_a_named_one_pay_for_nothing(tables, at):
    # All opened at once in weeks 0 and 1, post 2 named later: the debt arises in week 2 only.
    tables.posts(4)
    tables.person("anna")
    tables.history("anna", (10, 5), (11, 6), (12, 7), (13, 7), (14, 8))
    name(tables, at, 2)
    assert judge(tables, at(5)) == (4, 3, 4)


@pytest.mark.parametrize(("clicks", "low"), [(1, 1), (3, 1)])
def test_clicks_of_unknown_making_make_one_read_of_a_block(tables, at, clicks, low):
    # As with the totals: a scanner clicks in everything, so clicks without opens say little.
    block_of_four(tables, at, opened=0)
    for post in range(clicks):
        name(tables, at, post, "click")
    assert judge(tables, at(5))[1:] == (low, low)


def test_a_click_and_an_open_of_the_same_post_are_one_read(tables, at):
    block_of_four(tables, at, opened=1)
    name(tables, at, 1)
    name(tables, at, 1, "click")
    assert judge(tables, at(5)) == (4, 1, 1)


def test_an_answer_and_a_named_open_of_the_same_post_are_one_read(tables, at):
    block_of_four(tables, at, opened=1)
    name(tables, at, 1)
    tables.signal("poll", "anna", 1)
    assert judge(tables, at(5)) == (4, 1, 1)
    tables.signal("poll", "anna", 3)
    assert judge(tables, at(5)) == (4, 2, 2)


def test_nobody_reads_more_posts_than_reached_them(tables, at):
    # Three posts went out and one mail came; two segments name two of the posts.
    tables.posts(3)
    tables.person("anna")
    tables.totals("anna", at(2.5), (11, 6), (at(-0.5), (10, 5)))
    name(tables, at, 0)
    name(tables, at, 1)
    assert judge(tables, at(4)) == (1, 1, 1)


def test_a_named_open_alone_makes_no_opportunity(tables, at):
    # Before the first look nothing is known of what reached her: no post to judge, no read.
    tables.posts(8)
    tables.person("anna")
    tables.history("anna", (10, 5), start=7.5)
    for post in range(8):
        name(tables, at, post)
    assert judge(tables, at(9)) == (0, 0, 0)


def test_a_named_open_counts_from_when_its_post_matured(tables, at):
    tables.posts(2)
    tables.person("anna")
    tables.history("anna", (10, 5), (11, 5), (12, 5))
    name(tables, at, 0)
    name(tables, at, 1)
    assert judge(tables, at(1.9)) == (1, 1, 1)
    assert judge(tables, at(3)) == (2, 2, 2)


@pytest.mark.parametrize(
    "values",
    [{"presence": "removed"}, {"means": "click"}, {"post_id": "post1"}],
    ids=["no longer named", "means something else", "speaks of another post"],
)
def test_what_a_segment_said_counts_only_as_long_as_it_means_that(tables, at, values):
    tables.posts(2)
    tables.person("anna")
    tables.history("anna", (10, 5), (11, 5), (12, 5))
    name(tables, at, 0, **values)
    assert judge(tables, at(3)) == (2, 0, 0)


@pytest.mark.parametrize(
    "status",
    [
        "processing",
        *(pytest.param(one, marks=pytest.mark.long) for one in ("failed", "inactive", "unknown")),
    ],
)
def test_the_old_evidence_of_a_segment_that_is_still_processing_stays(tables, at, status):
    tables.posts(1)
    tables.person("anna")
    tables.history("anna", (10, 5), (11, 5))
    name(tables, at, 0, status=status)
    assert judge(tables, at(2)) == (1, 1, 1)
    seen = tables.ask(COVERAGE, at(2)).result
    assert [(item.code, item.count) for item in seen.segments] == [(status, 1)]
    assert [(item.code, item.count) for item in seen.named] == [("opened", 1)]


def test_a_named_click_is_an_act_of_somebody_who_opens_everything(tables, at):
    tables.posts(8)
    tables.person("anna")
    tables.history("anna", *[(10 + look, 10 + look) for look in range(9)])
    assert tables.reading(at(8))["anna"]["state"] == "uncertain"
    name(tables, at, 3, "click")
    assert tables.reading(at(8))["anna"]["state"] == "regular"


def test_named_opens_settle_who_is_a_regular(tables, at):
    # Eight posts in one look, ten mails, four opened: two of the opens may be of automations.
    tables.posts(8)
    tables.person("anna")
    tables.totals("anna", at(7.5), (20, 9), (at(-0.5), (10, 5)))
    assert tables.reading(at(8))["anna"]["state"] == "cannot_tell"
    for post in (1, 3, 4, 6):
        name(tables, at, post)
    person = tables.reading(at(8))["anna"]
    assert (person["state"], person["reads_low"], person["reads_high"]) == ("regular", 4, 4)


@pytest.mark.parametrize("flag", [True, None])
def test_a_segment_says_nothing_of_the_opens_of_other_posts(tables, at, flag):
    # Neither totals nor a walk below a post looked for opens, and a flag alone measures nothing:
    # by its segment post 0 is measured, the others are not.
    tables.posts(3, opens_tracked=flag)
    tables.connection.execute("DELETE FROM walks")
    tables.person("anna")
    tables.person("berta")
    name(tables, at, 0)
    people = tables.reading(at(4))
    assert [people[who]["opportunities"] for who in ("anna", "berta")] == [1, 1]
    assert [people[who]["reads_low"] for who in ("anna", "berta")] == [1, 0]
