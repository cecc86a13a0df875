"""Properties that hold for any publication: order is nothing, bounds are bounds."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

POSTS = 9
PEOPLE = ("anna", "ben", "carl")
KINDS = ("send", "open", "click", "reply", "poll")

signals = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.sampled_from(PEOPLE),
        st.integers(0, POSTS - 1),
        st.one_of(st.none(), st.integers(0, 2_000_000)),  # seconds after the post; unknown
        st.sampled_from((None, True, False)),
        st.sampled_from(("a", "b", "c", "unsubscribe")),
    ),
    max_size=25,
)
looks = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=POSTS)


def fill(tables, at, rows):
    for table in ("signals", "counters"):
        tables.connection.execute(f"DELETE FROM {table}")
    for kind, values in rows:
        if kind == "look":
            tables.totals(*values[0], **values[1])
        else:
            tables.signal(*values[0], **values[1])


def rows_of(at, noticed, looked):
    """What is to be inserted: each row complete with its key, so that order is the only change."""
    rows = []
    for number, (kind, name, post, seconds, machine, url) in enumerate(noticed):
        moment = None if seconds is None else at(post) + timedelta(seconds=seconds)
        values = {"happened_at": moment, "machine": machine, "url": url, "signal_key": str(number)}
        rows.append(("signal", ((kind, name, post), values)))
    was = (at(-0.5), (50, 20))
    for number, (received, opened) in enumerate(looked):
        now = (was[1][0] + received, was[1][1] + min(opened, 4))
        values = {"connection": "totals", "entry": number}
        rows.append(("look", (("dora", at(number + 0.5), now, was), values)))
        was = (at(number + 0.5), now)
    return rows


def check(examples):
    """The property, looked at with so many examples."""
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )(given(noticed=signals, looked=looks, data=st.data())(order_is_nothing_and_bounds_are_bounds))


def order_is_nothing_and_bounds_are_bounds(tables, at, noticed, looked, data):
    if not tables.keys:
        tables.posts(POSTS)
        for number in range(POSTS):
            tables.post(number, at(number), connection="totals")
        for name in PEOPLE:
            tables.person(name)
        tables.person("dora", connection="totals", joined_at=at(-1))
    rows = rows_of(at, noticed, looked)
    answers = []
    for order in (rows, data.draw(st.permutations(rows))):
        fill(tables, at, order)
        answers.append(tables.reading(at(POSTS), 2, 4))
    assert answers[0] == answers[1]
    for person in answers[0].values():
        assert 0 <= person["reads_low"] <= person["reads_high"]
        assert person["reads_high"] <= min(4, person["opportunities"])
        assert person["opportunities"] <= POSTS


test_the_order_of_rows_is_nothing_and_bounds_are_bounds = check(3)
test_the_order_of_many_more_rows_is_nothing = pytest.mark.long(check(40))
