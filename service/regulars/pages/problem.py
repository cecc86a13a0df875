"""An error as a small page, for browsers."""

from __future__ import annotations

from .rendering import render


def render_problem(happened: str, safe: str, to_do: str) -> str:
    """What happened, what is safe, what to do."""
    return render("problem.html", detail=happened, safe=safe, to_do=to_do)


def render_kind(what: str, safe: str, to_do: str) -> str:
    """What a kind of error means: the page that a problem's ``type`` points to."""
    return render("problem.html", detail=what, safe=safe, to_do=to_do)
