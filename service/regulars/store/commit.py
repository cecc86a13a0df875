"""Commits pulls: from parts to differences, history files, a journal entry and the tables."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.files import disk_errors
from regulars_connectors.instants import SECOND
from regulars_connectors.plural import pluralize

from .addresses import fold_odd_addresses
from .columns import release_memory
from .committed import Committed, PullContext
from .history import HistoryFile
from .incoming import Pull
from .mending import asked_again
from .odd_looks import judge_counters, judge_standings, look_closer
from .record_counts import count_changed
from .run_record import RunRecord, StreamRecord, WalkState, id_digests
from .secret import padded_keys
from .statements import statement
from .store import Store
from .streams import STREAMS, Difference, StreamTable
from .timestamps import stored_moment

if TYPE_CHECKING:
    import duckdb

_ADDRESSES = (
    "SELECT email FROM read_parquet($parts) UNION ALL SELECT email FROM words"
    " WHERE subject = 'subscription' AND publication = $publication"
)


def commit_part(store: Store, pull: Pull, what: PullContext, walk: WalkState) -> Committed:
    """Commit what is new in a part of an event walk. Without news, it writes nothing.

    walk: how far the walk has come.
    """
    with store.writing, disk_errors(store.root):
        store.catch_up()
        done = find_differences(store, pull, what)
        if done.files:
            store.append(
                _facts("part", pull, what, done.files) | {"walks": [msgspec.to_builtins(walk)]}
            )
    return done


def commit_pulls(
    store: Store,
    pulls: Sequence[tuple[Pull, PullContext]],
    on_commit: Callable[[Sequence[Committed]], RunRecord | None] = lambda _: None,
) -> None:
    """Commit what is new in pulls of a run, by one entry and one transaction.

    They must be of different streams, and none may depend on a table that another one fills
    (``asks_other_tables``). on_commit: called with what they brought. If it returns the record of
    the run, that becomes the entry. If it returns None, pulls without news write nothing.
    """
    found: list[Committed] = []
    with store.writing, disk_errors(store.root):
        store.catch_up()
        try:
            for pull, what in pulls:
                found.append(find_differences(store, pull, what))
        except BaseException:
            # Keep what was found before the error.
            _append_found(store, pulls[: len(found)], found)
            raise
        record = on_commit(found)
        if record is None:
            _append_found(store, pulls, found)
        else:
            new = [file.facts() for done in found for file in done.files]
            store.append(record.entry() | ({"files": new} if new else {}))


def asks_other_tables(stream: str) -> bool:
    """Whether judging a pull of the stream needs tables that other streams fill."""
    return STREAMS[stream].asks_other_tables


def _append_found(
    store: Store, pulls: Sequence[tuple[Pull, PullContext]], found: Sequence[Committed]
) -> None:
    """Append one entry for the pulls that brought something, if any did."""
    new = [(*of, done) for of, done in zip(pulls, found, strict=True) if done.files]
    if new:
        pull, what, _ = new[-1]
        files = [file for *_, done in new for file in done.files]
        streams = [stream_record(what, pull, done) for pull, what, done in new]
        store.append(_facts("pull", pull, what, files) | {"streams": msgspec.to_builtins(streams)})


def stream_record(what: PullContext, pull: Pull, done: Committed) -> StreamRecord:
    """The record of this stream for the run."""
    return StreamRecord(
        stream=what.stream,
        outcome=what.outcome,
        seen=done.seen,
        changed=done.changed,
        gone=done.gone,
        written=done.written,
        quarantined=done.quarantined,
        held_removals=done.held_removals,
        without_totals=done.without_totals,
        held_changes=done.held_changes,
        unknown_standings=done.unknown_standings,
        reason=unmatched_notice(done),
        alarm=done.alarm,
        statistics_age=_age_of_statistics(pull),
        started_at=pull.started_at,
        ended_at=pull.ended_at,
        shown_from=pull.oldest_as_of,
        shown_until=pull.newest_as_of,
        unread=id_digests(row.id for row in pull.quarantined),
    )


def _age_of_statistics(pull: Pull) -> int | None:
    """How many seconds before the last page the provider worked its statistics out."""
    computed_at = pull.notes[-1].computed_at if pull.notes else None
    return None if computed_at is None else max(0, pull.ended_at - computed_at) // SECOND


def unmatched_notice(done: Committed) -> str | None:
    """A text about addresses of an export without a subscription, None if there are none."""
    if not done.unmatched:
        return None
    belong = pluralize(done.unmatched, "address belongs", "addresses belong")
    return f"{belong} to no known subscription"


def _facts(
    kind: str, pull: Pull, what: PullContext, files: Sequence[HistoryFile]
) -> dict[str, Any]:
    return {
        "kind": kind,
        "at": pull.ended_at,
        "run": what.run_id,
        "publication": what.publication,
        "connection": what.connection,
        "connector": what.connector,
        "files": [file.facts() for file in files],
    }


@asked_again
def different_ids(store: Store, pull: Pull) -> int:
    """How many different ids the rows of a pull have. Counted once."""
    if pull.ids is None:
        with store.read() as cursor:
            parts = {"parts": [str(path) for path in pull.paths]}
            pull.ids = int(statement("seen").run(cursor, parts)[0][0]) if pull.paths else 0
    return pull.ids


@asked_again
def known_but_unseen(store: Store, pull: Pull, stream: str, connection: str) -> int:
    """How many known records of a connection a pull lacks. Only of streams that show absence."""
    if not STREAMS[stream].shows_absence or not pull.paths:
        return 0
    values = {
        "parts": [str(path) for path in pull.paths],
        "connection": connection,
        "quarantined": _ids(pull),
    }
    with store.read() as cursor:
        return int(statement(f"{stream}.unseen").run(cursor, values)[0][0])


@asked_again
def find_differences(
    store: Store,
    pull: Pull,
    what: PullContext,
    compared_by: Sequence[Difference] | None = None,
) -> Committed:
    """Write what is new in a pull as history files, which the caller commits by an entry.

    compared_by: how, by default as its stream says. The caller holds ``writing``.
    """
    done = Committed(
        seen=pull.rows,
        quarantined=len(pull.quarantined),
        is_dated=pull.newest_as_of is not None,
    )
    if not pull.paths:
        return done
    taken = STREAMS[what.stream]
    release_memory()
    with store.read() as cursor:
        values = _values(cursor, store, pull, what)
        done.came_again = _sort_out_repeats(store, cursor, values, pull, taken)
        look_closer(cursor, values, what, taken, done)
        if done.is_dated and taken.passed_over is not None:
            done.passed_over, done.shown_again = map(
                int, statement(taken.passed_over).run(cursor, values)[0]
            )
        if taken.by_address:
            fold_odd_addresses(cursor, _ADDRESSES, {n: values[n] for n in ("parts", "publication")})
        if taken.unmatched is not None:
            done.unmatched = int(statement(taken.unmatched).run(cursor, values)[0][0])
        if what.stream == "signals":
            done.without_post, done.without_person = map(
                int, statement("signals.unmatched").run(cursor, values)[0]
            )
        judge_standings(cursor, values, what, done)
        measured = judge_counters(cursor, values, what, done)
        for difference in compared_by or taken.compared_by:
            if not _is_asked(difference, done, measured):
                continue
            file = _write(store, cursor, values, what, difference)
            if file is not None:
                done.files.append(file)
                done.written += file.rows
        done.changed, done.gone = count_changed(
            cursor,
            store.root,
            done.files,
            taken.compared_by[0].stream,
            most=done.seen - done.came_again,
        )
        done.changed = max(0, done.changed - done.shown_again)
    return done


def _is_asked(difference: Difference, done: Committed, measured: bool) -> bool:
    if (difference.if_measured and not measured) or (difference.if_dated and not done.is_dated):
        return False
    needed = difference.if_new_in
    return needed is None or any(file.stream == needed for file in done.files)


def _sort_out_repeats(
    store: Store,
    cursor: duckdb.DuckDBPyConnection,
    values: dict[str, Any],
    pull: Pull,
    taken: StreamTable,
) -> int:
    """Make the later of repeated rows count. Returns how many earlier ones are ignored.

    Almost always there are none, which makes the statements cheaper.
    """
    if taken.repeats == "by_kind":
        ((again, without_post, without_id),) = statement("came_again").run(cursor, values)
        values["lacks_posts"] = without_post > 0
        statement("rekeyed" if without_id else "rekeyed.none").run(cursor, values)
        return int(again)
    if taken.repeats == "never":
        return 0
    again = pull.rows - different_ids(store, pull)
    if taken.repeats == "by_spell":
        # A subscription may have a row for each spell, so an id may repeat.
        statement("superseded" if again else "superseded.none").run(cursor, values)
        return int(statement("superseded.again").run(cursor, values)[0][0]) if again else 0
    if again:
        newest = pull.folder / "newest.tmp"
        statement("newest_parts").run(cursor, values | {"target": str(newest)})
        values["parts"] = [str(newest)]
    return again


def _write(
    store: Store,
    cursor: duckdb.DuckDBPyConnection,
    values: dict[str, Any],
    what: PullContext,
    difference: Difference,
) -> HistoryFile | None:
    """Write the differences, None if there are none."""
    stream = difference.stream
    temporary = store.history.temporary(f"{what.run_id}-{store.version + 1:08d}-{stream}")
    values = values | {"target": str(temporary)}
    rows = int(statement(difference.statement).run(cursor, values)[0][0])
    if rows == 0:
        temporary.unlink()
        return None
    return store.history.place(temporary, what.publication, stream, rows)


def _values(
    cursor: duckdb.DuckDBPyConnection, store: Store, pull: Pull, what: PullContext
) -> dict[str, Any]:
    inner, outer = padded_keys(store.secret)
    first_whole, last_whole = _whole_looks(cursor, what)
    as_of = pull.newest_as_of
    return {
        "parts": [str(path) for path in pull.paths],
        "publication": what.publication,
        "connection": what.connection,
        "whole": what.whole,
        "confirmed": what.confirmed,
        "quarantined": _ids(pull),
        "started_at": stored_moment(pull.started_at if as_of is None else as_of),
        "ended_at": stored_moment(pull.ended_at if as_of is None else as_of),
        "is_dated": as_of is not None,
        "first_whole": first_whole,
        "last_whole": last_whole,
        "kept_kinds": list(STREAMS[what.stream].kept_texts),
        "inner_key": inner,
        "outer_key": outer,
    }


def _whole_looks(
    cursor: duckdb.DuckDBPyConnection, what: PullContext
) -> tuple[datetime | None, datetime | None]:
    """When earlier pulls observed everybody's totals first and last."""
    if not what.running_totals:
        return None, None
    # A pull with a quarantined row misses somebody's totals, so it is left out.
    first, last = statement("counters.looks").run(cursor, {"connection": what.connection})[0]
    return first, last


def _ids(pull: Pull) -> Sequence[str]:
    """Ids of quarantined rows, with one item at least: DuckDB finds no type for an empty list."""
    return [row.id for row in pull.quarantined if row.id] or [""]


def pull_folder(store: Store, connection: str, stream: str, parent: str | None) -> Path:
    """The folder of a walk's parts. Parents come from the provider, so they are hashed."""
    name = (
        stream if parent is None else f"{stream}-{hashlib.sha256(parent.encode()).hexdigest()[:16]}"
    )
    return store.incoming / connection / name
