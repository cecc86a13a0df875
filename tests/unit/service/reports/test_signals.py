"""Single signals become evidence: which count, which do not, and for whom."""

from datetime import timedelta

SECOND = timedelta(seconds=1)


def short(person):
    return person["opportunities"], person["reads_low"], person["reads_high"], person["state"]


def test_four_of_eight_make_a_regular_and_three_do_not(tables, at):
    tables.posts(8)
    tables.person("four")
    tables.person("three")
    tables.opens("four", 0, 2, 4, 6)
    tables.opens("three", 0, 2, 4)
    people = tables.reading(at(8))
    assert short(people["four"]) == (8, 4, 4, "regular")
    assert short(people["three"]) == (8, 3, 3, "occasional")


def test_only_the_last_n_count(tables, at):
    # Posts 0 to 9; of the last eight (2 to 9) one was read, of the first two both.
    tables.posts(10)
    tables.person("once")
    tables.opens("once", 0, 1, 2)
    assert short(tables.reading(at(10))["once"]) == (10, 1, 1, "occasional")


def test_a_post_is_judged_after_a_week_or_with_the_next_one_but_not_before_two_days(tables, at):
    # Post 0 on Monday, post 1 a day later: post 0 matures on Wednesday, post 1 after a week.
    day = timedelta(days=1)
    tables.person("anna")
    tables.post(0, at(0), opens_tracked=True)
    tables.post(1, at(0) + day, opens_tracked=True)

    def judged(moment):
        return tables.reading(moment)["anna"]["opportunities"]

    assert judged(at(0) + 2 * day - SECOND) == 0
    assert judged(at(0) + 2 * day) == 1
    assert judged(at(0) + 8 * day - SECOND) == 1
    assert judged(at(0) + 8 * day) == 2


def test_two_dates_give_two_answers(tables, at):
    # Read 0 to 3. As of week 8: 4 of 8. As of week 9 the last eight are 1 to 8: 3 of 8.
    tables.posts(9)
    tables.person("anna")
    tables.opens("anna", 0, 1, 2, 3)
    assert short(tables.reading(at(8))["anna"]) == (8, 4, 4, "regular")
    assert short(tables.reading(at(9))["anna"]) == (9, 3, 3, "occasional")


def test_a_late_open_counts_from_when_it_happened(tables, at):
    tables.posts(8)
    tables.person("anna")
    tables.opens("anna", 0, 1, 2)
    tables.signal("open", "anna", 3, machine=False, happened_at=at(9))
    assert tables.reading(at(8))["anna"]["reads_low"] == 3
    assert tables.reading(at(9))["anna"]["reads_low"] == 3
    assert tables.reading(at(9) + SECOND)["anna"]["reads_low"] == 4


def test_an_open_without_a_time_counts_once_its_post_has_matured(tables, at):
    tables.posts(2)
    tables.person("anna")
    tables.signal("open", "anna", 0, happened_at=None)
    assert tables.reading(at(1))["anna"]["reads_low"] == 0
    assert tables.reading(at(1) + SECOND)["anna"]["reads_low"] == 1


def test_machine_opens_are_neither_read_nor_opportunity_and_hide_their_person(tables, at):
    # Ten posts. half: 5 machine-only of 10, so hidden. some: 2 machine-only, eight left, all read
    # by a click beside the machine's open in one of them.
    tables.posts(10)
    tables.person("half")
    tables.person("some")
    tables.opens("half", 0, 1, 2, 3, 4, machine=True)
    tables.opens("half", 5, 6, 7, 8, 9)
    tables.opens("some", 0, 1, 2, machine=True)
    tables.signal("click", "some", 2, url="https://example.org/a")
    tables.opens("some", 3, 4, 5, 6, 7, 8, 9)
    people = tables.reading(at(10))
    assert short(people["half"]) == (5, 5, 5, "hidden")
    assert short(people["some"]) == (8, 8, 8, "regular")


