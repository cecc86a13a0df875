"""Limits and encodings bind the columns that are read. What nobody reads may be anything."""

from pathlib import Path

import pytest
from support.files_folder import POSTS, SUBSCRIPTIONS, all_pages, everything, mapped, read

from regulars_connectors.errors import InvalidFile

MIB = 1024 * 1024
MAIL = '[posts]\nfile = "posts.csv"\nskip = { status = "draft" }\ntitle = "web_title"\n'
MAIL += 'sent_at = "created_at"\n'
HEADER = b"id,web_title,status,content_html,created_at\n"

UNREAD = {
    "a mail of 70,000 letters": b'"<table>\n<td id=""x"">' + b"x" * 70_000 + b'"',
    "a mail of 5 MiB": b'"' + b"word, \n" * (5 * MIB // 7) + b'"',
    "a line of 2 MiB": b"x" * 2 * MIB,
    "a NUL": b"a\0b",
    "half a letter": b"caf\xc3",
    "a letter of Windows beside others in UTF-8": "Zoë and Jürgen".encode() + b" caf\xe9",
    "bytes of a picture": bytes(byte for byte in range(256) if byte not in b'\r\n",'),
}


@pytest.mark.parametrize("case", UNREAD)
def test_what_nobody_reads_may_be_anything(tmp_path: Path, case: str) -> None:
    """Of one post and one draft, the post is taken: Wed 18 January 2023, 21:25:27 UTC."""
    rows = b"post_1,Invented \xc3\xbc,confirmed," + UNREAD[case] + b",2023-01-18T21:25:27Z\n"
    rows += b"post_2,Later,draft," + UNREAD[case] + b",2023-01-19T21:25:27Z\n"
    (tmp_path / "posts.csv").write_bytes(HEADER + rows)
    (record,), quarantined = everything(all_pages(mapped(tmp_path, MAIL), "posts"))
    assert (record.id, record.title, record.sent_at) == ("post_1", "Invented ü", 1674077127000000)
    assert quarantined == []


READ = {
    "long": (b"x" * 70_000, "a cell is longer than 64 KiB"),
    "a NUL": (b"a\0b", "title holds a NUL byte"),
    "half a letter": (b"caf\xc3", "title holds bytes that are not UTF-8"),
}


@pytest.mark.parametrize("case", READ)
def test_what_is_read_costs_its_row(tmp_path: Path, case: str) -> None:
    cell, reason = READ[case]
    others = "p1,Zoë,2025-01-01\np3,Jürgen and Zoë,2025-01-03\n".encode()
    records, (only,) = read(tmp_path, "posts", POSTS.encode() + others + b"p2," + cell + b",2025\n")
    assert [record.id for record in records] == ["p1", "p3"]
    assert reason in only.reason
    assert (only.line, only.id) == (4, "p2")


def test_a_row_ends_somewhere(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_bytes(HEADER + b"p,T,confirmed," + b"x" * 33 * MIB + b",2025\n")
    with pytest.raises(InvalidFile, match="line 2: the row is longer than 32 MiB"):
        all_pages(mapped(tmp_path, MAIL), "posts")


NO_ADDRESSES = [
    "<hal@example.org>",
    "Hal <hal@example.org>",
    "mailto:gus@example.org",
    "ida@example.org;ivy@example.org",
    "ida@example.org/ivy@example.org",
    '"ida@example.org,ivy@example.org"',
    "ab@cd@example.org",
]


@pytest.mark.parametrize("cell", NO_ADDRESSES)
def test_what_is_no_address_is_rejected(tmp_path: Path, cell: str) -> None:
    _, (only,) = read(tmp_path, "subscriptions", SUBSCRIPTIONS + f"s1,{cell},2025-01-01,,active,\n")
    assert only.reason.startswith("email is not")
    assert only.id == "s1"


@pytest.mark.parametrize(
    "address", ["bo+letters@example.org", "o'hara@example.org", "müller@bücher.example", "a@b"]
)
def test_odd_addresses_that_are_some(tmp_path: Path, address: str) -> None:
    (record,), _ = read(
        tmp_path, "subscriptions", SUBSCRIPTIONS + f"s1, {address}\u00a0,2025-01-01,,active,\n"
    )
    assert record.email == address
