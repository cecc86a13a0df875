"""Progress of a sync, for a person who waits."""

from __future__ import annotations

from dataclasses import dataclass

from regulars_connectors.errors import Interrupted

__all__ = ["Interrupted", "Progress"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a walk has come. total: the provider's, if it says one."""

    connection: str
    label: str
    rows: int
    total: int | None
