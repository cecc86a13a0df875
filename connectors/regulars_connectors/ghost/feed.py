"""The timed event feed, walked by a key set: (time, id), newest first, one type at a time.

Ghost's times are whole seconds and a mailing delivers hundreds in one, so a walk by time alone
would lose most of them. Ids of different types come from different tables, so each type needs a
walk of its own. Ghost ignores page numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

from ..contract import Page
from ..errors import CursorExpired, CursorLoop, InvalidResponse
from ..http import Got, http_date
from ..instants import SECOND, Instant, from_iso, to_datetime
from ..loose import LooseDecoder, Unread
from ..paging import follow
from ..records import Record
from ..rows import Rows, read_rows
from . import mapping, wire
from .client import LIMIT, GhostClient, quoted

OVERLAP = {
    # Ghost fetches deliveries and opens from the mail provider later, half an hour and more.
    mapping.DELIVERED: timedelta(hours=48),
    mapping.OPENED: timedelta(hours=48),
    mapping.CLICKED: timedelta(hours=48),
    # these are few, and readers change them
    mapping.RATED: timedelta(days=30),
    mapping.COMMENTED: timedelta(days=30),
}


S = TypeVar("S", bound=Struct)


class FeedPlace(Struct, omit_defaults=True):
    """Where a walk of the feed stands; its cursor is this as JSON.

    since: no event before it is asked for. top: the newest event when the walk began. at, id: the
    last event seen. seen: how many.
    """

    since: str | None = None
    top: str | None = None
    at: str | None = None
    id: str | None = None
    seen: int = 0


@dataclass(slots=True)
class OtherNewsletters:
    """Posts of other newsletters than the chosen one (an id), whose signals are left out.

    Ghost lists those that there are; of deleted ones only their mails still say whose they were.
    """

    newsletter: str | None
    posts: set[str] = field(default_factory=set)

    def learn(self, mail: wire.EmailFacts | None) -> None:
        """Take a mail's post up if it is of another newsletter."""
        if self.newsletter is None or mail is None or mail.post_id is None:
            return
        if mail.newsletter_id not in (None, self.newsletter):
            self.posts.add(mail.post_id)

    def without(self, records: list[Record]) -> list[Record]:
        """The signals that do not belong to them."""
        return [row for row in records if getattr(row, "post_id", None) not in self.posts]


class _Key(Struct):
    created_at: str
    id: wire.Id


_PLACE = msgspec.json.Decoder(FeedPlace)
_KEY = msgspec.json.Decoder(_Key)
_EVENT = LooseDecoder(wire.Event)
_RAW_EVENT = msgspec.json.Decoder(wire.RawEvent)


def pages(
    client: GhostClient,
    kind: str,
    checkpoint: str | None,
    cursor: str | None,
    others: OtherNewsletters,
) -> Iterator[Page]:
    """Events of a type since ``checkpoint`` less its overlap; without one, all there are.

    The last page's checkpoint is the time of the newest
    event when the walk began, by Ghost's clock.
    """

    def fetch(limit: int, cursor: str | None) -> Page:
        place = _start(kind, checkpoint) if cursor is None else read_place(cursor, _PLACE)
        got = client.events(where(kind, place), limit)
        found = read_signals(got.value, others)
        top = place.top if place.at is not None else newest(got) or checkpoint
        after = following(got.value, place)
        return Page(
            records=found.read,
            cursor=None if after is None else encode(msgspec.structs.replace(after, top=top)),
            fetched_at=got.fetched_at,
            total=_total(got.value, place, others),
            quarantined=found.quarantined,
            checkpoint=top,
            unread=found.unread,
        )

    yield from follow(fetch, cursor, limit=LIMIT, sparse=others.newsletter is not None)


def _total(sheet: wire.ListResponse[Raw], place: FeedPlace, others: OtherNewsletters) -> int | None:
    """How many events the walk has; not known where Ghost counts those of other newsletters too."""
    if sheet.total is None or others.newsletter is not None:
        return None
    return place.seen + sheet.total


def where(kind: str, place: FeedPlace, *conditions: str) -> str:
    """The filter for the events of a type that follow ``place``."""
    parts = [f"type:{kind}", *conditions]
    if place.since is not None:
        parts.append(f"data.created_at:>='{place.since}'")
    if place.at is not None:
        same = f"(data.created_at:'{place.at}'+id:<{quoted(place.id or '')})"
        parts.append(f"(data.created_at:<'{place.at}',{same})")
    return "+".join(parts)


def following(sheet: wire.ListResponse[Raw], place: FeedPlace) -> FeedPlace | None:
    """The place after a page, None after the last one.

    Raises InvalidResponse if it cannot be told, CursorLoop if it is no further than ``place``.
    """
    more = sheet.total is None or sheet.total > len(sheet.rows)
    if not more or not sheet.rows:
        return None
    at, last = _key_of(reversed(sheet.rows))
    if place.at is not None and (at, last) >= (place.at, place.id or ""):
        raise CursorLoop(
            "Ghost gave events again that were read before: its feed does not advance."
        )
    return msgspec.structs.replace(place, at=at, id=last, seen=place.seen + len(sheet.rows))


def newest(got: Got[wire.ListResponse[Raw]]) -> str | None:
    """The time of the newest event of an answer, but never later than Ghost's own clock.

    Imports can bring an event dated into the future, which would end all later walks.
    """
    if not got.value.rows:
        return None
    at, _ = _key_of(got.value.rows)
    now = http_date(got.headers.get("date"))
    return at if now is None else min(at, text_of(now))


def read_signals(sheet: wire.ListResponse[Raw], others: OtherNewsletters) -> Rows[Record]:
    """The events of an answer as records, and what cannot be read of them."""

    def read(raw: Raw, unread: Unread) -> Record:
        event = _EVENT.decode(raw, unread)
        others.learn(event.data.email)
        return mapping.signal(event)

    found = read_rows(sheet.rows, read, "data")
    return found._replace(read=others.without(found.read))


def text_of(moment: Instant) -> str:
    """A moment as Ghost's filter language writes it."""
    return to_datetime(moment // SECOND * SECOND).strftime("%Y-%m-%d %H:%M:%S")


def encode(place: Struct) -> str:
    """A place as a cursor."""
    return msgspec.json.encode(place).decode()


def read_place(cursor: str, decoder: msgspec.json.Decoder[S]) -> S:
    """A cursor as a place. Raises CursorExpired for one of another form."""
    try:
        return decoder.decode(cursor)
    except msgspec.DecodeError:
        raise CursorExpired("The stored place in this walk has another form.") from None


def _start(kind: str, checkpoint: str | None) -> FeedPlace:
    if checkpoint is None:
        return FeedPlace()
    try:
        from_then = to_datetime(from_iso(checkpoint)) - OVERLAP[kind]
    except (ValueError, OverflowError):
        return FeedPlace()
    return FeedPlace(since=from_then.strftime("%Y-%m-%d %H:%M:%S"))


def _key_of(rows: Iterable[Raw]) -> tuple[str, str]:
    """Time and id of the first of these events that has both. Raises InvalidResponse."""
    for raw in rows:
        with suppress(
            msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError, RecursionError
        ):
            key = _KEY.decode(_RAW_EVENT.decode(raw).data)
            return text_of(from_iso(key.created_at)), key.id
    raise InvalidResponse(
        "No event of Ghost's page has a time and id, so the walk cannot continue."
    )