def test_opening_nearly_everything_and_doing_nothing_else_is_uncertain(tables, at):
    # 19 of 20 posts are 95 %. One click, one open by a person or one answer settles it.
    tables.posts(20)
    for name in ("plain", "clicks", "flagged", "answers", "skips"):
        tables.person(name)
        tables.opens(name, *range(19), machine=None)
    tables.signal("click", "clicks", 3, url="https://example.org/a")
    tables.opens("flagged", 3)
    tables.signal("poll", "answers", None, happened_at=at(2))
    tables.connection.execute(
        "DELETE FROM signals WHERE subscription_id = 'skips' AND post_id = 'post0'"
    )
    states = {name: person["state"] for name, person in tables.reading(at(20)).items()}
    assert states == {
        "plain": "uncertain", "clicks": "regular", "flagged": "regular",
        "answers": "regular", "skips": "regular",
    }  # fmt: skip


def test_a_post_whose_opens_are_not_recorded_is_never_a_zero(tables, at):
    # Posts 0 to 7 are recorded, 8 and 9 are not: clicker has ten opportunities, opener eight, and
    # an open that arrives for an unrecorded post says nothing.
    tables.posts(8)
    for number in (8, 9):
        tables.post(number, at(number), opens_tracked=False)
    for name in ("clicker", "opener"):
        tables.person(name)
        tables.opens(name, 0, 1, 2, 3)
    tables.signal("click", "clicker", 8, url="https://example.org/a")
    tables.signal("reply", "clicker", 9)
    tables.opens("opener", 8, 9)
    people = tables.reading(at(10))
    assert short(people["clicker"]) == (10, 4, 4, "regular")
    assert short(people["opener"]) == (8, 4, 4, "regular")


def test_clicks_alone_can_make_a_regular_but_not_over_years(tables, at):
    # No opens are recorded. Of twenty posts anna clicked 13 to 16, all among the last sixteen;
    # ben clicked 0 to 3, which lie further back.
    tables.posts(20, opens_tracked=False)
    for name, first in (("anna", 13), ("ben", 0)):
        tables.person(name)
        for post in range(first, first + 4):
            tables.signal("click", name, post, url="https://example.org/a")
    people = tables.reading(at(20))
    assert short(people["anna"]) == (4, 4, 4, "regular")
    assert short(people["ben"]) == (4, 0, 0, "not_measured")


def test_without_any_recorded_open_nothing_is_measured(tables, at):
    tables.posts(8, opens_tracked=None)
    tables.person("anna")
    tables.person("ben")
    tables.signal("reply", "anna", 0)
    people = tables.reading(at(8))
    assert short(people["anna"]) == (1, 1, 1, "not_measured")
    assert short(people["ben"]) == (0, 0, 0, "not_measured")


def test_any_answer_is_evidence_but_not_an_automatic_one(tables, at):
    tables.posts(8)
    tables.person("anna")
    tables.opens("anna", 0)
    for post, kind in enumerate(("reply", "comment", "poll", "survey", "feedback"), start=1):
        tables.signal(kind, "anna", post)
    tables.signal("reply", "anna", 6, machine=True)
    person = tables.reading(at(8))["anna"]
    # The automatic reply says nothing: post 6 was unread, as post 7 was. Six of eight were read.
    assert short(person) == (8, 6, 6, "regular")
    assert (person["answers"], person["wrote_back"]) == (5, 1)


def test_a_post_with_sends_reached_only_those_whoever_else_reacted(tables, at):
    tables.posts(2, opens_tracked=True)
    for name in ("sent", "reacted", "neither"):
        tables.person(name)
    tables.signal("send", "sent", 0, happened_at=at(0))
    tables.signal("click", "reacted", 0, url="https://example.org/a")
    people = tables.reading(at(1))
    assert people["sent"]["opportunities"] == 1
    # a forwarded mail, or the page on the web: seen there, but not delivered
    assert people["reacted"]["opportunities"] == 0
    assert people["neither"]["opportunities"] == 0
    # post 1 has no sends: it reached everybody
    assert tables.reading(at(2))["neither"]["opportunities"] == 1


