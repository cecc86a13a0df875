"""A folder has one owner, who holds the file that lies in it; a refusal changes nothing."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import Any

import pytest

from regulars.errors import SettingsWrong, StoreLocked
from regulars.store.lock import FolderLock


def test_the_lock_of_a_folder_without_locks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS):

        def refuse(*_: Any, number: int = number) -> None:
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patch:
            patch.setattr(fcntl, "flock", refuse)
            with pytest.raises(SettingsWrong, match="cannot be locked"):
                FolderLock(tmp_path, purpose="test")
            assert not FolderLock.is_held(tmp_path)
        assert list(tmp_path.iterdir()) == []


def test_a_lock_file_that_is_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(SettingsWrong, match="is a folder"):
        FolderLock(tmp_path, purpose="test")


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_lock_file_that_is_no_file_is_named(tmp_path: Path, kind: str) -> None:
    if kind == "link":
        (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    else:
        os.mkfifo(tmp_path / "lock")
    with pytest.raises(SettingsWrong, match="cannot be locked"):
        FolderLock(tmp_path, purpose="test")
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_a_lock_file_that_was_replaced_while_waiting_is_not_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever replaced it may hold the new one, so the new one has to be locked."""
    real = fcntl.flock
    replaced: list[int] = []

    def replacing(file: int, how: int) -> None:
        real(file, how)
        if not replaced:
            replaced.append(file)
            (tmp_path / "lock").unlink()
            (tmp_path / "lock").touch()

    monkeypatch.setattr(fcntl, "flock", replacing)
    lock = FolderLock(tmp_path, purpose="test")
    lock.prove()
    assert FolderLock.is_held(tmp_path)
    lock.release()


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_lock_whose_file_went_is_no_longer_proven(tmp_path: Path, how: str) -> None:
    lock = FolderLock(tmp_path, purpose="test")
    (tmp_path / "lock").unlink()
    if how == "replaced":
        (tmp_path / "lock").touch()
    with pytest.raises(StoreLocked, match="removed or replaced"):
        lock.prove()
    lock.release()


def test_a_refused_second_owner_changes_nothing(tmp_path: Path) -> None:
    first = FolderLock(tmp_path, purpose="first")
    content = (tmp_path / "lock").read_bytes()
    with pytest.raises(StoreLocked, match="first"):
        FolderLock(tmp_path, purpose="second")
    assert (tmp_path / "lock").read_bytes() == content
    first.release()
