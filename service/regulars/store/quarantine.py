"""Files that the journal does not know, moved out of the way and kept for a while.

``quarantine/2026-11-30/history/pub/posts/x.parquet``: the day on which it was moved, then where it
was. Nothing in there counts. A day goes after thirty days, once two backups made since then are
proven. What a repair moved away stays until the owner says that it may go.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from regulars.files import flush_folder, make_folder, write_atomically
from regulars_connectors.instants import DAY, Instant, from_datetime, to_datetime
from regulars_connectors.plural import pluralize

from .proven_backups import proven_backups

FOLDER = "quarantine"
_REPAIR = "-repair"
_LEAST_AGE, _LEAST_AGE_CONFIRMED = 30 * DAY, 7 * DAY
_LEAST_BACKUPS = 2


@dataclass(frozen=True, slots=True)
class QuarantineDay:
    """What was moved on one day. bytes: of all its files. by_repair: whether a repair did it."""

    path: Path
    at: Instant
    files: int
    bytes: int
    by_repair: bool

    def facts(self) -> dict[str, object]:
        """As data, for JSON."""
        return {
            "date": self.date,
            "files": self.files,
            "bytes": self.bytes,
            "by_repair": self.by_repair,
        }

    @property
    def date(self) -> str:
        """The day, as 2026-11-30."""
        return to_datetime(self.at).strftime("%Y-%m-%d")


class Quarantine:
    """The quarantine of one store, whose owner holds the store's lock."""

    def __init__(self, root: Path, *, by_repair: bool = False) -> None:
        self._root = root
        self._suffix = _REPAIR if by_repair else ""

    def move(self, paths: Iterable[Path]) -> int:
        """Move files of the store here, durably. Returns how many there were."""
        changed: set[Path] = set()
        count = 0
        for path in paths:
            target = self._place_of(path.relative_to(self._root))
            path.rename(target)
            if target.is_file() and not target.is_symlink():
                target.chmod(0o600)
            changed |= {target.parent, path.parent}
            count += 1
        for folder in sorted(changed):
            flush_folder(folder)
        return count

    def keep(self, name: str, content: bytes) -> None:
        """Keep bytes that are about to be cut off, durably. name: a path like those of files."""
        write_atomically(self._place_of(Path(name)), content)

    @property
    def place(self) -> str:
        """Where files go today, relative to the store's folder."""
        day = to_datetime(current_time()).strftime("%Y-%m-%d")
        return f"{FOLDER}/{day}{self._suffix}"

    def _place_of(self, place: Path) -> Path:
        target = self._root / self.place / place
        make_folder(target.parent)
        number, free = 1, target
        while free.exists():
            number += 1
            free = target.with_name(f"{target.name}.{number}")
        return free


def current_time() -> Instant:
    """What the system's clock says."""
    # The clock's module loads the HTTP client, which opening a store does without.
    from regulars import clock

    return clock.system_clock()


def quarantined_days(root: Path) -> list[QuarantineDay]:
    """What lies in the quarantine of a store, the oldest day first. Needs no lock."""
    try:
        names = sorted(os.listdir(root / FOLDER))
    except OSError:
        return []
    return [day for name in names if (day := _day_of(root / FOLDER / name)) is not None]


def _day_of(path: Path) -> QuarantineDay | None:
    try:
        began = datetime.strptime(path.name.removesuffix(_REPAIR), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    if not path.is_dir():
        return None
    sizes = [file.lstat().st_size for file in path.rglob("*") if not file.is_dir()]
    by_repair = path.name.endswith(_REPAIR)
    return QuarantineDay(path, from_datetime(began), len(sizes), sum(sizes), by_repair)


def describe(days: Sequence[QuarantineDay]) -> str:
    """What lies there and until when, in words. Empty if nothing does."""
    if not days:
        return ""
    files = pluralize(sum(day.files for day in days), "file")
    size = sum(day.bytes for day in days) / 1024
    text = (
        f"{files} ({size:,.0f} KiB) that no entry names, since {days[0].date}. What an"
        " interrupted sync leaves goes after 30 days and two proven backups."
    )
    if any(day.by_repair for day in days):
        text += (
            " What a repair moved there stays until you run `regulars verify --empty-quarantine`."
        )
    return text


def proven_backups_since(root: Path, at: Instant, now: Instant) -> int:
    """How many backups were made and proven between two instants."""
    return sum(1 for backup in proven_backups(root) if at <= backup.at <= now)


def discard_old(root: Path, last_entry_at: Instant) -> list[QuarantineDay]:
    """Delete the days that are old enough. Returns them.

    last_entry_at: when the journal's last entry was made. A wrong clock alone ages nothing.
    """
    days = quarantined_days(root)
    if not days:
        return []
    now = min(current_time(), last_entry_at)
    gone = []
    for day in days:
        backups = proven_backups_since(root, day.at + DAY, now)
        old = day.at + DAY + _LEAST_AGE <= now
        if old and backups >= _LEAST_BACKUPS and not day.by_repair:
            shutil.rmtree(day.path)
            gone.append(day)
    return gone


def discard_confirmed(root: Path) -> list[QuarantineDay]:
    """Delete every day that is a week old, as the owner confirmed. Returns them."""
    now = current_time()
    gone = [day for day in quarantined_days(root) if day.at + DAY + _LEAST_AGE_CONFIRMED <= now]
    for day in gone:
        shutil.rmtree(day.path)
    return gone
