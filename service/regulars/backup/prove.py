"""Proves a backup: every object by its digest, without a store and without a key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from regulars.errors import StoreDamaged
from regulars.store.journal_view import first_outline
from regulars.store.proven_backups import ProvenBackup, note_proven_backup
from regulars_connectors.instants import from_iso

from .manifest import Manifest, read_manifest, store_id
from .objects import fault_of


@dataclass(frozen=True, slots=True)
class Proof:
    """faults: in words, empty for a sound backup."""

    manifest: Manifest
    faults: list[str]


def prove_backup(folder: Path) -> Proof:
    """Read every object. Raises NothingHere, UsageWrong, BackupDamaged for its manifest."""
    manifest = read_manifest(folder)
    faults = [fault for one in manifest.objects if (fault := fault_of(folder, one)) is not None]
    return Proof(manifest, faults)


def note_proof(folder: Path, manifest: Manifest, store: Path) -> bool:
    """Note beside the store that its backup was proven. Returns whether it is of this store."""
    try:
        is_ours = manifest.store == store_id(first_outline(store / "journal"))
    except StoreDamaged:
        return False
    if is_ours:
        made_at = from_iso(manifest.made_at)
        note_proven_backup(store, ProvenBackup(made_at, manifest.entries, str(folder.resolve())))
    return is_ours
