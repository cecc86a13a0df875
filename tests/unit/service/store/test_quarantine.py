"""Files in quarantine go after thirty days and two proven backups, never by a wrong clock alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regulars.store.proven_backups import ProvenBackup, note_proven_backup
from regulars.store.quarantine import (
    Quarantine,
    describe,
    discard_confirmed,
    discard_old,
    quarantined_days,
)
from regulars_connectors.instants import DAY, Instant, from_iso

MOVED = from_iso("2026-03-02T10:00:00Z")


class Clock:
    def __init__(self) -> None:
        self.now = MOVED

    def __call__(self) -> Instant:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("regulars.clock.system_clock", made)
    return made


def move(root: Path, name: str = "history/pub/posts/x.parquet", *, by_repair: bool = False) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(name)
    assert Quarantine(root, by_repair=by_repair).move([path]) == 1
    assert not path.exists()


def backups(root: Path, *days: int) -> None:
    for number, day in enumerate(days):
        note_proven_backup(root, ProvenBackup(MOVED + day * DAY, entry=number))


def test_a_file_keeps_its_place_below_a_private_dated_folder(tmp_path: Path, clock: Clock) -> None:
    move(tmp_path)
    move(tmp_path)
    day = tmp_path / "quarantine" / "2026-03-02"
    assert sorted(path.name for path in (day / "history/pub/posts").iterdir()) == [
        "x.parquet",
        "x.parquet.2",
    ]
    assert {path.stat().st_mode & 0o777 for path in day.rglob("*") if path.is_dir()} == {0o700}
    (found,) = quarantined_days(tmp_path)
    assert (found.date, found.files, found.bytes) == (
        "2026-03-02",
        2,
        2 * len("history/pub/posts/x.parquet"),
    )
    assert "2 files" in describe([found])


@pytest.mark.parametrize(
    ("days", "made", "goes"),
    [
        (32, (2, 20), True),
        (29, (2, 20), False),
        (32, (20,), False),
        (32, (), False),
        (32, (-3, -2, 20), False),
        (32, (20, 300), False),
    ],
)  # fmt: skip
def test_it_goes_after_thirty_days_and_two_backups_since(
    tmp_path: Path, clock: Clock, days: int, made: tuple[int, ...], goes: bool
) -> None:
    move(tmp_path)
    backups(tmp_path, *made)
    clock.now = MOVED + days * DAY
    assert bool(discard_old(tmp_path, clock.now)) == goes
    assert bool(quarantined_days(tmp_path)) != goes


def test_a_clock_that_is_a_century_ahead_deletes_nothing(tmp_path: Path, clock: Clock) -> None:
    move(tmp_path)
    backups(tmp_path, 2, 20)
    clock.now = from_iso("2100-01-01T00:00:00Z")
    assert discard_old(tmp_path, MOVED + DAY) == []


def test_what_a_repair_moved_stays_until_the_owner_says_so(tmp_path: Path, clock: Clock) -> None:
    move(tmp_path, by_repair=True)
    backups(tmp_path, 2, 20)
    clock.now = MOVED + 400 * DAY
    assert discard_old(tmp_path, clock.now) == []
    assert "--empty-quarantine" in describe(quarantined_days(tmp_path))
    assert len(discard_confirmed(tmp_path)) == 1
    assert quarantined_days(tmp_path) == []


def test_within_a_week_it_stays_even_if_the_owner_says_so(tmp_path: Path, clock: Clock) -> None:
    move(tmp_path)
    clock.now = MOVED + 6 * DAY
    assert discard_confirmed(tmp_path) == []


def test_another_folder_in_there_is_left_alone(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "quarantine" / "my notes").mkdir(parents=True)
    assert quarantined_days(tmp_path) == []
    assert describe([]) == ""


@pytest.mark.parametrize("content", [b"", b"{", b'{"at": 1}', b"[1]"])
def test_a_damaged_list_of_backups_counts_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "backups.json").write_bytes(content)
    note_proven_backup(tmp_path, ProvenBackup(MOVED, entry=1, place="/mnt/disk"))
    (only,) = json.loads((tmp_path / "backups.json").read_text())
    assert only["place"] == "/mnt/disk"
