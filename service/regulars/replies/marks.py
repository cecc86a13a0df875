"""What a letter shows of the post that it answers, as it was read, or as hashes of it are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from regulars_connectors.keyed import runs_from_text
from regulars_connectors.mail.quoted_dates import dates_in
from regulars_connectors.mail.traces import Traces

Dates = tuple[tuple[datetime, bool], ...]


@dataclass(frozen=True, slots=True)
class Marks:
    """Texts of posts have the same form: all in words, or all hashed under one key.

    sent_at: seconds since 1970. parents: the nearest last. dates: what may stand above a quote of
    the writer's, each with whether a time stands there too. to_writer: it went to the writer.
    """

    message_id: str = ""
    parents: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    is_reply: bool = False
    sent_at: float | None = None
    runs: tuple[int, ...] = ()
    links: tuple[str, ...] = ()
    dates: Dates = ()
    to_writer: bool = False


def marks_of(traces: Traces, own: frozenset[str]) -> Marks:
    """The marks of a mail that was just read. own: addresses of the writer, in lower case."""
    recipients = [one.casefold() for one in traces.recipients]
    plus_parts = [one.rpartition("@")[0].partition("+")[2] for one in recipients]
    return Marks(
        message_id=traces.message_id,
        parents=traces.parents,
        returned=traces.returned,
        tokens=tuple(one for one in plus_parts if one),
        subjects=traces.subjects,
        topics=traces.topics,
        is_reply=traces.has_reply_prefix,
        sent_at=traces.sent_at,
        runs=traces.runs,
        links=traces.links,
        dates=_dates(traces.heads, own),
        to_writer=not own.isdisjoint(recipients),
    )


def kept_marks(row: Mapping[str, Any], id_hash: str) -> Marks:
    """The marks of a row of ``letters``. id_hash: of its Message-ID, as parents have it."""
    sent_at = row["sent_at"] or row["arrived_at"]
    return Marks(
        message_id=id_hash,
        parents=words_in(row["parents"]),
        returned=words_in(row["returned"]),
        tokens=words_in(row["tokens"]),
        subjects=words_in(row["subjects"]),
        topics=words_in(row["topics"]),
        is_reply=row["is_reply"],
        sent_at=sent_at.replace(tzinfo=UTC).timestamp(),
        runs=tuple(runs_from_text(row["runs"])),
        links=words_in(row["links"]),
        dates=_kept_dates(row["quoted_dates"]),
        to_writer=row["to_writer"],
    )


def words_in(text: str | None) -> tuple[str, ...]:
    """The hashes that stand in a column."""
    return tuple(text.split()) if text else ()


def _dates(heads: tuple[str, ...], own: frozenset[str]) -> Dates:
    found: dict[tuple[datetime, bool], None] = {}
    for head in heads:
        folded = head.casefold()
        if any(one in folded for one in own):
            found.update(dict.fromkeys(dates_in(head)))
    return tuple(found)


def _kept_dates(text: str | None) -> Dates:
    return tuple(
        (datetime.fromtimestamp(int(one.rstrip("m")) / 1e6, UTC), one.endswith("m"))
        for one in words_in(text)
    )
