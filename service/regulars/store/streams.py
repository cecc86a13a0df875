"""How history streams are taken up, where it is alike for all: into which table, by which key.

Statements of their own stand in ``load/<stream>.<verb>.sql``; else ``load/all.<verb>.sql`` and
``load/present.<verb>.sql`` are filled with the names of this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .columns import columns_of, table_columns


@dataclass(frozen=True, slots=True)
class StreamTable:
    """Where the newest row of each key stands. has_entry: the table has a column ``entry``.

    shows_absence: rows have a presence, and a whole pull says what is gone.
    further: statements of the stream's own, after these.
    """

    table: str
    key: tuple[str, ...]
    has_entry: bool = False
    shows_absence: bool = False
    further: tuple[str, ...] = ()


_BY_ID = ("connection", "id")
_BY_SUBSCRIPTION = ("connection", "subscription_id")
STREAMS: Mapping[str, StreamTable] = {
    "publications": StreamTable("publications", _BY_ID),
    "posts": StreamTable("posts", _BY_ID, shows_absence=True, further=("posts.totals",)),
    "questions": StreamTable("questions", _BY_ID, shows_absence=True),
    "subscriptions": StreamTable(
        "subscriptions",
        (*_BY_SUBSCRIPTION, "spell"),
        has_entry=True,
        further=("subscriptions.versions",),
    ),
    "people": StreamTable("people", _BY_SUBSCRIPTION),
    "words": StreamTable("words", ("connection", "subject", "id"), has_entry=True),
    "counters": StreamTable(
        "counter_state", _BY_SUBSCRIPTION, has_entry=True, further=("counters.rows",)
    ),
    "signals": StreamTable("signals", ("connection", "kind", "signal_key"), has_entry=True),
    "days": StreamTable("days", _BY_ID, further=("days.totals",)),
    "lists": StreamTable("lists", _BY_ID, shows_absence=True),
    "list_standings": StreamTable("list_standings", _BY_ID, shows_absence=True),
    "segments": StreamTable("segments", _BY_ID, shows_absence=True),
    "departures": StreamTable("departures", (*_BY_SUBSCRIPTION, "left_at")),
}


def history_columns(stream: str) -> Mapping[str, str]:
    """The columns that this version knows of a stream's history files, and their types.

    They are those of its table. A file may lack some, which older versions did not know, and have
    others, which newer ones brought.
    """
    taken = STREAMS[stream]
    columns = table_columns(taken.table)
    return {name: columns[name] for name in columns if not (taken.has_entry and name == "entry")}


def template_of(stream: str, verb: str) -> str:
    """The file, without its ending, that is filled for this stream. Raises KeyError."""
    if verb == "differences" and STREAMS[stream].shows_absence:
        return "present.differences"
    if verb in ("replaced", "apply", "keys", "bounds"):
        return f"all.{verb}"
    raise KeyError(f"{stream}.{verb}")


def names_for(stream: str) -> dict[str, str]:
    """What stands for ``@table``, ``@key`` and the like in a template."""
    taken = STREAMS[stream]
    matches = (f"r.{column} = {taken.table}.{column}" for column in taken.key)
    # By their names, since a file has its columns as the version that wrote it had them.
    known = (
        f"'{name}': {{name: '{name}', type: '{kind}', default_value: NULL}}"
        for name, kind in history_columns(stream).items()
    )
    names = {
        "columns": f"MAP {{{', '.join(known)}}}",
        "table": taken.table,
        "key": ", ".join(taken.key),
        "span": "subscription_id" if "subscription_id" in taken.key else taken.key[-1],
        "matches": " AND ".join(matches),
        "taken": "rows.*" if taken.has_entry else "rows.* EXCLUDE (entry)",
    }
    if taken.shows_absence:
        columns = [column for column in columns_of(stream) if column != "id"]
        for alias in ("s", "k"):
            names[f"of_{alias}"] = ", ".join(f"{alias}.{column}" for column in columns)
        names["of_either"] = ", ".join(
            f"CASE WHEN s.id IS NULL THEN k.{column} ELSE s.{column} END AS {column}"
            for column in columns
        )
    return names


# Newest first; how many answers each had when last seen, where that is known.
PARENTS = {
    "questions": "SELECT id, responses FROM questions"
    " WHERE connection = $connection AND presence <> 'removed'"
    " ORDER BY created_at DESC NULLS LAST, id",
    "posts": "SELECT id, NULL FROM posts WHERE connection = $connection AND presence <> 'removed'"
    " ORDER BY sent_at DESC NULLS LAST, id",
    "days": "SELECT id, NULL FROM days WHERE connection = $connection ORDER BY id DESC",
    "segments": "SELECT id, NULL FROM segments WHERE connection = $connection ORDER BY id DESC",
}


# The records that the files of a history stream speak of, by their ids. People are not among
# them: one is made only with the first standing of a subscription.
SPOKEN_OF = {
    "subscriptions": "SELECT subscription_id AS id FROM read_parquet($subscriptions)"
    " WHERE presence = 'present'",
    "counters": "SELECT subscription_id AS id FROM read_parquet($counters)",
    "signals": "SELECT kind || '/' || signal_key AS id FROM read_parquet($signals)",
    "words": "SELECT id FROM read_parquet($words)",
}


# Every table with data; `applied` is compared by the store itself whenever it opens.
TABLES = (
    "runs", "run_streams", "walks", "publications", "posts", "questions",
    "subscription_versions", "subscriptions", "people", "words", "counters", "counter_state",
    "signals", "published", "post_totals", "days", "day_totals", "lists", "list_standings",
    "segments", "departures",
)  # fmt: skip
