"""Requests to providers, counted since this process began."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from regulars_connectors.contract import TrafficKind


class TrafficCounts:
    """Sums by provider and kind. Thread-safe. ``note`` is what a ``Runtime`` lends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sums: dict[tuple[str, TrafficKind], float] = {}

    def note(self, provider: str, kind: TrafficKind, amount: float) -> None:
        """Add to a sum. amount: requests, or seconds of ``waited``."""
        with self._lock:
            self._sums[provider, kind] = self._sums.get((provider, kind), 0.0) + amount

    def sums(self) -> Mapping[tuple[str, TrafficKind], float]:
        """A copy of all sums."""
        with self._lock:
            return dict(self._sums)
