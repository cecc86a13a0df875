"""One bad file of an import costs itself and is named. The others are read."""

from pathlib import Path

import pytest
from support.files_folder import (
    POSTS,
    SIGNALS,
    SUBSCRIPTIONS,
    all_pages,
    connector_of,
    everything,
    mapped,
    notices,
    pages_of,
)

from regulars_connectors.errors import InvalidFile
from regulars_connectors.files import FilesConnector

OPENS = """
[signals]
file = "posts/*.opens.csv"
subscription_id = { column = "email", digest = true }
kind = { value = "open" }
"""
GOOD = "post_id,email,at\n7,ada@example.org,2025-02-01\n7,bo@example.org,2025-02-01\n"
LINES = "post_id,email,at"

HARMLESS = {
    # name: what lies there, what is said of it
    "empty": ("8.opens.csv", b"", "1 file without a row says nothing: posts/8.opens.csv."),
    "one line break": ("8.opens.csv", b"\n", "1 file without a row says nothing: posts/8.opens.c"),
    "header alone": ("8.opens.csv", f"{LINES}\n".encode(), "1 file without a row says nothing"),
    "header without an end": ("8.opens.csv", LINES.encode(), "1 file without a row says nothing"),
    "byte order mark alone": ("8.opens.csv", b"\xef\xbb\xbf", "1 file without a row says nothing"),
    "a Mac's": ("._8.opens.csv", b"\0\5\x16\7Mac", "passed over: posts/._8.opens.csv."),
    "hidden": (".8.opens.csv", GOOD.encode(), "passed over: posts/.8.opens.csv."),
    "an open spreadsheet's": ("~$8.opens.csv", b"\5Ada", "passed over: posts/~$8.opens.csv."),
    "pictures of a folder": ("Thumbs.db", b"\xd0\xcf\x11\xe0", "passed over: posts/Thumbs.db."),
}
BROKEN = {
    "no quote at the end": f'{LINES}\n8,"cy@example.org,\n'.encode(),
    "another table": b"id,title\n8,Eight\n",
    "a spreadsheet": b"PK\x03\x04" + bytes(400),
    "a web page": b"<!doctype html><title>Please log in</title>\n",
    "half of UTF-16": f"{LINES}\n8,cy@example.org,\n".encode("utf-16")[:-1],
}


