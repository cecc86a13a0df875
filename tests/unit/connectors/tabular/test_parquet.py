"""The file connector on Parquet: the same rows as from CSV, whatever the types, and bad files."""

import csv
import tempfile
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as encryption
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.files_folder import POSTS, SUBSCRIPTIONS, connector_of, everything, pages_of, walk_of

from regulars_connectors.contract import SyncState
from regulars_connectors.errors import ConnectorError, CursorExpired, InvalidFile
from regulars_connectors.files import FilesConnector
from regulars_connectors.instants import from_iso
from regulars_connectors.records import Post, Quarantined, Record, Signal, Subscription
from regulars_connectors.tabular import parquet as parquet_module

JANUARY = datetime(2025, 1, 7, 8, 30, 0, 250_000, tzinfo=UTC).replace(tzinfo=None)
PEOPLE = {
    "id": ["s1", "s2"],
    "email": ["a@example.org", "b@example.org"],
    "joined_at": [JANUARY, JANUARY],
    "left_at": pa.array([None, JANUARY + timedelta(days=9)], pa.timestamp("us")),
    "status": ["active", "left"],
    "source": pa.array([None, "web"], pa.string()),
}


def read(folder: Path, name: str, columns: dict[str, Any] | pa.Table, **options: Any) -> Any:
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    pq.write_table(table, folder / f"{name}.parquet", **options)
    return everything(pages_of(folder, name))


def posts(**columns: Any) -> pa.Table:
    """Two right posts, with some columns of another type."""
    right = {"id": ["p1", "p2"], "title": ["A", "B"], "sent_at": ["2025-01-07", "2025-01-14"]}
    return pa.table(right | columns)


def test_subscriptions_from_typed_columns(tmp_path: Path) -> None:
    records, quarantined = read(tmp_path, "subscriptions", PEOPLE)
    assert quarantined == []
    joined = from_iso("2025-01-07T08:30:00.25Z")
    assert records == [
        Subscription(
            id="s1",
            spell="2025-01-07T08:30:00.250000Z",
            email="a@example.org",
            status="active",
            joined_at=joined,
        ),
        Subscription(
            id="s2",
            spell="2025-01-07T08:30:00.250000Z",
            email="b@example.org",
            status="left",
            joined_at=joined,
            left_at=from_iso("2025-01-16T08:30:00.25Z"),
            source="web",
        ),
    ]


MOMENTS: dict[str, tuple[pa.Array, str]] = {
    "with a zone": (
        pa.array([JANUARY.replace(tzinfo=UTC)] * 2, pa.timestamp("us", "America/New_York")),
        "2025-01-07T08:30:00.25Z",
    ),
    "without a zone": (pa.array([JANUARY] * 2, pa.timestamp("us")), "2025-01-07T08:30:00.25Z"),
    "milliseconds": (pa.array([JANUARY] * 2, pa.timestamp("ms")), "2025-01-07T08:30:00.25Z"),
    "nanoseconds": (
        pa.array([1_736_238_600_250_000_999] * 2, pa.int64()).cast(pa.timestamp("ns")),
        "2025-01-07T08:30:00.25Z",
    ),
    "days": (pa.array([date(2025, 1, 7)] * 2), "2025-01-07T00:00:00Z"),
    "text": (pa.array(["2025-01-07T09:30:00+01:00"] * 2), "2025-01-07T08:30:00Z"),
    "large text": (pa.array(["2025-01-07"] * 2, pa.large_string()), "2025-01-07T00:00:00Z"),
    "dictionary": (pa.array(["2025-01-07"] * 2).dictionary_encode(), "2025-01-07T00:00:00Z"),
}


@pytest.mark.parametrize("kind", MOMENTS)
def test_times_of_every_type(tmp_path: Path, kind: str) -> None:
    column, expected = MOMENTS[kind]
    records, quarantined = read(tmp_path, "posts", posts(sent_at=column))
    assert quarantined == []
    assert [post.sent_at for post in records] == [from_iso(expected)] * 2


