"""Which runs are large enough for a process of their own."""

from __future__ import annotations

from regulars.settings import ConnectionConfig
from regulars.store import Store
from regulars.store.looks import has_seen_people
from regulars_connectors import registry
from regulars_connectors.errors import ConfigurationError

from .options import SyncOptions


def is_large(store: Store, config: ConnectionConfig, options: SyncOptions) -> bool:
    """Whether a run may keep this process busy for long: a backfill, or files to be read.

    Any other run has few pages, or waits for its provider's quota between them.
    """
    if options.full or not has_seen_people(store, config.name):
        return True
    try:
        return registry.find(config.connector).Settings.local_files
    except ConfigurationError:  # the run says so
        return False
