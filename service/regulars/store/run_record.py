"""The record of a sync run: in the journal, and read back from the tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from regulars_connectors.instants import Instant

from .journal_records import convert_entry
from .mending import asked_again
from .timestamps import instant_of

if TYPE_CHECKING:
    from .protocols import ReadableStore

RunOutcome = Literal["running", "complete", "partial", "failed"]
StreamOutcome = Literal["whole", "window", "events", "partial", "unavailable", "failed"]


MOMENTS = ("started_at", "ended_at", "retry_at", "shown_from", "shown_until")
"""The fields of runs and their streams that are instants, and times in the tables."""
_USUAL_AGE = 24 * 3600


def hours_if_old(seconds: int | None) -> int:
    """The age of statistics in hours, 0 up to a day: sending and counting take that long."""
    return seconds // 3600 if seconds is not None and seconds > _USUAL_AGE else 0


class StreamCounts(msgspec.Struct, kw_only=True):
    """What a run saw of one stream, in numbers of records.

    seen: from the provider. changed: of these, new or different ones. gone: disappeared ones.
    written: rows of history, over all its streams. held_removals: people whose removal waits for
    the owner's consent. held_changes: people whose leaving waits for it. unknown_standings: people
    whose status at the provider is not known. reason: why it is incomplete, in words. alarm: code
    of impossible totals. without_totals: active people whose known running totals did not come.
    changed and gone are None in runs of the first versions.
    count_difference: records that came less those that the provider counts, None where both agree
    or it counts none. accepted_difference: the one that the owner accepted, None without.
    statistics_age: seconds since the provider worked its statistics out, None if it does not say.
    """

    stream: str
    outcome: StreamOutcome
    seen: int = 0
    changed: int | None = None
    gone: int | None = None
    written: int = 0
    quarantined: int = 0
    held_removals: int = 0
    without_totals: int = 0
    held_changes: int = 0
    unknown_standings: int = 0
    reason: str | None = None
    alarm: str | None = None
    count_difference: int | None = None
    accepted_difference: int | None = None
    statistics_age: int | None = None

    @property
    def old_statistics(self) -> int:
        """How many hours its statistics lagged behind, 0 where that is no more than usual."""
        return hours_if_old(self.statistics_age)


class StreamState(StreamCounts, kw_only=True):
    """How a stream stands between runs: what the newest saw, and what the tables still show.

    taken_back: sent posts that the provider now shows as unsent. undated: mailed posts without a
    known date.
    """

    taken_back: int = 0
    undated: int = 0


class StreamRecord(StreamCounts, kw_only=True):
    """The same, with the instants of its first and its last page.

    shown_from, shown_until: the moments of its oldest and its newest row in an export. unread:
    digests of the ids of rows that could not be read (``id_digests``), with a blank between.
    """

    started_at: Instant
    ended_at: Instant
    shown_from: Instant | None = None
    shown_until: Instant | None = None
    unread: str | None = None


class WalkState(msgspec.Struct, frozen=True, kw_only=True):
    """How far an event walk has come at the instant ``at``.

    cursor: where an unfinished walk resumes. checkpoint: where the next one starts.
    """

    stream: str
    parent: str | None
    cursor: str | None
    checkpoint: str | None
    at: Instant


class RunRecord(msgspec.Struct, kw_only=True):
    """One attempt to bring one connection up to date. ended_at: None while it is running.

    retry_at: the moment from which the provider wants to be asked again, if it named one.
    """

    run_id: str = msgspec.field(name="run")
    publication: str
    connection: str
    connector: str
    started_at: Instant
    ended_at: Instant | None = None
    outcome: RunOutcome = "running"
    reason: str | None = None
    retry_at: Instant | None = None
    streams: list[StreamRecord] = msgspec.field(default_factory=list)
    walks: list[WalkState] = msgspec.field(default_factory=list)

    def entry(self) -> dict[str, Any]:
        """The journal entry of an ended run."""
        facts: dict[str, Any] = msgspec.to_builtins(self)
        return {"kind": "run", "at": self.ended_at} | facts


class _Streams(msgspec.Struct):
    streams: list[StreamRecord] = []


def run_of_entry(facts: Mapping[str, Any]) -> RunRecord:
    """The record that an entry of the kind ``run`` holds."""
    return convert_entry(facts, RunRecord)


def streams_of_entry(facts: Mapping[str, Any]) -> list[StreamRecord]:
    """The stream records of an entry, which commits a run or a pull in the middle of one."""
    return convert_entry(facts, _Streams).streams


_MOST_UNREAD = 500
_DIGEST_LENGTH = 12


def id_digests(ids: Iterable[str | None]) -> str | None:
    """Digests of ids, in order, with a blank between them. None for no id, or too many to keep."""
    known = {one for one in ids if one}
    if not known or len(known) > _MOST_UNREAD:
        return None
    return " ".join(sorted(sha256(one.encode()).hexdigest()[:_DIGEST_LENGTH] for one in known))


# Read back from the tables


_STREAM_COLUMNS = ", ".join(StreamRecord.__struct_fields__)


@asked_again
def newest_run_ids(store: ReadableStore, limit: int) -> list[str]:
    """Ids of the runs that ended last, the newest first."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT run_id FROM runs ORDER BY entry DESC LIMIT $limit", {"limit": limit}
        ).fetchall()
    return [str(run_id) for (run_id,) in rows]


