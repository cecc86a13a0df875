"""The three files: their columns, and from the cells of a row to a record.

Pure functions: no file is touched, and the only clock is the instant handed in. A reason for
refusing a row names the column and the rule, never the value: values are about people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from typing import get_args

from ..contract import Stream, StreamName
from ..instants import Instant, from_datetime, to_iso
from ..mail.post_texts import post_text
from ..records import (
    ANSWER_KINDS,
    Post,
    PostText,
    Record,
    Signal,
    SignalKind,
    Subscription,
    SubscriptionStatus,
)
from ..tabular.table import Cells, RowRefused, Said, Table, address_in, plausible
from ..tabular.times import NO_VALUE, is_no_time, moment_of

_STATUSES: Mapping[str, SubscriptionStatus] = {status: status for status in get_args(Said)}
_KINDS: Mapping[str, SignalKind] = {kind: kind for kind in get_args(SignalKind)}
_TRUTHS: Mapping[str, bool | None] = {
    **dict.fromkeys(NO_VALUE),
    "true": True,
    "yes": True,
    "1": True,
    "false": False,
    "no": False,
    "0": False,
}
_PLAIN_NUMBER = re.compile(r"(\d{1,12})(?:\.0{1,2})?")
_GROUPED_NUMBER = re.compile(r"\d{1,3}([,.'\u2019 \u00a0\u202f])\d{3}(?:\1\d{3})*")
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d{2,}")
"""What a spreadsheet makes of a long number: several ids become one."""
EXPORTED_AT = "exported_at"
"""The column that says when a row was exported. It is always the last one of its table."""
WORDS = ("text", "subjects")
"""Columns of posts that are read where the publication has letters."""
POST_TEXTS = Stream("post_texts", "state", "texts of posts")


def _post(cells: Cells, now: Instant) -> Post:
    post_id, title, sent_at, opens_tracked, delivered, _ = cells
    sent = _instant(sent_at, "sent_at")
    return Post(
        id=_id(post_id, "id"),
        title=title.strip(),
        status="scheduled" if sent > now else "sent",
        form="email",
        sent_at=sent,
        opens_tracked=_truth(opens_tracked, "opens_tracked"),
        delivered=_whole_number(delivered),
    )


def _subscription(cells: Cells, _now: Instant) -> Subscription:
    subscription_id, email, joined_at, left_at, status, source, name, _ = cells
    joined = _instant_if_any(joined_at, "joined_at")
    left = _instant_if_any(left_at, "left_at")
    word = _filled(status, "status")
    # A word that nobody knows says neither that they are there nor that they left. A date does.
    standing = _STATUSES.get(word.lower(), "unknown" if left is None else "left")
    if left is not None and joined is not None and left < joined:
        raise RowRefused("left_at is before joined_at")
    if left is not None and standing == "active":
        raise RowRefused("status is active, but left_at says that the spell has ended")
    return Subscription(
        id=_id(subscription_id, "id"),
        spell="" if joined is None else to_iso(joined),
        status=standing,
        email=address_in(email, "email"),
        provider_status=None if word.lower() in _STATUSES else word,
        name=name.strip() or None,
        joined_at=joined,
        left_at=left,
        source=source.strip() or None,
    )


def _signal(cells: Cells, _now: Instant) -> Signal:
    post_id, subscription_id, kind_cell, at, machine, url, signal_id, text, answer = cells
    kind = _KINDS.get(kind_cell) or _KINDS.get(kind_cell.strip().lower())
    if kind is None:
        raise RowRefused(f"kind must be one of {', '.join(_KINDS)}")
    answered = kind in ANSWER_KINDS
    return Signal(
        kind=kind,
        id=signal_id.strip() or None,
        subscription_id=_id(subscription_id, "subscription_id"),
        post_id=_id(post_id, "post_id"),
        at=_instant_if_any(at, "at"),
        machine=_truth(machine, "machine"),
        url=url.strip() or None,
        answer=(answer.strip() or None) if answered else None,
        text=(text or None) if answered else None,
    )


def _filled(cell: str, column: str) -> str:
    stripped = cell.strip()
    if not stripped:
        raise RowRefused(f"{column} is empty")
    return stripped


def _id(cell: str, column: str) -> str:
    text = _filled(cell, column)
    if _SHORTENED.fullmatch(text):
        raise RowRefused(
            f"{column} was shortened by a spreadsheet, as in 1.23E+12; import the export itself"
        )
    return text


def _instant_if_any(cell: str, column: str) -> Instant | None:
    return None if not cell or is_no_time(cell) else _instant(cell, column)


def _instant(cell: str, column: str) -> Instant:
    """A time without a zone is UTC, a date alone is that day's 00:00 UTC."""
    try:
        moment = moment_of(cell)
        instant = from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except ValueError:
        if is_no_time(cell):
            raise RowRefused(f"{column} is empty") from None
        raise RowRefused(
            f"{column} is not a time; write it like 2025-03-01T08:30:00Z or 2025-03-01"
        ) from None
    return plausible(instant, column)


