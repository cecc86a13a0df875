"""What notices are decided on: runs of each connection, totals, what is held back, free disk."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from regulars.settings import ConnectionConfig, PublicationSettings, Settings
from regulars.store.mending import asked_again
from regulars.store.protocols import ReadableStore
from regulars.store.sql_files import sql_text
from regulars.store.timestamps import instant_of
from regulars_connectors.instants import Instant

_MIB = 1024 * 1024
_OUR_CONNECTORS = frozenset({"beehiiv", "beehiiv-export", "files", "ghost"})
NextLook = Callable[[ConnectionConfig, Instant], Instant | None]
"""When the look after one at that instant is due by the schedule, None where no look is planned."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A stream whose newest look raised ``code``. since: of the first look in a row that did."""

    code: str
    stream: str
    since: Instant


@dataclass(frozen=True, slots=True)
class HeldBack:
    """People whose removal or leaving waits for the owner. since: the first look in a row."""

    removals: int
    changes: int
    since: Instant


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """One connection of the settings, as its runs in the store show it.

    is_scheduled: whether the schedule looks at it at all. time_zone: of the publication.
    first_run: when the oldest known run began. last_seen: when the last look that saw people ended.
    failing_from: when the first run after that one began, None if that one is the newest.
    incomplete_from: when the first run after the last complete one began, likewise.
    newest_run: when the newest run began. reason: why that run fell short, None for a connector of
    somebody else, whose words we cannot answer for. next_due: the look that the schedule planned
    after the last one that saw people.
    """

    name: str
    publication: str
    is_paused: bool = False
    is_scheduled: bool = True
    time_zone: str = "UTC"
    first_run: Instant | None = None
    last_seen: Instant | None = None
    failing_from: Instant | None = None
    incomplete_from: Instant | None = None
    newest_run: Instant | None = None
    reason: str | None = None
    next_due: Instant | None = None
    alarm: Alarm | None = None
    held: HeldBack | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that decides about notices, at one instant.

    free_mib: free space on the disk of the store, None where the system does not tell.
    started_at: since when this process keeps the schedule, None for a command.
    """

    at: Instant
    connections: tuple[ConnectionFacts, ...] = ()
    free_mib: int | None = None
    floor_mib: int = 0
    margin_mib: int = 0
    after_hours: float = 24.0
    started_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """A run that failed without a record in the store, as without its secret."""

    connection: str
    began: Instant
    reason: str | None = None


def gather_facts(
    store: ReadableStore,
    settings: Settings,
    now: Instant,
    *,
    next_look: NextLook,
    started_at: Instant | None = None,
    unrecorded: Sequence[Unrecorded] = (),
) -> Facts:
    """The facts at ``now``, from the tables of runs and the disk.

    unrecorded: runs of this process that the tables lack, the oldest first.
    """
    runs = _runs(store)
    looks = _looks(store)
    connections = tuple(
        _with_unrecorded(
            _connection(publication, config, runs, looks, next_look, now), config, unrecorded
        )
        for publication, config in settings.connections()
    )
    return Facts(
        at=now,
        connections=connections,
        free_mib=_free_mib(settings),
        floor_mib=settings.store.free_space_floor_mib,
        margin_mib=settings.notices.disk_margin_mib,
        after_hours=settings.notices.after_hours,
        started_at=started_at,
    )


def _free_mib(settings: Settings) -> int | None:
    try:
        return shutil.disk_usage(settings.store.folder).free // _MIB
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class _Runs:
    first_run: Instant
    last_seen: Instant | None
    failing_from: Instant | None
    incomplete_from: Instant | None
    newest_run: Instant
    reason: str | None


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look at a stream noted."""

    stream: str
    alarm: str | None
    removals: int
    changes: int
    at: Instant


