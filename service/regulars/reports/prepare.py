"""Makes ready what reports read, at the end of a sync or import and after a rebuild."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from regulars.errors import RegularsError
from regulars.settings import PublicationSettings
from regulars.store import Store

from .engine.kept_histories import keep_histories

logger = logging.getLogger(__name__)


def prepare(store: Store, publication: PublicationSettings, now: datetime) -> None:
    """Keep the histories of a publication as of ``now``, which is aware.

    A failure is logged, and what was synced stands: reports then make what they need themselves.
    """
    import duckdb

    try:
        keep_histories(store, publication, now)
    except (RegularsError, duckdb.Error) as error:
        logger.warning("histories of %s not kept: %s", publication.name, type(error).__name__)


def prepare_all(store: Store, publications: Sequence[PublicationSettings], now: datetime) -> None:
    """The same for every publication."""
    for publication in publications:
        prepare(store, publication, now)
