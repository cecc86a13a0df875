"""After a sync: compute and keep what the page will ask."""

from __future__ import annotations

from datetime import datetime

from regulars.reports.engine.cache import ReportCache, failures_logged
from regulars.reports.engine.query import ReportQuery
from regulars.reports.house import HOUSE
from regulars.reports.regulars import REGULARS, RegularsParameters
from regulars.settings import PublicationSettings
from regulars.store import Store

from .home import states_to_ask


def prefetch_page(store: Store, publication: PublicationSettings, now: datetime) -> None:
    """Compute and keep the reports of the page. A failure is logged, and the sync stands."""
    cache = ReportCache(store)
    with failures_logged(publication.name):
        house = cache.ask(ReportQuery(HOUSE, publication), now)
        wanted = RegularsParameters(state=states_to_ask(house.result))
        cache.ask(ReportQuery(REGULARS, publication, wanted, house.as_of), now)
