"""The journal's index is never the truth: whatever becomes of it, the entries are the same."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regulars.errors import StoreDamaged
from regulars.store.journal import Journal
from regulars.store.journal_index import key_of

COUNT = 12


def fill(folder: Path, name: str, count: int = COUNT) -> Path:
    journal = Journal(folder)
    for number in range(count):
        journal.append(
            {
                "kind": ("pull", "part", "run", "published")[number % 4],
                "publication": f"{name}-{number % 3}",
                "files": [{"path": f"{name}/{number}"}] * (number % 2),
            }
        )
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A journal of several segments."""
    monkeypatch.setattr("regulars.store.journal._SEGMENT_BYTES", 250)
    return fill(tmp_path / "journal", "mine")


def all_of(journal: Journal) -> dict[str, Any]:
    """Everything that can be asked of a journal."""
    numbers = range(1, len(journal) + 1)
    return {
        "entries": list(journal.entries()),
        "later": list(journal.entries(after=5)),
        "single": [journal.entry(number) for number in numbers],
        "digests": [journal.digest(number) for number in numbers],
        "headings": list(journal.headings()),
        "runs": list(journal.entries_of("run")),
        "about": [
            journal.last_about(name, but=("published",), upto=upto)
            for upto in range(len(journal) + 1)
            for name in ("mine-0", "mine-1", "mine-2", "nobody")
        ],
    }


def open_again(folder: Path) -> Journal:
    """The journal as the store opens it, which writes its notes once all was proven."""
    journal = Journal(folder)
    journal.save_notes()
    return journal


def without_index(folder: Path) -> Journal:
    """The same segments, copied without any index."""
    bare = folder.with_name("bare")
    shutil.rmtree(bare, ignore_errors=True)
    shutil.copytree(folder, bare, ignore=shutil.ignore_patterns("*.index"))
    return open_again(bare)


def indexes(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.index"))


def cut(folder: Path) -> None:
    for path in indexes(folder):
        path.write_bytes(path.read_bytes()[:-30])


def cut_between_records(folder: Path) -> None:
    for path in indexes(folder):
        path.write_bytes(path.read_bytes()[:-84])


def stale(folder: Path) -> None:
    """As a version without an index leaves it: two entries more in the last segment."""
    path = indexes(folder)[-1]
    kept = path.read_bytes()
    fill(folder, "mine", 2)
    path.write_bytes(kept)


def of_another_store(folder: Path) -> None:
    other = fill(folder.with_name("other"), "else")
    for path in indexes(folder):
        shutil.copy(other / path.name, path)


def of_the_segment_before(folder: Path) -> None:
    first, second, *_ = indexes(folder)
    shutil.copy(first, second)


def disagreeing(folder: Path) -> None:
    """Segments of which one record is another, whole and with a right checksum."""
    for path in sorted(folder.glob("*.log"))[:1]:
        bare = folder.with_name("changed")
        fill(bare, "mime")
        shutil.copy(bare / path.name, path)


def every_byte_zero(folder: Path) -> None:
    for path in indexes(folder):
        path.write_bytes(bytes(path.stat().st_size))


def missing(folder: Path) -> None:
    for path in indexes(folder):
        path.unlink()


@pytest.mark.parametrize(
    "harm",
    [
        missing, stale, cut, cut_between_records, of_another_store, of_the_segment_before,
        disagreeing, every_byte_zero,
    ],
)  # fmt: skip
def test_the_entries_are_the_same_with_an_index_that_is(
    harm: Callable[[Path], None], folder: Path
) -> None:
    """… as without one, and the index is right from then on."""
    assert len(indexes(folder)) > 2
    harm(folder)
    truth = without_index(folder)
    opened = open_again(folder)
    assert all_of(opened) == all_of(truth)
    assert len(opened) >= COUNT
    opened.append({"kind": "run"})
    truth.append({"kind": "run"})
    assert all_of(open_again(folder)) == all_of(truth)
    assert [path.read_bytes() for path in indexes(folder)] == [
        path.read_bytes() for path in indexes(folder.with_name("bare"))
    ]


@pytest.mark.long
def test_every_flipped_byte_of_an_index_is_noticed(folder: Path) -> None:
    path = indexes(folder)[1]
    whole = path.read_bytes()
    truth = all_of(without_index(folder))
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        assert all_of(open_again(folder)) == truth
        assert path.read_bytes() == whole


@pytest.mark.parametrize("segment_bytes", [250, 10_000])
def test_an_index_that_knows_more_than_the_segments_proves_a_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, segment_bytes: int
) -> None:
    """As a backup of the segments that is older than the index leaves it."""
    monkeypatch.setattr("regulars.store.journal._SEGMENT_BYTES", segment_bytes)
    folder = fill(tmp_path / "journal", "mine")
    before = {path: path.read_bytes() for path in folder.glob("*.log")}
    fill(folder, "mine", 1)
    for path in folder.glob("*.log"):
        path.write_bytes(before[path]) if path in before else path.unlink()
    (folder / "acknowledged").unlink()
    with pytest.raises(StoreDamaged, match=r"\.index knows entry 13: entry 13 is lost"):
        Journal(folder)
    assert len(Journal(folder, despite_loss=True)) == COUNT


