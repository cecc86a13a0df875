"""What an import is given: folders, zips, zips in zips, single files, and their moments."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.files_folder import (
    NOW,
    POSTS,
    SIGNALS,
    SUBSCRIPTIONS,
    all_pages,
    connector_of,
    everything,
    mapped,
    notices,
    pages_of,
    zipped,
)

from regulars_connectors.errors import CursorExpired, InvalidFile
from regulars_connectors.files import FilesConnector
from regulars_connectors.instants import from_iso
from regulars_connectors.tabular import archive, contents
from regulars_connectors.tabular.contents import Contents
from regulars_connectors.tabular.source_file import SourceFile

PEOPLE = '[subscriptions]\nfile = "subscribed_*.csv"\n'
PERSON = SUBSCRIPTIONS + "s1,ada@example.org,2022-03-05T10:00:00Z,,active,\n"
ONE_POST = POSTS + "p1,A,2025-01-01\n"


def ids(path: Path, name: str, columns: str = "") -> list[str]:
    records, _ = everything(all_pages(mapped(path, columns), name))
    return [record.id for record in records]


def inner(files: dict[str, str | bytes]) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return raw.getvalue()


# Zips as they were downloaded


@pytest.mark.parametrize("given", ["folder", "zip"])
@pytest.mark.parametrize(
    "entry",
    [
        "subscribed_members_export_1.csv",
        "export-1/subscribed_members_export_1.csv",
        "SUBSCRIBED_members.CSV",
    ],
)
def test_a_zip_is_read_as_it_is(tmp_path: Path, given: str, entry: str) -> None:
    path = zipped(tmp_path / "in" / "export.zip", {entry: PERSON})
    assert ids(path if given == "zip" else path.parent, "subscriptions", PEOPLE) == ["s1"]
    assert [one.name for one in path.parent.iterdir()] == ["export.zip"]


def test_a_zip_in_a_zip(tmp_path: Path) -> None:
    member = inner({"subscribed_members_export_a.csv": PERSON, "readme.txt": "x"})
    path = zipped(tmp_path / "export.zip", {"lists/members_a.zip": member})
    pages = all_pages(mapped(path, PEOPLE), "subscriptions")
    (record,), _ = everything(pages)
    assert record.joined_at == from_iso("2022-03-05T10:00:00Z")
    assert notices(pages) == [
        "1 file was read by no table: export.zip/lists/members_a.zip/readme.txt."
    ]


def test_folders_in_a_zip_are_those_of_a_map(tmp_path: Path) -> None:
    """Substack's: two opens of post 7, one of post 8, leftovers of a Mac."""
    head = "post_id,email,at\n"
    path = zipped(
        tmp_path / "export.zip",
        {
            "posts.csv": ONE_POST,
            "posts/7.opens.csv": f"{head}7,a@example.org,2025-01-01\n7,b@example.org,2025-01-01\n",
            "posts/8.opens.csv": f"{head}8,a@example.org,2025-01-08\n",
            "posts/9.opens.csv": "",
            "__MACOSX/posts/._7.opens.csv": b"\0\5\x16\7",
        },
    )
    columns = '[signals]\nfile = "posts/*.opens.csv"\nkind = { value = "open" }\n'
    columns += 'subscription_id = { column = "email", digest = true }\n'
    pages = all_pages(mapped(path, columns), "signals")
    assert [record.post_id for record in everything(pages)[0]] == ["7", "7", "8"]
    assert notices(pages) == [
        "1 file without a row says nothing: export.zip/posts/9.opens.csv.",
    ]
    assert notices(all_pages(mapped(path, columns), "posts")) == [
        (
            "1 file that a computer leaves behind was passed over:"
            " export.zip/__MACOSX/posts/._7.opens.csv."
        )
    ]


def test_parquet_in_a_zip(tmp_path: Path) -> None:
    raw = io.BytesIO()
    pq.write_table(pa.table({"id": ["p1"], "title": ["A"], "sent_at": ["2025-01-01"]}), raw)
    path = zipped(tmp_path / "export.zip", {"posts.parquet": raw.getvalue()})
    assert ids(path, "posts") == ["p1"]


