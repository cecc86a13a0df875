"""How the rows of beehiiv's pages become records, each stream's by a mapper of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
from msgspec import Raw

from ..contract import Page
from ..http.shape import HARMLESS_BYTES
from ..instants import Instant
from ..loose import LooseDecoder, Unread
from ..records import Record, Subscription
from ..rows import read_rows
from . import mapping, wire


@dataclass(frozen=True, slots=True)
class Reading:
    """What a row is read with: the moment of its page, and a count of fields that are left out."""

    moment: Instant
    unread: Unread


RowMapper = Callable[[Raw, Reading], Record]

POLL = LooseDecoder(wire.PollRow)
RESPONSE = LooseDecoder(wire.ResponseRow)
_PUBLICATION = LooseDecoder(wire.PublicationRow)
_POST = LooseDecoder(wire.PostRow)
_SUBSCRIPTION = LooseDecoder(wire.LooseSubscriptionRow)
_LEAST = LooseDecoder(wire.LeastSubscriptionRow)


def publication(raw: Raw, reading: Reading) -> Record:
    """A publication."""
    return mapping.publication(*wire.read_row(raw, _PUBLICATION, reading.unread))


def post(raw: Raw, reading: Reading) -> Record:
    """A post."""
    return mapping.post(*wire.read_row(raw, _POST, reading.unread), reading.moment)


def subscription(raw: Raw, reading: Reading) -> Subscription:
    """A person's subscription with everything that beehiiv says about it."""
    row, keys = wire.read_row(raw, _SUBSCRIPTION, reading.unread)
    return mapping.subscription(row, mapping.unknown_keys(keys))


def _least_of(raw: Raw, unread: Unread) -> Subscription:
    """No more of an odd row than how the person stands, and what they have read."""
    return mapping.least_subscription(_LEAST.decode(raw, unread))


def rows_page(raws: Sequence[Raw], to_record: RowMapper, moment: Instant, unread: Unread) -> Page:
    """The rows as a page without a cursor. unread: what was left out of the page around them."""
    found = read_rows(raws, lambda raw, odd: to_record(raw, Reading(moment, odd)))
    return Page(
        found.read, None, moment, quarantined=found.quarantined, unread=found.unread + unread
    )


def subscriptions_page(body: bytes) -> Page:
    """A page of people, dated later: in one go where every key is known and every type right."""
    if len(body) > HARMLESS_BYTES:
        return _read_one_by_one(body)
    try:
        sheet = wire.read_known(body)
        records = [mapping.subscription(row) for row in sheet.data]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _read_one_by_one(body)
    return Page(records, wire.next_cursor(sheet), 0, total=wire.total_of(sheet))


def _read_one_by_one(body: bytes) -> Page:
    """A page in which one row is odd, or which is large: each row is cut before the next."""
    unread: Unread = Counter()
    sheet = wire.read_sheet(body, unread)
    found = read_rows(
        sheet.data, lambda raw, odd: subscription(raw, Reading(0, odd)), least=_least_of
    )
    return Page(
        found.read,
        wire.next_cursor(sheet),
        0,
        total=wire.total_of(sheet),
        quarantined=found.quarantined,
        unread=found.unread + unread,
    )