def test_opening_writes_nothing(folder: Path) -> None:
    missing(folder)
    (folder / "acknowledged").unlink()
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert len(Journal(folder)) == COUNT
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_every_flipped_byte_of_a_segment_is_reported_with_an_index_too(folder: Path) -> None:
    for path in sorted(folder.glob("*.log"))[:2]:
        whole = path.read_bytes()
        for place in range(len(whole)):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
            with pytest.raises(StoreDamaged):
                Journal(folder)
        path.write_bytes(whole)
    assert len(Journal(folder)) == COUNT


def test_damage_that_comes_after_opening_is_reported_by_whoever_reads(folder: Path) -> None:
    journal = Journal(folder)
    path = sorted(folder.glob("*.log"))[1]
    whole = path.read_bytes()
    number = int(whole[len('12345678{"number":') :].split(b",")[0])
    for harmed in (whole[:-20], whole.replace(b"mine-", b"mime-")):
        path.write_bytes(harmed)
        with pytest.raises(StoreDamaged, match=path.name):
            list(journal.entries())
    with pytest.raises(StoreDamaged, match=path.name):
        journal.entry(number)
    path.write_bytes(whole)
    assert len(list(journal.entries())) == COUNT


def test_an_entry_stands_where_the_disk_takes_no_heading(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index waits in memory, and is written as soon as there is room."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    journal = Journal(folder)
    before = indexes(folder)[-1].read_bytes()
    for name in ("_append", "write_atomically"):
        monkeypatch.setattr(f"regulars.store.journal_index.{name}", full)
    for number in range(5):
        journal.append({"kind": "run", "publication": f"mine-{number % 3}"})
        assert all_of(journal) == all_of(without_index(folder))
    assert before in [path.read_bytes() for path in indexes(folder)]
    monkeypatch.undo()
    journal.append({"kind": "run"})
    assert all_of(journal) == all_of(without_index(folder))
    assert all_of(Journal(folder)) == all_of(journal)


def test_one_entry_is_looked_up_by_reading_its_record_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(folder)
    read: list[int] = []
    real = os.pread

    def counting(handle: int, size: int, place: int) -> bytes:
        content = real(handle, size, place)
        read.append(len(content))
        return bytes(content)

    monkeypatch.setattr("os.pread", counting)
    heading = next(journal.headings(after=6))
    read.clear()
    assert journal.entry(7).number == 7
    assert read == [84, heading.end - heading.start]


def test_opening_reads_no_entry(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an entry was read")

    monkeypatch.setattr("regulars.store.journal_segment.entry_of_payload", refuse)
    monkeypatch.setattr("regulars.store.journal_segment.heading_of", refuse)
    journal = Journal(folder)
    assert journal.last_about("mine-1", but=("published",), upto=COUNT) == COUNT - 1
    assert journal.digest(COUNT)
    assert sum(heading.files for heading in journal.headings()) == COUNT // 2


def test_a_name_is_the_start_of_its_digest() -> None:
    assert key_of("run").hex() == "acba25512100f80b"
    assert key_of(None) == bytes(8)
