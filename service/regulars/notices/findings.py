"""What is wrong now, and what of it a way has yet to say: pure functions of facts and memory.

A finding stands from the moment it is due until it is over, and has one key all that time. A way
says a finding once: what it has yet to say is the difference between the findings and what it said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from regulars.store.odd_looks import ALL_ZERO, FELL
from regulars_connectors.instants import DAY, SECOND, Instant

from .facts import ConnectionFacts, Facts
from .memory import Memory, Told, Watched

NoticeKind = Literal[
    "connection.failed",
    "connection.recovered",
    "connection.incomplete",
    "totals.zero",
    "changes.held",
    "disk.short",
    "test",
]
_FAILED: Literal["connection.failed"] = "connection.failed"
_INCOMPLETE: Literal["connection.incomplete"] = "connection.incomplete"
_HOUR = 3600 * SECOND


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that is wrong since an instant, or a connection that works again.

    connection, publication: whom it concerns, None for the disk. last_seen: when the last look saw
    people, of a connection. reason: of its newest run, in our own words. count: people, or MiB.
    time_zone: in which to show instants.
    """

    kind: NoticeKind
    since: Instant
    connection: str | None = None
    publication: str | None = None
    last_seen: Instant | None = None
    reason: str | None = None
    count: int | None = None
    time_zone: str = "UTC"

    @property
    def key(self) -> str:
        """The finding that it is about: its kind, and the connection if it concerns one."""
        kind = _FAILED if self.kind == "connection.recovered" else self.kind
        return kind if self.connection is None else f"{kind} {self.connection}"

    @property
    def id(self) -> str:
        """The same for every attempt to say it, so that a receiver knows a repetition."""
        return f"{self.kind}.{self.connection or 'store'}.{self.since}"


def note_facts(memory: Memory, facts: Facts) -> None:
    """Remember what the tables do not hold: which connections are watched, and how the disk is.

    A connection without runs is watched from the first time it is met, a resumed one from then on.
    """
    names = {one.name for one in facts.connections}
    memory.watched = {name: seen for name, seen in memory.watched.items() if name in names}
    for one in facts.connections:
        memory.watch(one.name, facts.at, is_paused=one.is_paused)
    if facts.free_mib is not None and facts.floor_mib > 0:
        memory.disk_since = _disk_since(memory.disk_since, facts, facts.free_mib)
    else:
        memory.disk_since = None


def _disk_since(since: Instant | None, facts: Facts, free: int) -> Instant | None:
    """Since when the disk is short. It is well again only with twice the margin."""
    if since is None:
        return facts.at if free < facts.floor_mib + facts.margin_mib else None
    return since if free < facts.floor_mib + 2 * facts.margin_mib else None


def findings(memory: Memory, facts: Facts) -> list[Notice]:
    """Everything that is wrong and due to be said, in the order of the settings."""
    found = [notice for one in facts.connections for notice in _of_connection(memory, one, facts)]
    if memory.disk_since is not None:
        found.append(Notice("disk.short", memory.disk_since, count=facts.free_mib))
    return found


def _of_connection(memory: Memory, one: ConnectionFacts, facts: Facts) -> Iterator[Notice]:
    if one.is_paused:
        return
    failing = failing_since(memory, one, facts)
    if failing is not None:
        yield replace(_about(one, _FAILED, failing), reason=one.reason)
    elif (since := incomplete_since(memory, one, facts)) is not None:
        yield replace(_about(one, _INCOMPLETE, since), reason=one.reason)
    alarm, held = one.alarm, one.held
    if alarm is not None and alarm.code == ALL_ZERO:
        yield _about(one, "totals.zero", alarm.since)
    if held is not None:
        count = held.removals + held.changes
        yield replace(_about(one, "changes.held", held.since), count=count)
    elif alarm is not None and alarm.code == FELL:
        yield _about(one, "changes.held", alarm.since)


def _about(one: ConnectionFacts, kind: NoticeKind, since: Instant) -> Notice:
    return Notice(
        kind,
        since,
        one.name,
        one.publication,
        last_seen=one.last_seen,
        time_zone=one.time_zone,
    )


def failing_since(memory: Memory, one: ConnectionFacts, facts: Facts) -> Instant | None:
    """Since when a connection fails to see people, None while that is shorter than the setting.

    Runs that fall short count from the first of them after the last look that saw people. Looks
    that never came, as with a schedule that stands still, count from the moment they were due; so
    do old failures, since a machine that was off for days is first given its look.
    """
    watched = memory.watched.get(one.name, Watched(facts.at))
    patience = _patience(facts)
    starts = []
    if one.failing_from is not None and _is_fresh(one, facts, patience):
        starts.append(one.failing_from)
    due = one.next_due
    if one.newest_run is None and one.is_scheduled:
        due = watched.since + DAY
    if due is not None:
        starts.append(max(due, facts.started_at or due))
    if not starts:
        return None
    return _if_long(min(starts), watched, facts)


def incomplete_since(memory: Memory, one: ConnectionFacts, facts: Facts) -> Instant | None:
    """Since when looks see people and are incomplete, None while that is shorter than the setting.

    However many there are, and for whatever reasons, they are one finding until one is complete.
    """
    if one.incomplete_from is None or one.failing_from is not None:
        return None
    if not _is_fresh(one, facts, _patience(facts)):
        return None
    return _if_long(one.incomplete_from, memory.watched.get(one.name, Watched(facts.at)), facts)


def _patience(facts: Facts) -> Instant:
    return int(facts.after_hours * _HOUR)


def _if_long(since: Instant, watched: Watched, facts: Facts) -> Instant | None:
    """The instant, or that of the end of a pause, if it is as long ago as the setting wants."""
    since = max(since, watched.resumed_at or since)
    return since if facts.at - since >= _patience(facts) else None


def _is_fresh(one: ConnectionFacts, facts: Facts, patience: Instant) -> bool:
    return one.newest_run is not None and facts.at - one.newest_run < 2 * patience


def due_notices(told: Told, memory: Memory, facts: Facts) -> list[Notice]:
    """What a way that has said ``told`` has to say now. Says of no finding what it said before."""
    now = findings(memory, facts)
    keys = {notice.key for notice in now}
    recovered = (_recovered(one, told) for one in facts.connections)
    return [
        *(notice for notice in now if notice.key not in told),
        *(notice for notice in recovered if notice is not None and notice.key not in keys),
    ]


def _recovered(one: ConnectionFacts, told: Told) -> Notice | None:
    """That a connection works again, if its failure was said. since: as that failure."""
    since = told.get(f"{_FAILED} {one.name}")
    if since is None or one.is_paused or one.failing_from is not None:
        return None
    if one.last_seen is None or one.last_seen <= since:
        return None
    return _about(one, "connection.recovered", since)


def still_told(told: Told, memory: Memory, facts: Facts) -> Told:
    """What a way need still remember: findings that stand, and those whose end it has yet to say.

    What is over in silence goes: totals that are counted again, a disk with room, a connection
    that was paused or removed.
    """
    standing = {notice.key for notice in findings(memory, facts)}
    active = [one for one in facts.connections if not one.is_paused]
    standing |= {f"{_FAILED} {one.name}" for one in active}
    standing |= {f"{_INCOMPLETE} {one.name}" for one in active if one.incomplete_from is not None}
    return {key: since for key, since in told.items() if key in standing}
