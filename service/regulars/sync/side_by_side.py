"""Runs of several connections in one process: accounts side by side, each run's end kept apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from regulars.connections.accounts import account_of
from regulars.errors import RegularsError, SettingsWrong
from regulars.settings import ConnectionConfig, PublicationSettings, Settings
from regulars.store import Store
from regulars_connectors.contract import Runtime
from regulars_connectors.errors import ConnectorError
from regulars_connectors.instants import to_iso

from .progress import Interrupted, Progress
from .queue import AccountQueues
from .record import failed_run, run_to_json
from .run import sync_connection

Pair = tuple[PublicationSettings, ConnectionConfig]


@dataclass(frozen=True, slots=True)
class Side:
    """What all runs share. ``progress`` and ``ended`` are called from several threads."""

    store: Store
    settings: Settings
    runtime: Runtime
    full: bool
    accept_removals: bool
    progress: Callable[[Progress], None]
    ended: Callable[[str], None]
    should_stop: Callable[[], bool]


@dataclass(slots=True)
class _Ends:
    """How runs ended, by connection. broken: what stops all of them, such as a full disk."""

    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    interrupted: bool = False
    broken: list[Exception] = field(default_factory=list)


def sync_all(side: Side, chosen: Sequence[Pair]) -> tuple[list[dict[str, Any]], bool]:
    """Sync the connections; their runs in the order given, and whether the owner stopped them.

    Trouble of one connection is its own; that of the store stops all and is raised. With one
    account everything is done in this thread, so that an interrupt reaches the run itself.
    """
    ends = _Ends()
    by_account = [(account_of(side.settings, config), (owner, config)) for owner, config in chosen]
    if len({account for account, _ in by_account}) <= 1:
        for _, pair in by_account:
            _sync_one(side, pair, ends)
    else:
        lanes = AccountQueues()
        for account, pair in by_account:
            lanes.submit(account, _guarded(side, pair, ends))
        lanes.wait()
    if ends.broken:
        raise ends.broken[0]
    return [ends.runs[config.name] for _, config in chosen], ends.interrupted


def _guarded(side: Side, pair: Pair, ends: _Ends) -> Callable[[], None]:
    def work() -> None:
        try:
            _sync_one(side, pair, ends)
        except Exception as error:  # noqa: BLE001 - the thread's edge; raised again by the caller
            ends.broken.append(error)

    return work


def _sync_one(side: Side, pair: Pair, ends: _Ends) -> None:
    publication, config = pair
    try:
        ends.runs[config.name] = _run_of(side, publication, config, ends)
    except Interrupted:
        ends.interrupted = True
        ends.runs[config.name] = _stopped(side, publication, config)
    except (SettingsWrong, ConnectorError) as error:
        # It concerns this connection alone; the others go on.
        ends.runs[config.name] = failed_run(publication, config, side.runtime.clock(), error)
    side.ended(config.name)


def _run_of(
    side: Side, publication: PublicationSettings, config: ConnectionConfig, ends: _Ends
) -> dict[str, Any]:
    def should_stop() -> bool:
        return side.should_stop() or bool(ends.broken)

    if should_stop():
        raise Interrupted
    return run_to_json(
        sync_connection(
            side.store,
            side.settings,
            publication,
            config,
            side.runtime,
            full=side.full,
            accept_removals=side.accept_removals,
            progress=side.progress,
            should_stop=should_stop,
        )
    )


def _stopped(
    side: Side, publication: PublicationSettings, config: ConnectionConfig
) -> dict[str, Any]:
    now = side.runtime.clock()
    run = failed_run(publication, config, now, RegularsError("It was stopped."))
    return run | {"state": "partial", "ended_at": to_iso(now), "error": None, "exit_code": None}
