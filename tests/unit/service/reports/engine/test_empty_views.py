"""Views that are passed over because they cannot have rows: they would have had none."""

from __future__ import annotations

import pytest

from regulars.reports.engine import partitions
from regulars.reports.engine.empty_views import NEEDED, SHAPES, has_rows


def only_signals(tables, at):
    tables.posts(4)
    tables.person("anna")
    tables.opens("anna", 0, 1, 2)


def only_totals(tables, at):
    """Totals, a segment's opens, and a late read that belongs to an earlier post."""
    tables.posts(6)
    tables.person("anna")
    tables.history("anna", (0, 0), (1, 0), (2, 0), (3, 2), (4, 3), (5, 4), (6, 5))
    tables.signal("open", "anna", 2, happened_at=None, machine=None)


def totals_later(tables, at):
    """Nothing can be said yet of totals that were seen once, or only after the instant."""
    tables.posts(4)
    tables.person("anna")
    tables.totals("anna", at(2), (2, 1))
    tables.totals("anna", at(9), (4, 2), (at(2), (2, 1)))


def two_connections(tables, at):
    """Two that share no post, and one person in both."""
    tables.posts(4)
    tables.post(9, at(2.5), connection="other")
    tables.person("anna")
    tables.person("anna2", of="anna", connection="other")
    tables.opens("anna", 0, 1)


def shared_posts(tables, at, of="zoe"):
    """Two that share posts: totals in one, single signals in the other."""
    only_totals(tables, at)
    for number in range(6):
        tables.post(number, at(number), connection="other")
    tables.person("anna2", of=of, connection="other")
    tables.opens("anna2", 0, 1, 3, connection="other")


def doubled_person(tables, at):
    shared_posts(tables, at, of="anna")


def for_a_list(tables, at):
    """Single signals, and a post for a list on which bert stands."""
    only_signals(tables, at)
    tables.post(4, at(4), list_id="daily")
    on_the_list(tables, at)


def totals_and_a_list(tables, at):
    """Running totals, and a post for a list on which anna did not stand."""
    tables.posts(3)
    tables.post(3, at(3), list_id="daily")
    tables.person("anna")
    tables.history("anna", (0, 0), (1, 0), (2, 0))
    on_the_list(tables, at)


def on_the_list(tables, at):
    tables.insert(
        "list_standings", id="one", list_id="daily", subscription_id="bert", status="active",
        joined_at=at(-1), presence="present", seen_at=at(6),
    )  # fmt: skip
    tables.run_stream("list_standings", at(6))


# Which views each of these worlds has rows of; worked out by hand.
WORLDS = {
    only_signals: {"signal_opportunities"},
    only_totals: {
        *("named_reads", "named_intervals", "counter_intervals", "counter_opportunities"),
        "mended_reads",
    },
    totals_later: set(),
    two_connections: {"signal_opportunities"},
    shared_posts: {
        *("same_posts", "signal_opportunities", "named_reads", "named_intervals"),
        *("counter_intervals", "counter_opportunities", "mended_reads"),
    },
    for_a_list: {"signal_opportunities", "list_readers", "partly_posts"},
    totals_and_a_list: {
        *("counter_intervals", "counter_opportunities", "list_readers", "missed_mails")
    },
    # what the other connection knows by name pays for the opens that come late
    doubled_person: set(NEEDED)
    - {"mended_reads", "list_readers", "missed_mails", "partly_posts", "letters_given"},
}


@pytest.fixture
def set_aside(tables, at, monkeypatch):
    """The views a report sets aside, none of them passed over, until the test is at its end."""
    monkeypatch.setattr(partitions, "NEEDED", {})

    def set_aside():
        tables.connection.execute("BEGIN")
        partitions.materialise_posts(tables.connection, "notes", at(8))
        assert next(partitions.partition_people(tables.connection, "notes", at(8), None)) == 0
        return {"publication": "notes", "as_of": at(8)}

    yield set_aside
    tables.connection.execute("ROLLBACK")


def own_rows(tables, view, values):
    wanted = {"publication": "notes"} if view in ("same_posts", "list_readers") else values
    marks = ", ".join(f"${name}" for name in wanted)
    return tables.connection.execute(f"SELECT * FROM {view}({marks})", wanted)


@pytest.mark.parametrize(
    "world",
    [
        pytest.param(world, marks=[pytest.mark.long] * (world in (totals_later, two_connections)))
        for world in WORLDS
    ],
    ids=lambda world: world.__name__,
)
def test_a_view_is_passed_over_only_where_it_has_no_rows(tables, at, set_aside, world):
    world(tables, at)
    values = set_aside()
    for view, needed in NEEDED.items():
        rows = own_rows(tables, view, values).fetchall()
        assert bool(rows) == (view in WORLDS[world]), (view, rows)
        assert has_rows(tables.connection, needed, values) or not rows, view
    # another publication has none of it
    others = values | {"publication": "others"}
    for view in ("counter_intervals", "counter_opportunities"):
        assert not has_rows(tables.connection, NEEDED[view], others)


def test_what_stands_for_an_empty_view_has_its_columns(tables, set_aside):
    values = set_aside()
    assert SHAPES.keys() == NEEDED.keys()
    for view, shape in SHAPES.items():
        own = own_rows(tables, view, values).description
        tables.connection.execute(f"CREATE OR REPLACE TEMP TABLE instead ({shape})")
        instead = tables.connection.execute("FROM instead").description
        assert [column[:2] for column in instead] == [column[:2] for column in own], view
