"""Spans of people and what is set aside for them: nothing of it shows in an answer, or stays."""

from __future__ import annotations

import pytest

from regulars.reports.coverage import COVERAGE
from regulars.reports.engine import partitions
from regulars.reports.house import HOUSE
from regulars.reports.regulars import REGULARS


def fill(tables, at):
    """Six people: steady, late, told by name, new, with two subscriptions, by single signals."""
    tables.posts(12)
    for name in ("anna", "ben", "carl", "dora"):
        tables.person(name)
    tables.person("zoe2", of="zoe", joined_at=at(-3))
    tables.person("zoe1", of="zoe", joined_at=at(-2))
    tables.history("anna", *((n, n) for n in range(13)))
    tables.history("ben", *((n, n // 2) for n in range(8)), *((n, n - 3) for n in range(8, 13)))
    tables.history("carl", *((n, n // 3) for n in range(13)))
    tables.signal("open", "carl", 7, happened_at=None)
    tables.history("dora", (0, 0), (1, 1), start=9.5)
    tables.history("zoe1", *((n, n) for n in range(13)))
    for number in range(12):
        tables.post(number, at(number), connection="other")
    tables.person("erik", connection="other")
    tables.opens("erik", *range(4, 12), connection="other")


@pytest.mark.parametrize("report", [HOUSE, REGULARS, COVERAGE], ids=lambda report: report.name)
@pytest.mark.long
def test_an_answer_in_spans_is_the_answer_at_once(tables, at, monkeypatch, report):
    fill(tables, at)
    at_once = tables.ask(report, at(12), regular_of=4, regular_reads=2)
    for span_people in (1, 2, 5):
        monkeypatch.setattr(partitions, "SPAN_PEOPLE", span_people)
        assert tables.ask(report, at(12), regular_of=4, regular_reads=2) == at_once
    assert at_once.coverage.counted > 0


def test_each_person_is_in_one_span_with_all_their_subscriptions(tables, at):
    fill(tables, at)
    found = []
    tables.connection.execute("BEGIN")
    for span in partitions.partition_people(tables.connection, "notes", at(12), 2):
        rows = tables.connection.execute(
            "SELECT person_id, subscription_id FROM current_spells('notes', $as_of)",
            {"as_of": at(12)},
        ).fetchall()
        found += [(span, *row) for row in rows]
    tables.connection.execute("ROLLBACK")
    assert len(found) == 7
    spans = {person: {span for span, of, _ in found if of == person} for _, person, _ in found}
    assert len(spans) == 6
    assert all(len(numbers) == 1 for numbers in spans.values())
    # ids of one subscription lie close together, people of several come last
    assert spans["per_anna"] == spans["per_ben"] == {0}
    assert spans["per_zoe"] == {2}


@pytest.mark.long
def test_nothing_stays_behind(tables, at):
    fill(tables, at)
    tables.ask(HOUSE, at(12))
    ((left,),) = tables.connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE temporary"
    ).fetchall()
    assert left == 0
    ((macros,),) = tables.connection.execute(
        "SELECT count(*) FROM duckdb_functions() WHERE database_name = 'temp'"
        " AND function_name = 'current_spells'"
    ).fetchall()
    assert macros == 0


def test_a_publication_without_anybody_is_one_span_of_nobody(tables, at):
    tables.connection.execute("BEGIN")
    assert list(partitions.partition_people(tables.connection, "notes", at(1), 5)) == [0]
    tables.connection.execute("ROLLBACK")
