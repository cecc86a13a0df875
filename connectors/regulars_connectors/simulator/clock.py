"""The clock of a simulated world. It stands still until you set it."""

from __future__ import annotations

from ..instants import Instant


class SimulatedClock:
    """A callable that returns the instant it was last set to."""

    def __init__(self, instant: Instant) -> None:
        self.instant = instant

    def __call__(self) -> Instant:
        return self.instant

    def set(self, instant: Instant) -> None:
        """Move to ``instant``, forwards or backwards."""
        self.instant = instant

    def advance(self, microseconds: Instant) -> None:
        """Move on by ``microseconds``."""
        self.instant += microseconds
