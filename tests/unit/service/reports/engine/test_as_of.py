"""The instant for which a report is asked."""

from datetime import UTC, datetime

import pytest

from regulars.errors import UsageWrong
from regulars.reports.engine.as_of import parse_as_of
from regulars.reports.engine.report import run
from regulars.reports.house import HOUSE
from regulars.settings import PublicationSettings

NOW = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (None, NOW),
        (" ", NOW),
        # a date is the end of that day in Lisbon; summer time began on 29 March
        ("2026-03-28", datetime(2026, 3, 29, 0, 0, tzinfo=UTC)),
        ("2025-07-01", datetime(2025, 7, 1, 23, 0, tzinfo=UTC)),
        # today is not over
        ("2026-03-29", NOW),
        ("2026-03-29T10:00:00Z", datetime(2026, 3, 29, 10, 0, tzinfo=UTC)),
        ("2026-03-29T10:00:00+02:00", datetime(2026, 3, 29, 8, 0, tzinfo=UTC)),
        # without a zone it is Lisbon's
        ("2025-07-01T10:00", datetime(2025, 7, 1, 9, 0, tzinfo=UTC)),
    ],
)
def test_what_a_text_means(text, moment):
    assert parse_as_of(text, "Europe/Lisbon", NOW) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-30",
        "2026-03-29T12:00:01Z",
        "yesterday",
        "2026-13-01",
        "0001-01-01",
        "1969-12-30",
        "9999-12-31",
    ],
)
def test_what_cannot_be_asked(text):
    with pytest.raises(UsageWrong):
        parse_as_of(text, "Europe/Lisbon", NOW)


def test_the_day_ends_where_the_publication_is():
    late = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    # in Tokyo it is the 29th already
    assert parse_as_of("2026-03-28", "Asia/Tokyo", late) == datetime(2026, 3, 28, 15, tzinfo=UTC)


def test_the_future_is_refused_by_the_report_itself(tables, at):
    notes = PublicationSettings(name="notes")
    later = datetime(2027, 1, 1, tzinfo=UTC)
    with pytest.raises(UsageWrong):
        run(HOUSE, tables.connection, notes, as_of=later, now=NOW)
