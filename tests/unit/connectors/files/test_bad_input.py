"""The file connector on files that are wrong: as a whole, or in one row."""

import csv
import os
from pathlib import Path

import pytest
from support.files_folder import (
    POSTS,
    SIGNALS,
    SUBSCRIPTIONS,
    connector_of,
    everything,
    pages_of,
    read,
    walk_of,
)

from regulars_connectors.errors import InvalidFile
from regulars_connectors.files import FilesConnector
from regulars_connectors.records import Subscription

MIB = 1024 * 1024

WHOLE_FILES = {
    "empty": ("posts", b"", "line 1: the file is empty"),
    "byte order mark alone": ("posts", b"\xef\xbb\xbf", "line 1: the file is empty"),
    "line breaks alone": ("posts", b"\r\n\r\n", "line 1: the file is empty"),
    "no header": ("posts", b"p1,A,2025-01-01\n", "lacks the column id, title, sent_at"),
    "column missing": ("posts", b"id,title\np1,A\n", "lacks the column sent_at"),
    "column twice": ("posts", b"id,title,sent_at,id\n", "names id twice"),
    "quoted header": ("posts", b'"id,title,sent_at\n', "quotes of the header do not pair"),
    "quote of the header closes in a row": (
        "posts",
        b'id,title,"sent_at\np1,A,2025-01-01\np2,"B",2025-01-08\n',
        "quotes of the header do not pair",
    ),
    "header runs on": (
        "posts",
        b'id,title,"sent_at\np1,A,2025-01-01",x\n',
        "it runs over 2 lines: is a quote missing?",
    ),
    "long header": ("posts", b"id," * 30_000, "first line is longer than 64 KiB"),
    "half of utf-16": ("posts", POSTS.encode("utf-16") + b"x", "is in UTF-16 and damaged"),
    "nul in the header": ("posts", b"id,title,sent\0_at\n", "line 1: there is a NUL byte"),
    "carriage returns": ("posts", b"id,title,sent_at\rp1,A,2025-01-01\r", "carriage return"),
    "spreadsheet": ("posts", b"PK\x03\x04" + b"x" * 99, "this is a spreadsheet or another zip"),
    "web page": ("posts", b"<!DOCTYPE html>\n<title>Log in</title>", "this is a web page"),
    "endless quote": (
        "signals",
        SIGNALS.encode() + b'p1,s1,open,,,"\n' + b"p1,s1,open,,,\n" * 10,
        "line 2: a quote opens in this row and never closes",
    ),
    "endless quote in a big file": (
        "signals",
        SIGNALS.encode() + b'p1,s1,open,,,"\n' + b"p1,s1,open,,,\n" * 2_500_000,
        "line 2: the row is longer than 32 MiB",
    ),
    "endless line": ("posts", POSTS.encode() + b"x" * 33 * MIB, "line 2: the row is longer than"),
}


@pytest.mark.parametrize("case", WHOLE_FILES)
def test_a_file_wrong_as_a_whole_is_a_named_error_and_gives_nothing(
    tmp_path: Path, case: str
) -> None:
    name, content, message = WHOLE_FILES[case]
    (tmp_path / f"{name}.csv").write_bytes(content)
    connector = connector_of(tmp_path)
    with pytest.raises(InvalidFile) as raised:
        next(connector.pages(walk_of(connector, name)))
    assert raised.value.happened.startswith(f"{name}.csv, line ")
    assert message in raised.value.happened
    assert f"Nothing was imported from {name}.csv" in raised.value.safe
    assert raised.value.to_do
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.csv"]