def folder_with(tmp_path: Path, name: str, content: bytes) -> Path:
    posts = tmp_path / "posts"
    posts.mkdir()
    (posts / "7.opens.csv").write_text(GOOD)
    (posts / "9.opens.csv").write_text("post_id,email,at\n9,ada@example.org,2025-02-08\n")
    (posts / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize("case", HARMLESS)
def test_a_file_that_says_nothing_is_named(tmp_path: Path, case: str) -> None:
    """Two opens in one file and one in the other make three."""
    name, content, said = HARMLESS[case]
    pages = all_pages(mapped(folder_with(tmp_path, name, content), OPENS), "signals")
    records, quarantined = everything(pages)
    assert [row.post_id for row in records] == ["7", "7", "9"]
    assert quarantined == []
    assert any(said in notice for notice in notices(pages))


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_named_and_counts_as_a_row_that_could_not_be_read(
    tmp_path: Path, case: str
) -> None:
    connector = mapped(folder_with(tmp_path, "8.opens.csv", BROKEN[case]), OPENS)
    pages = all_pages(connector, "signals")
    records, (only,) = everything(pages)
    assert [row.post_id for row in records] == ["7", "7", "9"]
    assert only.reason.startswith("posts/8.opens.csv: line ")
    assert any(text.startswith("posts/8.opens.csv was left out: line ") for text in notices(pages))


def test_a_folder_in_the_place_of_a_file_costs_itself(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "10.opens.csv", b"")
    (folder / "posts" / "10.opens.csv").unlink()
    (folder / "posts" / "10.opens.csv").mkdir()
    pages = all_pages(mapped(folder, OPENS), "signals")
    assert len(everything(pages)[0]) == 3
    assert "posts/10.opens.csv was left out: is not a file." in notices(pages)


def test_a_table_of_which_nothing_can_be_read_is_refused(tmp_path: Path) -> None:
    """Not a single open was seen, so nobody may be told that there were none."""
    folder = folder_with(tmp_path, "8.opens.csv", b"")
    for name in ("7.opens.csv", "9.opens.csv"):
        (folder / "posts" / name).write_bytes(b"\n")
    with pytest.raises(InvalidFile, match="the file is empty"):
        all_pages(mapped(folder, OPENS), "signals")


def test_a_broken_file_names_the_fault_before_an_empty_one(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "8.opens.csv", BROKEN["another table"])
    for name in ("7.opens.csv", "9.opens.csv"):
        (folder / "posts" / name).write_bytes(b"")
    with pytest.raises(InvalidFile, match=r"8\.opens\.csv, line 1: the header lacks"):
        all_pages(mapped(folder, OPENS), "signals")


UNSEEN = {
    "a quote that never closes": ("b.csv", b'id,email,joined_at,left_at,status,source\ns2,"x\n'),
    "a file that was cut to nothing": ("b.csv", b""),
    "a zip that is damaged": ("b.zip", b"PK\x03\x04 and then nothing"),
}


@pytest.mark.parametrize("case", UNSEEN)
def test_nobody_is_missed_where_a_file_of_a_complete_import_cannot_be_seen(
    tmp_path: Path, case: str
) -> None:
    """A row without an id stands for the file: the walk is then not proven whole."""
    name, content = UNSEEN[case]
    (tmp_path / "a.csv").write_text(SUBSCRIPTIONS + "s1,a@example.org,2025-01-01,,active,\n")
    (tmp_path / name).write_bytes(content)
    connector = mapped(tmp_path, '[subscriptions]\nfile = "*.csv"\n', complete=True)
    (page,) = all_pages(connector, "subscriptions")
    assert len(page.records) == 1
    assert [row.id for row in page.quarantined] == [None]
    assert page.quarantined[0].reason.startswith(f"{name}: ")


def test_a_file_of_a_complete_import_with_its_first_line_alone_has_nobody(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(SUBSCRIPTIONS + "s1,a@example.org,2025-01-01,,active,\n")
    (tmp_path / "b.csv").write_text(SUBSCRIPTIONS)
    connector = mapped(tmp_path, '[subscriptions]\nfile = "*.csv"\n', complete=True)
    records, quarantined = everything(all_pages(connector, "subscriptions"))
    assert (len(records), quarantined) == (1, [])


def test_an_import_that_was_interrupted_passes_over_the_broken_file_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FilesConnector, "page_rows", 1)
    folder = folder_with(tmp_path, "8.opens.csv", BROKEN["another table"])
    whole = all_pages(mapped(folder, OPENS), "signals")
    assert [len(page.records) for page in whole] == [1, 1, 1]
    for number, page in enumerate(whole[:-1]):
        assert all_pages(mapped(folder, OPENS), "signals", page.cursor) == whole[number + 1 :]


def test_what_no_table_takes_is_named_once(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text(POSTS + "p1,A,2025-01-01\n")
    (tmp_path / "signals.csv").write_text(SIGNALS + "p1,s1,open,,,\n")
    for name in ("readme.html", "opens-of-may.csv", "map.toml", "posts.rejected.csv"):
        (tmp_path / name).write_text("x")
    assert notices(pages_of(tmp_path, "posts")) == [
        "2 files were read by no table: opens-of-may.csv, readme.html."
    ]
    assert notices(pages_of(tmp_path, "signals")) == []
    said = [finding.text for finding in connector_of(tmp_path).preflight().findings]
    assert said[-1] == "2 files were read by no table: opens-of-may.csv, readme.html."


def test_the_list_of_rejected_rows_is_told(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text(POSTS + "p1,A,soon\n")
    (notice,) = notices(pages_of(tmp_path, "posts"))
    assert notice == f"Rejected rows are listed in {tmp_path / 'posts.rejected.csv'}."


def test_names_that_differ_by_capitals_are_files_too(tmp_path: Path) -> None:
    (tmp_path / "Posts.CSV").write_text(POSTS + "p1,A,2025-01-01\n")
    assert len(everything(pages_of(tmp_path, "posts"))[0]) == 1
    (tmp_path / "posts.csv").write_text(POSTS + "p1,A,2025-01-01\np2,B,2025-01-08\n")
    pages = pages_of(tmp_path, "posts")
    assert len(everything(pages)[0]) == 2
    assert notices(pages) == ["1 file was read by no table: Posts.CSV."]
