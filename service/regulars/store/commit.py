"""From the parts of a pull to what differs, to history, to a journal entry, to the tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulars_connectors.counted import counted

from .changed import count_changed
from .columns import columns_of, release_memory
from .disk import naming_a_full_disk
from .history import HistoryFile
from .incoming import Pull
from .moments import stored_moment
from .statements import statement
from .store import Store

if TYPE_CHECKING:
    import duckdb

# One pull of a stream can say something new in several history streams.
_DIFFERENCES: dict[str, tuple[tuple[str, str], ...]] = {
    "publications": (("publications", "publications.differences"),),
    "posts": (("posts", "posts.differences"),),
    "questions": (("questions", "questions.differences"),),
    "subscriptions": (
        ("subscriptions", "subscriptions.differences"),
        ("words", "words.differences"),
        ("people", "people.differences"),
        ("counters", "counters.differences"),
    ),
    "signals": (("signals", "signals.differences"), ("words", "signal_words.differences")),
    "segment_results": (("signals", "signals.differences"),),
    "days": (("days", "days.differences"),),
    "lists": (("lists", "lists.differences"),),
    "list_standings": (("list_standings", "list_standings.differences"),),
    "segments": (("segments", "segments.differences"),),
    "departures": (("departures", "departures.differences"),),
}
# Texts of letters are not kept; other answers are short and were given to be read.
KEPT_TEXTS = ("poll", "survey", "comment", "feedback")
_HOLD_SHARE = 0.1
# A pull of more subscriptions is compared and written in spans of about so many.
_SPAN_ROWS = 200_000
_SAMPLE_STEP = 1_000


@dataclass(frozen=True, slots=True)
class PullOf:
    """What is being committed: which run, whose, which stream, and what the pull may say.

    whole: proven complete, so absence means something. confirmed: absence counts at once.
    """

    run_id: str
    publication: str
    connection: str
    connector: str
    stream: str
    outcome: str
    whole: bool = False
    confirmed: bool = False
    accept_removals: bool = False
    running_totals: bool = False


@dataclass(slots=True)
class Committed:
    """What a pull brought. written: rows of history, over all history streams. changed: records of
    the pull that were new or different. gone: records that it no longer holds.

    unmatched: addresses of a photograph that belong to nobody who is known.
    came_again: rows that a later row of the pull replaces.
    """

    seen: int = 0
    changed: int = 0
    gone: int = 0
    written: int = 0
    quarantined: int = 0
    held_removals: int = 0
    unmatched: int = 0
    came_again: int = 0
    alarm: str | None = None
    files: list[HistoryFile] = field(default_factory=list)


def commit_pull(
    store: Store, pull: Pull, what: PullOf, walk: dict[str, Any] | None = None
) -> Committed:
    """Commit what a pull says that was not known; nothing new writes nothing.

    walk: for event streams, how far the walk has come (stream, parent, cursor, checkpoint, at).
    """
    with store.writing, naming_a_full_disk(store.root):
        store.catch_up()
        done = _find_differences(store, pull, what)
        if done.files:
            store.append(_entry(what, pull, done, walk))
    return done


def stream_facts(what: PullOf, pull: Pull, done: Committed) -> dict[str, Any]:
    """What a run's record says of this stream."""
    return {
        "stream": what.stream,
        "outcome": what.outcome,
        "seen": done.seen,
        "changed": done.changed,
        "gone": done.gone,
        "written": done.written,
        "quarantined": done.quarantined,
        "held_removals": done.held_removals,
        "reason": strangers_in(done),
        "alarm": done.alarm,
        "started_at": pull.started_at,
        "ended_at": pull.ended_at,
    }


def strangers_in(done: Committed) -> str | None:
    """Addresses of a photograph that belong to nobody, in words; None where there are none."""
    if not done.unmatched:
        return None
    belong = counted(done.unmatched, "address belongs", "addresses belong")
    return f"{belong} to no subscription that is known"


def _entry(
    what: PullOf, pull: Pull, done: Committed, walk: dict[str, Any] | None
) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "kind": "pull" if walk is None else "part",
        "at": pull.ended_at,
        "run": what.run_id,
        "publication": what.publication,
        "connection": what.connection,
        "connector": what.connector,
        "files": [file.facts() for file in done.files],
    }
    if walk is None:
        return facts | {"streams": [stream_facts(what, pull, done)]}
    return facts | {"walks": [walk]}


def _find_differences(store: Store, pull: Pull, what: PullOf) -> Committed:
    done = Committed(seen=pull.rows, quarantined=len(pull.quarantined))
    if not pull.paths:
        return done
    release_memory()
    with store.read() as cursor:
        values = _values(cursor, store, pull, what)
        if what.stream == "subscriptions":
            statement("superseded").run(cursor, values)
            values["spans"] = _spans(cursor, pull)
        if "id" in columns_of(what.stream):
            again = "superseded.again" if what.stream == "subscriptions" else "came_again"
            done.came_again = int(statement(again).run(cursor, values)[0][0])
        if what.stream == "departures":
            done.unmatched = int(statement("departures.unmatched").run(cursor, values)[0][0])
        _judge_removals(cursor, values, what, done)
        measured = _judge_counters(cursor, values, what, done)
        for stream, name in _DIFFERENCES[what.stream]:
            if stream == "counters" and not measured:
                continue
            if stream == "people" and not _has_newcomers(done):
                continue
            for file in _write(store, cursor, values, what, stream, name):
                done.files.append(file)
                done.written += file.rows
        done.changed, done.gone = count_changed(
            cursor,
            store.root,
            done.files,
            _DIFFERENCES[what.stream][0][0],
            most=done.seen - done.came_again,
        )
    return done


