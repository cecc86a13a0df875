"""Progress of a sync, for a person who waits."""

from __future__ import annotations

from dataclasses import dataclass

from regulars_connectors.errors import Interrupted

__all__ = ["Interrupted", "Progress"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a walk has come. total: the provider's, if it says one.

    notice: a sentence to show at once. It has no walk.
    """

    connection: str
    label: str
    rows: int
    total: int | None
    notice: str | None = None
