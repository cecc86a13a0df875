"""Deliveries of Ghost: its signature, and the stream that each hints at.

Ghost signs the raw body followed by the moment in milliseconds. It gives a delivery no id, and line
5 names no event: both are made of what it sends, and a second try sends the same.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Raw, Struct

from ..bounds import said
from ..contract import WebhookEvent, WebhookRequest
from ..errors import InvalidResponse
from ..instants import SECOND, Instant
from ..loose import UNREADABLE
from ..records import Hint
from ..webhooks import (
    digest_of,
    header_of,
    refused,
    require_key,
    require_recent,
    require_signed,
)

HINTS: Mapping[str, str] = {"member": "subscriptions", "post": "posts"}
"""The stream that shows what was changed. Pages and tags are in none."""
_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64}), ?t=([1-9]\d{12})", re.ASCII)
_MILLISECOND: Instant = SECOND // 1000
_BODY = msgspec.json.Decoder(dict[str, Raw])
_TEXT = msgspec.json.Decoder(str)
_EMPTY = (b"", b"{}", b"null")


class _Changed(Struct):
    current: Raw = Raw()
    previous: Raw = Raw()


class _Named(Struct):
    id: str | None = None


_CHANGED, _NAMED = msgspec.json.Decoder(_Changed), msgspec.json.Decoder(_Named)


def verify(request: WebhookRequest, secrets: Sequence[str], now: Instant) -> str:
    """An id for the delivery, if one of the secrets signed it. Raises WebhookRefused."""
    require_key(secrets)
    found = _SIGNATURE.fullmatch(header_of(request, "x-ghost-signature").strip())
    if found is None:
        raise refused()
    given, moment = found.groups()
    require_recent(int(moment) * _MILLISECOND, now)
    signed = request.body + moment.encode()
    require_signed([given], (digest_of(one.encode(), signed).hex() for one in secrets))
    return f"ghost-{hashlib.sha256(signed).hexdigest()[:40]}"


def read_event(body: bytes) -> WebhookEvent:
    """The event in a body whose signature holds. Raises InvalidResponse."""
    try:
        parts = _BODY.decode(body)
    except UNREADABLE as error:
        raise InvalidResponse(f"A delivery cannot be read: {said(str(error))}.") from None
    named = _event_in(parts)
    for name, stream in HINTS.items():
        if name in parts:
            event_type, changed_id = _read_change(name, parts[name])
            return WebhookEvent(named or event_type, None, (Hint(stream=stream, id=changed_id),))
    return WebhookEvent(named or said(next(iter(parts), "site.changed")))


def _event_in(parts: Mapping[str, Raw]) -> str:
    """The name of the event, which Ghost 6 sends along. Empty where it is missing or odd."""
    try:
        return said(_TEXT.decode(parts["event"]))
    except (KeyError, *UNREADABLE):
        return ""


def _read_change(name: str, raw: Raw) -> tuple[str, str | None]:
    """The event by its parts, and the id of what was changed."""
    try:
        changed = _CHANGED.decode(raw)
    except UNREADABLE:
        return f"{name}.edited", None
    current, previous = (bytes(part).strip() for part in (changed.current, changed.previous))
    verb = "edited"
    if current in _EMPTY:
        verb = "deleted"
    elif previous in _EMPTY:
        verb = "added"
    return f"{name}.{verb}", _id_of(current) or _id_of(previous)


def _id_of(part: bytes) -> str | None:
    try:
        return _NAMED.decode(part).id or None
    except UNREADABLE:
        return None
