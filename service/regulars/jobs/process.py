"""The syncs of a server: those that somebody starts, and those that the schedule starts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from regulars.notices import Notifier, Unrecorded
from regulars.settings import PublicationSettings, Settings
from regulars.store import Store
from regulars.sync.service import SyncService
from regulars_connectors.contract import Runtime
from regulars_connectors.instants import Instant

from .due import DueRuns
from .histories import HistoryKeeper
from .loop import ScheduleLoop, Scheduling
from .planner import Planner


class Jobs:
    """The sync service of a process, its schedule, and the thread that follows it.

    runs: the sync service. due: the schedule, to show it and to start what is due. The thread says
    notices as well, after each run and at least hourly, also where cron keeps the schedule. It
    begins to make histories again when they cease to hold.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        runtime: Runtime,
        scheduling: Scheduling | None,
        *,
        prepare: Callable[[Store, PublicationSettings, datetime], None] = lambda *_: None,
        decode_in_child: bool = False,
    ) -> None:
        self._loop: ScheduleLoop | None = None
        self._store, self._settings, self._clock = store, settings, runtime.clock
        self.runs = SyncService(
            store,
            settings,
            runtime,
            prepare=prepare,
            on_end=self._on_end,
            is_wanted=self._is_wanted,
            decode_in_child=decode_in_child,
        )
        self._planner = Planner(store, settings, runtime, self.runs)
        self.due = DueRuns(store, self._planner, self.runs, runtime.clock)
        self._notifier = Notifier(
            settings,
            runtime.clock,
            next_look=self._planner.look_after,
            started_at=None if scheduling is None else runtime.clock(),
            unrecorded=self._unrecorded,
        )
        self._keeper = HistoryKeeper(
            store, settings, runtime.clock, prepare, busy=self._busy, on_end=self.wake
        )
        if scheduling is not None or settings.notices.has_ways:
            self._loop = ScheduleLoop(
                self.due.standings if scheduling is not None else list,
                self.due.begin,
                runtime.clock,
                scheduling or Scheduling(),
                [self._say_notices, self._keeper.step],
            )

    def start(self) -> None:
        """Begin to follow the schedule, if there is a thread for it."""
        if self._loop is not None:
            self._loop.start()

    def wake(self) -> None:
        """Look at the schedule now: a hint has come, or something else that it depends on."""
        if self._loop is not None:
            self._loop.wake()

    def faults(self) -> list[str]:
        """What is wrong, in words that follow "the service is not ready:"."""
        stuck = [f"the sync of {name} does not end" for name in self.runs.hanging()]
        return stuck + (self._loop.faults() if self._loop is not None else [])

    def ask_to_stop(self) -> None:
        """Start nothing any more, and ask every run to end. Returns at once."""
        if self._loop is not None:
            self._loop.stop()
        self._keeper.stop()
        self.runs.ask_to_stop()

    def stop(self) -> None:
        """Ask every run to end, and wait for them and the thread."""
        self.ask_to_stop()
        if self._loop is not None:
            self._loop.join()
        self._keeper.join()
        self.runs.stop()

    def _say_notices(self) -> Instant | None:
        now = self._clock()
        self._notifier.step(self._store, now)
        again = self._notifier.retry_at()
        return again if again is not None and again > now else None

    def _unrecorded(self) -> list[Unrecorded]:
        runs = [result.record for result in self.runs.unrecorded()]
        return [
            Unrecorded(run.connection, run.started_at, run.reason)
            for run in sorted(runs, key=lambda run: run.started_at)
        ]

    def _is_wanted(self, connection: str) -> bool:
        return self._planner.is_wanted(connection)

    def _busy(self) -> list[str]:
        """The publications whose sync is under way."""
        under_way = self.runs.under_way()
        return [
            publication.name
            for publication, config in self._settings.connections()
            if config.name in under_way
        ]

    def _on_end(self, _connection: str) -> None:
        self.wake()
