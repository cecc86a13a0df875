"""Renames and removes a publication, in the settings and in the store.

Every step can be repeated. After a crash the same command finishes the work, and until then a sync
refuses connections whose data stand under another name (``connections.require_owner``).
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from regulars.errors import DiskFull, NothingHere, UsageWrong
from regulars.settings.editor import SettingsFile
from regulars.store import Store
from regulars.store.actions.publications import (
    RENAMED,
    all_publication_data,
    connections_of,
    last_name_of,
)
from regulars.store.actions.replaced import REMOVED
from regulars.store.leftovers import finish_removals
from regulars.store.mending import asked_again
from regulars_connectors.contract import Clock

from .lookup import check_short_name


@dataclass(frozen=True, slots=True)
class RemovalPreview:
    """What a removal would take: counts of things, sizes in bytes.

    names: all its names, the present one last. connections: of the settings and of its data.
    widgets: public figures that end with it.
    """

    in_settings: bool
    names: tuple[str, ...]
    connections: tuple[str, ...]
    widgets: int = 0
    history_files: int = 0
    history_bytes: int = 0
    journal_entries: int = 0
    part_files: int = 0
    part_bytes: int = 0
    damaged_databases: tuple[str, ...] = ()
    moved_aside_bytes: int = 0

    @property
    def in_store(self) -> bool:
        """Whether the store holds data of it."""
        return self.journal_entries > 0


def rename(
    file: SettingsFile,
    store: Store | None,
    before: str,
    after: str,
    clock: Clock,
    *,
    dry_run: bool = False,
) -> None:
    """Give a publication another short name. Raises NothingHere, UsageWrong.

    store: None before the first sync. dry_run: check everything and change nothing.
    """
    check_short_name(after)
    known = all_publication_data(store.journal) if store else {}
    in_file = file.has(before)
    half_done = (
        store is not None and in_file and before not in known and after in known
        and last_name_of(store.journal, before) == after and not file.has(after)
    )  # fmt: skip
    if not half_done:
        _require_free(file, known, before, after)
    if in_file:
        file.change_publication(before, {"name": after})
        file.prove()
    if dry_run:
        return
    if store is not None and before in known:
        with store.writing:
            store.append({"kind": RENAMED, "at": clock(), "publication": before, "to": after})
    if in_file:
        file.write()


def _require_free(file: SettingsFile, known: Collection[str], before: str, after: str) -> None:
    if before == after:
        raise UsageWrong(f"The publication is already called {after!r}.")
    if not file.has(before) and before not in known:
        raise NothingHere(f"There is no publication named {before!r}.")
    # Somebody may have renamed it in the settings by hand, so a name there alone is allowed.
    if after in known or (file.has(after) and (file.has(before) or before not in known)):
        raise UsageWrong(
            f"A publication named {after!r} already exists.", to_do="Choose another short name."
        )


@asked_again
def preview_removal(file: SettingsFile, store: Store | None, name: str) -> RemovalPreview:
    """What a publication has in settings and store. Raises NothingHere if both lack it."""
    written = next((one for one in file.publications if one.get("name") == name), None)
    configured = [str(one["name"]) for one in written.get("connections", ())] if written else []
    known = all_publication_data(store.journal) if store else {}
    if written is None and name not in known:
        raise NothingHere(f"There is no publication named {name!r}.")
    widgets = len(written.get("widgets", ())) if written else 0
    if store is None:
        return RemovalPreview(written is not None, (name,), tuple(configured), widgets)
    with store.read() as cursor:
        connections = sorted({*configured, *connections_of(cursor, name)})
    parts = [path for part in _parts(store, connections) for path in part.rglob("*.parquet")]
    aside = store.damaged_databases()
    own = known.get(name)
    files = [store.root / file["path"] for file in own.files(store.journal)] if own else []
    return RemovalPreview(
        in_settings=written is not None,
        names=tuple(own.names) if own else (name,),
        connections=tuple(connections),
        widgets=widgets,
        history_files=len(files),
        history_bytes=_bytes_of(files),
        journal_entries=own.entries if own else 0,
        part_files=len(parts),
        part_bytes=_bytes_of(parts),
        damaged_databases=tuple(path.name for path in aside),
        moved_aside_bytes=_bytes_of(aside),
    )


def remove(
    file: SettingsFile, store: Store | None, name: str, left: RemovalPreview, clock: Clock
) -> list[str]:
    """Remove a publication from settings and store. Returns notices for the owner.

    Parts and settings go first, since the journal does not name them. Then the
    action is committed, then its files go. After a crash the next start finishes the work.
    """
    if left.in_settings:
        file.remove_publication(name)
        file.prove()
    if store is not None:
        for folder in _parts(store, left.connections):
            shutil.rmtree(folder, ignore_errors=True)
    if left.in_settings:
        file.write()
    if store is None or not left.in_store:
        return []
    return _remove_from_store(store, name, clock)


def _remove_from_store(store: Store, name: str, clock: Clock) -> list[str]:
    for path in store.damaged_databases():
        path.unlink(missing_ok=True)
    with store.writing:
        store.catch_up()
        own = all_publication_data(store.journal)[name]
        dropped = [str(file["path"]) for file in own.files(store.journal)]
        with store.read() as cursor:
            connections = connections_of(cursor, name)
        entry = store.append(
            {
                "kind": REMOVED,
                "at": clock(),
                "publication": name,
                "connections": connections,
                "dropped": dropped,
            }
        )
    store.history.drop(dropped)
    kept = list(store.history.files(store.journal))
    finish_removals(store.root, store.journal, kept, after=entry.number - 1)
    try:
        # Deleted rows stay readable in free blocks of the old file, so make a new one.
        store.rebuild()
    except DiskFull as error:
        later = (
            "The rows are deleted. Run `regulars rebuild` later to clear their space in the file."
        )
        return [f"{error.happened} {later}"]
    return []


def _parts(store: Store, connections: Sequence[str]) -> list[Path]:
    folders = [store.incoming / connection for connection in connections]
    return [folder for folder in folders if folder.is_dir()]


def _bytes_of(files: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in files if path.is_file())
