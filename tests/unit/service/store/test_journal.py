"""The journal keeps what it acknowledged, cuts off what it did not, and reports damage."""

from pathlib import Path

import pytest

from regulars.errors import StoreDamaged
from regulars.store.journal import Journal


@pytest.fixture
def segment(tmp_path: Path) -> Path:
    journal = Journal(tmp_path)
    for number in range(5):
        journal.append({"kind": "pull", "content": "x" * number})
    return tmp_path / "000001.log"


def test_entries_are_numbered_and_read_back(segment: Path) -> None:
    entries = list(Journal(segment.parent).entries())
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5]
    assert entries[4].facts["content"] == "xxxx"
    assert [entry.number for entry in Journal(segment.parent).entries(after=3)] == [4, 5]


def test_every_cut_at_the_end_loses_only_the_torn_entry(segment: Path) -> None:
    whole = segment.read_bytes()
    ends = _ends_of_records(whole)
    for cut in range(ends[-2] + 1, len(whole)):
        segment.write_bytes(whole[:cut])
        journal = Journal(segment.parent)
        assert len(journal) == 4
        assert journal.append({"kind": "run"}).number == 5
    segment.write_bytes(whole)
    assert len(Journal(segment.parent)) == 5


def test_zeros_at_the_end_are_space_not_yet_filled(segment: Path) -> None:
    segment.write_bytes(segment.read_bytes() + b"\0" * 300)
    assert len(Journal(segment.parent)) == 5


def test_every_flipped_byte_of_an_acknowledged_entry_is_reported(segment: Path) -> None:
    whole = segment.read_bytes()
    for place in range(_ends_of_records(whole)[-2]):
        segment.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        with pytest.raises(StoreDamaged):
            Journal(segment.parent)


def test_a_missing_segment_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regulars.store.journal._SEGMENT_BYTES", 100)
    journal = Journal(tmp_path)
    for _ in range(6):
        journal.append({"kind": "pull", "content": "x" * 60})
    assert len(Journal(tmp_path)) == 6
    (tmp_path / "000002.log").unlink()
    with pytest.raises(StoreDamaged):
        Journal(tmp_path)


def _ends_of_records(content: bytes) -> list[int]:
    ends, place = [], 0
    while place < len(content):
        place += 8 + int.from_bytes(content[place : place + 4], "little")
        ends.append(place)
    return ends
