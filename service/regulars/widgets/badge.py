"""The form in which shields asks for what a badge says."""

from __future__ import annotations

import json

from .document import WidgetDocument

LABEL = "keep coming back"
PEOPLE, QUIET = "413b5e", "8a8279"
# shields takes no less than five minutes; the figure moves once a day at most.
CACHE_SECONDS = 3600


def badge_of(document: WidgetDocument) -> bytes:
    """The badge as JSON; without a figure it says why, in grey."""
    value = document.figures[0].value
    says = {
        "schemaVersion": 1,
        "label": LABEL,
        "message": f"about {value:,} people" if value is not None else _why_not(document),
        "color": QUIET if value is None else PEOPLE,
        "cacheSeconds": CACHE_SECONDS,
    }
    return json.dumps(says).encode()


def _why_not(document: WidgetDocument) -> str:
    small = document.figures[0].reason == "small_group"
    return "the number stays private" if small else "too early to say"