ROWS = {
    "too few columns": ("posts", POSTS, "p1,A", "the row has 2 columns, the header has 3"),
    "too many columns": ("posts", POSTS, "p1,A,2025-01-01,x", "the row has 4 columns"),
    "quote missing": ("posts", POSTS, 'p1,"A\np2,B",x,y', "it runs over 2 lines"),
    "quotes": ("posts", POSTS, 'p1,"A"B,2025-01-01', "the quotes of the row do not pair"),
    "no id": ("posts", POSTS, " ,A,2025-01-01", "id is empty"),
    "no time": ("posts", POSTS, "p1,A,", "sent_at is empty"),
    "no time, as a database says it": ("posts", POSTS, "p1,A,NULL", "sent_at is empty"),
    "id of a spreadsheet": ("posts", POSTS, "4.71E+11,A,2025-01-01", "id was shortened by"),
    "person of a spreadsheet": (
        "signals",
        SIGNALS,
        'p1,"4,71E+11",open,,,',
        "subscription_id was shortened by",
    ),
    "no real time": ("posts", POSTS, "p1,A,01/02/2025", "sent_at is not a time"),
    "no such day": ("posts", POSTS, "p1,A,2025-02-30", "sent_at is not a time"),
    "long ago": ("posts", POSTS, "p1,A,1989-12-31", "before 1990"),
    "far ahead": ("posts", POSTS, "p1,A,2101-01-01", "after 2100"),
    "first year": ("posts", POSTS, "p1,A,0001-01-01T00:00:00+14:00", "before 1990"),
    "long cell": ("posts", POSTS, f"p1,{'ü' * 32769},2025-01-01", "longer than 64 KiB"),
    "longer cell": ("posts", POSTS, f'p1,"{"x" * 200_000}",2025-01-01', "longer than 64 KiB"),
    "carriage return": ("posts", POSTS, "p1,A\rB,2025-01-01", "the quotes of the row do not"),
    "truth": ("posts", POSTS[:-1] + ",opens_tracked\n", "p1,A,2025-01-01,maybe", "opens_tracked"),
    "address": ("subscriptions", SUBSCRIPTIONS, "s1,nobody,2025-01-01,,active,", "email is not"),
    "blank in address": ("subscriptions", SUBSCRIPTIONS, "s1,a b@c,2025-01-01,,active,", "email"),
    "long address": (
        "subscriptions",
        SUBSCRIPTIONS,
        f"s1,{'a' * 400}@example.org,2025-01-01,,active,",
        "email is longer than 320",
    ),
    "no status": ("subscriptions", SUBSCRIPTIONS, "s1,a@b,2025-01-01,, ,", "status is empty"),
    "joined someday": (
        "subscriptions",
        SUBSCRIPTIONS,
        "s1,a@b,someday,,active,",
        "joined_at is not a time",
    ),
    "left too early": (
        "subscriptions",
        SUBSCRIPTIONS,
        "s1,a@b,2025-01-02,2025-01-01,left,",
        "left_at is before joined_at",
    ),
    "active and gone": (
        "subscriptions",
        SUBSCRIPTIONS,
        "s1,a@b,2025-01-02,2025-01-03,active,",
        "status is active, but left_at",
    ),
    "kind": ("signals", SIGNALS, "p1,s1,glance,,,", "kind must be one of send, open"),
    "no post": ("signals", SIGNALS, ",s1,open,,,", "post_id is empty"),
    "nobody": ("signals", SIGNALS, "p1,,open,,,", "subscription_id is empty"),
    "machine": ("signals", SIGNALS, "p1,s1,open,,robot,", "machine must be true, false or empty"),
}

RIGHT = {
    "posts": {3: "p9,Z,2025-01-09\n", 4: "p9,Z,2025-01-09,\n"},
    "subscriptions": {6: "s9,z@example.org,2025-01-09,,active,\n"},
    "signals": {6: "p9,s9,open,,,\n"},
}


@pytest.mark.parametrize(
    ("word", "left_at", "status", "kept"),
    [
        ("Gone fishing", "", "unknown", "Gone fishing"),
        ("UNKNOWN", "", "unknown", None),
        ("activ", "", "unknown", "activ"),
        # The date of leaving says it, whatever the word.
        ("gone", "2025-03-01", "left", "gone"),
        ("Left", "2025-03-01", "left", None),
    ],
)
def test_a_word_that_nobody_knows_is_neither_there_nor_gone(
    tmp_path: Path, word: str, left_at: str, status: str, kept: str | None
) -> None:
    row = f"s1,a@b,2025-01-01,{left_at},{word},\n"
    records, quarantined = read(tmp_path, "subscriptions", SUBSCRIPTIONS + row)
    assert quarantined == []
    (person,) = records
    assert isinstance(person, Subscription)
    assert (person.status, person.provider_status) == (status, kept)


