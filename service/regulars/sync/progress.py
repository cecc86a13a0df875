"""What a person who waits for a sync sees of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """What a person who waits wants to know. total: None where the provider does not say."""

    connection: str
    label: str
    rows: int
    total: int | None


class Interrupted(Exception):
    """The owner asked to stop; what was fetched is kept and the next run goes on from there."""
