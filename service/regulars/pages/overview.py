"""The first page where there are several publications, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .rendering import render


@dataclass(frozen=True, slots=True)
class Line:
    """One publication in the list."""

    name: str
    title: str
    sentence: str


def render_overview(publications: Sequence[Line]) -> str:
    """A list of publications with their sentence; or what to do while there is none."""
    if publications:
        return render(
            "overview.html", headline="Your letters.", words=(), publications=publications
        )
    words = (
        "Write a publication and its connection into regulars.toml, then start again.",
        "To look around first, run regulars demo: an invented newsletter, no account needed.",
    )
    return render(
        "overview.html", headline="No publication yet.", words=words, publications=publications
    )
