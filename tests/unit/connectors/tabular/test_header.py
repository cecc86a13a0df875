"""Headers as programs write them: over lines, behind ``sep=``, encoded otherwise, named twice."""

from pathlib import Path

import pytest
from support.files_folder import (
    POSTS,
    all_pages,
    everything,
    mapped,
    notices,
    pages_of,
)

from regulars_connectors.errors import InvalidFile
from regulars_connectors.instants import from_iso

GERMAN = """
[subscriptions]
file = "list.csv"
id = { column = "E-Mail-Adresse", digest = true }
email = "E-Mail-Adresse"
joined_at = { column = "Angemeldet am", format = "%d.%m.%Y %H:%M", zone = "Europe/Berlin" }
status = { column = "Status", words = { aktiv = "active", abgemeldet = "left" } }
"""
ROWS = (
    "jörg@bücher.example;Jörg Müller – Köln;24.03.2023 10:23;aktiv\r\n"
    "bo@example.org;Bo;25.07.2023 08:00;abgemeldet\r\n"
)
FLAT = "E-Mail-Adresse;Name;Angemeldet am;Status\r\n"
HEADERS = {
    "a name in two lines": 'E-Mail-Adresse;"Name\r\n(wie genannt)";Angemeldet am;Status\r\n',
    "a name that is read in two lines": 'E-Mail-Adresse;Name;"Angemeldet\nam";Status\r\n',
    "every name quoted, the last in three lines": (
        '"E-Mail-Adresse";"Name";"Angemeldet am";"Status\r\n\r\n"\r\n'
    ),
    "a name with delimiter and quotes": (
        'E-Mail-Adresse;"Name; ""wie\ngenannt""";Angemeldet am;Status\r\n'
    ),
    "sep": f"sep=;\r\n{FLAT}",
    "sep in quotes": f'"sep=;"\r\n{FLAT}',
    "SEP behind a blank line": f"\r\nSEP=;\r\n{FLAT}",
    "sep with delimiters behind it": f"sep=;;;;\r\n{FLAT}",
    "blank lines": f"\r\n \r\n{FLAT}",
}


def people(tmp_path: Path, content: bytes) -> list[tuple[str, int, str]]:
    (tmp_path / "list.csv").write_bytes(content)
    records, quarantined = everything(all_pages(mapped(tmp_path, GERMAN), "subscriptions"))
    assert quarantined == []
    return [(record.email, record.joined_at, record.status) for record in records]


# Berlin is an hour ahead in March before the 26th, and two hours in July.
JOERG = ("jörg@bücher.example", from_iso("2023-03-24T09:23:00Z"), "active")
BO = ("bo@example.org", from_iso("2023-07-25T06:00:00Z"), "left")


@pytest.mark.parametrize("case", HEADERS)
def test_headers_of_many_programs(tmp_path: Path, case: str) -> None:
    assert people(tmp_path, (HEADERS[case] + ROWS).encode()) == [JOERG, BO]


