"""The store: history, journal and the DuckDB file. ``Store`` is the door; see ``store.py``."""

from .store import Store, is_store

__all__ = ["Store", "is_store"]
