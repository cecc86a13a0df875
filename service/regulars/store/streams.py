"""The streams, one row each: how a pull is compared, and which table its rows go to.

A stream that a connector yields has its record in ``regulars_connectors.contract.RECORDS``. The
record's fields are the columns of its parts. Its table in ``schema.sql`` has the columns of its
history, and decides whether rows have a presence. A stream without a record is filled by pulls of
others. A stream's own statements are in ``load/<stream>.<verb>.sql``. For all other verbs, the
templates ``load/all.<verb>.sql`` and ``load/present.<verb>.sql`` are filled with names from here.
See docs/how-to/add-a-stream.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from regulars_connectors.contract import RECORDS

from .columns import columns_of, declared_tables, table_columns

Repeats = Literal[
    "by_id",
    "by_spell",  # id and spell, as of a subscription
    "by_kind",  # kind and id, or all columns of a row without an id, as of a signal
    "never",  # rows have no ids
]


@dataclass(frozen=True, slots=True)
class Difference:
    """A statement that finds what is new in a pull for one history stream.

    if_new_in: run only if the pull brought news for that history stream.
    if_measured: run only if the pull's running totals are measured.
    if_dated: run only if its rows are as of the moment of an export.
    """

    stream: str
    statement: str
    if_new_in: str | None = None
    if_measured: bool = False
    if_dated: bool = False


@dataclass(frozen=True, slots=True)
class StreamTable:
    """One stream. A name is enough, and the other fields are for special streams.

    in_table: the table with the newest row of each key, by default that of the stream's name.
    key: of that table.
    extra_statements: further ones that apply its history files, after those of the table.
    own_statements: those that apply them, where its rows replace none of the table.
    differences: how a pull is compared. The first one's rows are the records.
    repeats: what makes two rows of a pull the same one, of which the later counts.
    asks_other_tables: judging a pull needs tables that other streams fill, or it shares its own.
    by_address: its statements compare addresses (``odd_addresses``).
    parents: a query for the ids that a connector gets, newest first, with the number of answers
        that each had when last seen, if known.
    mentions: for pulls that fill several history streams, a query of ``$<stream>`` for the ids of
        the records that its files concern, so that a record with news in two counts once. People
        need none: a person is made with the first standing of a subscription.
    kept_texts: kinds whose texts by readers are kept.
    merged: a statement that makes a temporary table of the pull's rows and what is known of them.
    earlier: one that makes a temporary table of what an export says of the past.
    removals, leaving, alarm, fallen, unmatched, taken_back, unknown, lacking, passed_over:
        statements that count whom a whole pull would remove, whose standing a pull would end,
        whether running totals are measured, of how many people one fell, rows without a known
        subscription, sent posts that the provider takes back, people with a status that is not
        known, people without their running totals, and rows of an export that differ from those
        of a newer one.
    """

    name: str
    in_table: str | None = None
    key: tuple[str, ...] = ("connection", "id")
    extra_statements: tuple[str, ...] = ()
    own_statements: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    repeats: Repeats = "by_id"
    asks_other_tables: bool = False
    by_address: bool = False
    parents: str | None = None
    mentions: str | None = None
    kept_texts: tuple[str, ...] = ()
    removals: str | None = None
    leaving: str | None = None
    alarm: str | None = None
    fallen: str | None = None
    unmatched: str | None = None
    merged: str | None = None
    earlier: str | None = None
    taken_back: str | None = None
    unknown: str | None = None
    lacking: str | None = None
    passed_over: str | None = None

    @property
    def table(self) -> str:
        """The table with the newest row of each key."""
        return self.in_table or self.name

    @property
    def has_entry(self) -> bool:
        """Whether the table has the journal entry of each row."""
        return "entry" in table_columns(self.table)

    @property
    def shows_absence(self) -> bool:
        """Whether rows have a presence, so that a whole pull shows what is gone."""
        return "presence" in table_columns(self.table)

    @property
    def compared_by(self) -> tuple[Difference, ...]:
        """How a pull is compared."""
        return self.differences or (Difference(self.name, f"{self.name}.differences"),)

    @property
    def applied_by(self) -> tuple[str, ...]:
        """The statements that apply its history files.

        Deleting and inserting was measured against MERGE: half the time on a first load, two
        thirds when every row is replaced, and it streams, where MERGE held all rows in memory.
        """
        if self.own_statements:
            return self.own_statements
        return (f"{self.name}.replaced", f"{self.name}.apply", *self.extra_statements)


_SUBSCRIPTION = ("connection", "subscription_id")
_SIGNALS = Difference("signals", "signals.differences")
_ROWS = (
    StreamTable("publications"),
    StreamTable(
        "posts",
        passed_over="posts.passed_over",
        extra_statements=("posts.totals",),
        merged="posts.merged",
        taken_back="posts.taken_back",
        parents="SELECT id, NULL FROM posts"
        " WHERE connection = $connection AND presence <> 'removed'"
        " ORDER BY sent_at DESC NULLS LAST, id",
    ),
    StreamTable(
        "questions",
        parents="SELECT id, responses FROM questions"
        " WHERE connection = $connection AND presence NOT IN ('removed', 'pushed')"
        " ORDER BY created_at DESC NULLS LAST, id",
    ),
    StreamTable(
        "subscriptions",
        key=(*_SUBSCRIPTION, "spell"),
        extra_statements=("subscriptions.versions",),
        differences=(
            Difference("subscriptions", "subscriptions.differences"),
            Difference("earlier_standings", "earlier_standings.differences", if_dated=True),
            Difference("words", "words.differences"),
            Difference("people", "people.differences", if_new_in="subscriptions"),
            Difference("counters", "counters.differences", if_measured=True),
        ),
        repeats="by_spell",
        asks_other_tables=True,  # the alarm about totals asks posts
        by_address=True,
        mentions="SELECT subscription_id AS id FROM read_parquet($subscriptions)"
        " WHERE presence = 'present'",
        removals="subscriptions.removals",
        passed_over="subscriptions.passed_over",
        leaving="subscriptions.leaving",
        alarm="counters.alarm",
        unknown="subscriptions.unknown",
        lacking="counters.lacking",
        fallen="counters.fallen",
        earlier="subscriptions.earlier",
    ),
    StreamTable(
        # What an export says of the time before what a newer one said, in whatever order they come.
        "earlier_standings",
        in_table="subscription_versions",
        key=(*_SUBSCRIPTION, "spell", "seen_at"),
        own_statements=(
            "earlier_standings.versions",
            "earlier_standings.placed",
            "earlier_standings.cleared",
            "earlier_standings.refilled",
            "earlier_standings.replaced",
            "earlier_standings.newest",
        ),
    ),
    StreamTable("people", key=_SUBSCRIPTION),
    StreamTable(
        "words",
        key=("connection", "subject", "id"),
        mentions="SELECT id FROM read_parquet($words)",
    ),
    StreamTable(
        "counters",
        in_table="counter_state",
        key=_SUBSCRIPTION,
        extra_statements=("counters.rows", "counters.tops", "counters.state_tops"),
        mentions="SELECT subscription_id AS id FROM read_parquet($counters)",
    ),
    StreamTable(
        "signals",
        key=("connection", "kind", "signal_key"),
        differences=(_SIGNALS, Difference("words", "signal_words.differences")),
        repeats="by_kind",
        passed_over="signals.passed_over",
        asks_other_tables=True,  # results of segments fill the same one
        mentions="SELECT kind || '/' || signal_key AS id FROM read_parquet($signals)",
        # Texts of replies are dropped. Other answers are short, and written for the writer to keep.
        kept_texts=("poll", "survey", "comment", "feedback"),
    ),
    StreamTable(
        "segment_results",
        in_table="signals",
        key=("connection", "kind", "signal_key"),
        differences=(_SIGNALS,),
        repeats="by_kind",
        asks_other_tables=True,
    ),
    StreamTable(
        "days",
        extra_statements=("days.totals",),
        parents="SELECT id, NULL FROM days WHERE connection = $connection ORDER BY id DESC",
    ),
    StreamTable("lists"),
    StreamTable("list_standings"),
    StreamTable(
        "segments",
        parents="SELECT id, NULL FROM segments WHERE connection = $connection ORDER BY id DESC",
    ),
    StreamTable(
        "departures",
        key=(*_SUBSCRIPTION, "left_at"),
        repeats="never",
        asks_other_tables=True,  # whose addresses are known
        by_address=True,
        unmatched="departures.unmatched",
    ),
    StreamTable("letters", repeats="never"),  # its differences choose among copies
    StreamTable("post_texts"),
)
STREAMS: Mapping[str, StreamTable] = {row.name: row for row in _ROWS}
_FILLED = {one.stream for row in _ROWS if row.name in RECORDS for one in row.compared_by}
HISTORY: Mapping[str, StreamTable] = {row.name: row for row in _ROWS if row.name in _FILLED}
"""The streams that have history files, in the order in which these are applied."""
PARENTS: Mapping[str, str] = {row.name: row.parents for row in _ROWS if row.parents}
"""The queries for the ids that a connector gets, by stream, as the contract promises."""

_ABOUT_THE_FILE = ("applied", "rebuilt")
HISTORIES = (
    *("histories", "history_units", "history_posts", "history_spells", "history_replies"),
    "histories_made",
)
"""Tables that the views make from the others. They are no truth, so nothing verifies them."""
READERS = ("reader_scores", "readerships", "reader_weights")
"""Tables that the model makes from the histories. They are no truth either."""
TIES = ("letter_ties", "letters_made")
"""Tables that are made from letters, people and posts. They are no truth either."""
_MADE = (*_ABOUT_THE_FILE, *HISTORIES, *READERS, *TIES)
TABLES = tuple(name for name in declared_tables() if name not in _MADE)
"""Every table with data. The store itself checks the others whenever it opens."""


def history_columns(stream: str) -> Mapping[str, str]:
    """The columns of a stream's history files in this version, with their types.

    They are those of its table. Files of older versions may lack some, and files of newer versions
    may have more.
    """
    columns = table_columns(STREAMS[stream].table)
    return {name: columns[name] for name in columns if name != "entry"}


def columns_from(stream: str, held: frozenset[str]) -> str:
    """What to select from files with the columns ``held``: a column that they lack is NULL."""
    return ", ".join(
        name if name in held else f"CAST(NULL AS {kind}) AS {name}"
        for name, kind in history_columns(stream).items()
    )


def template_of(stream: str, verb: str) -> str:
    """The template of this verb for this stream, by file name without ending. Raises KeyError."""
    if verb == "differences" and STREAMS[stream].shows_absence:
        return "present.differences"
    if verb in ("replaced", "apply", "keys", "bounds", "unseen"):
        return f"all.{verb}"
    raise KeyError(f"{stream}.{verb}")


def names_for(stream: str) -> dict[str, str]:
    """The values of ``@table``, ``@key`` and the other placeholders of a template."""
    taken = STREAMS[stream]
    matches = (f"r.{column} = {taken.table}.{column}" for column in taken.key)
    names = {
        "table": taken.table,
        "key": ", ".join(taken.key),
        "span": "subscription_id" if "subscription_id" in taken.key else taken.key[-1],
        "matches": " AND ".join(matches),
        "taken": "rows.*" if taken.has_entry else "rows.* EXCLUDE (entry)",
    }
    if taken.shows_absence and "id" in taken.key:
        own = [column for column in columns_of(stream) if column != "id"]
        for alias in ("s", "k"):
            names[f"of_{alias}"] = ", ".join(f"{alias}.{column}" for column in own)
        names["of_either"] = ", ".join(
            f"CASE WHEN s.id IS NULL THEN k.{column} ELSE s.{column} END AS {column}"
            for column in own
        )
    return names