@pytest.mark.parametrize("case", ROWS)
def test_a_wrong_row_is_set_aside_and_the_others_go_on(tmp_path: Path, case: str) -> None:
    name, header, row, reason = ROWS[case]
    right = RIGHT[name][header.count(",") + 1]
    records, quarantined = read(tmp_path, name, header + right + row + "\n" + right)
    assert len(records) == 2
    (only,) = quarantined
    assert reason in only.reason
    assert only.line == 3
    with (tmp_path / f"{name}.rejected.csv").open(newline="", encoding="utf-8") as file:
        listed = list(csv.reader(file))
    text = row.replace("\r", " ")  # a control character of a stranger leaves as a space
    shown = text if len(text) < 32_000 else f"{text[:32_000]}…"
    assert listed == [["line", "reason", "row"], ["3", only.reason, shown]]


def test_reasons_do_not_repeat_what_is_about_people(tmp_path: Path) -> None:
    row = "s1,reader at example org,2025-01-01,,active,\n"
    _, (only,) = read(tmp_path, "subscriptions", SUBSCRIPTIONS + row)
    assert "reader" not in only.reason


@pytest.mark.parametrize("row", ["s1,x", 's1,"x"y,', "s1,a@b,2025-01-01,,,", "s1,x,,,,,,,,"])
def test_a_rejected_row_still_says_whom_it_is_about(tmp_path: Path, row: str) -> None:
    _, (only,) = read(tmp_path, "subscriptions", SUBSCRIPTIONS + row)
    assert only.id == "s1"


def test_a_surplus_cell_is_not_taken_for_an_id(tmp_path: Path) -> None:
    _, (only,) = read(tmp_path, "signals", SIGNALS + "p1,s1,open,,,,surplus\n")
    assert only.id is None


@pytest.mark.parametrize("faulty", ['"x"y,"', '"' + "x" * 140_000])
def test_words_of_a_reader_never_pass_for_rows(tmp_path: Path, faulty: str) -> None:
    """A row that cannot be read ends where its quotes end, not at its first line break."""
    header = SIGNALS[:-1] + ",text\n"
    row = f'p1,s1,comment,,,{faulty}\np1,s1,click,,,,\n",\n'
    records, quarantined = read(tmp_path, "signals", header + row + "p1,s2,open,,,,\n,,,,,,x\n")
    assert [(r.kind, r.subscription_id) for r in records] == [("open", "s2")]
    assert [row.line for row in quarantined] == [2, 6]


def test_no_folder_no_files(tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("")
    for folder in (tmp_path / "none", tmp_path / "a-file", tmp_path):
        with pytest.raises(InvalidFile) as raised:
            walk_of(connector_of(folder), "posts")
        assert str(folder) in raised.value.happened
        assert raised.value.to_do


def test_a_folder_or_a_pipe_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").mkdir()
    os.mkfifo(tmp_path / "signals.csv")
    for name in ("posts", "signals"):
        with pytest.raises(InvalidFile, match=f"{name}.csv is not a file"):
            pages_of(tmp_path, name)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "posts.csv").write_text(POSTS)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InvalidFile, match=r"posts\.csv cannot be read: Permission denied"):
        pages_of(tmp_path, "posts")


def test_a_file_that_vanished(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text(POSTS)
    connector = connector_of(tmp_path)
    walk = walk_of(connector, "posts")
    (tmp_path / "posts.csv").unlink()
    with pytest.raises(InvalidFile, match="No such file"):
        list(connector.pages(walk))


def test_a_disk_that_fails_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "posts.csv").write_text(POSTS)

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("regulars_connectors.tabular.reader.RowReader.read", fail)
    with pytest.raises(InvalidFile, match="Input/output error"):
        pages_of(tmp_path, "posts")


