"""Makes a store from a backup, in an empty folder.

Files are copied and proven in ``.restoring`` inside that folder. They take their places once all
are there, the journal last: without a journal a folder is no store. A restore that was cut off goes
on when it is called again.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from regulars.errors import BackupDamaged, SettingsWrong, StoreLocked
from regulars.files import flush_folder, folder_errors, make_folder, require_room, sha256_of
from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.erasure import replay_forgotten
from regulars.store.journal_view import view_segments
from regulars.store.lock import FolderLock
from regulars.store.proven_backups import ProvenBackup, note_proven_backup
from regulars_connectors.instants import Instant, from_iso
from regulars_connectors.plural import pluralize

from .figures import ask_store, differing
from .manifest import Contents, Manifest, read_manifest
from .objects import fault_of, take_out

STAGING = ".restoring"
_PATH = re.compile(
    r"secret|journal/\d+\.log|history(/[^/\0]+)+\.parquet|hooks/[^/\0]+/[^/\0]+\.body"
)
_PLACED_FIRST = ("history", "hooks", "secret")
_MIB = 1024 * 1024
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Restored:
    """figures: how many were compared, None if the backup has none. differences: in words.

    forgotten: how many times people were forgotten after the backup was made, and now here too.
    """

    manifest: Manifest
    files: int
    rows: int
    figures: int | None
    differences: list[str]
    forgotten: int


def restore_backup(
    folder: Path, settings: StoreSettings, now: Instant, identities: list[Any]
) -> Restored:
    """Make the store of the settings from the backup in ``folder``, and compare its figures.

    Raises NothingHere, UsageWrong, BackupDamaged, StoreLocked, SettingsWrong, DiskFull.
    """
    manifest = read_manifest(folder)
    _require_whole(folder, manifest)
    root = settings.folder
    with folder_errors(root):
        _require_empty(root)
        make_folder(root)
        root.chmod(0o700)
    lock = FolderLock(root, purpose="restore")
    try:
        _require_empty(root)
        with folder_errors(root):
            contents = _contents(folder, manifest, identities)
            if (root / "journal").exists():  # all was in place when the restore was cut off
                _require_same_journal(root, manifest, contents)
            else:
                needed = sum(file.size for file in contents.files) // _MIB
                require_room(root, settings.free_space_floor_mib + needed)
                _copy(folder, manifest, contents, root, identities)
                _require_same_journal(root / STAGING, manifest, contents)
            _into_place(root)
    finally:
        lock.release()
    return _opened(manifest, contents, settings, now, folder)


def _opened(
    manifest: Manifest, contents: Contents, settings: StoreSettings, now: Instant, folder: Path
) -> Restored:
    # The backup's figures still count whoever was forgotten since, so they are compared first.
    with Store(settings, purpose="restore", finish_actions=False) as store:
        faults = store.faults()
        figures = contents.figures
        if figures is not None:
            faults += differing(figures, ask_store(store, now))
        forgotten = replay_forgotten(store)
    if not faults:
        made_at = from_iso(manifest.made_at)
        with suppress(OSError):
            proven = ProvenBackup(made_at, manifest.entries, str(folder.resolve()))
            note_proven_backup(settings.folder, proven)
    compared = None if figures is None else len(figures)
    rows = sum(contents.rows.values())
    return Restored(manifest, len(contents.files), rows, compared, faults, forgotten)


def _require_whole(folder: Path, manifest: Manifest) -> None:
    faults = [fault for one in manifest.objects if (fault := fault_of(folder, one)) is not None]
    if faults:
        more = f", and {len(faults) - _SHOWN} more faults" if len(faults) > _SHOWN else ""
        raise BackupDamaged(
            f"The backup in {folder} is not whole: {', '.join(faults[:_SHOWN])}{more}.",
            safe="Nothing was restored.",
        )


def _require_empty(root: Path) -> None:
    """Raise StoreLocked for a store in use, SettingsWrong for a folder that holds anything else
    than a restore that was cut off."""
    if not root.is_dir():
        return
    own = {"lock", "lost+found"}
    if (root / STAGING).is_dir():
        own |= {STAGING, *_PLACED_FIRST}
        if not any((root / STAGING).iterdir()):
            own.add("journal")
    strange = sorted(path.name for path in root.iterdir() if path.name not in own)
    if not strange:
        return
    if FolderLock.is_held(root):
        raise StoreLocked(
            f"{root} is in use: another process holds it.",
            to_do="Restore into an empty folder: name one in the settings (store.folder).",
        )
    raise SettingsWrong(
        f"{root} is not empty: it holds {strange[0]}.",
        safe="Nothing was restored, and the folder is as it was.",
        to_do="Move it away, or name an empty folder in the settings (store.folder).",
    )


def _contents(folder: Path, manifest: Manifest, identities: list[Any]) -> Contents:
    one = manifest.by_name().get(manifest.contents)
    if one is None:
        raise BackupDamaged("The manifest names no contents.")
    with tempfile.TemporaryDirectory(prefix="regulars-") as aside:
        path = Path(aside) / "contents"
        # Their plain digest stands nowhere else: what age opens is what was written.
        take_out(folder, one, path, None, identities)
        try:
            contents = msgspec.json.decode(path.read_bytes(), type=Contents)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise BackupDamaged("The contents of the backup are unreadable.") from None
    known = manifest.by_name()
    for file in contents.files:
        if not _PATH.fullmatch(file.path) or ".." in file.path.split("/"):
            raise BackupDamaged(f"The backup names a file outside a store: {file.path!r}.")
        if file.object not in known:
            raise BackupDamaged(f"The manifest lacks the object of {file.path}.")
    return contents


def _copy(
    folder: Path, manifest: Manifest, contents: Contents, root: Path, identities: list[Any]
) -> None:
    staging = root / STAGING
    make_folder(staging)
    for name in _PLACED_FIRST:  # a restore was cut off while they took their places
        if (root / name).exists():
            (root / name).rename(staging / name)
    known = manifest.by_name()
    wanted = {file.path for file in contents.files}
    for path in [path for path in staging.rglob("*") if path.is_file()]:
        if str(path.relative_to(staging)) not in wanted:  # of another backup
            path.unlink()
    for file in contents.files:
        target = staging / file.path
        if not (target.is_file() and sha256_of(target) == file.sha256):
            take_out(folder, known[file.object], target, file.sha256, identities)
    for path in [path for path in staging.rglob("*") if path.is_dir()]:
        flush_folder(path)


def _require_same_journal(staging: Path, manifest: Manifest, contents: Contents) -> None:
    """Raise BackupDamaged unless the journal is the manifest's and names just these files."""
    view = view_segments(sorted((staging / "journal").glob("*.log")))
    last = view.digest(manifest.entries)
    if len(view) != manifest.entries or last != manifest.entry_digest:
        raise BackupDamaged(
            f"The backup's journal has {pluralize(len(view), 'entry', 'entries')}, and its manifest"
            f" names {manifest.entries:,}: it is of another state or another store."
        )
    held = {file.path: file.sha256 for file in contents.files}
    named = [(file.path, file.sha256) for file in view.files.values()]
    named += [(body.path, body.sha256) for body in view.bodies.values()]
    for path, sha256 in named:
        if held.get(path) != sha256:
            raise BackupDamaged(f"The backup lacks {path}, which its journal names.")


def _into_place(root: Path) -> None:
    staging = root / STAGING
    for name in (*_PLACED_FIRST, "journal"):
        if (staging / name).exists():
            (staging / name).rename(root / name)
            flush_folder(root)
    shutil.rmtree(staging)
    flush_folder(root)