IDS: dict[str, tuple[pa.Array, list[str]]] = {
    "whole numbers": (pa.array([7, 2**60]), ["7", str(2**60)]),
    "small unsigned": (pa.array([7, 200], pa.uint8()), ["7", "200"]),
    "floating where numbers had gaps": (pa.array([7.0, 12345678.0]), ["7", "12345678"]),
    "decimal": (pa.array([Decimal("7.00"), Decimal("1200.00")]), ["7", "1200"]),
    "uuid": (
        pa.array([uuid.UUID(int=7).bytes, uuid.UUID(int=9).bytes], pa.uuid()),
        [str(uuid.UUID(int=7)), str(uuid.UUID(int=9))],
    ),
}


@pytest.mark.parametrize("kind", IDS)
def test_ids_of_every_type(tmp_path: Path, kind: str) -> None:
    column, expected = IDS[kind]
    records, _ = read(tmp_path, "posts", posts(id=column))
    assert [post.id for post in records] == expected


def test_truths_and_what_is_not_said(tmp_path: Path) -> None:
    for tracked, expected in [
        (pa.array([True, None]), [True, None]),
        (pa.array([0, 1], pa.int8()), [False, True]),
        (pa.nulls(2), [None, None]),
    ]:
        records, _ = read(tmp_path, "posts", posts(opens_tracked=tracked))
        assert [post.opens_tracked for post in records] == expected


def test_surplus_columns_may_be_of_any_type(tmp_path: Path) -> None:
    table = posts(tags=[["a", "b"], []], facts=[{"x": 1}, None])
    assert len(read(tmp_path, "posts", table)[0]) == 2


@pytest.mark.parametrize("column", [[["p1"], ["p2"]], [{"x": "p1"}, None], [b"p1", b"p2"]])
def test_a_column_that_is_no_single_value_is_named_with_its_type(
    tmp_path: Path, column: list[Any]
) -> None:
    with pytest.raises(
        InvalidFile, match=r"the column id has the type .*not a single readable value"
    ):
        read(tmp_path, "posts", posts(id=column))


def test_a_missing_column_is_named_with_those_found(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile) as raised:
        read(tmp_path, "posts", {"id": ["p1"], "Title ": ["A"], "when": [1]})
    assert "lacks the column sent_at. It has id, Title, when" in raised.value.happened
    assert "Nothing was imported from posts.parquet" in raised.value.safe


def test_rejected_rows_are_listed_by_their_number(tmp_path: Path) -> None:
    table = posts(sent_at=["2025-01-07", "never"], mood=["fine", "fine"])
    records, (only,) = read(tmp_path, "posts", table)
    assert len(records) == 1
    assert (only.line, only.id) == (2, "p2")
    with (tmp_path / "posts.rejected.csv").open(newline="") as file:
        listed = list(csv.reader(file))
    assert listed == [["row number", "reason", "row"], ["2", only.reason, "p2,B,never"]]


def test_moments_beyond_all_bounds_cost_their_row_alone(tmp_path: Path) -> None:
    far = pa.array([2**62, -(2**62)], pa.int64()).cast(pa.timestamp("us"))
    _, rows = read(tmp_path, "posts", posts(sent_at=far))
    assert ["before 1990 or after 2100" in row.reason for row in rows] == [True, True]


def test_both_forms_of_one_table_are_refused(tmp_path: Path) -> None:
    pq.write_table(posts(), tmp_path / "posts.parquet")
    (tmp_path / "posts.csv").write_text(POSTS)
    connector = connector_of(tmp_path)
    with pytest.raises(InvalidFile) as raised:
        connector.walks(connector.streams()[0], SyncState())
    assert "both posts.csv and posts.parquet" in raised.value.happened
    assert [finding.verdict for finding in connector.preflight().findings] == ["error"]


def test_the_forms_may_be_mixed(tmp_path: Path) -> None:
    pq.write_table(posts(), tmp_path / "posts.parquet")
    (tmp_path / "subscriptions.csv").write_text(SUBSCRIPTIONS)
    connector = connector_of(tmp_path)
    walks = [
        walk for stream in connector.streams() for walk in connector.walks(stream, SyncState())
    ]
    assert [walk.stream.name for walk in walks] == ["posts", "subscriptions"]
    assert connector.preflight().findings[0].text.startswith("about 2 rows")


