"""How every connection stands: its rule, its last run, when it runs next and why."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from regulars.connections.accounts import account_of
from regulars.errors import RegularsError
from regulars.settings import (
    ConnectionConfig,
    PublicationSettings,
    Settings,
    SyncRule,
    load_settings,
)
from regulars.store.hints import newest_hints
from regulars.store.protocols import ReadableStore
from regulars.sync.record import RunResult
from regulars_connectors.contract import Runtime
from regulars_connectors.instants import Instant

from .facts import Posts, posts_of, run_of, runs_of
from .rules import Rules
from .schedule import Plan, head_start_of, next_time
from .table import Next, Run, Trouble, last_look, next_run, plausible, trouble_of

logger = logging.getLogger(__name__)


class RunsUnderWay(Protocol):
    """What a planner asks of the sync service of its process."""

    def under_way(self) -> Mapping[str, Instant]:
        """When the runs that have not ended were started, by connection."""

    def unrecorded(self) -> Sequence[RunResult]:
        """Runs that ended without a record in the store."""


class NoRuns:
    """A process that runs no syncs, as for `regulars schedule`."""

    def under_way(self) -> Mapping[str, Instant]:
        """None."""
        return {}

    def unrecorded(self) -> Sequence[RunResult]:
        """None."""
        return ()


@dataclass(frozen=True, slots=True)
class Standing:
    """How one connection stands.

    is_default: whether the rule is not in the settings. last: the newest run. last_look: when
    people were last seen. trouble: what has been failing, None if all is well. running_since: the
    start of a run under way.
    """

    publication: PublicationSettings
    config: ConnectionConfig
    rule: SyncRule
    is_default: bool
    last: Run | None
    last_look: Instant | None
    trouble: Trouble | None
    next: Next
    is_due: bool
    running_since: Instant | None = None

    @property
    def begins_small(self) -> bool:
        """Whether its next run looks whether all is well again before it walks.

        Every second one after a failure walks all the same: a first look may be too severe.
        """
        return self.trouble is not None and self.trouble.times % 2 == 1


class Planner:
    """Works out how connections stand, from the settings and the store alone.

    settings: those that the process runs with. Their file is read again when it has changed, so
    that a connection that was paused or removed meanwhile is left alone.
    """

    def __init__(
        self,
        store: ReadableStore,
        settings: Settings,
        runtime: Runtime,
        runs: RunsUnderWay | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._runtime = runtime
        self._runs = runs or NoRuns()
        self._file = _SettingsFile(settings)
        self._rules = Rules(settings, runtime)
        self._accounts: dict[str, Hashable] = {}
        self._zones = {
            config.name: publication.time_zone for publication, config in settings.connections()
        }

    def standings(self) -> list[Standing]:
        """Every connection of the settings, in their order."""
        now = self._runtime.clock()
        recorded, posts = runs_of(self._store), posts_of(self._store, now)
        hints = newest_hints(self._store)
        of_process: dict[str, list[Run]] = {}
        for result in self._runs.unrecorded():
            record = result.record
            if record.run_id not in recorded.get(record.connection, {}):
                of_process.setdefault(record.connection, []).append(run_of(result))
        under_way = self._runs.under_way()
        known = {}
        for name in {*recorded, *of_process}:
            every = [*of_process.get(name, ()), *recorded.get(name, {}).values()]
            every.sort(key=lambda run: run.ended_at, reverse=True)
            known[name] = plausible(every, now)
        waits = self._waits(known)
        return [
            self._standing(
                publication,
                config,
                known.get(config.name, []),
                posts.get(config.name, Posts()),
                now,
                hints.get(config.name),
                waits.get(self._account(config)),
                under_way.get(config.name),
            )
            for publication, config in self._file.wanted()
        ]

    def due(self) -> list[Standing]:
        """The connections whose moment has come."""
        return [standing for standing in self.standings() if standing.is_due]

    def look_after(self, config: ConnectionConfig, at: Instant) -> Instant | None:
        """When the schedule wants the look after one at that instant. None if it wants none."""
        posts = posts_of(self._store, at).get(config.name, Posts())
        found = next_time(self._plan(config, posts), at)
        return None if found is None else found.at

    def is_wanted(self, connection: str) -> bool:
        """Whether the settings still have the connection, and its publication is not paused."""
        return any(
            config.name == connection and not publication.paused
            for publication, config in self._file.wanted()
        )

    def _standing(
        self,
        publication: PublicationSettings,
        config: ConnectionConfig,
        runs: list[Run],
        posts: Posts,
        now: Instant,
        hint: Instant | None,
        wait_until: Instant | None,
        running_since: Instant | None,
    ) -> Standing:
        rule, is_default = self._rules.of(config)
        looks = (run.ended_at - run.started_at for run in runs if run.saw_people)
        plan = self._plan(config, posts, next(looks, None))
        if publication.paused:
            following = Next(None, "paused")
        elif running_since is not None:
            following = Next(None, "running")
        else:
            following = next_run(plan, runs, now, hint=hint, wait_until=wait_until)
        return Standing(
            publication=publication,
            config=config,
            rule=rule,
            is_default=is_default,
            last=runs[0] if runs else None,
            last_look=last_look(runs),
            trouble=trouble_of(runs),
            next=following,
            is_due=following.at is not None and following.at <= now,
            running_since=running_since,
        )

    def _plan(self, config: ConnectionConfig, posts: Posts, took: Instant | None = None) -> Plan:
        """took: how long the last look was."""
        rule, _ = self._rules.of(config)
        zone = self._zones[config.name]
        planned, sent = tuple(posts.planned), tuple(posts.sent)
        return Plan(config.name, rule, zone, planned, sent, head_start_of(took))

    def _waits(self, known: Mapping[str, Sequence[Run]]) -> dict[Hashable, Instant]:
        """Until when each account waits: a provider means all of its connections."""
        found: dict[Hashable, Instant] = {}
        for _, config in self._settings.connections():
            runs = known.get(config.name)
            if runs and runs[0].retry_at is not None:
                account = self._account(config)
                found[account] = max(runs[0].retry_at, found.get(account, 0))
        return found

    def _account(self, config: ConnectionConfig) -> Hashable:
        if config.name not in self._accounts:
            self._accounts[config.name] = account_of(self._settings, config)
        return self._accounts[config.name]


class _SettingsFile:
    """Which connections the settings want, read again when their file has changed.

    New connections and other changes wait for the next start.
    """

    def __init__(
        self, settings: Settings, load: Callable[[Path], Settings] = load_settings
    ) -> None:
        self._settings = settings
        self._fresh = settings
        self._load = load
        self._stamp = self._stamp_now()

    def wanted(self) -> list[tuple[PublicationSettings, ConnectionConfig]]:
        """The connections, those left out that the file has no longer. Paused ones say so."""
        stamp = self._stamp_now()
        path = self._settings.source_file
        if path is not None and stamp is not None and stamp != self._stamp:
            self._stamp = stamp
            try:
                self._fresh = self._load(path)
            except RegularsError as error:
                logger.warning("the settings were changed and cannot be read: %s", error)
        paused = {one.name for one in self._fresh.publications if one.paused}
        names = {config.name for _, config in self._fresh.connections()}
        return [
            (publication.model_copy(update={"paused": publication.name in paused}), config)
            for publication, config in self._settings.connections()
            if config.name in names
        ]

    def _stamp_now(self) -> tuple[int, int] | None:
        path = self._settings.source_file
        try:
            found = path.stat() if path is not None else None
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size) if found is not None else None
