"""Running totals become evidence: what two looks say, and what they leave open.

A look is taken between two posts, at half weeks: the look at week(n + 0.5) is the first that can
show post n. ``history`` takes the totals (received, opened, clicked) of each look.
"""

import pytest


def judge(tables, as_of, needed=4, of=8):
    person = tables.reading(as_of, needed, of)["anna"]
    return person["opportunities"], person["reads_low"], person["reads_high"], person["state"]


def test_weekly_looks_give_exact_reads(tables, at):
    # Posts 0 to 7, opened 0, 1, 3 and 6: each step of received is one post.
    tables.posts(8)
    tables.person("anna")
    opened = [5, 6, 7, 7, 8, 8, 8, 9, 9]
    tables.history("anna", *[(20 + look, opens) for look, opens in enumerate(opened)])
    assert judge(tables, at(8)) == (8, 4, 4, "regular")
    # a week before, the look that shows post 7 had not been taken: seven opportunities
    assert judge(tables, at(7)) == (7, 4, 4, "newcomer")


@pytest.mark.parametrize(
    ("before", "after", "reads"),
    [
        ((8, 5, 0), (8, 5, 1), 1),  # post 7 came unread, and was clicked after the look
        ((8, 6, 0), (8, 6, 1), 1),  # it was opened already: clicked again, it is read once
        ((8, 5, 0), (8, 5, 0), 0),
        ((8, 5, 0), (8, 6, 1), 1),  # opened and clicked after the look
        ((7, 5, 0), (7, 5, 1), 0),  # post 7 never came, and posts before it were read or not
    ],
)
def test_clicks_alone_where_no_mail_came_are_of_the_newest_post(tables, at, before, after, reads):
    # Nobody opened posts 0 to 6. Two more looks follow within the week of post 7.
    tables.posts(8)
    tables.person("anna")
    tables.history("anna", *[(number, 5, 0) for number in range(8)])
    first, second = at(7.2), at(7.5)
    tables.totals("anna", first, before, (at(6.5), (7, 5, 0)))
    if after != before:
        tables.totals("anna", second, after, (first, before))
    assert judge(tables, at(8))[1:3] == (reads, reads)


def test_the_first_look_alone_says_nothing(tables, at):
    tables.posts(8)
    tables.person("anna")
    tables.history("anna", (100, 90), start=7.5)
    assert judge(tables, at(9)) == (0, 0, 0, "newcomer")


def test_somebody_new_starts_from_zero_on_joining(tables, at):
    tables.posts(3)
    tables.person("anna", joined_at=at(0.7))
    tables.totals("anna", at(1.5), (1, 1), (at(0.7), (0, 0)))
    tables.totals("anna", at(2.5), (2, 1), (at(1.5), (1, 1)))
    assert judge(tables, at(4))[:3] == (2, 1, 1)


def test_several_posts_between_looks_leave_open_which_were_read(tables, at):
    # Posts 0 to 7 seen at once, three opened: "3 of 8". With 4 of 8 wanted it is certainly no,
    # with 3 of 8 certainly yes. Of the last four (1 to 4 of the block can be them) none to three
    # may have been read: 3 - (8 - 4) < 0.
    tables.posts(8)
    tables.person("anna")
    tables.totals("anna", at(7.5), (18, 8), (at(-0.5), (10, 5)))
    assert judge(tables, at(8)) == (8, 3, 3, "occasional")
    assert judge(tables, at(8), needed=3) == (8, 3, 3, "regular")
    assert judge(tables, at(8), needed=2, of=4) == (8, 0, 3, "cannot_tell")


def test_a_block_cut_by_the_window_keeps_its_bounds(tables, at):
    # Block of posts 0 to 3 with three reads, then posts 4, 5 exact: read, not read. Of the last
    # four, two are the newest half of the block: 3 - (4 - 2) = 1 at least, 2 at most; plus one.
    tables.posts(6)
    tables.person("anna")
    tables.totals("anna", at(3.5), (14, 8), (at(-0.5), (10, 5)))
    tables.totals("anna", at(4.5), (15, 9), (at(3.5), (14, 8)))
    tables.totals("anna", at(5.5), (16, 9), (at(4.5), (15, 9)))
    assert judge(tables, at(7), needed=2, of=4) == (6, 2, 3, "regular")
    assert judge(tables, at(7), needed=3, of=4) == (6, 2, 3, "cannot_tell")


def test_none_or_all_of_several_posts_are_exact(tables, at):
    tables.posts(8)
    tables.person("anna")
    tables.totals("anna", at(3.5), (14, 9), (at(-0.5), (10, 5)))
    tables.totals("anna", at(7.5), (18, 9), (at(3.5), (14, 9)))
    assert judge(tables, at(8)) == (8, 4, 4, "regular")
    assert judge(tables, at(8), needed=1, of=4)[1:3] == (0, 0)


@pytest.mark.parametrize(
    ("opened", "low", "high"),
    [
        (0, 0, 0),  # none of five mails was opened: none of the two posts
        (5, 2, 2),  # all were: both
        (4, 1, 2),  # three automations can hold three of the four opens
        (2, 0, 2),
        (1, 0, 1),
    ],
)
def test_more_mails_than_posts_hide_what_was_opened(tables, at, opened, low, high):
    tables.posts(2)
    tables.person("anna")
    tables.totals("anna", at(1.5), (15, 5 + opened), (at(-0.5), (10, 5)))
    assert judge(tables, at(3))[:3] == (2, low, high)