@pytest.mark.parametrize("rows_in_a_group", [1, 3, 4, 100])
def test_a_walk_goes_on_from_any_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_in_a_group: int
) -> None:
    monkeypatch.setattr(FilesConnector, "page_rows", 2)
    monkeypatch.setattr(parquet_module, "BATCH_ROWS", 3)
    table = pa.table(
        {
            "id": [f"p{number}" for number in range(11)],
            "title": ["A"] * 11,
            "sent_at": ["2025-01-07" if number % 4 else "never" for number in range(11)],
        }
    )
    pq.write_table(table, tmp_path / "posts.parquet", row_group_size=rows_in_a_group)
    pages = pages_of(tmp_path, "posts")
    assert [len(page.records) + len(page.quarantined) for page in pages] == [2, 2, 2, 2, 2, 1]
    assert [row.line for row in everything(pages)[1]] == [1, 5, 9]
    for index, page in enumerate(pages[:-1]):
        assert pages_of(tmp_path, "posts", page.cursor) == pages[index + 1 :]
    pq.write_table(table.slice(1), tmp_path / "posts.parquet")
    with pytest.raises(CursorExpired, match=r"posts\.parquet has changed"):
        pages_of(tmp_path, "posts", pages[0].cursor)


def test_an_empty_table_is_one_empty_page(tmp_path: Path) -> None:
    assert read(tmp_path, "posts", posts().slice(0, 0)) == ([], [])


def cut(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


def page_hurt(raw: bytes) -> bytes:
    return raw[:20] + bytes(byte ^ 0x5A for byte in raw[20:60]) + raw[60:]


def footer_hurt(raw: bytes) -> bytes:
    place = len(raw) - 200
    return raw[:place] + bytes(byte ^ 0x5A for byte in raw[place : place + 40]) + raw[place + 40 :]


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda raw: b"", "the file is empty"),
    "not Parquet": (lambda raw: b"id,title,sent_at\n" * 9, "the file is not Parquet"),
    "cut short": (cut, "the file is cut short"),
    "marks alone": (lambda raw: b"PAR1PAR1", "the file is cut short"),
    "encrypted": (lambda raw: b"PARE" + raw[4:-4] + b"PARE", "the file is encrypted"),
    "footer larger than the file": (
        lambda raw: raw[:-8] + b"\xff\xff\xff\x7fPAR1",
        "footer is damaged",
    ),
    "footer hurt": (footer_hurt, "damaged"),
    "page hurt": (page_hurt, "damaged"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_a_named_error_and_gives_nothing(tmp_path: Path, case: str) -> None:
    change, message = HOSTILE[case]
    path = tmp_path / "posts.parquet"
    pq.write_table(posts(), path, compression="none")
    path.write_bytes(change(path.read_bytes()))
    connector = connector_of(tmp_path)
    with pytest.raises(InvalidFile) as raised:
        next(connector.pages(walk_of(connector, "posts")))
    assert raised.value.happened.startswith("posts.parquet: ")
    assert message in raised.value.happened
    assert "Nothing was imported from posts.parquet" in raised.value.safe


def test_text_that_is_not_utf_8_is_found_before_the_first_row(tmp_path: Path) -> None:
    wrong = pa.Array.from_buffers(
        pa.string(), 2, pa.array([b"A", b"\xff\xfe"], pa.binary()).buffers()
    )
    with pytest.raises(InvalidFile, match=r"posts\.parquet: it is damaged .*UTF8"):
        read(tmp_path, "posts", posts(title=wrong))


def test_an_encrypted_footer_or_column_is_said(tmp_path: Path) -> None:
    class OpenKeys(encryption.KmsClient):  # type: ignore[misc]
        def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> bytes:
            return key_bytes

        def unwrap_key(self, wrapped_key: bytes, master_key_identifier: str) -> bytes:
            return wrapped_key

    factory = encryption.CryptoFactory(lambda _: OpenKeys())
    for plain_footer in (False, True):
        config = encryption.EncryptionConfiguration(
            footer_key="k", column_keys={"k": ["id"]}, plaintext_footer=plain_footer
        )
        properties = factory.file_encryption_properties(encryption.KmsConnectionConfig(), config)
        with pytest.raises(InvalidFile, match="encrypted"):
            read(tmp_path, "posts", posts(), encryption_properties=properties)


def test_an_absurd_row_group_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_module, "ROW_GROUP_BYTES", 100)
    with pytest.raises(InvalidFile, match=r"row group 1 holds .* MiB") as raised:
        read(tmp_path, "posts", posts(title=["x" * 80, "y" * 80]))
    assert "row groups of at most 100,000 rows" in raised.value.to_do


