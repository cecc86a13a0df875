"""The status of each publication and its sources, as `regulars status` shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from regulars.reports.engine.facts import gather
from regulars.settings import Settings
from regulars.store import Store
from regulars.store.mending import asked_again

from .lookup import known_publications


@asked_again
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
