"""What the owner asks of a sync, the same from the command line, over HTTP and in a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncOptions:
    """full: fetch everything again. accept_removals: what was held back because many people are
    gone counts. accept_count: a provider's count that keeps differing by the same few is right."""

    full: bool = False
    accept_removals: bool = False
    accept_count: bool = False


USUAL = SyncOptions()
"""A sync as it comes every night."""
