"""The file connector on files that are right: what becomes of them, and resuming."""

import csv
from pathlib import Path

import pytest
from support.files_folder import (
    NOW,
    POSTS,
    SIGNALS,
    SUBSCRIPTIONS,
    connector_of,
    everything,
    pages_of,
    read,
    walk_of,
)

from regulars_connectors.contract import Connector, SyncState
from regulars_connectors.errors import CursorExpired
from regulars_connectors.files import FilesConnector
from regulars_connectors.instants import from_iso
from regulars_connectors.records import Post, Signal, Subscription

EXAMPLE = Path(__file__).parents[4] / "docs" / "how-to" / "import-files-example"


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FilesConnector, "page_rows", 2)


def test_it_is_a_connector(tmp_path: Path) -> None:
    connector = connector_of(tmp_path)
    assert isinstance(connector, Connector)
    assert [(stream.name, stream.kind) for stream in connector.streams()] == [
        ("posts", "state"),
        ("subscriptions", "state"),
        ("signals", "events"),
    ]
    connector.close()
    connector.close()


@pytest.mark.parametrize(("complete", "coverage"), [(False, "window"), (True, "whole")])
def test_complete_makes_walks_whole(tmp_path: Path, complete: bool, coverage: str) -> None:
    (tmp_path / "subscriptions.csv").write_text(SUBSCRIPTIONS)
    connector = connector_of(tmp_path, complete=complete)
    walks = [
        walk for stream in connector.streams() for walk in connector.walks(stream, SyncState())
    ]
    assert [(walk.stream.name, walk.coverage, walk.confirmed) for walk in walks] == [
        ("subscriptions", coverage, complete)
    ]


def test_posts(tmp_path: Path) -> None:
    records, quarantined = read(
        tmp_path,
        "posts",
        "id,title,sent_at,opens_tracked\n"
        "p1,First,2025-03-01T08:00:00+02:00,yes\n"
        "p2,Second,2025-03-02,NO\n"
        "p3,Later,2025-04-02,\n",
    )
    assert quarantined == []
    assert records == [
        Post(
            id="p1",
            title="First",
            status="sent",
            sent_at=from_iso("2025-03-01T06:00:00Z"),
            opens_tracked=True,
        ),
        Post(
            id="p2",
            title="Second",
            status="sent",
            sent_at=from_iso("2025-03-02T00:00:00Z"),
            opens_tracked=False,
        ),
        Post(id="p3", title="Later", status="scheduled", sent_at=from_iso("2025-04-02")),
    ]


def test_a_subscription_has_a_row_for_each_spell(tmp_path: Path) -> None:
    records, _ = read(
        tmp_path,
        "subscriptions",
        SUBSCRIPTIONS + "s1,a@example.org,2024-01-01,2024-06-01,left,web\n"
        "s1,a@example.org,2025-01-01T01:00:00+01:00,,Active,\n",
    )
    assert records == [
        Subscription(
            id="s1",
            spell="2024-01-01T00:00:00Z",
            email="a@example.org",
            status="left",
            joined_at=from_iso("2024-01-01"),
            left_at=from_iso("2024-06-01"),
            source="web",
        ),
        Subscription(
            id="s1",
            spell="2025-01-01T00:00:00Z",
            email="a@example.org",
            status="active",
            joined_at=from_iso("2025-01-01"),
        ),
    ]


