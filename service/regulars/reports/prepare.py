"""Makes ready what reports read: histories, and the fit of the model.

Done at the end of a sync or import, and after a rebuild. Whoever asks then finds both in the store.
Without them a report makes them for itself, which takes as long as this.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from regulars.errors import RegularsError
from regulars.settings import PublicationSettings
from regulars.store import Store

logger = logging.getLogger(__name__)


def prepare(store: Store, publication: PublicationSettings, now: datetime) -> None:
    """Keep histories and fit of a publication as of ``now``, which is aware.

    A failure is logged, and what was synced stands: reports then make what they need themselves.
    """
    import duckdb

    from .kept_readers import keep_reports  # which brings numpy, late

    try:
        keep_reports(store, publication, now)
    except (RegularsError, duckdb.Error) as error:
        logger.warning("reports of %s not prepared: %s", publication.name, type(error).__name__)


def prepare_all(store: Store, publications: Sequence[PublicationSettings], now: datetime) -> None:
    """The same for every publication."""
    for publication in publications:
        prepare(store, publication, now)