def dated(table: Table, exported: Instant, moments: list[Instant]) -> Table:
    """The table with the moment of each record in ``moments``: its own, or that of its file."""

    def to_record(cells: Cells, now: Instant) -> Record:
        record = table.to_record(cells, now)
        own = _instant_if_any(cells[-1], EXPORTED_AT)
        moments.append(exported if own is None else own)
        return record

    return replace(table, to_record=to_record)


def _whole_number(cell: str) -> int | None:
    """A count: 1003, 60.0, or 1,003 and 1.003.417 with one sign between the thousands.

    One that cannot be read costs itself, not its row.
    """
    text = cell.strip()
    if plain := _PLAIN_NUMBER.fullmatch(text):
        return int(plain[1])
    return int(re.sub(r"\D", "", text)) if _GROUPED_NUMBER.fullmatch(text) else None


def _truth(cell: str, column: str) -> bool | None:
    try:
        return _TRUTHS[cell] if cell in _TRUTHS else _TRUTHS[cell.strip().lower()]
    except KeyError:
        raise RowRefused(f"{column} must be true, false or empty") from None


TABLES: Mapping[StreamName, Table] = {
    "posts": Table(
        stream=Stream("posts", "state", "posts"),
        required=("id", "title", "sent_at"),
        optional=("opens_tracked", "delivered", EXPORTED_AT),
        key=("id", "title", "sent_at"),
        times=("sent_at", EXPORTED_AT),
        to_record=_post,
        elsewhere=WORDS,
    ),
    "subscriptions": Table(
        stream=Stream("subscriptions", "state", "subscriptions"),
        required=("id", "email", "joined_at", "left_at", "status", "source"),
        optional=("name", EXPORTED_AT),
        key=("id", "email", "joined_at", "status"),
        times=("joined_at", "left_at", EXPORTED_AT),
        to_record=_subscription,
    ),
    "signals": Table(
        stream=Stream("signals", "events", "signals"),
        required=("post_id", "subscription_id", "kind", "at", "machine", "url"),
        optional=("id", "text", "answer"),
        key=("post_id", "subscription_id", "kind"),
        times=("at",),
        to_record=_signal,
    ),
}


def words_table(key: bytes) -> Table:
    """The table of posts, read for what letters may show of them. key: of the hashes."""

    def to_record(cells: Cells, now: Instant) -> PostText:
        *others, text, subjects, exported_at = cells
        post = _post([*others, exported_at], now)
        several = subjects.replace(" | ", "\n").splitlines()
        readable = text.encode(errors="replace").decode()
        return post_text(post.id, key, subjects=(post.title, *several), text=readable)

    posts = TABLES["posts"]
    *others, last = posts.optional
    return replace(
        posts, optional=(*others, *WORDS, last), to_record=to_record, long=("text",), elsewhere=()
    )
