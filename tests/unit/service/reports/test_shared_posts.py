"""One issue that several connections of a publication know is one post."""

from datetime import timedelta

import pytest

from regulars.reports.coverage import COVERAGE
from regulars.reports.house import HOUSE

CONNECTIONS = [{"name": name, "connector": "files", "folder": "."} for name in ("main", "old")]


def both(tables, at, count=8, **old):
    """Posts 0 to count - 1 in the connection main, and an hour later in old, under other ids."""
    tables.posts(count)
    for number in range(count):
        row = {"id": f"{number}", "title": f"  post  {number}", "connection": "old"}
        tables.post(number, at(number) + timedelta(hours=1), **row | old)
    tables.person("anna")
    tables.person("a17", of="anna", connection="old")


def answers(tables, connection, name, *posts):
    for post in posts:
        post_id = f"post{post}" if connection == "main" else f"{post}"
        tables.signal("poll", name, post, connection=connection, post_id=post_id)


def test_reads_from_two_connections_are_reads_of_one_post(tables, at):
    # anna answered 0, 2, 4, 6 in one and 1, 3, 5, 7 in the other: all eight of eight posts.
    both(tables, at)
    answers(tables, "main", "anna", 0, 2, 4, 6)
    answers(tables, "old", "a17", 1, 3, 5, 7)
    person = tables.reading(at(9))["anna"]
    assert (person["opportunities"], person["reads_low"], person["reads_high"]) == (8, 8, 8)
    seen = tables.ask(COVERAGE, at(9)).result
    assert {(i.connection, i.code): i.count for i in seen.posts}["old", "shared"] == 8
    assert [(one.post_id, one.with_connection, one.matched_by) for one in seen.shared] == [
        (f"{number}", "main", "title") for number in range(8)
    ]
    assert tables.ask(HOUSE, at(9)).result.posts_seen == 8


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        ({"id": "provider-id-0001"}, 1),  # the provider's own id, whatever title and day
        ({"id": "1"}, 0),  # a short id may be chance
        ({"web_url": "http://www.Example.org/p/first/?utm_source=x"}, 1),
        ({"web_url": "https://example.org/p/second"}, 0),
        ({"title": "First", "sent_at": 0.1}, 1),
        ({"title": "First", "sent_at": 0.2}, 0),  # more than a day
        ({"title": "", "sent_at": 0}, 0),  # empty titles are no titles
    ],
)
def test_what_makes_two_posts_one(tables, at, other, shared):
    id_here = "1" if other.get("id") == "1" else "provider-id-0001"
    title_here = "" if other.get("title") == "" else "First"
    tables.post(0, at(0), id=id_here, title=title_here, web_url="https://example.org/p/first")
    row = {"id": "b", "title": "Another", "connection": "old"} | other
    tables.post(1, at(row.pop("sent_at", 9)), **row)
    assert len(tables.ask(COVERAGE, at(20)).result.shared) == shared


def test_two_posts_of_one_connection_stay_two(tables, at):
    # Sent again to those who had not opened it, under the same title, two hours later.
    tables.post(0, at(0), id="first", title="News")
    tables.post(1, at(0) + timedelta(hours=2), id="again", title="News")
    tables.post(2, at(0) + timedelta(hours=1.9), id="b", title="News", connection="old")
    shared = tables.ask(COVERAGE, at(3)).result.shared
    assert [(one.post_id, one.connection) for one in shared] == [("b", "old")]
    ((issues,),) = tables.connection.execute(
        "SELECT max(post_no) FROM mailed_posts('notes', $as_of)", {"as_of": at(3)}
    ).fetchall()
    assert issues == 2


def test_the_owner_says_what_is_one_and_what_is_not(tables, at):
    # Title and day match post 0 with 0; the owner says that it is not, and that post 1 is 7.
    both(tables, at, count=2)
    tables.post(7, at(5), id="7", title="Second part", connection="old")
    asked = {
        "connections": CONNECTIONS,
        "same_posts": [("main/post1", "old/7")],
        "different_posts": [("old/0", "main/post0")],
    }
    shared = tables.ask(COVERAGE, at(9), **asked).result.shared
    assert [(one.post_id, one.matched_by) for one in shared] == [("7", "told")]
    # it holds for one report alone
    assert len(tables.ask(COVERAGE, at(9)).result.shared) == 2


