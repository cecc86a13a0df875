"""What every report promises: its statement, its parameters, its rows, its words.

Each statement runs on an empty database: DuckDB refuses missing and surplus parameters, and the
columns must be the fields of the evidence model.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files

import duckdb
import pytest
from support.empty_database import tables_in_memory

from regulars.reports import REPORTS
from regulars.reports.engine.facts import statement
from regulars.reports.engine.partitions import materialise_posts, partition_people
from regulars.reports.engine.report import run
from regulars.reports.readership import prepare_readers
from regulars.settings import PublicationSettings
from regulars.stats.recurrence import Rule
from regulars.store.columns import schema_text
from regulars.store.views import VIEW_FILES, create_views, view_statements

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
VALUES = {
    "publication": "notes",
    "as_of": NOW.replace(tzinfo=None),
    "needed_reads": 4,
    "last_posts": 8,
    "by_week": False,
    "time_zone": "Europe/Lisbon",
    "states": ",regular,",
    "windows": 4,
}
named = pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)


@contextmanager
def _tables():
    """A database in memory with every table and no view."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(schema_text())
        yield connection


def _views_in(connection):
    return connection.execute(
        "SELECT function_name, parameters, macro_definition FROM duckdb_functions()"
        " WHERE NOT internal ORDER BY function_name"
    ).fetchall()


@pytest.fixture(scope="module")
def empty(empty_database):
    """Every table and view and no row, for all reports: each takes back what it set aside."""
    with tables_in_memory(empty_database) as connection:
        yield connection


@pytest.fixture(scope="module")
def set_aside(empty_database):
    """The same, with the views set aside that a report sets aside: planning them takes long."""
    with tables_in_memory(empty_database) as connection:
        materialise_posts(connection, VALUES["publication"], VALUES["as_of"])
        notes = PublicationSettings(name="notes")
        prepare_readers(connection, notes, NOW, Rule(4, 8, "post", None))
        next(partition_people(connection, VALUES["publication"], VALUES["as_of"], None))
        yield connection


@named
def test_parameters_and_columns_are_the_declared_ones(set_aside, report):
    values = {name: VALUES[name] for name in report.query.model_fields}
    found = set_aside.execute(statement(report.name), values)
    columns = [column[0] for column in found.description]
    assert found.fetchall() == []
    assert columns == list(report.evidence.__struct_fields__)
    for name in values:
        fewer = {other: value for other, value in values.items() if other != name}
        with pytest.raises(duckdb.Error):
            set_aside.execute(statement(report.name), fewer)
    with pytest.raises(duckdb.Error):
        set_aside.execute(statement(report.name), values | {"surplus": 1})


@named
def test_extra_statements_ask_for_publication_and_instant_alone(set_aside, report):
    values = {name: VALUES[name] for name in ("publication", "as_of")}
    for name in report.extra_statements + report.extra_statements_in_spans:
        found = set_aside.execute(statement(name), values)
        assert [column[0] for column in found.description] == list(
            report.evidence.__struct_fields__
        )
        assert found.fetchall() == []


@named
def test_an_empty_store_has_an_answer(empty, report):
    envelope = run(report, empty, PublicationSettings(name="notes"), now=NOW)
    assert envelope.report == report.name
    assert envelope.as_of == NOW
    assert envelope.definition
    assert envelope.coverage.counted == 0
    written = envelope.model_dump_json()
    assert "NaN" not in written
    assert report.envelope.model_validate_json(written) == envelope


@named
def test_the_catalogue_says_what_it_is(report):
    assert report.question.endswith("?")
    for model in (report.parameters, report.result):
        assert model.__doc__
    for name, field in report.parameters.model_fields.items():
        assert field.description, name


def test_names_are_unique_and_every_report_is_documented():
    names = [report.name for report in REPORTS]
    assert len(set(names)) == len(names)


def test_every_view_file_is_used():
    folder = files("regulars.store") / "views"
    assert sorted(VIEW_FILES) == sorted(
        entry.name for entry in folder.iterdir() if entry.name.endswith(".sql")
    )


def test_views_made_from_shells_are_those_made_in_the_order_of_their_use():
    with _tables() as from_shells, _tables() as in_order:
        create_views(from_shells)
        for text in view_statements():  # DuckDB binds each of these with all that it names
            in_order.execute(text)
        assert _views_in(from_shells) == _views_in(in_order)
        assert len(_views_in(from_shells)) == len(VIEW_FILES)


def test_a_statement_is_one_statement():
    for text in (*view_statements(), *(statement(report.name) for report in REPORTS)):
        assert len(duckdb.extract_statements(text)) == 1
