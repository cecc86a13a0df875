"""The JSON from which shields draws a badge."""

from __future__ import annotations

import json

from regulars.reports.engine.projection import FigureText

from . import messages
from .document import WidgetDocument

PEOPLE, QUIET = "413b5e", "8a8279"
# shields asks for at least five minutes, and the figure moves once a day at most.
CACHE_SECONDS = 3600


def badge_of(document: WidgetDocument, text: FigureText) -> bytes:
    """The badge as JSON; in grey it says why there is no figure. text: of the document's figure."""
    value = document.figures[0].value
    says = {
        "schemaVersion": 1,
        "label": text.badge_label(),
        "message": _why_not(document) if value is None else text.badge_message(value=f"{value:,}"),
        "color": QUIET if value is None else PEOPLE,
        "cacheSeconds": CACHE_SECONDS,
    }
    return json.dumps(says).encode()


def _why_not(document: WidgetDocument) -> str:
    small = document.figures[0].reason == "small_group"
    return messages.BADGE_SMALL_GROUP() if small else messages.BADGE_TOO_EARLY()