def test_a_list_of_deliveries_decides_for_those_who_could_stand_on_it(tables, at):
    # main has lists and leaves anna out of post 3; old has none, so there it went to everybody.
    both(tables, at)
    for post in (0, 1, 2, 4, 5, 6, 7):
        tables.signal("send", "anna", post)
    tables.person("bob")
    tables.signal("send", "bob", 3)
    assert tables.reading(at(9))["anna"]["opportunities"] == 7


def test_totals_and_names_of_one_post_are_one_read(tables, at):
    # Totals of main: posts 0 to 3 between two looks, two opened. old names post 1 as opened: it is
    # one of the two. Of the last four two were read, not three.
    both(tables, at, count=4)
    tables.totals("anna", at(3.5), (14, 7), (at(-0.5), (10, 5)))
    tables.opens("a17", 1, connection="old", post_id="1")
    person = tables.reading(at(5), 2, 4)["anna"]
    assert (person["opportunities"], person["reads_low"], person["reads_high"]) == (4, 2, 2)


def test_a_click_elsewhere_is_a_read_that_totals_missed(tables, at):
    both(tables, at, count=4)
    tables.history("anna", (10, 5), (11, 5), (12, 5), (13, 5), (14, 5))
    tables.signal("click", "a17", 2, connection="old", post_id="2", url="https://example.org/x")
    person = tables.reading(at(5), 1, 4)["anna"]
    assert (person["opportunities"], person["reads_low"], person["acted"]) == (4, 1, 1)


def test_two_connections_with_totals_judge_a_post_once(tables, at):
    # The same publication was connected twice. main was looked at every week: 0, 1 read, 2, 3 not.
    # old saw posts 1 to 4 in one block, three read: 1 to 3 are main's, so of post 4 all is open.
    both(tables, at, count=5)
    tables.history("anna", (10, 5), (11, 6), (12, 7), (13, 7), (14, 7))
    tables.totals("a17", at(4.6), (14, 8), (at(0.6), (10, 5)), connection="old")
    person = tables.reading(at(6), 2, 5)["anna"]
    assert (person["opportunities"], person["reads_low"], person["reads_high"]) == (5, 2, 3)


def test_a_pair_that_names_an_unknown_post_is_told(tables, at):
    # post9 was never brought, nor was 8 of old. Of elsewhere nothing has come so far.
    both(tables, at, count=2)
    elsewhere = {"name": "elsewhere", "connector": "files", "folder": "x"}
    asked = {
        "connections": [*CONNECTIONS, elsewhere],
        "same_posts": [("main/post9", "old/1"), ("main/post1", "elsewhere/1")],
        "different_posts": [("old/8", "main/post0")],
    }
    told = [one for one in tables.ask(COVERAGE, at(9), **asked).result.limits
            if one.code == "unknown_post"]  # fmt: skip
    assert [(one.connection, one.stream) for one in told] == [("main", "posts"), ("old", "posts")]
    names = ["`same_posts` in your settings names the post main/post9, which no sync has brought"]
    names += ["`different_posts` in your settings names the post old/8, which no sync has brought"]
    assert [one.words for one in told] == [f"{name}: correct its id" for name in names]


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        (("main/post1", "elsewhere/1"), "'elsewhere' is not one of its connections"),
        (("main/post1", "main/post2"), "has to be paired with a post of another connection"),
        (("main", "old/1"), "same_posts"),
    ],
)
def test_bad_input_a_pair_that_names_no_two_posts_is_refused(pair, words):
    from pydantic import ValidationError

    from regulars.settings import PublicationSettings

    with pytest.raises(ValidationError) as refused:
        PublicationSettings(name="notes", connections=CONNECTIONS, same_posts=[pair])
    assert words in str(refused.value)


def test_the_rhythm_of_a_connection_counts_the_posts_that_another_knows_too(tables, at):
    # main has every second issue, old has all nine. Gaps of main: four of 14 days, of old: eight of
    # 7. Their median is 7, so eight weeks hold eight posts. Without the issues that both know, old
    # would have a gap of 14 days between each two of its own, and the rule four posts.
    for number in range(9):
        tables.post(number, at(number) + timedelta(hours=1), id=f"{number}", connection="old",
                    title=f"Post {number}")  # fmt: skip
        if number % 2 == 0:
            tables.post(number, at(number), title=f"Post {number}")
    tables.person("anna")
    rule = tables.ask(HOUSE, at(9.1), regular_reads=None, regular_of=None).result.rule
    assert (rule.k, rule.n, rule.unit) == (4, 8, "post")