@pytest.mark.long
def test_a_small_file_that_says_one_long_text_many_times_stays_small(tmp_path: Path) -> None:
    """Unpacked, a batch of this file of some kilobytes would take half a gigabyte."""
    rows = 500
    table = pa.table(
        {
            "id": [str(number) for number in range(rows)],
            "title": pa.DictionaryArray.from_arrays(
                pa.array([0] * rows, pa.int32()), pa.array(["x" * 2**20])
            ),
            "sent_at": ["2025-01-07"] * rows,
        }
    )
    before = pa.default_memory_pool().max_memory()
    records, quarantined = read(tmp_path, "posts", table)
    assert (tmp_path / "posts.parquet").stat().st_size < 200_000
    assert pa.default_memory_pool().max_memory() - before < 64 * 2**20
    assert records == []
    assert len(quarantined) == rows
    assert {row.reason for row in quarantined} == {"a cell is longer than 64 KiB"}


# The same data in both forms

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=9)
NOT_SAID = st.none()
TIMES = st.datetimes(JANUARY.replace(year=1991), JANUARY.replace(year=2100))
SAYS = {
    "posts": {
        "id": TEXTS,
        "title": TEXTS,
        "sent_at": NOT_SAID | TIMES,
        "opens_tracked": NOT_SAID | st.booleans(),
    },
    "subscriptions": {
        "id": TEXTS,
        "email": NOT_SAID | st.sampled_from(["a@b", "c@example.org", "nobody"]),
        "joined_at": TIMES,
        "left_at": NOT_SAID | TIMES,
        "status": st.sampled_from(["active", "left", "Bounced", "gone"]),
        "source": NOT_SAID | TEXTS,
    },
    "signals": {
        "post_id": TEXTS,
        "subscription_id": TEXTS,
        "kind": st.sampled_from(["open", "click", "poll", "glance"]),
        "at": NOT_SAID | TIMES,
        "machine": NOT_SAID | st.booleans(),
        "url": NOT_SAID | TEXTS,
        "text": NOT_SAID | TEXTS,
    },
}
TYPES = {"sent_at": pa.timestamp("us"), "joined_at": pa.timestamp("us")} | {
    "left_at": pa.timestamp("us"),
    "at": pa.timestamp("us", "UTC"),
    "machine": pa.bool_(),
    "opens_tracked": pa.bool_(),
}


def in_text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    return cell.isoformat() if isinstance(cell, datetime) else str(cell)


def without_lines(rows: list[Quarantined]) -> list[tuple[str, str | None]]:
    return [(row.reason, row.id) for row in rows]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
@pytest.mark.long
def test_the_same_rows_in_both_forms_give_the_same_records(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(SAYS)))
    rows = data.draw(st.lists(st.fixed_dictionaries(SAYS[name]), max_size=8))
    columns = {
        column: pa.array([row[column] for row in rows], TYPES.get(column, pa.string()))
        for column in SAYS[name]
    }
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        found = read(Path(one), name, columns)
        with (Path(other) / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows([in_text(row[column]) for column in columns] for row in rows)
        expected = everything(pages_of(Path(other), name))
    assert found[0] == expected[0]
    assert without_lines(found[1]) == without_lines(expected[1])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.integers(0, 4000), byte=st.integers(0, 255), length=st.integers(1, 30))
def test_any_hurt_gives_rows_or_our_own_error(place: int, byte: int, length: int) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "posts.parquet"
        pq.write_table(posts(), path)
        raw = bytearray(path.read_bytes())
        start = place % len(raw)
        raw[start : start + length] = bytes([byte]) * len(raw[start : start + length])
        path.write_bytes(raw)
        try:
            records, _ = everything(pages_of(path.parent, "posts"))
        except ConnectorError:
            return
        assert all(isinstance(record, Post) for record in records)


def test_signals_need_no_more_than_their_key(tmp_path: Path) -> None:
    names = ["post_id", "subscription_id", "kind", "at", "machine", "url"]
    table: dict[str, Any] = {name: pa.nulls(1, pa.string()) for name in names}
    table |= {"post_id": [1], "subscription_id": [2], "kind": ["open"]}
    records: list[Record]
    records, _ = read(tmp_path, "signals", table)
    assert records == [Signal(kind="open", post_id="1", subscription_id="2")]
