"""The store: history, journal and the DuckDB file. ``Store`` opens it."""

from .store import Store, is_store

__all__ = ["Store", "is_store"]
