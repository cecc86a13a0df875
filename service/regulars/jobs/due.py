"""Starts what is due, through the one sync service of the process."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.settings import ConnectionConfig, PublicationSettings
from regulars.sync.record import RunResult
from regulars.sync.service import SyncService

from .planner import Planner, Standing
from .view import ScheduleView, views_of


class DueRuns:
    """The schedule of one process: how connections stand, and a way to start those that are due."""

    def __init__(self, planner: Planner, service: SyncService) -> None:
        self._planner = planner
        self._service = service

    def standings(self) -> list[Standing]:
        """Every connection of the settings, in their order."""
        return self._planner.standings()

    def views(self) -> list[ScheduleView]:
        """The same as JSON shows it."""
        return views_of(self.standings())

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