@asked_again
def find_run(store: ReadableStore, run_id: str) -> RunRecord | None:
    """The record of an ended run, without its walks. None for an unknown id."""
    with store.read() as cursor:
        runs = cursor.execute(
            "SELECT run_id, publication, connection, connector, started_at, ended_at, outcome,"
            " reason, retry_at FROM runs WHERE run_id = $run_id",
            {"run_id": run_id},
        ).fetchall()
        streams = cursor.execute(
            f"SELECT {_STREAM_COLUMNS} FROM run_streams"  # noqa: S608 (names of our own fields)
            " WHERE run_id = $run_id ORDER BY started_at, stream",
            {"run_id": run_id},
        ).fetchall()
    if not runs:
        return None
    names = RunRecord.__struct_fields__[: len(runs[0])]
    return RunRecord(
        **_with_instants(names, runs[0]),
        streams=[
            StreamRecord(**_with_instants(StreamRecord.__struct_fields__, row)) for row in streams
        ],
    )


def _with_instants(names: tuple[str, ...], row: tuple[Any, ...]) -> dict[str, Any]:
    return {
        name: instant_of(value) if name in MOMENTS and value is not None else value
        for name, value in zip(names, row, strict=True)
    }


@asked_again
def count_differences(
    store: ReadableStore, connection: str, stream: str
) -> list[tuple[int | None, int | None]]:
    """What came less what was counted, and what was accepted of it, the newest run first.

    Of the runs whose walk of the stream came to its end.
    """
    with store.read() as cursor:
        return cursor.execute(
            "SELECT count_difference, accepted_difference FROM run_streams"
            " WHERE connection = $connection AND stream = $stream"
            " AND outcome IN ('whole', 'partial') ORDER BY entry DESC LIMIT 1000",
            {"connection": connection, "stream": stream},
        ).fetchall()


@asked_again
def unread_before(store: ReadableStore, connection: str, stream: str) -> frozenset[str]:
    """Digests of the ids that the newest walk to its end could not read (``id_digests``)."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT coalesce(unread, '') FROM run_streams"
            " WHERE connection = $connection AND stream = $stream"
            " AND outcome IN ('whole', 'partial', 'window') ORDER BY entry DESC LIMIT 1",
            {"connection": connection, "stream": stream},
        ).fetchall()
    return frozenset(rows[0][0].split()) if rows else frozenset()