class TestListOfRejectedRows:
    def test_nothing_in_it_runs_in_a_spreadsheet(self, tmp_path: Path) -> None:
        rows = "=1+1\n+1\n-1\n@x\n\t=1\n"
        read(tmp_path, "posts", POSTS + rows)
        with (tmp_path / "posts.rejected.csv").open(newline="") as file:
            cells = [row[2] for row in csv.reader(file)][1:]
        assert cells == ["'=1+1", "'+1", "'-1", "'@x", "' =1"]

    def test_it_goes_when_nothing_is_rejected_any_more(self, tmp_path: Path) -> None:
        read(tmp_path, "posts", POSTS + "bad\n")
        assert (tmp_path / "posts.rejected.csv").stat().st_mode & 0o777 == 0o600
        read(tmp_path, "posts", POSTS + "p1,A,2025-01-01\n")
        assert [path.name for path in tmp_path.iterdir()] == ["posts.csv"]

    def test_an_interrupted_walk_goes_on_with_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(FilesConnector, "page_rows", 2)
        (tmp_path / "posts.csv").write_text(POSTS + "".join(f"bad{i}\n" for i in range(5)))
        whole = pages_of(tmp_path, "posts")
        expected = (tmp_path / "posts.rejected.csv").read_bytes()
        (tmp_path / "posts.rejected.csv").unlink()
        connector = connector_of(tmp_path)
        interrupted = connector.pages(walk_of(connector, "posts"))
        cursor = next(interrupted).cursor
        next(interrupted)  # read, but never committed: its rows come again
        interrupted.close()
        assert not (tmp_path / "posts.rejected.csv").exists()
        assert everything(pages_of(tmp_path, "posts", cursor)) == everything(whole[1:])
        assert (tmp_path / "posts.rejected.csv").read_bytes() == expected

    def test_a_lost_beginning_is_told(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        monkeypatch.setattr(FilesConnector, "page_rows", 2)
        (tmp_path / "posts.csv").write_text(POSTS + "bad\n" * 3)
        cursor = pages_of(tmp_path, "posts")[0].cursor
        (tmp_path / "posts.rejected.csv").unlink()
        assert len(everything(pages_of(tmp_path, "posts", cursor))[1]) == 1
        assert [record.message for record in caplog.records] == ["files.rejected_list_incomplete"]

    def test_it_is_whole_when_the_last_page_comes_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(FilesConnector, "page_rows", 2)
        (tmp_path / "posts.csv").write_text(POSTS + "bad\n" * 3)
        cursor = pages_of(tmp_path, "posts")[0].cursor
        expected = (tmp_path / "posts.rejected.csv").read_bytes()
        pages_of(tmp_path, "posts", cursor)
        assert (tmp_path / "posts.rejected.csv").read_bytes() == expected
        assert not (tmp_path / "posts.rejected.csv.part").exists()

    @pytest.mark.parametrize("blocked", ["posts.rejected.csv", "posts.rejected.csv.part"])
    def test_that_it_cannot_be_written_stops_nothing(
        self, tmp_path: Path, blocked: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / blocked).mkdir()
        records, quarantined = read(tmp_path, "posts", POSTS + "bad\np1,A,2025-01-01\n")
        assert (len(records), len(quarantined)) == (1, 1)
        assert [record.message for record in caplog.records] == ["files.rejected_list_not_written"]

    def test_that_it_cannot_be_continued_stops_nothing(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        monkeypatch.setattr(FilesConnector, "page_rows", 1)
        (tmp_path / "posts.csv").write_text(POSTS + "bad\n" * 3)
        cursor = pages_of(tmp_path, "posts")[0].cursor
        (tmp_path / "posts.rejected.csv.part").mkdir()
        assert len(everything(pages_of(tmp_path, "posts", cursor))[1]) == 2
        assert [record.message for record in caplog.records] == ["files.rejected_list_not_written"]
