"""Newsletter lists (a beta feature) and how subscriptions stand on them.

All lists are walked as one, one after the other, so that the walk as a whole can say who is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from msgspec import Raw

from ..contract import Page, Stream, Walk
from ..errors import CursorExpired, NotFound
from ..instants import Instant
from ..loose import LooseDecoder
from ..paging import FetchCursor, follow
from ..records import ListStanding, NewsletterList, Record, SubscriptionStatus
from ..rows import WrongRow, require_segment
from . import mapping, wire
from .reading import Reading

LISTS = Stream("lists", "state", "newsletter lists")
STANDINGS = Stream("list_standings", "state", "standings on lists")

_LIST = LooseDecoder(wire.ListRow)
_STANDING = LooseDecoder(wire.ListStandingRow)
# What the row says of a list beside these moves daily, or is an address of the writer.
_LIST_KEYS = frozenset(wire.ListRow.__struct_fields__) | {
    "updated_at",
    "from_address",
    "reply_to_address",
}
_STATUSES: Mapping[str, SubscriptionStatus] = {
    "active": "active",
    "inactive": "left",
    "pending": "pending",
    "paused": "paused",
}


def walk() -> Walk:
    """One walk through the standings on every list."""
    return Walk(STANDINGS, "whole")


def pages(
    list_ids: Callable[[], Sequence[str]],
    standings_of: Callable[[str], FetchCursor],
    cursor: str | None,
    clock: Callable[[], Instant],
    *,
    limit: int,
) -> Iterator[Page]:
    """Yield the standings list by list. The cursor is "list/place within it".

    A list that is deleted during the walk is skipped: it has nothing more to give.
    """
    every = list_ids()
    first, place = _place(cursor, every)
    for number, list_id in enumerate(every[first:], start=first):
        following = every[number + 1] if number + 1 < len(every) else None
        after = None if following is None else f"{following}/"
        try:
            for page in follow(standings_of(list_id), place, limit=limit):
                inside = None if page.cursor is None else f"{list_id}/{page.cursor}"
                # The provider counts each list by itself, so its total proves nothing here.
                yield replace(page, cursor=inside or after, total=None)
        except NotFound:
            yield Page((), after, clock())
        place = None
    if not every:
        yield Page((), None, clock())


def _place(cursor: str | None, every: Sequence[str]) -> tuple[int, str | None]:
    if cursor is None:
        return 0, None
    list_id, _, place = cursor.partition("/")
    if list_id not in every:
        raise CursorExpired("The list at which the walk was interrupted is gone.")
    return every.index(list_id), place or None


def newsletter_list(raw: Raw, reading: Reading) -> Record:
    """A list."""
    row, keys = wire.read_row(raw, _LIST, reading.unread)
    require_segment(row.id)
    return NewsletterList(
        id=row.id,
        name=row.name or row.id,
        status=row.status,
        created_at=mapping.instant(row.created_at),
        subscribers=mapping.count(row.subscriber_count),
        extra=wire.json_object(keys, without=_LIST_KEYS),
    )


def standing(raw: Raw, reading: Reading) -> Record:
    """A standing. Raises WrongRow for a time of leaving before that of coming."""
    row, _ = wire.read_row(raw, _STANDING, reading.unread)
    subscribed_at = mapping.instant(row.subscribed_at)
    # Who left and came back may have a new time of subscribing: nobody knows what lay between.
    came = min(
        (at for at in (subscribed_at, mapping.instant(row.created_at)) if at is not None),
        default=None,
    )
    left = mapping.instant(row.unsubscribed_at)
    if came is not None and left is not None and left < came and row.status != "active":
        raise WrongRow("`unsubscribed_at` lies before `subscribed_at`")
    return ListStanding(
        id=row.id,
        list_id=row.newsletter_list_id,
        subscription_id=row.subscription_id,
        status=_STATUSES.get(mapping.word(row.status), "unknown"),
        provider_status=row.status,
        joined_at=came,
        left_at=left,
    )
