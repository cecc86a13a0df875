"""Starts what is due, through the one sync service of the process."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from regulars.settings import ConnectionConfig, PublicationSettings
from regulars.store.protocols import ReadableStore
from regulars.sync.record import RunResult
from regulars.sync.service import SyncService
from regulars_connectors.contract import Clock
from regulars_connectors.instants import Instant

from .planner import Planner, Standing
from .schedule import MINUTE
from .view import ScheduleView, views_of


@dataclass(frozen=True, slots=True)
class _Shown:
    """The schedule as a page last showed it. state: of the runs then."""

    state: tuple[object, ...]
    since: Instant
    until: Instant
    views: list[ScheduleView]

    def holds(self, now: Instant) -> bool:
        return self.since <= now < self.until


class DueRuns:
    """The schedule of one process: how connections stand, and a way to start those that are due."""

    def __init__(
        self, store: ReadableStore, planner: Planner, service: SyncService, clock: Clock
    ) -> None:
        self._store = store
        self._planner = planner
        self._service = service
        self._clock = clock
        self._lock = threading.Lock()
        self._shown: _Shown | None = None

    def standings(self) -> list[Standing]:
        """Every connection of the settings, in their order."""
        return self._planner.standings()

    def views(self) -> list[ScheduleView]:
        """The same as JSON shows it."""
        return views_of(self.standings())

    def views_for_pages(self) -> list[ScheduleView]:
        """The same as far as a page needs it: worked out anew once something can have changed.

        That is after a run began or ended, when the next moment has come, and every minute.
        """
        now = self._clock()
        state = (frozenset(self._service.under_way()), self._store.version, self._service.ended)
        with self._lock:
            if self._shown is None or self._shown.state != state or not self._shown.holds(now):
                standings = self.standings()
                moments = [one.next.at for one in standings if one.next.at and one.next.at > now]
                until = min([*moments, now + MINUTE])
                self._shown = _Shown(state, now, until, views_of(standings))
            return self._shown.views

    def start_publication(self, publication: str) -> list[RunResult]:
        """Start a run of each connection of a publication that has none under way, and return."""
        wanted = [
            one
            for one in self.standings()
            if one.publication.name == publication and not one.publication.paused
        ]
        return self._service.start_each(_chosen(wanted))

    def begin(self, due: Sequence[Standing]) -> list[RunResult]:
        """Start a run of each, and return at once."""
        return self._service.start_each(_chosen(due), begin_small=_begin_small(due))

    def start_due(self) -> list[RunResult]:
        """Start what is due now, and return at once."""
        return self.begin(self._planner.due())


def _chosen(due: Sequence[Standing]) -> list[tuple[PublicationSettings, ConnectionConfig]]:
    return [(one.publication, one.config) for one in due]


def _begin_small(due: Sequence[Standing]) -> frozenset[str]:
    return frozenset(one.config.name for one in due if one.begins_small)
