"""The sync runs of one process: start them, wait for them, stop them, list them.

Server, command line, import and demo start their runs here. Accounts run in parallel, the runs of
one account one after the other, and a connection has at most one run at a time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from regulars.connections.accounts import account_of
from regulars.connections.factory import choose
from regulars.errors import (
    AlreadyRunning,
    ClockWrong,
    NothingHere,
    RegularsError,
    SettingsWrong,
    system_error,
)
from regulars.log import logging_run
from regulars.settings import ConnectionConfig, PublicationSettings, Settings
from regulars.store import Store
from regulars.store.run_record import find_run, newest_run_ids
from regulars_connectors.bounds import said
from regulars_connectors.contract import Runtime
from regulars_connectors.errors import ConnectorError
from regulars_connectors.instants import SECOND, Instant, to_datetime

from .large import is_large
from .options import USUAL, SyncOptions
from .progress import Interrupted, Progress
from .queue import AccountQueues
from .record import RunResult, cut_run, failed_run, new_run, stopped_run
from .run import sync_connection
from .waiting import TimeLimit, interruptible

logger = logging.getLogger(__name__)
_ENDED_KEPT = 200

Chosen: TypeAlias = "tuple[PublicationSettings, ConnectionConfig]"


@dataclass(slots=True)
class RunGroup:
    """Runs that were started together, in the order of the request.

    results: how each stands. One is replaced when its run has ended. begin_small: the connections
    that look first whether their provider is well.
    is_awaited: the caller uses ``wait``, which raises their errors. Otherwise they are logged.
    """

    results: list[RunResult]
    options: SyncOptions
    is_awaited: bool
    _wait_for_all: Callable[[], None]
    trouble: Exception | None = None
    begin_small: frozenset[str] = frozenset()

    @property
    def is_broken(self) -> bool:
        """Whether the store failed, as with a full disk, which ends every run of the group."""
        return isinstance(self.trouble, RegularsError)

    def wait(self) -> list[RunResult]:
        """Wait until every run has ended. Returns the results of this group.

        Raises an error of the store or an unexpected one. An interrupt is raised at once.
        """
        self._wait_for_all()
        if self.trouble is not None:
            raise self.trouble
        return list(self.results)


class SyncService:
    """Carries out syncs in threads.

    prepare: makes what reports ask of, after each run, and handles its own errors. progress, on_end
    (called with the connection of an ended run) and should_stop are called from the threads of the
    runs. is_wanted: asked before a run that waited begins: whether the settings still want it.
    decode_in_child: whether large runs decode in a process of their own, as beside a page.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        runtime: Runtime,
        *,
        prepare: Callable[[Store, PublicationSettings, datetime], None] = lambda *_: None,
        progress: Callable[[Progress], None] = lambda _: None,
        on_end: Callable[[str], None] = lambda _: None,
        should_stop: Callable[[], bool] = lambda: False,
        is_wanted: Callable[[str], bool] = lambda _: True,
        decode_in_child: bool = False,
    ) -> None:
        self._store = store
        self._settings = settings
        self._runtime = runtime
        self._prepare = prepare
        self._progress = progress
        self._on_end = on_end
        self._should_stop = should_stop
        self._is_wanted = is_wanted
        self._decode_in_child = decode_in_child
        self._is_stopping = threading.Event()
        self._queues = AccountQueues()
        self._lock = threading.Lock()
        # By connection. Results here and below are replaced as a whole.
        self._running: dict[str, RunResult] = {}
        self._ended: dict[str, RunResult] = {}
        self._limits: dict[str, TimeLimit] = {}
        self._ended_so_far = 0

    def start(self, connection: str | None, options: SyncOptions = USUAL) -> list[RunResult]:
        """Start a run of the named connection, or of all, and return at once.

        Raises AlreadyRunning, NothingHere, SettingsWrong, UsageWrong.
        """
        chosen = choose(self._settings, connection)
        return self._start(chosen, options, is_awaited=False).results

    def start_chosen(
        self,
        chosen: Sequence[Chosen],
        options: SyncOptions = USUAL,
        *,
        begin_small: Collection[str] = (),
    ) -> RunGroup:
        """Start a run of each connection, to wait for. Raises AlreadyRunning.

        begin_small: the connections that look first whether their provider is well.
        """
        return self._start(chosen, options, is_awaited=True, begin_small=begin_small)

    def start_each(
        self, chosen: Sequence[Chosen], *, begin_small: Collection[str] = ()
    ) -> list[RunResult]:
        """Start a run of each connection that has none under way, and return at once.

        They have nothing to do with each other: a full disk that ends one is met by each itself.
        """
        begun: list[RunResult] = []
        for one in chosen:
            with suppress(AlreadyRunning):
                group = self._start([one], USUAL, is_awaited=False, begin_small=begin_small)
                begun += group.results
        return begun

    def under_way(self) -> dict[str, Instant]:
        """When the runs that have not ended began to wait for their turn, by connection."""
        with self._lock:
            return {name: run.record.started_at for name, run in self._running.items()}

    @property
    def ended(self) -> int:
        """How many runs have ended in this process."""
        return self._ended_so_far

    def hanging(self) -> list[str]:
        """The connections of runs that should have been cut a while ago, and go on.

        A run ends at its page or its wait. A connector that does neither holds its thread, which
        ends with the process alone.
        """
        now = self._runtime.clock()
        with self._lock:
            return [name for name, limit in self._limits.items() if limit.is_ignored(now)]

    def unrecorded(self) -> list[RunResult]:
        """Of the latest runs, those that ended without a record that this process knows of."""
        with self._lock:
            return [run for run in self._ended.values() if not run.is_recorded]

    def list(self, limit: int = 50) -> list[RunResult]:
        """The newest runs first, running ones on top."""
        with self._lock:
            under_way = [*self._running.values()]
        # A run whose record was just committed may still be ending in its thread.
        listed = {run.record.run_id for run in under_way}
        ids = newest_run_ids(self._store, limit)
        return (under_way + [self.get(run_id) for run_id in ids if run_id not in listed])[:limit]

    def get(self, run_id: str) -> RunResult:
        """One run. Raises NothingHere."""
        with self._lock:
            for run in self._running.values():
                if run.record.run_id == run_id:
                    return run
            if run_id in self._ended:
                return self._ended[run_id]
        record = find_run(self._store, run_id)
        if record is None:
            raise NothingHere(f"There is no sync run {said(run_id)!r}.")
        return RunResult(record, is_recorded=True)

    def ask_to_stop(self) -> None:
        """Ask every run to end: after its page, and at once where it waits. Returns at once."""
        self._is_stopping.set()

    def stop(self) -> None:
        """Ask every run to end, and wait for them. Start nothing afterwards."""
        self.ask_to_stop()
        self._queues.close()

    def __enter__(self) -> SyncService:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(
        self,
        chosen: Sequence[Chosen],
        options: SyncOptions,
        *,
        is_awaited: bool,
        begin_small: Collection[str] = (),
    ) -> RunGroup:
        now = self._runtime.clock()
        with self._lock:
            for _, config in chosen:
                if config.name in self._running:
                    raise AlreadyRunning(f"A sync of {config.name} is already running.")
            begun = [new_run(publication, config, now) for publication, config in chosen]
            group = RunGroup(
                begun, options, is_awaited, self._queues.wait, begin_small=frozenset(begin_small)
            )
            for place, (publication, config) in enumerate(chosen):
                self._running[config.name] = begun[place]
                work = self._work(group, place, publication, config)
                self._queues.submit(account_of(self._settings, config), work)
        return group

    def _work(
        self,
        group: RunGroup,
        place: int,
        publication: PublicationSettings,
        config: ConnectionConfig,
    ) -> Callable[[], None]:
        run = group.results[place]

        def work() -> None:
            with logging_run(run.record.run_id):
                ended = self._carry_out(group, run, publication, config)
                _log_end(ended)
                if not group.is_awaited and ended.error is not None:
                    # Nobody waits for it, so the log is the first to say it.
                    logger.warning(
                        "sync of %s: %s (%s)", config.name, ended.reason, ended.error.code
                    )
            with self._lock:
                group.results[place] = ended
                self._ended[run.record.run_id] = ended
                self._ended_so_far += 1
                # The store has all records. This adds what only the process knows, for the latest.
                while len(self._ended) > _ENDED_KEPT:
                    del self._ended[next(iter(self._ended))]
                del self._running[config.name]
                self._limits.pop(config.name, None)
            self._on_end(config.name)

        return work

    def _carry_out(
        self,
        group: RunGroup,
        run: RunResult,
        publication: PublicationSettings,
        config: ConnectionConfig,
    ) -> RunResult:
        """The ended run, with what stopped it, if anything."""
        clock = self._runtime.clock
        limit = TimeLimit(clock, self._settings.schedule.longest_run_hours)
        with self._lock:
            self._limits[config.name] = limit
        logger.info("run began", extra=_named(run))
        try:
            return self._sync(group, run, publication, config, limit)
        except Interrupted:
            return self._interrupted(group, run, limit)
        except (SettingsWrong, ClockWrong, ConnectorError) as error:
            # It concerns this connection alone, so the others continue.
            return failed_run(run, error, clock())
        except RegularsError as error:
            if not group.is_broken:
                group.trouble = error
            return failed_run(run, error, clock())
        except Exception as error:
            if not group.is_awaited:
                # The thread's edge: no caller would hear it.
                logger.exception("sync run broke")
            group.trouble = group.trouble or error
            unforeseen = RegularsError("The run failed unexpectedly. The server's log says where.")
            return failed_run(run, system_error(error) or unforeseen, clock())

    def _interrupted(self, group: RunGroup, run: RunResult, limit: TimeLimit) -> RunResult:
        now = self._runtime.clock()
        if limit.reason is not None:
            logger.warning("sync of %s: %s", run.record.connection, limit.reason)
            return cut_run(run, limit.reason, now)
        if isinstance(group.trouble, RegularsError) and not self._asked_to_stop():
            return failed_run(run, group.trouble, now)
        return stopped_run(run, now)

    def _sync(
        self,
        group: RunGroup,
        run: RunResult,
        publication: PublicationSettings,
        config: ConnectionConfig,
        limit: TimeLimit,
    ) -> RunResult:
        def should_stop() -> bool:
            return self._asked_to_stop() or group.is_broken or limit.is_over()

        if should_stop():
            raise Interrupted
        if not self._is_wanted(config.name):
            now = self._runtime.clock()
            return stopped_run(run, now, "It was removed or paused in the settings.")
        result = sync_connection(
            self._store,
            self._settings,
            publication,
            config,
            interruptible(self._runtime, should_stop),
            options=group.options,
            progress=self._progress,
            should_stop=should_stop,
            why_cut=lambda: limit.reason,
            begin_small=config.name in group.begin_small,
            run_id=run.record.run_id,
            in_child=self._decode_in_child and is_large(self._store, config, group.options),
        )
        if not should_stop():
            self._prepare(self._store, publication, to_datetime(self._runtime.clock()))
        return result

    def _asked_to_stop(self) -> bool:
        return self._is_stopping.is_set() or self._should_stop()


def _named(run: RunResult) -> dict[str, str]:
    return {"connection": run.record.connection, "connector": run.record.connector}


def _log_end(run: RunResult) -> None:
    """Log how a run ended. Why stands in its record, in words that may be a provider's."""
    record = run.record
    took = ((record.ended_at or record.started_at) - record.started_at) / SECOND
    facts: dict[str, object] = {**_named(run), "outcome": record.outcome, "seconds": round(took, 3)}
    if run.error is not None:
        facts["code"] = run.error.code
    logger.info("run ended", extra=facts)