ENCODINGS = {
    "utf-8-sig": "UTF-8",
    "cp1252": "Windows-1252",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16-LE",
    "utf-16-be": "UTF-16-BE",
    "utf-32": "UTF-32",
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("header", [FLAT, f"sep=;\r\n{FLAT}"])
def test_encodings_of_spreadsheets(tmp_path: Path, encoding: str, header: str) -> None:
    assert people(tmp_path, (header + ROWS).encode(encoding)) == [JOERG, BO]
    said = notices(all_pages(mapped(tmp_path, GERMAN), "subscriptions"))
    inferred = [text for text in said if text.startswith("Read as ")]
    name = ENCODINGS[encoding]
    assert bool(inferred) == (name != "UTF-8")
    assert all(f"Read as {name}, because it is not UTF-8: list.csv." in text for text in inferred)


def test_utf_16_with_tabs_and_letters_of_two_words(tmp_path: Path) -> None:
    """What Excel calls Unicode text. An emoji takes two of its words."""
    text = "id\ttitle\tsent_at\np1\tFirst 🎈\t2025-01-07\np2\tŽluťoučký\t2025-01-14\n"
    (tmp_path / "posts.csv").write_bytes(text.encode("utf-16"))
    records, _ = everything(pages_of(tmp_path, "posts"))
    assert [record.title for record in records] == ["First 🎈", "Žluťoučký"]


def test_a_file_in_utf_16_resumes_at_each_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars_connectors.files.FilesConnector.page_rows", 1)
    rows = "".join(f"p{n},Zoë {n},2025-01-0{n}\n" for n in range(1, 6))
    (tmp_path / "posts.csv").write_bytes((POSTS + rows).encode("utf-16"))
    whole = pages_of(tmp_path, "posts")
    assert [row.id for page in whole for row in page.records] == ["p1", "p2", "p3", "p4", "p5"]
    for number, page in enumerate(whole[:-1]):
        assert pages_of(tmp_path, "posts", page.cursor) == whole[number + 1 :]


def test_a_line_is_counted_as_it_stands_in_the_file(tmp_path: Path) -> None:
    text = 'sep=,\n\nid,"title\nof it",title,sent_at\np1,x,A,2025-01-01\np2,x,B,never\n'
    (tmp_path / "posts.csv").write_text(text)
    _, (only,) = everything(pages_of(tmp_path, "posts"))
    assert (only.line, only.id) == (6, "p2")


# Names that differ by capitals, and names that stand twice


def one_person(tmp_path: Path, columns: str, header: str, row: str) -> tuple[str, str, str]:
    (tmp_path / "list.csv").write_text(f"{header}\n{row}\n")
    text = f'[subscriptions]\nfile = "list.csv"\n{columns}'
    (record,), quarantined = everything(all_pages(mapped(tmp_path, text), "subscriptions"))
    assert quarantined == []
    return record.id, record.email, record.status


KIT = "id,email,created_at,status,Status,Email"
KIT_ROW = "101,ada@example.org,2025-01-03,active,Freelancer,ada@work.example"


def test_the_name_as_written_goes_first(tmp_path: Path) -> None:
    found = one_person(tmp_path, 'joined_at = "created_at"\n', KIT, KIT_ROW)
    assert found == ("101", "ada@example.org", "active")


def test_each_of_two_names_is_read_where_a_map_asks_for_both(tmp_path: Path) -> None:
    columns = 'joined_at = "created_at"\nemail = "Email"\nsource = "Status"\n'
    (tmp_path / "list.csv").write_text(f"{KIT}\n{KIT_ROW}\n")
    text = f'[subscriptions]\nfile = "list.csv"\n{columns}'
    (record,), _ = everything(all_pages(mapped(tmp_path, text), "subscriptions"))
    assert (record.email, record.status, record.source) == (
        "ada@work.example",
        "active",
        "Freelancer",
    )


def test_capitals_are_passed_over_where_no_name_fits_exactly(tmp_path: Path) -> None:
    header = "ID,E-MAIL,Joined_At,STATUS"
    found = one_person(tmp_path, 'email = "e-mail"\n', header, "1,ada@example.org,2025-01-03,left")
    assert found == ("1", "ada@example.org", "left")


def test_several_in_other_capitals_are_refused_by_name(tmp_path: Path) -> None:
    header = "id,Email,EMAIL,joined_at,status"
    with pytest.raises(InvalidFile, match=r"email may mean Email or EMAIL\. The header has id, "):
        one_person(tmp_path, "", header, "1,a@example.org,b@example.org,2025-01-03,active")


@pytest.mark.parametrize(("number", "email"), [(1, "a@example.org"), (2, "b@example.org")])
def test_one_of_two_columns_of_a_name(tmp_path: Path, number: int, email: str) -> None:
    header = "id,Mail,Mail,joined_at,status"
    row = "1,a@example.org,b@example.org,2025-01-03,active"
    found = one_person(tmp_path, f'email = "mail ({number})"\n', header, row)
    assert found == ("1", email, "active")


def test_a_name_that_really_has_a_number_is_that_column(tmp_path: Path) -> None:
    header = "id,Mail,Mail,Mail (2),joined_at,status"
    row = "1,a@example.org,b@example.org,c@example.org,2025-01-03,active"
    assert one_person(tmp_path, 'email = "Mail (2)"\n', header, row)[1] == "c@example.org"


@pytest.mark.parametrize("number", ["(0)", "(3)"])
def test_a_number_beyond_the_columns_is_missing(tmp_path: Path, number: str) -> None:
    header = "id,Mail,Mail,joined_at,status"
    with pytest.raises(InvalidFile, match=r"names Mail \(.\) \(email\), which the file lacks"):
        one_person(tmp_path, f'email = "Mail {number}"\n', header, "1,a@b,c@d,2025-01-03,active")


def test_a_name_twice_says_how_to_choose(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text("id,title,sent_at,title\np1,A,2025-01-01,B\n")
    with pytest.raises(InvalidFile, match="names title twice") as raised:
        pages_of(tmp_path, "posts")
    assert 'write "title (1)" or "title (2)" in a column map' in raised.value.to_do


def test_two_of_ours_from_one_column_by_other_capitals(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="id and email are taken from one column, Mail"):
        one_person(
            tmp_path, 'id = "Mail"\nemail = "mail"\n', "Mail,joined_at,status", "a@b,2025,active"
        )


def test_a_column_twice_that_nobody_reads_is_nobodys_concern(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text("id,title,sent_at,Note,Note\np1,A,2025-01-01,x,y\n")
    (page,) = pages_of(tmp_path, "posts")
    assert len(page.records) == 1
