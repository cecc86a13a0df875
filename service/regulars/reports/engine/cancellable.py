"""A computation that ends when nobody waits for its report any more."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

    from .query import AnyEnvelope, Run


class Abandoned(Exception):
    """Nobody waits for this report any more, so it was not computed."""


class CancellableRun:
    """Computes as ``run`` does, until ``cancel`` is called, perhaps from another thread."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._lock = threading.Lock()
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._is_cancelled = False

    def __call__(
        self, report: Any, cursor: duckdb.DuckDBPyConnection, *arguments: Any, **options: Any
    ) -> AnyEnvelope:
        """Compute. Raises Abandoned, or DuckDB's error of an interrupt, once it is cancelled."""
        with self._lock:
            if self._is_cancelled:
                raise Abandoned
            self._cursor = cursor
        try:
            return self._run(report, cursor, *arguments, **options)
        finally:
            with self._lock:
                self._cursor = None

    def cancel(self) -> None:
        """Interrupt the running statement. Call it again: a report between two escapes it."""
        with self._lock:
            self._is_cancelled = True
            if self._cursor is not None:
                self._cursor.interrupt()
