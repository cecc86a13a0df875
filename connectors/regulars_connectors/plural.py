"""Counts as a person says them: ``1 post``, ``2,400 posts``."""

from __future__ import annotations


def pluralize(count: float, one: str, many: str | None = None) -> str:
    """The count, its thousands parted, with the words that go with it. many: ``one`` and an s."""
    whole = round(count)
    return f"{whole:,} {one if whole == 1 else many or f'{one}s'}"
