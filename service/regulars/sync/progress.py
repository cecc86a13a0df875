"""Progress of a sync, for a person who waits."""

from __future__ import annotations

from dataclasses import dataclass


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


class Interrupted(Exception):
    """The owner asked to stop. What was fetched is kept, and the next run resumes from there."""
