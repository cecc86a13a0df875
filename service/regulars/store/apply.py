"""Brings the tables up to date with journal entries: one or all, by the same statements.

A rebuild applies all entries to an empty file. Rebuilt and incrementally kept tables come from the
same statements, so they must be equal row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.errors import StoreDamaged

from .actions import letters
from .actions.hooks import apply_deliveries
from .actions.registry import ACTIONS, WITHOUT_FIGURES
from .actions.replaced import ReplacedFiles
from .columns import columns_in_file
from .journal import Entry, Journal
from .key_ranges import spans_between, spans_of
from .run_record import MOMENTS, StreamRecord, run_of_entry, streams_of_entry
from .statements import statement
from .streams import HISTORY, history_columns
from .timestamps import stored_moment

if TYPE_CHECKING:
    import duckdb

# Finding the newest row of each key handles about so many keys at a time: all keys of a million
# people over three years exceeded DuckDB's memory limit.
_SPAN_KEYS = 100_000
_SAMPLED_KEYS = 1_000
# The most entries applied together, because memory holds them meanwhile, at 8 KiB each.
_MOST_ENTRIES = 5_000


def apply_entries(
    cursor: duckdb.DuckDBPyConnection, root: Path, journal: Journal, after: int = 0
) -> None:
    """Apply the entries above number ``after`` in the caller's transaction. There must be one.

    Entries between two acts of the owner are applied together. An act changes only what was
    applied before it. Files that a later act dropped or replaced are read as they are now.
    """
    replaced = ReplacedFiles(journal, after)
    batch: list[Entry] = []
    outdated: set[str | None] = set()
    for entry in journal.entries(after):
        if entry.kind not in WITHOUT_FIGURES and entry.facts.get("act") not in letters.OF_WAITING:
            outdated.add(entry.facts.get("publication"))
        is_action = entry.kind in ACTIONS
        if is_action or len(batch) == _MOST_ENTRIES:
            _apply_seen(cursor, root, batch, replaced)
            batch = []
        if is_action:
            ACTIONS[entry.kind](cursor, entry)
        else:
            batch.append(entry)
    _apply_seen(cursor, root, batch, replaced)
    _outdate_histories(cursor, outdated)
    cursor.execute(
        "UPDATE applied SET entry = $number, entry_digest = $digest",
        {"number": entry.number, "digest": entry.digest},
    )


def _outdate_histories(cursor: duckdb.DuckDBPyConnection, publications: set[str | None]) -> None:
    """Mark kept histories of these publications: what is new may change them. None: of all."""
    cursor.execute(
        "UPDATE histories_made SET is_current = FALSE"
        " WHERE is_current AND ($all OR publication IN (SELECT unnest($names)))",
        {"all": None in publications, "names": [name for name in publications if name]},
    )


def _apply_seen(
    cursor: duckdb.DuckDBPyConnection,
    root: Path,
    entries: Sequence[Entry],
    replaced: ReplacedFiles,
) -> None:
    """Apply entries of pulls and runs."""
    if not entries:
        return
    files: dict[str, list[tuple[str, int, int]]] = {}
    for entry in entries:
        for file in replaced.files_of(entry):
            found = str(root / file["path"]), entry.number, int(file["rows"])
            files.setdefault(file["stream"], []).append(found)
    for stream, taken in HISTORY.items():
        if stream in files:
            _apply_files(cursor, stream, taken.applied_by, files[stream])
    _apply_runs(cursor, entries)
    _apply_walks(cursor, entries)
    apply_deliveries(cursor, entries)


def _apply_files(
    cursor: duckdb.DuckDBPyConnection,
    stream: str,
    names: tuple[str, ...],
    files: list[tuple[str, int, int]],
) -> None:
    """Apply the files of one stream. files: path, number of the entry, rows.

    A single entry, as after every pull, saves the join of files with their entries. It also saves
    naming the columns if they are those of this version, which would take a third of the time.
    """
    paths, numbers = [path for path, _, _ in files], [number for _, number, _ in files]
    groups = _groups_by_columns(paths)
    values: dict[str, Any] = {"paths": paths, "entry": numbers[0]}
    if len(set(numbers)) == 1 and list(groups) == [frozenset(history_columns(stream))]:
        groups = {}
    else:
        cursor.execute(
            "CREATE OR REPLACE TEMP TABLE committed AS"
            " SELECT unnest($paths) AS path, unnest($numbers) AS entry",
            {"paths": paths, "numbers": numbers},
        )
        values |= {f"paths_{number}": group for number, group in enumerate(groups.values())}
    with _naming_the_stream(stream):
        for name in names:
            chosen = statement(name, tuple(groups))
            in_spans = "from_id" in chosen.parameters
            for span in _spans(cursor, stream, files) if in_spans else [{}]:
                chosen.run(cursor, values | span)


def _groups_by_columns(paths: Sequence[str]) -> dict[frozenset[str], list[str]]:
    """The files by their columns. A file has those of the version that wrote it."""
    groups: dict[frozenset[str], list[str]] = {}
    for path in paths:
        groups.setdefault(frozenset(columns_in_file(Path(path))), []).append(path)
    return groups


@contextmanager
def _naming_the_stream(stream: str) -> Iterator[None]:
    """Report a file without a required column as damaged."""
    import duckdb

    try:
        yield
    except duckdb.ConstraintException as error:
        reason = str(error).splitlines()[0]
        raise StoreDamaged(
            f"History files of {stream} lack a required column: {reason}."
        ) from error


def _spans(
    cursor: duckdb.DuckDBPyConnection, stream: str, files: list[tuple[str, int, int]]
) -> list[dict[str, str | None]]:
    """Spans of ids with about as many keys each."""
    rows = sum(rows for *_, rows in files)
    if rows <= _SPAN_KEYS:
        return spans_between([])
    paths = [path for path, _, _ in files]
    ((keys,),) = statement(f"{stream}.keys").run(cursor, {"paths": paths})
    step = _SPAN_KEYS // _SAMPLED_KEYS

    def sample() -> list[str]:
        values = {"paths": _enough(files, keys), "step": step}
        return [bound for (bound,) in statement(f"{stream}.bounds").run(cursor, values)]

    return spans_of(keys, _SPAN_KEYS, step, sample)


def _enough(files: list[tuple[str, int, int]], keys: int) -> list[str]:
    """The largest files, as many as may hold so many keys: one if each holds all of them."""
    largest = sorted(files, key=lambda file: file[2], reverse=True)
    held = accumulate((rows for *_, rows in largest), initial=0)
    return [path for (path, *_), before in zip(largest, held, strict=False) if before < keys]


def _apply_runs(cursor: duckdb.DuckDBPyConnection, entries: Sequence[Entry]) -> None:
    ended = [entry for entry in entries if entry.kind == "run"]
    rows = {
        (entry.facts["run"], stream.stream): _stream_row(entry, stream)
        for entry in entries
        for stream in streams_of_entry(entry.facts)
    }
    if ended:
        _insert(cursor, "runs", [_run_row(entry) for entry in ended])
    if rows:
        # The end of a run repeats and completes what its pulls said of their streams.
        cursor.execute(
            "DELETE FROM run_streams WHERE (run_id, stream) IN"
            " (SELECT unnest($runs), unnest($streams))",
            {"runs": [run for run, _ in rows], "streams": [stream for _, stream in rows]},
        )
        _insert(cursor, "run_streams", list(rows.values()))


def _run_row(entry: Entry) -> dict[str, Any]:
    columns = msgspec.structs.asdict(run_of_entry(entry.facts))
    del columns["streams"], columns["walks"]
    return _stored_times(columns) | {"entry": entry.number}


def _stream_row(entry: Entry, stream: StreamRecord) -> dict[str, Any]:
    columns = _stored_times(msgspec.structs.asdict(stream))
    of = {"run_id": entry.facts["run"], "connection": entry.facts["connection"]}
    return of | columns | {"entry": entry.number}


def _stored_times(columns: dict[str, Any]) -> dict[str, Any]:
    return columns | {
        name: stored_moment(columns[name]) for name in MOMENTS if columns.get(name) is not None
    }


def _apply_walks(cursor: duckdb.DuckDBPyConnection, entries: Sequence[Entry]) -> None:
    """Note how far event walks came. An ended walk clears its cursor and sets a checkpoint."""
    newest = {}
    ended = {}
    for entry in entries:
        for walk in entry.facts.get("walks", ()):
            name = (entry.facts["connection"], walk["stream"], walk["parent"] or "")
            newest[name] = (walk, entry)
            if walk["cursor"] is None:
                ended[name] = walk["checkpoint"]
    for name, (walk, entry) in newest.items():
        key = dict(zip(("connection", "stream", "parent"), name, strict=True))
        before = cursor.execute(
            "SELECT checkpoint FROM walks WHERE connection = $connection"
            " AND stream = $stream AND parent = $parent",
            key,
        ).fetchall()
        cursor.execute(
            "DELETE FROM walks WHERE connection = $connection"
            " AND stream = $stream AND parent = $parent",
            key,
        )
        row = key | {
            "cursor": walk["cursor"],
            # a walk that ended among these entries counts, even if a later one is running
            "checkpoint": ended.get(name, before[0][0] if before else None),
            "seen_at": stored_moment(walk["at"]),
            "entry": entry.number,
        }
        _insert(cursor, "walks", [row])


def _insert(cursor: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    """Insert rows of one shape by one statement. The table's name comes from this module."""
    names = list(rows[0])
    values = ", ".join(f"unnest(${name}) AS {name}" for name in names)
    cursor.execute(
        f"INSERT INTO {table} BY NAME SELECT {values}",
        {name: [row[name] for row in rows] for name in names},
    )