def test_fewer_mails_than_posts_are_fewer_opportunities(tables, at):
    # Three posts went out, two reached her (a segment), both were opened.
    tables.posts(3)
    tables.person("anna")
    tables.totals("anna", at(2.5), (12, 7), (at(-0.5), (10, 5)))
    assert judge(tables, at(4))[:3] == (2, 2, 2)


def test_a_late_open_goes_to_the_youngest_unread_post(tables, at):
    # Posts 0, 1 unread, 2 read; then nothing new arrives but two more opens: 1 and 0 were read
    # late. A third has no post to go to and is dropped.
    tables.posts(4)
    tables.person("anna")
    tables.history("anna", (10, 5), (11, 5), (12, 5), (13, 6))
    tables.totals("anna", at(2.6), (13, 7), (at(2.5), (13, 6)))
    assert judge(tables, at(4), of=2)[1:3] == (2, 2)
    assert judge(tables, at(4), of=3)[1:3] == (2, 2)
    tables.totals("anna", at(2.7), (13, 9), (at(2.6), (13, 7)))
    assert judge(tables, at(4), of=3)[1:3] == (3, 3)


def test_a_late_open_never_goes_to_a_later_post(tables, at):
    # The open seen together with post 1 (two opens, one new mail) belongs to post 0; a later
    # extra open then finds only post 2, which came unread in between.
    tables.posts(4)
    tables.person("anna")
    tables.history("anna", (10, 5), (11, 5), (12, 7), (13, 7), (14, 9))
    assert judge(tables, at(5), of=4)[1:3] == (4, 4)
    tables.connection.execute("DELETE FROM counters WHERE received = 14")
    assert judge(tables, at(5), of=3)[1:3] == (2, 2)


def test_dropped_late_opens_do_not_save_themselves_for_later(tables, at):
    # Two opens too many before anything was unread; the next unread post stays unread.
    tables.posts(2)
    tables.person("anna")
    tables.history("anna", (10, 5), (11, 8), (12, 8))
    assert judge(tables, at(3))[:3] == (2, 1, 1)


def test_a_click_makes_at_least_one_read(tables, at):
    tables.posts(1)
    tables.person("anna")
    tables.history("anna", (10, 5, 2), (11, 5, 3))
    assert judge(tables, at(2))[:3] == (1, 1, 1)


def test_an_answer_is_evidence_for_its_post(tables, at):
    # Post 0 alone between looks, not opened but answered: read. Posts 1 and 2 together, none
    # opened, one answered: one of two.
    tables.posts(3)
    tables.person("anna")
    tables.history("anna", (10, 5), (11, 5), (11, 5), (13, 5))
    tables.connection.execute(
        "UPDATE counters SET was_at = $at WHERE received = 13", {"at": at(0.5)}
    )
    tables.signal("poll", "anna", 0)
    tables.signal("comment", "anna", 2)
    assert judge(tables, at(4), of=3)[1:3] == (2, 2)
    assert judge(tables, at(4), of=1)[1:3] == (0, 1)


def test_an_unmatured_post_is_the_youngest_of_its_interval(tables, at):
    # Posts 0 to 2 in one look, two read; at week 2.6 post 2 has not matured. Of 0 and 1 at least
    # 2 - 1 were read, at most both.
    tables.posts(3)
    tables.person("anna")
    tables.totals("anna", at(2.5), (13, 7), (at(-0.5), (10, 5)))
    assert judge(tables, at(2.6))[:3] == (2, 1, 2)
    assert judge(tables, at(3))[:3] == (3, 2, 2)


def test_a_snapshot_counts_from_when_it_was_seen(tables, at):
    tables.posts(2)
    tables.person("anna")
    tables.history("anna", (10, 5), (11, 6), start=-0.5)
    tables.totals("anna", at(4.5), (12, 7), (at(0.5), (11, 6)))
    assert judge(tables, at(4.5))[:3] == (1, 1, 1)
    assert judge(tables, at(4.6))[:3] == (2, 2, 2)


def test_opening_everything_without_a_click_is_uncertain(tables, at):
    tables.posts(8)
    tables.person("anna")
    tables.history("anna", *[(10 + look, 10 + look) for look in range(9)])
    assert judge(tables, at(8)) == (8, 8, 8, "uncertain")
    tables.totals("anna", at(7.6), (18, 18, 1), (at(7.5), (18, 18, 0)))
    assert judge(tables, at(8)) == (8, 8, 8, "regular")


def test_totals_of_two_subscriptions_of_a_person_add_up(tables, at):
    # Two addresses, one person: four posts by the old one, four by the new, two read of each.
    tables.posts(8)
    tables.person("old", of="anna", left_at=at(5), status="left")
    tables.person("new", of="anna", joined_at=at(3.2))
    tables.history("old", (10, 5), (11, 6), (12, 7), (13, 7), (14, 7))
    tables.history("new", (0, 0), (1, 1), (2, 2), (3, 2), (4, 2), start=3.5)
    assert judge(tables, at(8)) == (8, 4, 4, "regular")


def test_history_before_coming_back_does_not_count(tables, at):
    # Left after post 3, seen active again at week 5.5: only posts 6 and 7 count.
    tables.posts(8)
    tables.insert("people", subscription_id="anna", person_id="per_anna")
    tables.version("anna", at(-0.5))
    tables.version("anna", at(4.5), status="left", was_status="active", was_presence="present")
    tables.version("anna", at(5.5), was_status="left", was_presence="present")
    tables.history(
        "anna", (10, 5), (11, 6), (12, 7), (13, 8), (14, 9), (14, 9), (14, 9), (15, 10), (16, 10)
    )
    assert judge(tables, at(8)) == (2, 1, 1, "newcomer")
    assert judge(tables, at(4)) == (4, 4, 4, "newcomer")
