"""Computes and caches the reports of the page after a sync."""

from __future__ import annotations

from datetime import datetime

from regulars.reports.engine.cache import ReportCache, failures_logged
from regulars.reports.prepare import prepare
from regulars.settings import PublicationSettings
from regulars.store import Store

from .queries import ask_home


def prefetch_page(store: Store, publication: PublicationSettings, now: datetime) -> None:
    """Keep histories, and cache the reports of the page. Logs a failure, and the sync stands."""
    prepare(store, publication, now)
    cache = ReportCache(store)
    with failures_logged(publication.name):
        ask_home(publication, lambda query: cache.ask(query, now))