def clicks(tables, name, post, *seconds_and_links):
    for seconds, link in seconds_and_links:
        moment = FIRST_CLICK[post] + timedelta(seconds=seconds)
        tables.signal("click", name, post, url=f"https://example.org/{link}", happened_at=moment)


FIRST_CLICK = {}


def click_reads(tables, at, *seconds_and_links, send=False, human_posts=2):
    """Whether clicks on post 0 make it read, for somebody who clicks like a person elsewhere."""
    tables.posts(5)
    tables.person("anna")
    tables.opens("anna", 4)
    for post in range(5):
        FIRST_CLICK[post] = at(post) + timedelta(hours=1)
    if send:
        for post in range(5):
            tables.signal("send", "anna", post, happened_at=FIRST_CLICK[post])
    for post in range(1, 1 + human_posts):
        clicks(tables, "anna", post, (600, "a"))
    clicks(tables, "anna", 0, *seconds_and_links)
    return tables.reading(at(5))["anna"]["reads_low"] - 1 - human_posts


def test_one_click_is_a_read(tables, at):
    assert click_reads(tables, at, (0, "a")) == 1


def test_a_click_within_ten_seconds_of_delivery_is_a_machine(tables, at):
    assert click_reads(tables, at, (9, "a"), send=True) == 0


def test_a_click_ten_seconds_after_delivery_is_a_read(tables, at):
    assert click_reads(tables, at, (10, "a"), send=True) == 1


def test_two_links_within_ten_seconds_are_a_machine(tables, at):
    # link a again five seconds after its first click, b nine seconds after it: all within ten
    assert click_reads(tables, at, (0, "a"), (5, "a"), (9, "b")) == 0


def test_one_link_twice_and_another_later_are_a_read(tables, at):
    assert click_reads(tables, at, (0, "a"), (5, "a"), (60, "b")) == 1


def test_most_links_of_a_post_within_a_minute_are_a_machine(tables, at):
    # The post's links are a to e; four of the five (80 %) within 60 s, 20 s apart.
    FIRST_CLICK[0] = at(0) + timedelta(hours=1)
    tables.person("other")
    clicks(tables, "other", 0, (9000, "e"))
    assert click_reads(tables, at, (0, "a"), (20, "b"), (40, "c"), (60, "d")) == 0


def test_fewer_links_within_a_minute_are_a_read(tables, at):
    FIRST_CLICK[0] = at(0) + timedelta(hours=1)
    tables.person("other")
    clicks(tables, "other", 0, (9000, "e"))
    assert click_reads(tables, at, (0, "a"), (20, "b"), (40, "c"), (61, "d")) == 1


def test_whoever_scans_half_of_the_clicked_posts_has_no_clicks(tables, at):
    # Post 0 is scanned, post 1 clicked like a person: one of two is half, so post 1 falls too.
    assert click_reads(tables, at, (0, "a"), (1, "b"), human_posts=1) == -1


def test_a_provider_flag_is_believed(tables, at):
    tables.posts(1)
    tables.person("anna")
    for link, machine in (("a", False), ("b", True)):
        tables.signal("click", "anna", 0, url=link, machine=machine)
    assert tables.reading(at(1))["anna"]["reads_low"] == 1


def test_unsubscribing_is_not_reading(tables, at):
    assert click_reads(tables, at, (0, "UNSUBSCRIBE?id=1")) == 0
    # nor a machine's act: the post stays an opportunity
    assert tables.reading(at(5))["anna"]["opportunities"] == 5


def test_signals_of_other_publications_and_web_posts_are_nothing(tables, at):
    tables.posts(3)
    tables.post(3, at(3), form="web")
    tables.post(4, at(3), status="draft")
    tables.post(5, at(3), status="scheduled", presence="removed")
    tables.person("anna")
    tables.opens("anna", 0, 3, 4, 5)
    tables.signal("open", "anna", 1, publication="other")
    assert short(tables.reading(at(5))["anna"])[:2] == (3, 1)
