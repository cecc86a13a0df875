"""Counts as a person says them: ``1 post``, ``2,400 posts``.

English has two forms: *one* for a whole 1, *other* for the rest. That is Unicode's rule, which
Babel holds for every language, and a test compares the two. Babel itself stays out: it would cost
each command 30 ms and 7 MiB to choose a word of an error message.
"""

from __future__ import annotations


def pluralize(count: float, one: str, many: str | None = None) -> str:
    """The count, its thousands parted, with the words that go with it. many: ``one`` and an s."""
    whole = round(count)
    return f"{whole:,} {one if whole == 1 else many or f'{one}s'}"