def _has_newcomers(done: Committed) -> bool:
    """A person is made with the first standing of a subscription, never without one."""
    return any(file.stream == "subscriptions" for file in done.files)


def _write(
    store: Store,
    cursor: duckdb.DuckDBPyConnection,
    values: dict[str, Any],
    what: PullOf,
    stream: str,
    name: str,
) -> Iterator[HistoryFile]:
    """Write what differs, one file for each span of ids; a span without differences has none."""
    in_spans = "from_id" in statement(name).parameters
    for number, span in enumerate(values["spans"] if in_spans else [{}]):
        place = f"{what.run_id}-{store.version + 1:08d}-{stream}"
        aside = store.history.aside(f"{place}-{number:03d}" if number else place)
        rows = int(statement(name).run(cursor, values | span | {"target": str(aside)})[0][0])
        if rows == 0:
            aside.unlink()
        else:
            yield store.history.place(aside, what.publication, stream, rows)


def _spans(cursor: duckdb.DuckDBPyConnection, pull: Pull) -> list[dict[str, str | None]]:
    """Spans of ids with about as many rows each, together all ids there can be.

    Two million people at once ran out of DuckDB's memory limit; in spans a pull of any size
    sorts in the same memory.
    """
    if pull.rows <= _SPAN_ROWS:
        return [{"from_id": "", "below_id": None}]
    sample = cursor.execute(
        "SELECT id FROM read_parquet($parts) WHERE ordinal % $step = 0 ORDER BY id",
        {"parts": [str(path) for path in pull.paths], "step": _SAMPLE_STEP},
    ).fetchall()
    firsts = ["", *(row[0] for row in sample[:: _SPAN_ROWS // _SAMPLE_STEP][1:])]
    return [
        {"from_id": first, "below_id": below}
        for first, below in zip(firsts, [*firsts[1:], None], strict=True)
    ]


def _judge_removals(
    cursor: duckdb.DuckDBPyConnection, values: dict[str, Any], what: PullOf, done: Committed
) -> None:
    """Hold removals of more than a tenth of the people back until the owner accepts them.

    Also says whether a whole pull lacks anybody at all, so that nobody is looked for in vain.
    """
    values["hold_removals"] = values["lacks_known"] = False
    if what.stream != "subscriptions" or not what.whole:
        return
    ((gone, known, lacking),) = statement("subscriptions.removals").run(cursor, values)
    values["lacks_known"] = lacking > 0
    if gone > known * _HOLD_SHARE and not what.accept_removals:
        values["hold_removals"] = True
        done.held_removals = int(gone)


def _judge_counters(
    cursor: duckdb.DuckDBPyConnection, values: dict[str, Any], what: PullOf, done: Committed
) -> bool:
    """Whether the running totals are measured; all zero or absent raises an alarm instead."""
    if what.stream != "subscriptions" or not what.running_totals:
        return False
    ((asked, above_zero),) = statement("counters.alarm").run(cursor, values)
    if asked and not above_zero:
        done.alarm = "counters_all_zero"
        return False
    return True


def _values(
    cursor: duckdb.DuckDBPyConnection, store: Store, pull: Pull, what: PullOf
) -> dict[str, Any]:
    # A pull that set a row aside did not look at everybody's totals.
    first_whole, last_whole = cursor.execute(
        "SELECT min(started_at), max(started_at) FROM run_streams WHERE connection = $connection"
        " AND stream = 'subscriptions' AND outcome = 'whole' AND alarm IS NULL"
        " AND quarantined = 0",
        {"connection": what.connection},
    ).fetchall()[0]
    inner, outer = _padded_keys(store.secret)
    return {
        "parts": [str(path) for path in pull.paths],
        "publication": what.publication,
        "connection": what.connection,
        "whole": what.whole,
        "confirmed": what.confirmed,
        "quarantined": _ids(pull),
        "started_at": stored_moment(pull.started_at),
        "ended_at": stored_moment(pull.ended_at),
        "first_whole": first_whole,
        "last_whole": last_whole,
        "kept_kinds": list(KEPT_TEXTS),
        "inner_key": inner,
        "outer_key": outer,
    }


def _ids(pull: Pull) -> Sequence[str]:
    """Ids of rows set aside. Never empty: an empty list has no type that DuckDB could compare."""
    return [row.id for row in pull.quarantined if row.id] or [""]


def _padded_keys(secret: bytes) -> tuple[bytes, bytes]:
    """The two keys of HMAC-SHA256 (RFC 2104) for a secret of at most one block."""
    block = hashlib.sha256().block_size
    padded = secret.ljust(block, b"\0")
    return bytes(b ^ 0x36 for b in padded), bytes(b ^ 0x5C for b in padded)


def pull_folder(store: Store, connection: str, stream: str, parent: str | None) -> Path:
    """Where the parts of a walk lie. Parents are the provider's words, so they are hashed."""
    name = (
        stream if parent is None else f"{stream}-{hashlib.sha256(parent.encode()).hexdigest()[:16]}"
    )
    return store.incoming / connection / name
