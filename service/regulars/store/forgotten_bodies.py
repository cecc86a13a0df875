"""Takes forgotten people out of the bodies of webhooks that are still kept.

A body that a pull will confirm goes as a whole, since the hint stands in the journal. So does one
that names the person by an id. One that carries what somebody else said, and mentions an address,
is written anew without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from regulars import clock

from .actions.hooks import Delivery, settled_facts
from .forgotten_rows import ForgottenRows
from .hook_bodies import KeptBody, kept_bodies, read_body, write_bodies
from .redaction import without_known

if TYPE_CHECKING:
    from .store import Store


_AS_IT_IS = b""
"""No body of JSON is empty."""


def clear_bodies(store: Store, rows: ForgottenRows) -> int:
    """Remove or rewrite every body of their publications that names them. Returns how many.

    Can be repeated. The caller holds ``writing``.
    """
    count = 0
    for one in kept_bodies(store):
        if one.publication not in rows.publications:
            continue
        after = _without_them(store, one, rows)
        if after is not _AS_IT_IS:
            _replace(store, one, after)
            count += 1
    return count


def _without_them(store: Store, one: KeptBody, rows: ForgottenRows) -> bytes | None:
    """The body without them: as it is, written anew, or none."""
    content = read_body(store.root, one)
    found = None if content is None else _plain(content)
    if found is None:
        return None  # nobody can say whom it names
    ids = {name for connection, name in rows.subscriptions if connection == one.connection}
    if _has_id(msgspec.json.decode(found), ids):
        return None
    if not rows.mentioned_in(found):
        return _AS_IT_IS
    return _without_addresses(found, rows) if one.has_records else None


def _has_id(value: Any, ids: set[str]) -> bool:
    """Whether one of the ids is a text of its own in there, however short it is."""
    match value:
        case str():
            return value in ids
        case list():
            return any(_has_id(one, ids) for one in value)
        case dict():
            return any(_has_id(one, ids) for one in value.values())
    return False


def _plain(content: bytes) -> bytes | None:
    """The body without escapes, which hide an address from a search. None if it is no JSON."""
    try:
        return msgspec.json.encode(msgspec.json.decode(content))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _without_addresses(content: bytes, rows: ForgottenRows) -> bytes | None:
    """The body without their addresses. None if it still names them, by an id."""
    cleaned = msgspec.json.encode(_cleaned(msgspec.json.decode(content), rows))
    return None if rows.mentioned_in(cleaned) else cleaned


def _cleaned(value: Any, rows: ForgottenRows) -> Any:
    match value:
        case str():
            return without_known(value, rows.addresses)
        case list():
            return [_cleaned(one, rows) for one in value]
        case dict():
            return {_cleaned(name, rows): _cleaned(one, rows) for name, one in value.items()}
    return value


def _replace(store: Store, one: KeptBody, after: bytes | None) -> None:
    """Commit that the body is gone, and which one stands in its place, if any."""
    now = clock.system_clock()
    facts = settled_facts(one.publication, one.connection, [one.path], now)
    if after is not None:
        instead = Delivery(
            publication=one.publication,
            connection=one.connection,
            delivery_id=one.delivery_id,
            event_type=one.event_type,
            received_at=one.received_at,
            body=after,
            hints=one.hints,
            has_records=True,
            place=one.place + 1,
        )
        write_bodies(store.root, {instead.path: after})
        facts["deliveries"] = [instead.facts()]
    store.append(facts)
    (store.root / one.path).unlink(missing_ok=True)
