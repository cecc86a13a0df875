"""A disk of a few MiB that fills: memory with a limit, in a name space of a process of its own.

That process forks commands (``verb_child``), which see the disk at its place. Tests reach it
through the process's root, and need no rights for it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support.verb_forks import Forks, forks

_MOUNT = 'mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@"'
_ALONE = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
_FILLER = "filler"


@dataclass(frozen=True)
class SmallDisk:
    """place: where commands see it. seen: where this process does."""

    forks: Forks
    place: Path
    seen: Path

    def copy_in(self, folder: Path, name: str) -> Path:
        """Copy a folder to the disk. Returns its place there."""
        shutil.copytree(folder, self.seen / name)
        return self.place / name

    def copy_out(self, name: str, to: Path) -> Path:
        """Copy a folder from the disk."""
        return Path(shutil.copytree(self.seen / name, to))

    def leave_free(self, count: int) -> None:
        """Fill the disk up to so many bytes."""
        filling = self.free() - count
        assert filling >= 0
        with (self.seen / _FILLER).open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(filling, 1))

    def make_room(self) -> None:
        """Take out what fills it."""
        (self.seen / _FILLER).unlink()

    def remove(self, name: str) -> None:
        """Delete a folder."""
        shutil.rmtree(self.seen / name)

    def free(self) -> int:
        """Bytes that are free."""
        return shutil.disk_usage(self.seen).free


def is_lent() -> bool:
    """Whether this machine lets us mount such a disk."""
    with contextlib.suppress(OSError):
        words = [*_ALONE, _MOUNT, "sh", "1m", "/tmp", "true"]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    return False


@contextlib.contextmanager
def small_disk(
    place: Path, mebibytes: int, at: int, printed: Path, values: dict[str, str]
) -> Iterator[SmallDisk]:
    """A disk of so many MiB, with its process."""
    place.mkdir()
    before = [*_ALONE, _MOUNT, "sh", f"{mebibytes}m", str(place)]
    with forks(at, printed, values, before) as made:
        made.unforeseen = True
        assert made.run(printed.parent, ["--version"]) == 0  # it is up, and so is the disk
        seen = Path(f"/proc/{made.child.pid}/root{place}")
        assert shutil.disk_usage(seen).total == mebibytes * 1024**2
        yield SmallDisk(made, place, seen)
