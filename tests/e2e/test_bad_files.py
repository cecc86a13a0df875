"""Folders of files that are wrong, through the real command line: a named error, or a row that is
set aside and listed, and nothing stored lost or doubled.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from pathlib import Path

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from support.newsletter import FaultyProvider, stored, tables

POSTS = "id,title,sent_at,opens_tracked\np1,First,2025-01-07T07:00:00Z,true\n"
PEOPLE = (
    "id,email,joined_at,left_at,status,source\n"
    "s1,one@example.org,2024-12-01,,active,web\ns2,two@example.org,2024-12-01,,active,web\n"
)
SIGNALS = "post_id,subscription_id,kind,at,machine,url\np1,s1,open,2025-01-07T09:00:00Z,false,\n"
IMPORT = ("import", "files", "history", "--publication", "shelf")

WRONG_FILES = {
    # the file, what it then holds, what is said of it
    "header lacks a column": ("posts.csv", b"id,title\np2,x\n", "lacks the column sent_at"),
    "header of another file": ("signals.csv", PEOPLE.encode(), "lacks the column post_id"),
    "column twice": ("posts.csv", b"id,title,sent_at,id\n", "names id twice"),
    "empty file": ("subscriptions.csv", b"", "the file is empty"),
    "spreadsheet by another name": ("subscriptions.csv", b"PK\x03\x04" + bytes(99),
                                    "line 1: this is a spreadsheet or another zip, not CSV"),
    "UTF-16 without its end": ("posts.csv", POSTS.encode("utf-16")[:-1], "UTF-16 and damaged"),
    "NUL bytes": ("signals.csv", SIGNALS.replace("url", "u\0rl").encode(), "NUL byte"),
    "quote that never closes": ("posts.csv", POSTS.encode() + b'p2,"x,2025-01-14,\n', "quote"),
}  # fmt: skip


@pytest.fixture(scope="module")
def filled(faulty_provider: FaultyProvider) -> Path:
    """A store into which a right folder was imported once."""
    folder = faulty_provider.letters.folder(
        "shelf", settings='[store]\nfolder = "data"\nfree_space_floor_mib = 0\n'
    )
    (folder / "history").mkdir()
    files = {"posts.csv": POSTS, "subscriptions.csv": PEOPLE, "signals.csv": SIGNALS}
    for name, text in files.items():
        (folder / "history" / name).write_text(text)
    with contextlib.chdir(folder):
        faulty_provider.letters.run(folder, *IMPORT)
    return folder


@pytest.fixture
def shelf(faulty_provider: FaultyProvider, filled: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, and the working directory."""
    faulty_provider.number += 1
    folder = faulty_provider.letters.folder(f"shelf-{faulty_provider.number}", filled)
    monkeypatch.chdir(folder)
    return folder


def _history(folder: Path) -> dict[str, str]:
    """The files that hold everything that is known."""
    return {name: digest for name, digest in stored(folder).items() if "journal" not in name}


@pytest.mark.parametrize("case", WRONG_FILES)
def test_file_that_is_wrong_as_a_whole(
    faulty_provider: FaultyProvider, shelf: Path, case: str
) -> None:
    name, content, place = WRONG_FILES[case]
    folder, before = shelf, _history(shelf)
    path = folder / "history" / name
    right = path.read_bytes()
    path.write_bytes(content)
    said = faulty_provider.letters.run(folder, *IMPORT, "--json", code=3)
    lines = said.three_lines("bad_source")
    assert name in lines["happened"]
    assert place in lines["happened"]
    assert f"Nothing was imported from {name}" in lines["safe"]
    assert said.json["runs"][0]["error"]["code"] == "bad_source"
    assert _history(folder) == before
    path.write_bytes(right)
    faulty_provider.letters.run(folder, *IMPORT)
    assert _history(folder) == before


