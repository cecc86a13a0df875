"""Makes a backup: reads the journal up to its last whole entry, then copies what it names.

No lock is needed. History files never change, the journal only grows, and every copy is proven by
its digest. Should the owner take away or replace something meanwhile, the backup begins again.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import msgspec

from regulars.errors import (
    DiskFull,
    NothingHere,
    StoreDamaged,
    StoreLocked,
    UsageWrong,
)
from regulars.files import flush_folder, make_folder, refusals, sha256_of
from regulars.store import is_store
from regulars.store.journal_view import JournalView, is_current, view_journal
from regulars.store.secret import missing_secret, read_secret
from regulars_connectors.instants import Instant, to_iso
from regulars_connectors.plural import pluralize

from .encryption import Recipient
from .manifest import (
    FORMAT,
    MANIFEST,
    Contents,
    Figure,
    Manifest,
    StoredObject,
    StoreFile,
    read_manifest,
    store_id,
    write_manifest,
)
from .objects import Objects, SourceChanged

_MOST_BEGINNINGS = 10
_SPARE_BYTES = 16 * 1024 * 1024
Figures = Callable[[], list[Figure] | None]


@dataclass(frozen=True, slots=True)
class MadeBackup:
    """What a backup holds, and what of it was new. beginnings: above 1 if it had to begin again."""

    manifest: Manifest
    files: int
    copied: int
    copied_bytes: int
    removed: int
    beginnings: int
    has_figures: bool


def make_backup(
    store: Path, to: Path, now: Instant, figures: Figures, recipient: Recipient | None = None
) -> MadeBackup:
    """Bring the backup in ``to`` up to the store in ``store``, which another process may hold.

    figures: asks for the figures of the store as it is, or returns None. Raises UsageWrong,
    NothingHere, SettingsWrong, StoreDamaged, StoreLocked, BackupDamaged, DiskFull.
    """
    if not is_store(store):
        raise NothingHere(f"There is no store in {store} yet.")
    _require_apart(store, to)
    secret = read_secret(store)
    if secret is None:
        raise missing_secret()
    with _writable(to), _alone(to):
        before = _manifest_before(to, recipient)
        suspect: Path | None = None
        for beginning in range(1, _MOST_BEGINNINGS + 1):
            view, said = _look(store, before, figures)
            objects = Objects(
                to,
                before.objects if before else (),
                recipient,
                secret,
            )
            try:
                contents = _copy(store, to, view, said, objects)
            except SourceChanged as change:
                if change.path == suspect:
                    raise StoreDamaged(
                        f"{change.path} is missing or has changed since it was written.",
                        safe="The backup from before is as it was.",
                    ) from None
                suspect = change.path
                continue
            return _finish(to, view, contents, objects, now, beginning)
    raise StoreDamaged(f"The store in {store} changed all the while.")


def _look(
    store: Path, before: Manifest | None, figures: Figures
) -> tuple[JournalView, list[Figure] | None]:
    """The journal, and the figures of just these entries."""
    for _ in range(_MOST_BEGINNINGS):
        view = view_journal(store / "journal")
        if not len(view):
            raise NothingHere(f"The store in {store} is empty: there is nothing to back up yet.")
        if before is not None:
            _require_same_store(before, view)
        said = figures()
        if said is None or is_current(view, store / "journal"):
            return view, said
    return view_journal(store / "journal"), None


def _copy(
    store: Path, to: Path, view: JournalView, figures: list[Figure] | None, objects: Objects
) -> tuple[Contents, StoredObject, list[StoredObject]]:
    wanted = list(_files_of(store, view))
    _require_room(to, [(size, digest) for _, size, digest in wanted], objects)
    files, stored = [], []
    for path, size, digest in wanted:
        one = objects.put(store / path, size, digest)
        files.append(StoreFile(path, one.name, size, digest))
        stored.append(one)
    rows = Counter[str]()
    for file in view.files.values():
        rows[file.stream] += file.rows
    contents = Contents(files, dict(sorted(rows.items())), figures)
    named = _put_bytes(to, msgspec.json.encode(contents), objects)
    unique = {one.name: one for one in [*stored, named]}
    return contents, named, list(unique.values())


def _files_of(store: Path, view: JournalView) -> Iterator[tuple[str, int, str]]:
    """Path, size and SHA-256 of every file to copy: secret, history, webhooks, journal."""
    secret = store / "secret"
    yield "secret", secret.stat().st_size, sha256_of(secret)
    for file in view.files.values():
        path = store / file.path
        try:
            yield file.path, path.stat().st_size, file.sha256
        except FileNotFoundError:
            raise SourceChanged(path) from None
    for body in view.bodies.values():
        yield body.path, body.size, body.sha256
    for segment in view.segments:
        yield f"journal/{segment.name}", segment.size, segment.sha256


def _put_bytes(to: Path, content: bytes, objects: Objects) -> StoredObject:
    with tempfile.TemporaryDirectory(prefix=".contents-", dir=to) as folder:
        path = Path(folder) / "contents.json"
        path.write_bytes(content)
        return objects.put(path, len(content), sha256_of(path))


def _finish(
    to: Path,
    view: JournalView,
    copied: tuple[Contents, StoredObject, list[StoredObject]],
    objects: Objects,
    now: Instant,
    beginnings: int,
) -> MadeBackup:
    contents, named, stored = copied
    objects.flush()
    manifest = Manifest(
        format=FORMAT,
        program=version("regulars"),
        store=store_id(view.outline(1)),
        made_at=to_iso(now),
        entries=len(view),
        entry_digest=view.digest(len(view)),
        entry_outline=view.outline(len(view)),
        recipient=objects.recipient,
        contents=named.name,
        objects=sorted(stored, key=lambda one: one.name),
    )
    write_manifest(to, manifest)
    removed = objects.remove_others(manifest.objects)
    return MadeBackup(
        manifest,
        len(contents.files),
        objects.copied,
        objects.copied_bytes,
        removed,
        beginnings,
        contents.figures is not None,
    )


def _manifest_before(to: Path, recipient: Recipient | None) -> Manifest | None:
    """The manifest that is there, or None for an empty folder. Raises UsageWrong for others."""
    # TemporaryDirectory of a backup that was killed.
    for left in to.glob(".contents-*"):
        shutil.rmtree(left, ignore_errors=True)
    if not (to / MANIFEST).exists():
        ours = {"objects", f"{MANIFEST}.tmp", "lost+found"}
        strange = sorted(path.name for path in to.iterdir() if path.name not in ours)
        if strange:
            raise UsageWrong(
                f"{to} holds something else: {strange[0]}.",
                to_do="Name an empty folder, or one that does not exist yet.",
            )
        return None
    before = read_manifest(to)
    recipient_text = "" if recipient is None else str(recipient)
    if before.recipient != recipient_text:
        now = f"encrypted to {before.recipient}" if before.recipient else "plain"
        raise UsageWrong(
            f"The backup in {to} is {now}.",
            to_do="Name another folder, or give --encrypt-to as you did before.",
        )
    return before


def _require_same_store(before: Manifest, view: JournalView) -> None:
    if before.store != store_id(view.outline(1)):
        raise UsageWrong(
            "The folder holds the backup of another store.", to_do="Name a folder for each store."
        )
    if before.entries > len(view):
        raise StoreDamaged(
            f"The store has {pluralize(len(view), 'entry', 'entries')}, and its backup"
            f" {before.entries:,}: the store lost"
            " some, or it is an older copy.",
            safe="The backup is as it was.",
            to_do="Restore the backup into an empty folder, or name another folder for this copy.",
        )
    if not _is_same_entry(before, view):
        raise UsageWrong(
            f"From entry {before.entries} or earlier, the store and its backup went different"
            " ways: they are two copies of one store.",
            to_do="Name a folder for each copy.",
        )


def _is_same_entry(before: Manifest, view: JournalView) -> bool:
    """Whether the store has the backup's last entry, perhaps without a person who was forgotten."""
    if view.digest(before.entries) == before.entry_digest:
        return True
    return view.forgot and view.outline(before.entries) == before.entry_outline


