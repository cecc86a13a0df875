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


def _before_the_last_append(folder: Path) -> Path:
    """A journal of four entries, and the bytes of a fifth that nothing acknowledged."""
    journal = Journal(folder)
    for number in range(4):
        journal.append({"kind": "pull", "content": "x" * number})
    notes = {path: path.read_bytes() for path in folder.iterdir() if path.suffix != ".log"}
    journal.append({"kind": "pull", "content": "x" * 4})
    for path, content in notes.items():
        path.write_bytes(content)
    return folder / "000001.log"


def test_every_torn_append_loses_only_itself_and_is_kept(tmp_path: Path) -> None:
    segment = _before_the_last_append(tmp_path)
    whole, notes = segment.read_bytes(), _notes(tmp_path)
    ends = _ends_of_records(whole)
    for cut in range(ends[-2] + 1, len(whole)):
        segment.write_bytes(whole[:cut])
        journal = Journal(tmp_path)
        assert (len(journal), journal.torn_bytes) == (4, cut - ends[-2])
        assert segment.read_bytes() == whole[:cut], "opening cuts nothing"
        assert journal.append({"kind": "run"}).number == 5
        (kept,) = (tmp_path / "quarantine").rglob("*.from-*")
        assert kept.read_bytes() == whole[ends[-2] : cut]
        assert len(Journal(tmp_path)) == 5
        kept.unlink()
        for path, content in notes.items():
            path.write_bytes(content)
    segment.write_bytes(whole)
    assert len(Journal(tmp_path)) == 5


@pytest.mark.parametrize("lost", ["nothing more", "the index", "the note"])
def test_every_cut_of_an_acknowledged_entry_is_reported(segment: Path, lost: str) -> None:
    whole = segment.read_bytes()
    if lost != "nothing more":
        (segment.parent / {"the index": "000001.index", "the note": "acknowledged"}[lost]).unlink()
    for cut in range(_ends_of_records(whole)[0], len(whole)):
        segment.write_bytes(whole[:cut])
        before = segment.read_bytes(), _notes(segment.parent)
        with pytest.raises(StoreDamaged):
            Journal(segment.parent)
        assert (segment.read_bytes(), _notes(segment.parent)) == before


def test_a_journal_of_an_older_copy_is_refused(segment: Path) -> None:
    older = segment.read_bytes()
    Journal(segment.parent).append({"kind": "run"})
    segment.write_bytes(older)
    with pytest.raises(StoreDamaged, match=r"ends at entry 5, but journal/000001\.index knows"):
        Journal(segment.parent)
    (segment.parent / "000001.index").unlink()
    with pytest.raises(StoreDamaged, match="ends at entry 5, but journal/acknowledged knows"):
        Journal(segment.parent)


def test_a_journal_of_another_store_is_refused(segment: Path, tmp_path: Path) -> None:
    other = Journal(tmp_path / "other")
    for _ in range(6):
        other.append({"kind": "run"})
    segment.write_bytes((tmp_path / "other" / "000001.log").read_bytes())
    with pytest.raises(StoreDamaged, match="Entry 5 of the journal differs"):
        Journal(segment.parent)


def test_a_journal_without_its_note_gets_one_once_it_is_proven(segment: Path) -> None:
    note = segment.parent / "acknowledged"
    whole = note.read_bytes()
    note.unlink()
    journal = Journal(segment.parent)
    assert not note.exists()
    journal.save_notes()
    (slot,) = (note.read_bytes()[place : place + 64] for place in (64,))
    assert slot == whole[64:128]


def test_a_torn_note_leaves_the_one_before(segment: Path) -> None:
    note = segment.parent / "acknowledged"
    whole = note.read_bytes()
    for place in range(64, 128):
        note.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        journal = Journal(segment.parent)
        assert journal.acknowledged is not None
        assert (journal.acknowledged.number, len(journal)) == (4, 5)


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


def _notes(folder: Path) -> dict[Path, bytes]:
    return {
        path: path.read_bytes()
        for path in folder.iterdir()
        if path.is_file() and path.suffix != ".log"
    }


def _ends_of_records(content: bytes) -> list[int]:
    ends, place = [], 0
    while place < len(content):
        place += 8 + int.from_bytes(content[place : place + 4], "little")
        ends.append(place)
    return ends
