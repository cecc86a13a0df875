"""Times as providers write them, each with the instant worked out by hand."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from regulars_connectors.tabular.table import RowRefused
from regulars_connectors.tabular.times import check_formats, time_in_utc


@pytest.mark.parametrize(
    ("cell", "instant"),
    [
        # Go: a fraction of any length or none, the offset, the zone's name
        ("2024-05-06 07:08:09.123456 +0000 UTC", "2024-05-06T07:08:09.123456Z"),
        ("2024-05-06 07:08:09 +0000 UTC", "2024-05-06T07:08:09Z"),
        ("2024-05-06 07:08:09.5 +0530 IST", "2024-05-06T01:38:09.500000Z"),
        ("2024-05-06 07:08:09.12 -0300 -03", "2024-05-06T10:08:09.120000Z"),
        ("2024-05-06 07:08:09.123456789 +0200 CEST", "2024-05-06T05:08:09.123456Z"),
        ("2024-05-06 07:08:09.1 +0000 UTC m=+0.004", "2024-05-06T07:08:09.100000Z"),
        # the zone in words behind it
        ("2024-05-06 07:08:09 UTC", "2024-05-06T07:08:09Z"),
        ("2024-05-06 07:08 GMT", "2024-05-06T07:08:00Z"),
        ("2024-05-06T07:08:09+02:00", "2024-05-06T05:08:09Z"),
        ("2024-05-06", "2024-05-06T00:00:00Z"),
    ],
)
def test_forms_that_need_no_format(cell: str, instant: str) -> None:
    assert time_in_utc(cell, "at", ()) == instant


@pytest.mark.parametrize("cell", ["2024-05-06 07:08:09 EST", "06.05.2024", "1714979289", "soon"])
def test_a_time_that_may_mean_several_is_refused(cell: str) -> None:
    with pytest.raises(RowRefused, match="at is not a time like"):
        time_in_utc(cell, "at", ())


EPOCHS = ("epoch_seconds", "epoch_milliseconds")


@pytest.mark.parametrize(
    ("cell", "formats", "instant"),
    [
        # 1714979289 s = 19849 days and 25689 s after 1970: 2024-05-06, 07:08:09
        ("1714979289", EPOCHS, "2024-05-06T07:08:09Z"),
        ("1714979289123", EPOCHS, "2024-05-06T07:08:09.123000Z"),
        ("1714979289.5", ("epoch_seconds",), "2024-05-06T07:08:09.500000Z"),
        ("1714979289123456", ("epoch_microseconds",), "2024-05-06T07:08:09.123456Z"),
        ("2024/05/06", ("%Y/%m/%d", "iso"), "2024-05-06T00:00:00Z"),
        ("2024-05-06 07:08:09", ("%Y/%m/%d", "iso"), "2024-05-06T07:08:09Z"),
        ("May 06, 2024 07:08 am", ("iso", "%b %d, %Y %I:%M %p"), "2024-05-06T07:08:00Z"),
        ("2024-05-06T07:08:09+02:00", ("%d.%m.%Y",), "2024-05-06T05:08:09Z"),
        ("", ("%d.%m.%Y",), ""),
        ("NULL", ("%d.%m.%Y",), ""),
        ("0", EPOCHS, ""),
    ],
)
def test_several_forms_in_one_column(cell: str, formats: tuple[str, ...], instant: str) -> None:
    assert time_in_utc(cell, "at", formats) == instant


def test_a_time_with_its_own_zone_keeps_it() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert time_in_utc("2024-05-06 07:08", "at", ("iso",), berlin) == "2024-05-06T05:08:00Z"
    assert time_in_utc("2024-05-06 07:08 UTC", "at", ("iso",), berlin) == "2024-05-06T07:08:00Z"


def test_seconds_taken_for_milliseconds_are_no_time() -> None:
    with pytest.raises(RowRefused, match="at is before 1990 or after 2100"):
        time_in_utc("1714979289", "at", ("epoch_milliseconds",), UTC)
    with pytest.raises(RowRefused, match=r"at is not a time like %d\.%m\.%Y or iso"):
        time_in_utc("07.2024", "at", ("%d.%m.%Y", "iso"), UTC)


def test_day_and_month_in_either_order_are_refused_together() -> None:
    with pytest.raises(ValueError, match="read the same text as different days"):
        check_formats(("%d/%m/%Y", "%m/%d/%Y"))
    assert check_formats(("%d/%m/%Y", "%m-%d-%Y", "%d/%m/%Y %H:%M")) is not None


@pytest.mark.parametrize(
    "cell",
    [
        "", "  ", "NULL", "null", r"\N", "None", "NaN", "NaT", "-", "0",
        "0000-00-00", "0000-00-00 00:00:00",  # MySQL
        "0001-01-01 00:00:00 +0000 UTC", "0001-01-01T00:00:00Z",  # Go
        "9999-12-31", "9999-12-31 23:59:59",  # the open end of a spell
    ],
)  # fmt: skip
def test_cells_that_mean_no_time(cell: str) -> None:
    assert time_in_utc(cell, "at", ()) == ""


@pytest.mark.parametrize("cell", ["nil return", "00", "0000-00-01", "0000-00-00 soon", "n"])
def test_cells_that_are_no_time_and_mean_something(cell: str) -> None:
    with pytest.raises(RowRefused, match="at is not a time like"):
        time_in_utc(cell, "at", ())