ENCODINGS = {
    "Windows-1252": "cp1252",
    "UTF-16": "utf-16",
    "UTF-16-LE": "utf-16-le",
    "UTF-8": "utf-8-sig",
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_files_in_other_encodings(
    faulty_provider: FaultyProvider, shelf: Path, encoding: str
) -> None:
    """The same letters come to the same rows, and an encoding that was inferred is told."""
    path = shelf / "history" / "posts.csv"
    path.write_text(POSTS.replace("First", "Zoë’s café"), encoding="utf-8")
    faulty_provider.letters.run(shelf, *IMPORT)
    before = _history(shelf)
    path.write_text(POSTS.replace("First", "Zoë’s café"), encoding=ENCODINGS[encoding])
    said = faulty_provider.letters.run(shelf, *IMPORT)
    assert "posts: 1 seen, 0 new or different" in said.out
    assert (f"Read as {encoding}, because it is not UTF-8" in said.out) == (encoding != "UTF-8")
    assert _history(shelf) == before


@pytest.mark.long
def test_a_zip_of_the_folder_and_one_file_change_nothing(
    faulty_provider: FaultyProvider, shelf: Path
) -> None:
    """A folder, a zip of it, a zip in a folder and a single file are the same rows."""
    before = _history(shelf)
    shutil.make_archive("export", "zip", "history")
    Path("downloads").mkdir()
    shutil.copy("export.zip", "downloads/export (1).zip")
    for given, seen in (("export.zip", 3), ("downloads", 3), ("history/subscriptions.csv", 1)):
        said = faulty_provider.letters.run(shelf, "import", "files", given, *IMPORT[3:])
        assert said.out.count("0 new or different") >= seen
        assert "subscriptions: 2 seen, 0 new or different" in said.out
    assert _history(shelf) == before


def test_a_path_that_is_not_there_leaves_no_trace(
    faulty_provider: FaultyProvider, shelf: Path
) -> None:
    said = faulty_provider.letters.run(
        shelf, "import", "files", "exprot.zip", "--publication", "typo", code=3
    )
    lines = said.three_lines("bad_source")
    assert "There is no exprot.zip" in lines["happened"]
    assert "a zip of it, or one file" in lines["to_do"]
    assert "typo" not in faulty_provider.letters.run(shelf, "publication", "list").out


@pytest.mark.parametrize("content", [b"", b'id,email,joined_at,left_at,status,source\ns2,"x'])
@pytest.mark.long
def test_nobody_goes_with_a_file_that_cannot_be_seen(
    faulty_provider: FaultyProvider, shelf: Path, content: bytes
) -> None:
    """Of two files of a complete import one came broken: its person stays, until it is whole."""
    history = shelf / "history"
    header, one, two = PEOPLE.splitlines(keepends=True)
    (history / "subscriptions.csv").unlink()
    (history / "a.csv").write_text(header + one)
    (history / "b.csv").write_bytes(content)
    Path("map.toml").write_text('[subscriptions]\nfile = "?.csv"\n')
    words = (*IMPORT, "--complete", "--columns", "map.toml", "--accept-removals")
    before = tables(shelf)["subscriptions"]
    said = faulty_provider.letters.run(shelf, *words, "--json", code=6)
    (run,) = said.json["runs"]
    assert run["state"] == "partial"
    assert any("b.csv" in notice for notice in run["notices"])
    assert tables(shelf)["subscriptions"] == before
    (history / "b.csv").write_text(header + two)
    faulty_provider.letters.run(shelf, *words)
    assert len(tables(shelf)["subscriptions"]) == 2


def test_rows_that_are_wrong(faulty_provider: FaultyProvider, shelf: Path) -> None:
    """A wrong number of columns or a wrong type costs that row alone, and it is listed."""
    folder = shelf
    path = folder / "history" / "subscriptions.csv"
    path.write_text(
        PEOPLE
        + "s3,three@example.org,2024-12-01,,active\n"
        + "s4,four@example.org,last week,,active,web\n"
        + "s5,five@example.org,2024-12-01,,active,web\n"
    )
    said = faulty_provider.letters.run(folder, *IMPORT)
    assert "5 seen" not in said.out
    assert "2 could not be read" in said.out
    listed = (folder / "history" / "subscriptions.rejected.csv").read_text().splitlines()
    assert listed[1].startswith("4,") and "5 columns, the header has 6" in listed[1]  # noqa: PT018
    assert listed[2].startswith("5,") and "joined_at is not a time" in listed[2]  # noqa: PT018
    assert len(listed) == 3
    assert len(tables(folder)["subscriptions"]) == 3
    path.write_text(PEOPLE)
    faulty_provider.letters.run(folder, *IMPORT)
    assert not (folder / "history" / "subscriptions.rejected.csv").exists()


@pytest.mark.parametrize("what", ["no folder", "no file of ours", "a folder for a file"])
def test_folder_that_cannot_be_read(
    faulty_provider: FaultyProvider, shelf: Path, what: str
) -> None:
    folder, before = shelf, _history(shelf)
    history = folder / "history"
    if what == "no folder":
        history.rename(folder / "elsewhere")
    else:
        for path in history.iterdir():
            path.unlink()
    if what == "a folder for a file":
        (history / "posts.csv").mkdir()
    said = faulty_provider.letters.run(folder, *IMPORT, code=3)
    assert said.three_lines("bad_source")
    assert _history(folder) == before


def test_the_same_rows_as_parquet_change_nothing(
    faulty_provider: FaultyProvider, shelf: Path
) -> None:
    """CSV and Parquet are two forms of the same rows: tables and history are equal."""
    folder, before, known = shelf, _history(shelf), tables(shelf)
    for path in sorted((folder / "history").glob("*.csv")):
        table = pa_csv.read_csv(path)
        pq.write_table(table, path.with_suffix(".parquet"))
        path.unlink()
    said = faulty_provider.letters.run(folder, *IMPORT)
    assert "0 new or different" in said.out
    assert _history(folder) == before
    shutil.rmtree(folder / "data")
    faulty_provider.letters.run(folder, *IMPORT)
    assert {name: _undated(rows) for name, rows in tables(folder).items()} == {
        name: _undated(rows) for name, rows in known.items()
    }


def _undated(rows: list[str]) -> list[str]:
    """Rows without the moment at which they were seen, nor ids made with the store's secret."""
    return [re.sub(r"datetime\([^)]*\)|per_\w+|'20[2-9]\d-[^']*'", "", row) for row in rows]


def test_both_forms_of_a_table(faulty_provider: FaultyProvider, shelf: Path) -> None:
    folder, before = shelf, _history(shelf)
    pq.write_table(pa_csv.read_csv(folder / "history/posts.csv"), folder / "history/posts.parquet")
    said = faulty_provider.letters.run(folder, *IMPORT, code=3)
    assert "both posts.csv and posts.parquet" in said.three_lines("bad_source")["happened"]
    assert _history(folder) == before


def test_column_map_by_option(faulty_provider: FaultyProvider, shelf: Path) -> None:
    """Somebody else's export comes to the same tables; a wrong map is named and stores nothing."""
    folder, before = shelf, _history(shelf)
    path = folder / "history" / "subscriptions.csv"
    path.write_text("No;Mail;Since;State\ns1;one@example.org;01.12.2024;fine\n")
    (folder / "map.toml").write_text(
        '[subscriptions]\nid = "No"\nemail = "Mail"\nsource = { value = "web" }\n'
        'joined_at = { column = "Since", format = "%d.%m.%Y" }\n'
        'status = { column = "State", words = { fine = "active" } }\n'
    )
    said = faulty_provider.letters.run(folder, *IMPORT, "--columns", "map.toml")
    assert "subscriptions: 1 seen, 0 new or different" in said.out
    assert _history(folder) == before
    for text, code, what in [
        ('[subscriptions]\nmood = "No"\n', 2, "mood is not a column of subscriptions"),
        ("[subscriptions", 2, "not valid TOML"),
        (
            '[subscriptions]\nid = "Nr"\nemail = "Mail"\njoined_at = "Since"\nstatus = "State"\n',
            3,
            "which the file lacks. It has No, Mail",
        ),
    ]:
        (folder / "map.toml").write_text(text)
        said = faulty_provider.letters.run(folder, *IMPORT, "--columns", "map.toml", code=code)
        assert what in said.err
        assert _history(folder) == before


def test_some_files_missing(faulty_provider: FaultyProvider, shelf: Path) -> None:
    folder = shelf
    before = tables(folder)
    (folder / "history" / "posts.csv").unlink()
    faulty_provider.letters.run(folder, *IMPORT, "--complete")
    assert tables(folder)["posts"] == before["posts"]
