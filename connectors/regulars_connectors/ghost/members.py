"""Walks over the members: how they stand, and the first sync of what was mailed to them.

Members are walked in the order of their ids, each page asked for by the last id of the one before.
So a member who is deleted meanwhile moves nobody onto a page that was already read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

import msgspec
from msgspec import Raw, Struct, field

from ..contract import Page
from ..errors import CursorLoop, InvalidResponse
from ..http import Params
from ..instants import Instant
from ..loose import LooseDecoder, Unread
from ..paging import follow
from ..records import Record
from ..rows import WrongRow, keys_of, read_rows
from . import feed, mapping, wire
from .client import LIMIT, GhostClient, none_of, one_of, quoted
from .feed import FeedPlace, encode, read_place

MAILED = (mapping.DELIVERED, mapping.OPENED)
_ABOUT_STANDING = ("newsletters", "email_suppression")


class IdPlace(Struct, omit_defaults=True):
    """Where a walk in the order of ids stands: the last id, and how many rows were seen.

    dropped: of these, how many were left out.
    """

    after: str = ""
    seen: int = 0
    dropped: int = 0


class Gap(Struct):
    """Members who are no longer listed, between two ids, and how far their events were walked."""

    above: str
    upto: str | None
    listed: list[str]
    kind: str
    place: FeedPlace = field(default_factory=FeedPlace)


class MailedPlace(Struct, omit_defaults=True, kw_only=True):
    """Where the first walk of mails stands. tops: the newest event of each type at its start."""

    tops: dict[str, str | None]
    after: str = ""
    seen: int = 0
    gap: Gap | None = None


class _Row(Struct):
    id: wire.Id


_MEMBER = LooseDecoder(wire.Member)
_RECIPIENTS = LooseDecoder(wire.Recipients)
_EVENT = LooseDecoder(wire.Event)
_ROW = msgspec.json.Decoder(_Row)
_ID_PLACE = msgspec.json.Decoder(IdPlace)
_MAILED_PLACE = msgspec.json.Decoder(MailedPlace)


def by_id(place: IdPlace | MailedPlace, limit: int, *conditions: str) -> Params:
    """The parameters of a list in the order of ids, after ``place``."""
    after = (f"id:>{quoted(place.after)}",) if place.after else ()
    filters = "+".join([*conditions, *after])
    asked = (("limit", str(limit)), ("order", "id asc"))
    return (*asked, ("filter", filters)) if filters else asked


def ids_of(rows: Sequence[Raw]) -> list[str]:
    """The usable ids of the rows. Raises InvalidResponse where none has one."""
    found = []
    for raw in rows:
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            found.append(_ROW.decode(raw).id)
    if rows and not found:
        raise InvalidResponse("No row of Ghost's page has an id, so the walk cannot continue.")
    return found


def next_place(sheet: wire.ListResponse[Raw], place: IdPlace) -> IdPlace | None:
    """The place after a page, None after the last one. Raises CursorLoop if it is no further."""
    if not sheet.rows or (sheet.total is not None and sheet.total <= len(sheet.rows)):
        return None
    last = ids_of(sheet.rows)[-1]
    if last <= place.after:
        raise CursorLoop("Ghost gave rows again that were read before: its list does not advance.")
    return IdPlace(last, place.seen + len(sheet.rows), place.dropped)


def id_cursor(cursor: str | None) -> IdPlace:
    """The place that a cursor names. Raises CursorExpired."""
    return IdPlace() if cursor is None else read_place(cursor, _ID_PLACE)


def total_of(sheet: wire.ListResponse[Raw], place: IdPlace) -> int | None:
    """How many rows the whole walk has: those behind ``place`` and those that are left."""
    return None if sheet.total is None else place.seen + sheet.total - place.dropped


# How they stand


def subscriptions(
    client: GhostClient, newsletter: str | None, cursor: str | None
) -> Iterator[Page]:
    """Everybody, with where they came from and since when they get nothing.

    Two requests for a page of a hundred, three where some of them have left.
    """

    def fetch(limit: int, cursor: str | None) -> Page:
        place = id_cursor(cursor)
        got = client.sheet("members", by_id(place, limit))
        found = read_rows(got.value.rows, _read_member)
        members = [member for member, _, _ in found.read]
        signups = _signups(client, members)
        left = _left_at(client, members, newsletter)
        after = next_place(got.value, place)
        return Page(
            records=[
                mapping.subscription(
                    member,
                    keys,
                    newsletter,
                    signups.get(member.id),
                    left.get(member.id),
                    is_said=is_said,
                )
                for member, keys, is_said in found.read
            ],
            cursor=None if after is None else encode(after),
            fetched_at=got.fetched_at,
            total=total_of(got.value, place),
            quarantined=found.quarantined,
            unread=found.unread,
        )

    yield from follow(fetch, cursor, limit=LIMIT)


def _read_member(raw: Raw, unread: Unread) -> tuple[wire.Member, Mapping[str, Raw], bool]:
    """A member, all keys of the row, and whether what speaks of the standing could be read."""
    member = _MEMBER.decode(raw, unread)
    wire.instant_or_none(member.created_at)
    if member.email_suppression and member.email_suppression.info:
        wire.instant_or_none(member.email_suppression.info.timestamp)
    is_said = not any(name.partition(".")[0] in _ABOUT_STANDING for name in unread)
    return member, keys_of(raw), is_said


def _signups(client: GhostClient, members: Sequence[wire.Member]) -> dict[str, wire.EventFacts]:
    """How each member came, by id. Those who paid at once came by a payment, not a sign-up."""
    found = _first_of_each(client, "signup_event", [member.id for member in members])
    paid = [member.id for member in members if member.status != "free" and member.id not in found]
    for facts in _events_of(client, "subscription_event", paid):
        if facts.signup and facts.member_of:
            found[facts.member_of] = facts
    return found


def _first_of_each(
    client: GhostClient, kind: str, ids: Sequence[str]
) -> dict[str, wire.EventFacts]:
    """The oldest event of a type for each member; it comes last."""
    return {facts.member_of: facts for facts in _events_of(client, kind, ids) if facts.member_of}


def _left_at(
    client: GhostClient, members: Sequence[wire.Member], newsletter: str | None
) -> dict[str, Instant]:
    """When those who get nothing took it off; who never had it, left when joining.

    Where the newest word is that they took it, something else ended it (a newsletter that was
    archived): then nothing says when.
    """
    gone = {row.id: row for row in members if mapping.is_subscribed(row, newsletter) is False}
    left: dict[str, Instant] = {}
    decided: set[str] = set()
    for facts in _events_of(client, "newsletter_event", list(gone)):
        member = facts.member_of
        if member is None or member in decided or newsletter not in (None, facts.newsletter_id):
            continue
        decided.add(member)
        if not facts.subscribed:
            left[member] = wire.instant(facts.created_at)
    never = {
        row.id: wire.instant(row.created_at)
        for row in gone.values()
        if row.id not in decided and row.created_at
    }
    return left | never


def _events_of(client: GhostClient, kind: str, ids: Sequence[str]) -> Iterator[wire.EventFacts]:
    """All events of a type about some members, newest first."""
    place: FeedPlace | None = FeedPlace() if ids else None
    while place is not None:
        sheet = client.events(feed.where(kind, place, one_of(ids)), LIMIT).value
        yield from read_rows(sheet.rows, _read_event, "data").read
        place = feed.following(sheet, place)


def _read_event(raw: Raw, unread: Unread) -> wire.EventFacts:
    facts = _EVENT.decode(raw, unread).data
    wire.instant(facts.created_at)
    return facts


# What was mailed to them


def mailed(
    client: GhostClient,
    limit: int,
    posts: dict[str, str | None],
    others: feed.OtherNewsletters,
    cursor: str | None,
) -> Iterator[Page]:
    """Every delivery and first open that there is, by one walk over the members.

    It takes far fewer requests than the feed. Members who were deleted are not listed, but their
    events are still in the feed; they are asked for by id, between the listed ones. The checkpoint
    says for each type where the feed goes on: at its newest event when this walk began.

    posts: by their mail's id; those of deleted posts are added when they are met.
    """

    def fetch(limit: int, cursor: str | None) -> Page:
        place = _first(client) if cursor is None else read_place(cursor, _MAILED_PLACE)
        if place.gap is None:
            return _listed(client, place, limit, posts, others)
        return _unlisted(client, place, place.gap, limit, others)

    yield from follow(fetch, cursor, limit=limit, sparse=True)


def _first(client: GhostClient) -> MailedPlace:
    tops = {kind: feed.newest(client.events(f"type:{kind}", 1)) for kind in MAILED}
    return MailedPlace(tops=tops)


def _listed(
    client: GhostClient,
    place: MailedPlace,
    limit: int,
    posts: dict[str, str | None],
    others: feed.OtherNewsletters,
) -> Page:
    """A page of members with their mails, and whether deleted ones lie between them."""
    params = (*by_id(place, limit), ("include", "email_recipients"))
    got = client.sheet("members", params)
    sheet = got.value
    found = read_rows(
        sheet.rows, lambda raw, unread: _read_mails(client, raw, unread, posts, others)
    )
    records = [record for of_member in found.read for record in of_member]
    after = next_place(sheet, IdPlace(place.after, place.seen))
    upto = None if after is None else after.after
    gap = Gap(place.after, upto, ids_of(sheet.rows), MAILED[0])
    unlisted = client.events(_where(gap, f"[{','.join(MAILED)}]"), 1).value
    if unlisted.total == 0 or not unlisted.rows:
        place = _past(place, upto, len(sheet.rows))
    else:
        place = msgspec.structs.replace(place, gap=gap)
    return Page(
        records=others.without(records),
        cursor=_cursor(place, ended=place.gap is None and upto is None),
        fetched_at=got.fetched_at,
        quarantined=found.quarantined,
        checkpoint=encode_tops(place.tops),
        unread=found.unread,
    )


def _read_mails(
    client: GhostClient,
    raw: Raw,
    unread: Unread,
    posts: dict[str, str | None],
    others: feed.OtherNewsletters,
) -> list[Record]:
    mails = _RECIPIENTS.decode(raw, unread).email_recipients
    if "email_recipients" in unread:
        raise WrongRow("the member's mails could not be read")
    for mail in mails:
        if mail.email is None and mail.email_id not in posts:
            _find_deleted_post(client, mail, posts, others)
        others.learn(mail.email)
    return [record for mail in mails for record in mapping.mailing(mail, posts)]


def _find_deleted_post(
    client: GhostClient,
    mail: wire.Recipient,
    posts: dict[str, str | None],
    others: feed.OtherNewsletters,
) -> None:
    """Ask the feed whose mail it was: it still names posts that are no longer listed."""
    kind, moment = mapping.DELIVERED, wire.instant_or_none(mail.delivered_at)
    if moment is None:
        kind, moment = mapping.OPENED, wire.instant_or_none(mail.opened_at)
    if moment is None:
        return
    then = f"data.created_at:'{feed.text_of(moment)}'"
    sheet = client.events(
        feed.where(kind, FeedPlace(), one_of([mail.member_id]), then), LIMIT
    ).value
    events = read_rows(sheet.rows, _read_event, "data").read
    found = next((facts.email for facts in events if facts.id == mail.id), None)
    others.learn(found)
    posts[mail.email_id] = found.post_id if found else None


def _unlisted(
    client: GhostClient, place: MailedPlace, gap: Gap, limit: int, others: feed.OtherNewsletters
) -> Page:
    """Events of members who are no longer listed."""
    got = client.events(_where(gap, gap.kind), limit)
    found = feed.read_signals(got.value, others)
    after = feed.following(got.value, gap.place)
    if after is not None:
        place = msgspec.structs.replace(place, gap=msgspec.structs.replace(gap, place=after))
    elif gap.kind != MAILED[-1]:
        rest = Gap(gap.above, gap.upto, gap.listed, MAILED[MAILED.index(gap.kind) + 1])
        place = msgspec.structs.replace(place, gap=rest)
    else:
        place = _past(place, gap.upto, len(gap.listed))
    return Page(
        records=found.read,
        cursor=_cursor(place, ended=place.gap is None and gap.upto is None),
        fetched_at=got.fetched_at,
        quarantined=found.quarantined,
        checkpoint=encode_tops(place.tops),
        unread=found.unread,
    )


def _where(gap: Gap, kind: str) -> str:
    conditions = []
    if gap.above:
        conditions.append(f"data.member_id:>{quoted(gap.above)}")
    if gap.upto is not None:
        conditions.append(f"data.member_id:<={quoted(gap.upto)}")
    if gap.listed:
        conditions.append(none_of(gap.listed))
    return feed.where(kind, gap.place, *conditions)


def _past(place: MailedPlace, upto: str | None, rows: int) -> MailedPlace:
    return MailedPlace(tops=place.tops, after=upto or place.after, seen=place.seen + rows)


def _cursor(place: MailedPlace, *, ended: bool) -> str | None:
    return None if ended else encode(place)


def encode_tops(tops: Mapping[str, str | None]) -> str:
    """The checkpoint of the walk: where the feed of each type goes on."""
    return msgspec.json.encode(tops).decode()


def read_tops(checkpoint: str) -> dict[str, str | None]:
    """The same, read back; nothing where it is of another form, so the feed begins at its start."""
    try:
        return msgspec.json.decode(checkpoint, type=dict[str, str | None])
    except msgspec.DecodeError:
        return {}