def test_a_zip_beside_its_unpacked_files_counts_once(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text(ONE_POST)
    zipped(tmp_path / "export.zip", {"posts.csv": ONE_POST})
    zipped(tmp_path / "export (1).zip", {"export/posts.csv": ONE_POST})
    pages = pages_of(tmp_path, "posts")
    assert len(everything(pages)[0]) == 1
    assert notices(pages) == [
        "2 files were read once, as equal: export (1).zip/export/posts.csv, export.zip/posts.csv."
    ]


def test_files_of_a_name_that_differ_are_each_read(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text(ONE_POST)
    zipped(tmp_path / "export.zip", {"posts.csv": ONE_POST.replace("p1", "p2")})
    assert sorted(ids(tmp_path, "posts")) == ["p1", "p2"]


@pytest.mark.parametrize("marked", [True, False])
def test_names_in_odd_encodings(tmp_path: Path, marked: bool) -> None:
    """Many programs write UTF-8 and do not say so. Macs part a letter from its accent."""
    path = zipped(tmp_path / "export.zip", {"subscribed_Ju\u0308rgen.csv": PERSON})
    if not marked:
        raw = bytearray(path.read_bytes())
        for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            raw[raw.index(mark) + at + 1] &= ~0x08
        path.write_bytes(raw)
    columns = '[subscriptions]\nfile = "subscribed_J\u00fcrgen.csv"\n'
    assert ids(path, "subscriptions", columns) == ["s1"]


def test_a_name_on_disk_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text(ONE_POST)
    try:
        with open(os.fsencode(tmp_path) + b"/caf\xe9.csv", "wb") as file:
            file.write(b"x\n")
    except OSError:
        pytest.skip("this disk takes names in UTF-8 alone")
    (notice,) = notices(pages_of(tmp_path, "posts"))
    assert notice == "1 file was read by no table: caf\ufffd.csv."


def test_rejected_rows_of_a_zip_are_listed_beside_it(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export.zip", {"x/posts.csv": POSTS + "p1,A,soon\n", "y.txt": "x"})
    columns = '[posts]\nfile = "x/posts.csv"\n'
    pages = all_pages(mapped(path, columns), "posts")
    listed = tmp_path / "export--x--posts.rejected.csv"
    assert f"Rejected rows are listed in {listed}." in notices(pages)
    assert listed.read_text().splitlines()[1].startswith("2,sent_at is not a time")


def test_an_import_of_a_zip_resumes_and_notices_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FilesConnector, "page_rows", 1)
    rows = "".join(f"p{n},A,2025-01-0{n}\n" for n in range(1, 4))
    path = zipped(tmp_path / "export.zip", {"posts.csv": POSTS + rows})
    whole = all_pages(connector_of(path), "posts")
    assert len(whole) == 3
    for number, page in enumerate(whole[:-1]):
        assert all_pages(connector_of(path), "posts", page.cursor) == whole[number + 1 :]
    zipped(path, {"posts.csv": POSTS + rows.replace("A", "B")})
    with pytest.raises(CursorExpired):
        all_pages(connector_of(path), "posts", whole[0].cursor)


# Zips that are wrong, or meant to harm


def test_no_path_leads_out_of_a_zip(tmp_path: Path) -> None:
    """Nothing is unpacked by name at all; such an entry is not read either."""
    names = ("../posts.csv", "/tmp/../../posts.csv", "C:\\posts.csv", "..\\posts.csv")
    path = zipped(
        tmp_path / "in" / "export.zip", {"posts.csv": ONE_POST} | dict.fromkeys(names, "x")
    )
    pages = all_pages(connector_of(path), "posts")
    assert len(everything(pages)[0]) == 1
    assert sum("its name leads out of the zip" in text for text in notices(pages)) == 4
    assert [one.name for one in tmp_path.iterdir()] == ["in"]


def test_a_link_in_a_zip_is_none_to_follow(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(ONE_POST)
    link = zipfile.ZipInfo("posts.csv")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(link, str(tmp_path / "secret"))
    with pytest.raises(InvalidFile, match="it is a link or a device"):
        all_pages(connector_of(path), "posts")


def test_an_encrypted_zip_says_so(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export.zip", {"posts.csv": ONE_POST})
    raw = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + at] |= 1
    path.write_bytes(raw)
    with pytest.raises(InvalidFile, match="it is encrypted: unpack the zip with its password"):
        all_pages(connector_of(path), "posts")


def test_a_method_that_is_unknown_here_says_so(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export.zip", {"posts.csv": ONE_POST})
    raw = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", raw, raw.index(mark) + at, 9)  # deflate64
    path.write_bytes(raw)
    with pytest.raises(InvalidFile, match="packed by a method that is unknown here"):
        all_pages(connector_of(path), "posts")


@pytest.mark.parametrize("size", [0, 30, 100])
def test_a_zip_that_is_cut_short(tmp_path: Path, size: int) -> None:
    path = zipped(tmp_path / "export.zip", {"posts.csv": ONE_POST * 20})
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(InvalidFile, match=r"export\.zip cannot be read: it is damaged"):
        all_pages(connector_of(path), "posts")
    (tmp_path / "posts.csv").write_text(ONE_POST)
    pages = pages_of(tmp_path, "posts")
    assert len(everything(pages)[0]) == 1
    assert any(text.startswith("export.zip was left out:") for text in notices(pages))


def test_bytes_that_were_damaged_in_a_zip(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export.zip", {"posts.csv": POSTS + "p1,A,2025-01-01\n" * 500})
    raw = bytearray(path.read_bytes())
    raw[60] ^= 0xFF
    path.write_bytes(raw)
    with pytest.raises(InvalidFile, match=r"posts\.csv in export\.zip cannot be unpacked"):
        all_pages(connector_of(path), "posts")


def test_a_zip_that_would_fill_the_disk(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export.zip", {"posts.csv": b"0" * (archive.FREE_BYTES + 1)})
    assert path.stat().st_size < 100_000
    with pytest.raises(InvalidFile, match="it would unpack to 64 MiB") as raised:
        all_pages(connector_of(path), "posts")
    assert "Unpack export.zip yourself" in raised.value.to_do


def test_a_zip_of_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_ENTRIES", 10)
    path = zipped(tmp_path / "export.zip", {f"{number}.txt": "" for number in range(11)})
    with pytest.raises(InvalidFile, match="it holds more than 10 files"):
        all_pages(connector_of(path), "posts")


@pytest.mark.long
def test_the_end_of_a_big_zip_announces_its_files(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export.zip", {f"{number}.txt": "" for number in range(70_000)})
    with pytest.raises(InvalidFile, match="it holds more than 50,000 files"):
        all_pages(connector_of(path), "posts")


def test_zips_in_zips_have_an_end(tmp_path: Path) -> None:
    raw = inner({"posts.csv": ONE_POST})
    for _ in range(3):
        raw = inner({"deeper.zip": raw})
    path = tmp_path / "export.zip"
    path.write_bytes(raw)
    with pytest.raises(InvalidFile, match="a zip too deep"):
        all_pages(connector_of(path), "posts")


# Single files, and files of another kind


@pytest.mark.parametrize("name", ["posts.csv", "my posts of 2025.csv", "download.txt"])
def test_a_single_file_has_its_table_by_its_name_or_columns(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(ONE_POST)
    (tmp_path / "signals.csv").write_text(SIGNALS)
    assert ids(tmp_path / name, "posts") == ["p1"]


def test_a_single_file_has_the_only_part_of_a_map(tmp_path: Path) -> None:
    (tmp_path / "people of may.csv").write_text(PERSON.replace("email", "Mail"))
    columns = '[subscriptions]\nfile = "subscribed_*.csv"\nemail = "Mail"\n'
    assert ids(tmp_path / "people of may.csv", "subscriptions", columns) == ["s1"]


def test_a_single_file_of_no_table(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InvalidFile, match=r"list\.csv is none of posts\.csv, .* by its columns"):
        pages_of(tmp_path / "list.csv", "posts")


@pytest.mark.parametrize("given", ["folder", "file"])
@pytest.mark.parametrize("ending", ["xlsx", "XLS", "ods", "numbers"])
def test_a_spreadsheet_is_told_apart(tmp_path: Path, given: str, ending: str) -> None:
    path = tmp_path / f"members.{ending}"
    path.write_bytes(inner({"xl/workbook.xml": "<x/>"}))
    with pytest.raises(InvalidFile, match="is a spreadsheet, which Regulars cannot read") as raised:
        pages_of(tmp_path if given == "folder" else path, "posts")
    assert "CSV in UTF-8" in raised.value.to_do


@pytest.mark.parametrize("name", ["posts.csv.gz", "export.tar", "export.TGZ", "export.7z"])
def test_another_packing_than_zip_is_told_apart(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x1f\x8b" + bytes(9))
    with pytest.raises(InvalidFile, match=f"{name} is packed in a form") as raised:
        pages_of(tmp_path, "posts")
    assert "as a zip" in raised.value.to_do


def test_a_folder_of_other_files_says_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "members.json").write_text("[]")
    with pytest.raises(InvalidFile, match=r"holds none of posts\.csv, .* It holds members\.json\."):
        pages_of(tmp_path, "posts")


def test_a_circle_of_links_has_an_end(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text(ONE_POST)
    (tmp_path / "again").symlink_to(tmp_path)
    assert ids(tmp_path, "posts") == ["p1"]


def test_a_folder_of_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MOST_FILES", 3)
    for number in range(4):
        (tmp_path / f"{number}.txt").write_text("")
    with pytest.raises(InvalidFile, match="holds more than 3 files"):
        pages_of(tmp_path, "posts")


# When a file was exported


def found(path: Path) -> dict[str, SourceFile]:
    with Contents(path, NOW) as given:
        return {file.name: file for file in given.files}


DATED = {
    # the name, and what it says
    "subscribers-2025-03-01.csv": "2025-03-01",
    "subscribers_20250301.csv": "2025-03-01",
    "2025_03_01 list.csv": "2025-03-01",
    "list 2025-03-01T08_30_15.csv": "2025-03-01T08:30:15",
    "list 2025-03-01 08-30.csv": "2025-03-01T08:30:00",
    "list 2024-01-01 to 2025-03-01.csv": "2025-03-01",
    "2025-03/list.csv": "2025-03-01",
    "2025-02-28/list 2025-03-01.csv": "2025-03-01",
}


@pytest.mark.parametrize("name", DATED)
def test_a_date_in_a_name_is_the_moment(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("x")
    file = found(tmp_path)[name]
    assert (file.moment, file.moment_from) == (from_iso(DATED[name]), "name")


@pytest.mark.parametrize(
    "name",
    [
        "4711_issue.csv",
        "190000001.opens.csv",
        "202503.csv",
        "list 2025-13-01.csv",
        "2999-01-01.csv",
        "members_export_8f20250301a.csv",
    ],
)
def test_figures_that_are_no_date_leave_the_word_to_the_disk(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    os.utime(tmp_path / name, (1_740_000_000, 1_740_000_000))
    file = found(tmp_path)[name]
    assert (file.moment, file.moment_from) == (1_740_000_000_000_000, "file")


def test_the_folder_that_was_given_may_tell_the_date(tmp_path: Path) -> None:
    (tmp_path / "2025-03").mkdir()
    (tmp_path / "2025-03" / "list.csv").write_text("x")
    assert found(tmp_path / "2025-03")["list.csv"].moment == from_iso("2025-03-01")


def test_an_entry_has_the_time_of_its_zip(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(zipfile.ZipInfo("a.csv", (2025, 3, 1, 8, 30, 14)), "x")
        exact = zipfile.ZipInfo("b.csv", (2025, 3, 1, 8, 30, 14))
        exact.extra = struct.pack("<HHBi", 0x5455, 5, 1, 1_740_000_000)
        file.writestr(exact, "x")
        file.writestr(zipfile.ZipInfo("undated.csv"), "x")
        file.writestr(zipfile.ZipInfo("future.csv", (2090, 1, 1, 0, 0, 0)), "x")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    files = found(path)
    assert files["export.zip/a.csv"].moment == from_iso("2025-03-01T08:30:14Z")
    assert files["export.zip/b.csv"].moment == 1_740_000_000_000_000
    for name in ("undated", "future"):
        file = files[f"export.zip/{name}.csv"]
        assert (file.moment, file.moment_from) == (1_700_000_000_000_000, "file")


@pytest.mark.parametrize("names", [("list.csv", "list (1).csv", "list (2).csv", "list (10).csv")])
@pytest.mark.parametrize("apart", [0.0, 0.4, -20.0])
def test_downloads_that_were_copied_together_go_by_their_number(
    tmp_path: Path, names: tuple[str, ...], apart: float
) -> None:
    """Sorted by name ``(1)`` comes first; the browser wrote it second."""
    for number, name in enumerate(names):
        (tmp_path / name).write_text("x")
        at = 1_740_000_000 + number * apart
        os.utime(tmp_path / name, (at, at))
    assert [file.name for file in sorted(found(tmp_path).values(), key=by_age)] == list(names)


def test_downloads_on_different_days_go_by_the_day(tmp_path: Path) -> None:
    """The first one was deleted and downloaded again: it has no number, and is the newest."""
    for day, name in ((1, "list (1).csv"), (2, "list.csv")):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (1_740_000_000 + day * 86_400,) * 2)
    files = sorted(found(tmp_path).values(), key=by_age)
    assert [file.name for file in files] == ["list (1).csv", "list.csv"]


def by_age(file: SourceFile) -> tuple[int, int]:
    return file.age
