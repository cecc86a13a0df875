"""What is committed, and what it brought: the context of a pull and its numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

from .history import HistoryFile
from .run_record import StreamOutcome


@dataclass(frozen=True, slots=True)
class PullContext:
    """What is being committed: run, owner, stream, and what absence from the pull means.

    whole: proven complete, so absence means something. confirmed: absence counts at once.
    """

    run_id: str
    publication: str
    connection: str
    connector: str
    stream: str
    outcome: StreamOutcome
    whole: bool = False
    confirmed: bool = False
    accept_removals: bool = False
    running_totals: bool = False


@dataclass(slots=True)
class Committed:
    """What a pull brought. written: rows of history, over all history streams. changed: its new or
    different records. gone: records that disappeared.

    unknown_standings: people whose status is not known. unmatched: addresses of an export that
    belong to no known subscription. without_post, without_person: signals whose post, or whose
    subscription, is unknown.
    came_again: rows that a later row of the pull replaces.
    taken_back: sent posts that the provider takes back since the last look. undated: posts that
    were mailed on an unknown day. unknown: people with a status that is not known, by its word,
    if it is news.
    without_totals: active people without the running totals that are known of them.
    is_dated: whether its rows are as of the moment of an export. passed_over: rows of an export
    that differ from those of a newer one. shown_again: those that are as an older one has them.
    fallen: people of whom a running total fell.
    """

    seen: int = 0
    changed: int = 0
    gone: int = 0
    written: int = 0
    quarantined: int = 0
    held_removals: int = 0
    held_changes: int = 0
    unknown_standings: int = 0
    unmatched: int = 0
    without_post: int = 0
    without_person: int = 0
    came_again: int = 0
    taken_back: int = 0
    undated: int = 0
    unknown: dict[str, int] = field(default_factory=dict)
    without_totals: int = 0
    is_dated: bool = False
    passed_over: int = 0
    shown_again: int = 0
    fallen: int = 0
    alarm: str | None = None
    files: list[HistoryFile] = field(default_factory=list)
