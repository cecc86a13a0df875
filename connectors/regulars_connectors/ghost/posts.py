"""Walks over the posts: for themselves, and for what their mails tell about other walks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from msgspec import Raw

from ..bounds import said
from ..contract import Page
from ..errors import ConfigurationError
from ..http import Got, Params
from ..loose import LooseDecoder, Unread
from ..paging import follow
from ..records import Record
from ..rows import WrongRow, read_rows
from . import mapping, wire
from .client import LIMIT, GhostClient, quoted
from .feed import OtherNewsletters, encode
from .members import by_id, id_cursor, next_place, total_of

# The whole text of the mail is in each row, so these pages are kept short.
POSTS_LIMIT = 25
_LAST_REPEATING = (6, 37)
"""Until this version a mail's text comes with each member to whom it was sent."""
MEMBERS_PAGE_BYTES = 8 * 1024 * 1024
LEAST_MEMBERS = 5
_COUNTS = ("clicks", "signups", "positive_feedback", "negative_feedback")
_INCLUDE = ",".join(["email", "newsletter", *(f"count.{name}" for name in _COUNTS)])
# Where `fields` are named, Ghost leaves the counts out; this is the shortest form of a whole row.
_WITH_COUNTS = (("formats", "plaintext"), ("include", _INCLUDE))

_WITH_WORDS = (("formats", "plaintext"), ("include", "email,newsletter"))
_OUT = ("published", "sent")

_POST = LooseDecoder(wire.Post)
_WORDS = LooseDecoder(wire.PostWords)
_POST_EMAIL = LooseDecoder(wire.PostEmail)
_EMAIL = LooseDecoder(wire.EmailFacts)
_NEWSLETTER = LooseDecoder(wire.Newsletter)


def posts(client: GhostClient, newsletter: str | None, cursor: str | None) -> Iterator[Page]:
    """Every post, those of other newsletters left out."""

    def fetch(limit: int, cursor: str | None) -> Page:
        place = id_cursor(cursor)
        got = client.sheet("posts", (*by_id(place, limit), *_WITH_COUNTS))
        found = read_rows(got.value.rows, _read)
        records = [record for row, record in found.read if not _is_of_another(row, newsletter)]
        place.dropped += len(found.read) - len(records)
        after = next_place(got.value, place)
        return Page(
            records=records,
            cursor=None if after is None else encode(after),
            fetched_at=got.fetched_at,
            total=total_of(got.value, place),
            quarantined=found.quarantined,
            unread=found.unread,
        )

    yield from follow(fetch, cursor, limit=POSTS_LIMIT, sparse=newsletter is not None)


def _read(raw: Raw, unread: Unread) -> tuple[wire.Post, Record]:
    row = _POST.decode(raw, unread)
    if "email" in unread:
        raise WrongRow("the post's mail could not be read")
    return row, mapping.post(row)


def post_texts(
    client: GhostClient, newsletter: str | None, key: bytes, cursor: str | None
) -> Iterator[Page]:
    """What letters may show of each post that went out. key: of the hashes."""

    def fetch(limit: int, cursor: str | None) -> Page:
        place = id_cursor(cursor)
        got = client.sheet("posts", (*by_id(place, limit), *_WITH_WORDS))
        found = read_rows(got.value.rows, _WORDS.decode)
        records = [
            mapping.post_text(row, key)
            for row in found.read
            if row.status in _OUT and not _is_of_another(row, newsletter)
        ]
        place.dropped += len(found.read) - len(records)
        after = next_place(got.value, place)
        return Page(
            records=records,
            cursor=None if after is None else encode(after),
            fetched_at=got.fetched_at,
            total=total_of(got.value, place),
            quarantined=found.quarantined,
            unread=found.unread,
        )

    yield from follow(fetch, cursor, limit=POSTS_LIMIT, sparse=True)


def _is_of_another(row: wire.Post | wire.PostWords, newsletter: str | None) -> bool:
    """Whether a post was mailed, or will be, by another newsletter than the chosen one.

    Asked here, since Ghost's filter answers wrongly where a null is among the conditions.
    """
    theirs = row.newsletter.id if row.newsletter else None
    theirs = theirs or (row.email.newsletter_id if row.email else None)
    return newsletter is not None and theirs not in (None, newsletter)


