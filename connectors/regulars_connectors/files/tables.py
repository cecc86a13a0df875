"""The three files: their columns, and from the cells of a row to a record.

Pure functions: no file is touched, and the only clock is the instant handed in. A reason for
refusing a row names the column and the rule, never the value: values are about people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from ..contract import Stream, StreamName
from ..instants import Instant, from_iso, to_iso
from ..records import (
    ANSWER_KINDS,
    Post,
    Signal,
    SignalKind,
    Subscription,
    SubscriptionStatus,
)
from ..tabular.table import Cells, RowRefused, Said, Table, address_in, plausible

_STATUSES: Mapping[str, SubscriptionStatus] = {status: status for status in get_args(Said)}
_KINDS: Mapping[str, SignalKind] = {kind: kind for kind in get_args(SignalKind)}
_TRUTHS: Mapping[str, bool | None] = {
    "": None,
    "true": True,
    "yes": True,
    "1": True,
    "false": False,
    "no": False,
    "0": False,
}


def _post(cells: Cells, now: Instant) -> Post:
    post_id, title, sent_at, opens_tracked = cells
    sent = _instant(sent_at, "sent_at")
    return Post(
        id=_filled(post_id, "id"),
        title=title.strip(),
        status="scheduled" if sent > now else "sent",
        form="email",
        sent_at=sent,
        opens_tracked=_truth(opens_tracked, "opens_tracked"),
    )


def _subscription(cells: Cells, _now: Instant) -> Subscription:
    subscription_id, email, joined_at, left_at, status, source = cells
    joined = _instant(joined_at, "joined_at")
    left = _instant(left_at, "left_at") if left_at.strip() else None
    word = _filled(status, "status")
    # A word that nobody knows says neither that they are there nor that they left. A date does.
    standing = _STATUSES.get(word.lower(), "unknown" if left is None else "left")
    if left is not None and left < joined:
        raise RowRefused("left_at is before joined_at")
    if left is not None and standing == "active":
        raise RowRefused("status is active, but left_at says that the spell has ended")
    return Subscription(
        id=_filled(subscription_id, "id"),
        spell=to_iso(joined),
        status=standing,
        email=address_in(email, "email"),
        provider_status=None if word.lower() in _STATUSES else word,
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
        subscription_id=_filled(subscription_id, "subscription_id"),
        post_id=_filled(post_id, "post_id"),
        at=_instant(at, "at") if at and not at.isspace() else None,
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


def _instant(cell: str, column: str) -> Instant:
    """A time without a zone is UTC, a date alone is that day's 00:00 UTC."""
    try:
        instant = from_iso(cell)
    except ValueError:
        if not cell.strip():
            raise RowRefused(f"{column} is empty") from None
        raise RowRefused(
            f"{column} is not a time; write it like 2025-03-01T08:30:00Z or 2025-03-01"
        ) from None
    return plausible(instant, column)


def _truth(cell: str, column: str) -> bool | None:
    try:
        return _TRUTHS[cell] if cell in _TRUTHS else _TRUTHS[cell.strip().lower()]
    except KeyError:
        raise RowRefused(f"{column} must be true, false or empty") from None


TABLES: Mapping[StreamName, Table] = {
    "posts": Table(
        stream=Stream("posts", "state", "posts"),
        required=("id", "title", "sent_at"),
        optional=("opens_tracked",),
        key=("id", "title", "sent_at"),
        times=("sent_at",),
        to_record=_post,
    ),
    "subscriptions": Table(
        stream=Stream("subscriptions", "state", "subscriptions"),
        required=("id", "email", "joined_at", "left_at", "status", "source"),
        optional=(),
        key=("id", "email", "joined_at", "status"),
        times=("joined_at", "left_at"),
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
