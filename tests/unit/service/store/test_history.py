"""Files that no entry names are moved away when the store opens, and none is ever deleted.

Only changed folders are looked through.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regulars.store.actions.replaced import REMOVED
from regulars.store.history import History, HistoryFile, entry_of
from regulars.store.journal import Journal
from regulars.store.quarantine import Quarantine


class Kept:
    """A history and its journal, opened anew for every step as a new process would."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.open()

    def open(self) -> int:
        """How many files were moved or deleted."""
        self.journal = Journal(self.root / "journal")
        self.journal.save_notes()
        self.history = History(self.root)
        unnamed = self.history.unnamed(self.journal)
        return self.history.clear(unnamed, self.journal, Quarantine(self.root))

    def place(self, name: str, stream: str = "posts", publication: str = "pub") -> HistoryFile:
        temporary = self.history.temporary(name)
        temporary.write_text(name)
        return self.history.place(temporary, publication, stream, 1)

    def append(self, *files: HistoryFile, kind: str = "pull", **facts: Any) -> None:
        named = {"files": [file.facts() for file in files]} if files else {}
        entry = self.journal.append({"kind": kind, "publication": "pub"} | named | facts)
        self.history.committed(entry, self.journal)

    def quarantined(self) -> list[str]:
        """What lies in the quarantine, without its day."""
        paths = (self.root / "quarantine").rglob("*.parquet")
        return sorted("/".join(path.relative_to(self.root).parts[2:]) for path in paths)

    def files(self) -> list[str]:
        return sorted(path.stem for path in (self.root / "history").rglob("*.parquet"))


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    made = Kept(tmp_path)
    for number in range(3):
        made.append(made.place(f"p{number}"), made.place(f"w{number}", "words"))
    return made


COMMITTED = ["p0", "p1", "p2", "w0", "w1", "w2"]


def test_a_start_after_whole_commits_reads_no_entry(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.store.journal_segment.entry_of_payload", None)
    assert kept.open() == 0
    assert kept.files() == COMMITTED


def test_what_a_process_that_died_had_placed_is_moved_away(kept: Kept) -> None:
    kept.place("p9")
    kept.place("d9", "days")
    kept.history.temporary("unfinished").write_text("half")
    assert kept.open() == 3
    assert kept.files() == COMMITTED
    assert kept.quarantined() == [
        "history/.tmp/unfinished.parquet",
        "history/pub/days/d9.parquet",
        "history/pub/posts/p9.parquet",
    ]
    assert kept.open() == 0


def test_what_a_commit_that_failed_had_placed_goes_though_others_followed(kept: Kept) -> None:
    kept.place("p8")
    kept.append(kept.place("p9"), kept.place("w9", "words"))
    kept.append(kept.place("p10"))
    assert kept.open() == 1
    assert kept.files() == sorted([*COMMITTED, "p9", "p10", "w9"])


def test_a_file_that_was_put_there_by_hand_goes(kept: Kept) -> None:
    folder = kept.root / "history" / "pub" / "posts"
    (folder / "strange.parquet").write_text("x")
    (kept.root / "history" / "loose.parquet").write_text("x")
    assert kept.open() == 2
    assert kept.files() == COMMITTED


def test_dropped_files_go_at_the_next_start_if_nothing_else_removed_them(kept: Kept) -> None:
    paths = [str(file["path"]) for file in kept.history.files(kept.journal)]
    kept.append(kind=REMOVED, dropped=paths)
    kept.append(kept.place("n1"))
    assert kept.open() == len(paths)
    assert kept.files() == ["n1"]
    assert kept.quarantined() == []


def test_dropped_files_that_went_leave_no_folder_and_are_not_looked_for_again(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [str(file["path"]) for file in kept.history.files(kept.journal)]
    kept.append(kind=REMOVED, dropped=paths)
    kept.history.drop(paths)
    assert not (kept.root / "history" / "pub").exists()
    assert kept.open() == 0
    monkeypatch.setattr("regulars.store.journal_segment.entry_of_payload", None)
    assert kept.open() == 0


def missing(note: Path) -> None:
    note.unlink()


def cut(note: Path) -> None:
    note.write_bytes(note.read_bytes()[:-7])


def empty(note: Path) -> None:
    note.write_bytes(b"")


def of_another_store(note: Path) -> None:
    other = Kept(note.parents[2] / "other")
    for number in range(3):
        other.append(other.place(f"x{number}"))
    note.write_bytes((other.root / "history" / ".tmp" / "folders.json").read_bytes())


@pytest.mark.parametrize("harm", [missing, cut, empty, of_another_store])
def test_all_folders_are_looked_through_with_a_note_that_is(
    harm: Callable[[Path], None], kept: Kept
) -> None:
    """… and what no entry names is found, even where a folder seems unchanged."""
    folder = kept.root / "history" / "pub" / "posts"
    before = folder.stat()
    (folder / "stray.parquet").write_text("x")
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))
    harm(kept.root / "history" / ".tmp" / "folders.json")
    assert kept.open() == 1
    assert kept.files() == COMMITTED


def test_the_number_of_an_entry_stands_in_the_names_of_its_files() -> None:
    """In those of every released version, and of walks that write several files."""
    for name in (
        "history/p/posts/run_1a21293b6007caa74bd4b-00000043-posts.parquet",
        "history/p/posts/run_1a21293b6007caa74bd4b-00000043-posts-002.parquet",
    ):
        assert entry_of(name) == 43
    assert entry_of("history/p-00000044-x/posts/stray.parquet") == 0


def test_a_start_goes_on_where_the_note_cannot_be_written(kept: Kept) -> None:
    note = kept.root / "history" / ".tmp" / "folders.json"
    note.unlink()
    note.mkdir()
    kept.append(kept.place("p3"))
    kept.place("p4")
    assert kept.open() == 1
    assert kept.files() == sorted([*COMMITTED, "p3"])
