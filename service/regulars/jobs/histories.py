"""Makes kept histories again when they cease to hold, beside the schedule's thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection
from datetime import datetime

from regulars.publications.lookup import known_publications
from regulars.reports.engine.kept_histories import due_publications, next_making
from regulars.settings import PublicationSettings, Settings
from regulars.store import Store
from regulars_connectors.contract import Clock
from regulars_connectors.instants import SECOND, Instant, from_datetime, to_datetime

logger = logging.getLogger(__name__)
Prepare = Callable[[Store, PublicationSettings, datetime], None]
# After a making that left histories which do not hold, as where the store was busy.
_AFTER_TROUBLE = 3600 * SECOND
_LONGEST_JOIN_SECONDS = 5.0


class HistoryKeeper:
    """A chore of the schedule's thread, which hands the work to a thread of its own.

    prepare: makes one publication's histories, and handles its own errors. busy: the publications
    whose sync is under way, which ends with a making. on_end: called when all are made.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Clock,
        prepare: Prepare,
        *,
        busy: Callable[[], Collection[str]] = tuple,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._settings, self._clock = store, settings, clock
        self._prepare, self._busy, self._on_end = prepare, busy, on_end
        self._thread: threading.Thread | None = None
        self._wait_until: Instant = 0
        self._is_stopping = False

    def step(self) -> Instant | None:
        """Begin what is due. Returns the moment of the next step; None: after the next sync."""
        if self._thread is not None and self._thread.is_alive():
            return None
        now = self._clock()
        publications = known_publications(self._settings, self._store)
        due = self._due(publications, now)
        if due and now >= self._wait_until:
            self._wait_until = now + _AFTER_TROUBLE
            self._thread = threading.Thread(
                target=self._make, args=(due,), name="histories", daemon=True
            )
            self._thread.start()
            return None
        if due:
            return self._wait_until
        self._wait_until = 0
        until = next_making(self._store, [one.name for one in publications])
        if until is None or from_datetime(until) <= now:  # a sync under way makes them at its end
            return None
        return from_datetime(until)

    def stop(self) -> None:
        """Begin nothing any more. A making under way ends with the store's reports."""
        self._is_stopping = True

    def join(self) -> None:
        """Wait a few seconds for a making under way."""
        if self._thread is not None:
            self._thread.join(_LONGEST_JOIN_SECONDS)

    def _due(
        self, publications: Collection[PublicationSettings], now: Instant
    ) -> list[PublicationSettings]:
        names = due_publications(self._store, [one.name for one in publications], to_datetime(now))
        busy = set(self._busy())
        return [one for one in publications if one.name in names - busy]

    def _make(self, due: Collection[PublicationSettings]) -> None:
        for publication in due:
            if self._is_stopping:
                return
            try:
                self._prepare(self._store, publication, to_datetime(self._clock()))
            except Exception:
                # The thread's edge: whatever broke, the others are made.
                logger.exception("histories of %s could not be made", publication.name)
        self._on_end()