@dataclass(slots=True)
class Mailings:
    """The mails of all posts: whose they are, and what one member's share of them weighs.

    bytes: the size of all mails together where members repeat them; later versions do not.
    """

    posts: dict[str, str | None] = field(default_factory=dict)
    bytes: int = 0


def mailings(client: GhostClient) -> Mailings:
    """Every mail of the site, by one walk over its posts."""
    found = Mailings()

    def take(got: Got[wire.ListResponse[Raw]]) -> None:
        repeated = _repeats(got.headers.get("content-version"))
        for post, mail, size in filter(None, read_rows(got.value.rows, _read_mail).read):
            found.posts[mail] = post
            found.bytes += size if repeated else 0

    _walk(client, (("fields", "id"), ("include", "email")), take, limit=POSTS_LIMIT)
    return found


def _walk(
    client: GhostClient,
    asked: Params,
    take: Callable[[Got[wire.ListResponse[Raw]]], None],
    *conditions: str,
    limit: int,
) -> None:
    """Give ``take`` every page of the posts; smaller ones where they are too heavy."""

    def fetch(limit: int, cursor: str | None) -> Page:
        place = id_cursor(cursor)
        got = client.sheet("posts", (*by_id(place, limit, *conditions), *asked))
        take(got)
        after = next_place(got.value, place)
        return Page((), None if after is None else encode(after), got.fetched_at)

    for _ in follow(fetch, limit=limit, sparse=True):
        pass


def _repeats(version: str | None) -> bool:
    """Whether members repeat their mails' texts in this version; one that is not said may."""
    said = re.match(r"v?(\d+)\.(\d+)", version or "", re.ASCII)
    return said is None or (int(said[1]), int(said[2])) <= _LAST_REPEATING


def _read_mail(raw: Raw, unread: Unread) -> tuple[str, str, int] | None:
    """A post's id, its mail's, and how long that is; None where it was not mailed."""
    row = _POST_EMAIL.decode(raw, unread)
    mail = bytes(row.email)
    return None if mail == b"null" else (row.id, _EMAIL.decode(mail, unread).id, len(mail))


def members_at_once(known: Mailings) -> int | None:
    """How many members to ask for at a time, so that a page stays light; None: not at all.

    Until 6.37 every mail's text is in every row of every member. Where a single member's mails
    weigh megabytes, the server would be asked for gigabytes at once, and the feed is kinder.
    """
    if not known.bytes:
        return LIMIT
    fitting = MEMBERS_PAGE_BYTES // known.bytes
    return min(LIMIT, fitting) if fitting >= LEAST_MEMBERS else None


def other_newsletters(client: GhostClient, newsletter: str | None) -> OtherNewsletters:
    """The posts of other newsletters, whose signals are left out."""
    found = OtherNewsletters(newsletter)
    if newsletter is None:
        return found
    asked = (("fields", "id,title,status,newsletter_id"), ("include", "newsletter"))

    def take(got: Got[wire.ListResponse[Raw]]) -> None:
        rows = read_rows(got.value.rows, _POST.decode).read
        found.posts.update(row.id for row in rows if _is_of_another(row, newsletter))

    _walk(client, asked, take, f"newsletter_id:-{quoted(newsletter)}", limit=LIMIT)
    return found


def newsletter_id(client: GhostClient, named: str | None) -> str | None:
    """The id of the newsletter in the settings. Raises ConfigurationError, naming the choices."""
    if named is None:
        return None
    sheet = client.sheet("newsletters", (("limit", str(LIMIT)),)).value
    letters = read_rows(sheet.rows, _NEWSLETTER.decode).read
    for letter in letters:
        if named in (letter.id, letter.slug):
            return letter.id
    known = ", ".join(letter.slug or letter.id for letter in letters) or "none"
    raise ConfigurationError(f"The site has no newsletter {named!r}; it has: {said(known)}.")
