"""How fresh the sources of each publication are, as `regulars status` shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .publications import known_publications
from .reports.facts import gather
from .settings import Settings
from .store import Store


def publications_with_sources(
    settings: Settings, store: Store, now: datetime
) -> list[dict[str, Any]]:
    """Name, title, whether it is paused, and sources of every publication, as JSON values."""
    items = []
    for publication in known_publications(settings, store):
        with store.read() as cursor:
            sources = gather(cursor, publication, now, now).sources
        items.append(
            {
                "name": publication.name,
                "title": publication.title or publication.name,
                "paused": publication.paused,
                "sources": [source.model_dump(mode="json") for source in sources],
            }
        )
    return items
