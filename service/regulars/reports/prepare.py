"""Makes what the reports ask of, after a sync: histories, and the fit of the model.

Whoever asks then finds both in the store. Without them a report makes them for itself, which takes
as long as this.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from regulars.errors import RegularsError
from regulars.settings import PublicationSettings
from regulars.store import Store

logger = logging.getLogger(__name__)


def prepare_reports(store: Store, publication: PublicationSettings, now: datetime) -> None:
    """Keep histories and readers of a publication. Logs a failure, and the sync stands."""
    with failures_logged(publication.name):
        from .kept_readers import keep_reports  # which brings numpy, late

        keep_reports(store, publication, now)


@contextmanager
def failures_logged(publication: str) -> Iterator[None]:
    """Log that reports of the publication could not be prepared, and go on."""
    import duckdb

    try:
        yield
    except (RegularsError, duckdb.Error) as error:
        logger.warning("reports of %s not prepared: %s", publication, type(error).__name__)
