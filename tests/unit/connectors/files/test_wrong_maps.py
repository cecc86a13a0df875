"""When exports were made, and column maps that are wrong."""

import os
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError
from support.mapped_files import pages, records, write

from regulars_connectors.errors import InvalidFile
from regulars_connectors.files import FilesSettings
from regulars_connectors.instants import from_iso
from regulars_connectors.records import Signal
from regulars_connectors.validation_messages import describe

# When rows were exported


def test_rows_carry_the_moment_of_their_export(tmp_path: Path) -> None:
    header = "id,email,joined_at,left_at,status,source"
    for name, day in (("list 2025-02-01.csv", "left"), ("list 2025-03-01 (1).csv", "active")):
        (tmp_path / name).write_text(f"{header}\ns,a@example.org,2024-01-01,,{day},\n")
    (tmp_path / "list.csv").write_text(
        f"{header},exported_at\ns,a@example.org,2024-01-01,,active,,2025-02-15T07:00:00Z\n"
    )
    os.utime(tmp_path / "list.csv", (1735689600, 1735689600))  # 2025-01-01
    found = pages(tmp_path, "subscriptions", '[subscriptions]\nfile = "list*.csv"\n')
    assert [moment for page in found for moment in page.as_of] == [
        from_iso("2025-02-15T07:00:00Z"),  # its own column
        from_iso("2025-02-01"),
        from_iso("2025-03-01"),
    ]
    found = pages(
        tmp_path, "subscriptions", '[subscriptions]\nfile = "list*.csv"\n', exported_at="2025-01-31"
    )
    assert {moment for page in found for moment in page.as_of} == {
        from_iso("2025-02-15T07:00:00Z"),
        from_iso("2025-01-31"),
    }


@pytest.mark.parametrize("text", ["someday", "2025-13-01", "1970-01-01"])
def test_a_date_of_export_that_is_none(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValidationError, match="must be a date"):
        FilesSettings(folder=tmp_path, exported_at=text)  # type: ignore[arg-type]


# Maps that are wrong

WRONG = {
    "by of a time": ('[posts]\nsent_at = { column = "a", by = "b" }\n', "by is for post_id and"),
    "earliest of an id": (
        '[posts]\nid = { column = "a", earliest = { file = "{id}.csv", column = "t" } }\n',
        "id is not a time",
    ),
    "earliest of no id": (
        '[posts]\nsent_at = { column = "a", earliest = { file = "x.csv", column = "t" } }\n',
        "earliest needs {id} once",
    ),
    "a file's name without a place": (
        '[signals]\npost_id = { file_name = "x.csv" }\n',
        "with {} once",
    ),
    "two sources": (
        '[signals]\npost_id = { file_name = "{}.csv", column = "x" }\n',
        "or file_name",
    ),
    "together alone": ('[posts]\nid = { column = "a", together = true }\n', "several columns"),
    "an optional id": ('[posts]\nid = { column = "a", optional = true }\n', "cannot be optional"),
    "an optional value": (
        '[posts]\nopens_tracked = { file_name = "{}", optional = true }\n',
        "optional is for columns",
    ),
    "either order": (
        '[posts]\nsent_at = { column = "a", format = ["%d/%m/%Y", "%m/%d/%Y"] }\n',
        "as different days",
    ),
    "one address for two": (
        '[subscriptions]\nid = "Mail"\nemail = "Mail"\n',
        "id and email are taken from one column",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_map_that_is_wrong_is_named(tmp_path: Path, case: str) -> None:
    text, message = WRONG[case]
    with pytest.raises(ValidationError) as raised:
        FilesSettings(folder=tmp_path, columns=tomllib.loads(text))  # type: ignore[arg-type]
    assert message in describe(raised.value, FilesSettings)


def test_a_table_that_others_refer_to_lacks_the_column(tmp_path: Path) -> None:
    write(tmp_path, {"posts.csv": "id,title,sent_at\np,A,2025-01-07\n", "o.csv": "t,s\nA,s\n"})
    maps = """
        [signals]
        file = "o.csv"
        post_id = { column = "t", by = "Name" }
        subscription_id = "s"
        kind = { value = "open" }
    """
    with pytest.raises(InvalidFile, match=r"names Name \(by\), which the file lacks"):
        records(tmp_path, "signals", maps)
    assert isinstance(records(tmp_path, "signals", maps.replace("Name", "title"))[0], Signal)