def test_signals(tmp_path: Path) -> None:
    records, _ = read(
        tmp_path,
        "signals",
        "post_id,subscription_id,kind,at,machine,url,id,text,answer\n"
        "p1,s1,click,2025-03-01T08:00:00.5Z,0,https://example.org/,e1,not kept,not kept\n"
        "p1,s2,open,,,,,,\n"
        "p1,s3,poll,2025-03-01 08:00,,,e1,own words,A choice\n",
    )
    assert records == [
        Signal(
            kind="click",
            id="e1",
            post_id="p1",
            subscription_id="s1",
            at=from_iso("2025-03-01T08:00:00.5Z"),
            machine=False,
            url="https://example.org/",
        ),
        Signal(kind="open", post_id="p1", subscription_id="s2"),
        Signal(
            kind="poll",
            id="e1",
            post_id="p1",
            subscription_id="s3",
            at=from_iso("2025-03-01T08:00:00Z"),
            answer="A choice",
            text="own words",
        ),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_every_common_form_of_csv_gives_the_same(
    tmp_path: Path, delimiter: str, end: str, mark: str
) -> None:
    rows = [
        ["Sent_At", " title", "ID"],
        ["2025-01-01", f"two{end}lines, and ; and \t and “quotes”", "p1"],
        ["2025-01-02", 'a "word"', "p2"],
    ]
    with (tmp_path / "posts.csv").open("w", newline="", encoding="utf-8") as file:
        file.write(mark)
        csv.writer(file, delimiter=delimiter, lineterminator=end).writerows(rows)
    records, quarantined = everything(pages_of(tmp_path, "posts"))
    assert quarantined == []
    assert [(p.id, p.title) for p in records if isinstance(p, Post)] == [
        ("p1", rows[1][1]),
        ("p2", 'a "word"'),
    ]


def test_columns_that_nothing_reads_are_named(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text("Mood,id,title,sent_at\nfine,p1,A,2025-01-01\n")
    (page,) = pages_of(tmp_path, "posts")
    assert len(page.records) == 1
    assert page.notices == ["Columns that nothing reads in posts.csv: Mood."]


def test_blank_rows_say_nothing(tmp_path: Path) -> None:
    records, quarantined = read(tmp_path, "posts", POSTS + "\n,,\np1,A,2025-01-01\n \n,,,,\n\n")
    assert [record.id for record in records] == ["p1"]
    assert [row.line for row in quarantined] == [5]


def test_a_file_with_a_header_alone_is_one_empty_page(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text(POSTS)
    (page,) = pages_of(tmp_path, "posts")
    assert (page.records, page.cursor, page.fetched_at, page.total) == ([], None, NOW, None)


@pytest.mark.usefixtures("small_pages")
def test_a_walk_goes_on_from_any_cursor_with_the_right_lines(tmp_path: Path) -> None:
    rows = 'p1,"two\nlines",2025-01-01\nbad\np3,A,2025-01-03\np4,A,never\np5,A,2025-01-05\n'
    (tmp_path / "posts.csv").write_text(POSTS + rows)
    pages = pages_of(tmp_path, "posts")
    assert [len(page.records) + len(page.quarantined) for page in pages] == [2, 2, 1]
    assert [row.line for row in everything(pages)[1]] == [4, 6]
    for index, page in enumerate(pages[:-1]):
        assert pages_of(tmp_path, "posts", page.cursor) == pages[index + 1 :]


@pytest.mark.usefixtures("small_pages")
def test_a_page_that_ends_with_the_file_is_the_last(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text(POSTS + "p1,A,2025-01-01\np2,B,2025-01-02\n")
    assert [page.cursor for page in pages_of(tmp_path, "posts")] == [None]


def test_pages_of_long_rows_are_shorter(tmp_path: Path) -> None:
    row = f"p1,{'x' * 65_000},2025-01-01\n"
    (tmp_path / "posts.csv").write_text(POSTS + row * 200)
    assert [len(page.records) for page in pages_of(tmp_path, "posts")] == [130, 70]


@pytest.mark.usefixtures("small_pages")
def test_resuming_reads_nothing_before_the_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "signals.csv").write_text(SIGNALS + "p1,s1,open,,,\n" * 6)
    cursor = pages_of(tmp_path, "signals")[0].cursor
    monkeypatch.setattr(
        "regulars_connectors.files.opening.check_structure",
        lambda *_: pytest.fail("the file was read from its start"),
    )
    assert len(everything(pages_of(tmp_path, "signals", cursor))[0]) == 4


@pytest.mark.usefixtures("small_pages")
def test_a_cursor_expires_with_a_change_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "signals.csv"
    path.write_text(SIGNALS + "p1,s1,open,,,\n" * 4)
    cursor = pages_of(tmp_path, "signals")[0].cursor
    path.write_text(SIGNALS + "p1,s1,open,,,\n" * 5)
    with pytest.raises(CursorExpired, match=r"signals\.csv has changed"):
        pages_of(tmp_path, "signals", cursor)


@pytest.mark.usefixtures("small_pages")
def test_a_change_during_the_walk_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "signals.csv"
    path.write_text(SIGNALS + "p1,s1,open,,,\n" * 4)
    connector = connector_of(tmp_path)
    pages = connector.pages(walk_of(connector, "signals"))
    next(pages)
    with path.open("a") as file:
        file.write("p1,s1,open,,,\n")
    with pytest.raises(CursorExpired, match="while it was being read"):
        next(pages)


@pytest.mark.parametrize(
    "cursor", ["", "x", "1.2.3", "0/x", "9/x/", "²/x/1.1.1.0.m", "0/mark/1.²..0.m"]
)
def test_a_cursor_that_is_none_of_ours_is_refused(tmp_path: Path, cursor: str) -> None:
    (tmp_path / "posts.csv").write_text(POSTS)
    with pytest.raises(CursorExpired):
        pages_of(tmp_path, "posts", cursor)


def test_a_cursor_outside_the_file_is_refused(tmp_path: Path, small_pages: None) -> None:
    (tmp_path / "posts.csv").write_text(POSTS + "p1,A,2025-01-01\n" * 3)
    cursor = pages_of(tmp_path, "posts")[0].cursor or ""
    start, mark = cursor.rpartition("/")[0], cursor.rpartition(".")[2]
    for offset in (0, 10_000):
        with pytest.raises(CursorExpired):
            pages_of(tmp_path, "posts", f"{start}/1.{offset}.1.0.{mark}")


def test_a_preflight_says_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text("mood,id,title,sent_at\n" + "x,p,A,2025-01-01\n" * 12)
    (tmp_path / "signals.csv").write_text("wrong\n")
    preflight = connector_of(tmp_path).preflight()
    assert [(finding.name, finding.verdict) for finding in preflight.findings] == [
        ("posts.csv", "ok"),
        ("subscriptions.csv", "warning"),
        ("signals.csv", "error"),
    ]
    assert preflight.findings[0].text == (
        "about 12 rows, without the optional opens_tracked, delivered, exported_at."
        " Columns that nothing reads in posts.csv: mood."
    )


def test_a_preflight_estimates_big_files(tmp_path: Path) -> None:
    (tmp_path / "signals.csv").write_text(SIGNALS + "p1,s1,open,,,\n" * 60_000)
    finding = connector_of(tmp_path).preflight().findings[2]
    assert finding.text.startswith("about 60,0") or finding.text.startswith("about 59,9")


def test_a_preflight_without_a_folder_is_a_finding(tmp_path: Path) -> None:
    (finding,) = connector_of(tmp_path / "none").preflight().findings
    assert finding.verdict == "error"


def test_the_example_of_the_documentation_is_right() -> None:
    posts, subscriptions, signals = (
        everything(pages_of(EXAMPLE, name)) for name in ("posts", "subscriptions", "signals")
    )
    assert [posts[1], subscriptions[1], signals[1]] == [[], [], []]
    people = {row.id for row in subscriptions[0] if isinstance(row, Subscription)}
    letters = {row.id for row in posts[0] if isinstance(row, Post)}
    assert (len(letters), len(people), len(subscriptions[0])) == (12, 8, 9)
    for signal in signals[0]:
        assert isinstance(signal, Signal)
        assert signal.post_id in letters
        assert signal.subscription_id in people