def _require_apart(store: Path, to: Path) -> None:
    here, there = store.resolve(), to.resolve()
    if there == here or here in there.parents:
        raise UsageWrong(
            f"{to} lies inside the store.", to_do="Name a folder elsewhere, best on another disk."
        )
    if there in here.parents and to.is_dir() and not (to / MANIFEST).exists():
        raise UsageWrong(
            f"{to} holds the store itself.",
            to_do="Name a folder elsewhere, best on another disk.",
        )


def _require_room(to: Path, wanted: list[tuple[int, str]], objects: Objects) -> None:
    needed = sum(size for size, digest in wanted if objects.find(size, digest) is None)
    free = shutil.disk_usage(to).free
    if needed + _SPARE_BYTES > free and needed:
        raise DiskFull(
            f"The backup needs {needed:,} more bytes in {to}, and {free:,} are free.",
            safe="The backup from before is as it was.",
            to_do="Free some space on the disk of the backup, or name another folder.",
        )


@contextmanager
def _writable(to: Path) -> Iterator[None]:
    """Make the folder, and name refusals of the system."""
    safe = "The backup from before is as it was."
    to_do = "Make that place readable and writable for you, or name another folder."
    try:
        with refusals(to, f"The backup to {to} failed", to_do=to_do, safe=safe):
            make_folder(to)
            yield
    except DiskFull as error:
        raise DiskFull(
            error.happened,
            safe=safe,
            to_do="Free some space on the disk of the backup, or name another folder.",
        ) from error


@contextmanager
def _alone(to: Path) -> Iterator[None]:
    """Keep a second backup out of the folder. Where folders know no locks, go on without."""
    handle = os.open(to, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreLocked(
                f"Another process is writing a backup to {to}.", to_do="Wait until it ends."
            ) from None
        except OSError:
            pass
        yield
        with suppress(OSError):
            flush_folder(to)
    finally:
        os.close(handle)