def _connection(
    publication: PublicationSettings,
    config: ConnectionConfig,
    runs: dict[str, _Runs],
    looks: dict[str, dict[str, list[_Look]]],
    next_look: NextLook,
    now: Instant,
) -> ConnectionFacts:
    named = ConnectionFacts(
        config.name,
        publication.name,
        is_paused=publication.paused,
        time_zone=publication.time_zone,
    )
    found = runs.get(config.name)
    if found is None:
        return replace(named, is_scheduled=next_look(config, now) is not None)
    base = found.last_seen if found.last_seen is not None else found.first_run
    next_due = next_look(config, base)
    by_stream = looks.get(config.name, {})
    return replace(
        named,
        # Each question reads the posts, so the second one is asked only where it decides.
        is_scheduled=next_due is not None or next_look(config, now) is not None,
        first_run=found.first_run,
        last_seen=found.last_seen,
        failing_from=found.failing_from,
        incomplete_from=found.incomplete_from,
        newest_run=found.newest_run,
        reason=found.reason if config.connector in _OUR_CONNECTORS else None,
        next_due=next_due,
        alarm=next((one for seen in by_stream.values() if (one := _alarm(seen))), None),
        held=_held(by_stream),
    )


def _with_unrecorded(
    one: ConnectionFacts, config: ConnectionConfig, unrecorded: Sequence[Unrecorded]
) -> ConnectionFacts:
    """The same, with runs that failed without a record since people were last seen."""
    later = [
        run
        for run in unrecorded
        if run.connection == one.name and (one.last_seen is None or run.began > one.last_seen)
    ]
    if not later:
        return one
    newest = later[-1]
    is_newest = one.newest_run is None or newest.began > one.newest_run
    is_ours = config.connector in _OUR_CONNECTORS
    return replace(
        one,
        first_run=min(later[0].began, one.first_run or later[0].began),
        failing_from=min(later[0].began, one.failing_from or later[0].began),
        newest_run=newest.began if is_newest else one.newest_run,
        reason=(newest.reason if is_ours else None) if is_newest else one.reason,
    )


def _alarm(looks: list[_Look]) -> Alarm | None:
    """The alarm of the newest look, since the first in a row with the same. looks: newest first."""
    newest = looks[0]
    if newest.alarm is None:
        return None
    return Alarm(newest.alarm, newest.stream, _first_in_a_row(looks, lambda one: one.alarm))


def _held(by_stream: dict[str, list[_Look]]) -> HeldBack | None:
    holding = [looks for looks in by_stream.values() if looks[0].removals or looks[0].changes]
    if not holding:
        return None
    return HeldBack(
        removals=sum(looks[0].removals for looks in holding),
        changes=sum(looks[0].changes for looks in holding),
        since=min(
            _first_in_a_row(looks, lambda one: bool(one.removals or one.changes))
            for looks in holding
        ),
    )


def _first_in_a_row(looks: list[_Look], what: Callable[[_Look], object]) -> Instant:
    since = looks[0].at
    for look in looks:
        if what(look) != what(looks[0]):
            break
        since = look.at
    return since


_MOST_LOOKS = 1_000


@asked_again
def _runs(store: ReadableStore) -> dict[str, _Runs]:
    with store.read() as cursor:
        rows = cursor.execute(sql_text("runs", "notices")).fetchall()
    return {
        connection: _Runs(*(_instant(one) for one in moments), reason or None)  # type: ignore[call-arg, arg-type]
        for connection, *moments, reason in rows
    }


def _instant(moment: object) -> Instant | None:
    return None if moment is None else instant_of(moment)  # type: ignore[arg-type]


@asked_again
def _looks(store: ReadableStore) -> dict[str, dict[str, list[_Look]]]:
    found: dict[str, dict[str, list[_Look]]] = defaultdict(lambda: defaultdict(list))
    with store.read() as cursor:
        rows = cursor.execute(sql_text("looks", "notices"), {"most": _MOST_LOOKS}).fetchall()
    for connection, stream, alarm, removals, changes, at in rows:
        look = _Look(stream, alarm, removals, changes, instant_of(at))
        found[connection][stream].append(look)
    return found
