"""Backups: copies of what a store needs to be made again, proven by digests."""

from .make import make_backup
from .prove import note_proof, prove_backup
from .restore import restore_backup

__all__ = ["make_backup", "note_proof", "prove_backup", "restore_backup"]
