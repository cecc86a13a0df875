"""What an import would bring and leave out, found by reading everything and writing nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from regulars.store import Store
from regulars.store.mending import asked_again
from regulars_connectors.contract import Connector, SyncState, Unused
from regulars_connectors.records import Post, Record, Signal, Subscription
from regulars_connectors.unused import sentences_on_rows

from .record import UnusedView, unknown_notices


@dataclass(slots=True)
class KnownIds:
    """Ids of posts and of subscriptions, those of the store and those of the files."""

    posts: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)


class TriedStream(msgspec.Struct, kw_only=True):
    """What an import would see of one stream, in numbers of records."""

    stream: str
    seen: int = 0
    quarantined: int = 0


class Tried(msgspec.Struct, kw_only=True):
    """A dry run as JSON. notices: all that is left out, in sentences."""

    streams: list[TriedStream] = []
    notices: list[str] = []
    unused: list[UnusedView] = []


@asked_again
def brought_before(store: Store, connection: str) -> KnownIds:
    """The posts and people that a connection brought before."""
    with store.read() as cursor:
        values = {"connection": connection}
        posts = cursor.execute("SELECT id FROM posts WHERE connection = $connection", values)
        found = {str(one) for (one,) in posts.fetchall()}
        people = cursor.execute(
            "SELECT subscription_id FROM people WHERE connection = $connection", values
        )
        return KnownIds(found, {str(one) for (one,) in people.fetchall()})


def try_connector(connector: Connector, known: KnownIds) -> Tried:
    """Read every walk to its end. Raises the errors of the connector, as an import would."""
    tried = Tried()
    unused: list[Unused] = []
    without_post = without_person = 0
    for stream in connector.streams():
        found = TriedStream(stream=stream.name)
        walks = connector.walks(stream, SyncState())
        if walks:
            tried.streams.append(found)
        for walk in walks:
            for page in connector.pages(walk):
                found.seen += len(page.records)
                found.quarantined += len(page.quarantined)
                tried.notices += page.notices
                unused += page.unused
                posts, people = _unknown(page.records, known)
                without_post, without_person = without_post + posts, without_person + people
    tried.notices += sentences_on_rows(unused)
    tried.notices += unknown_notices(without_post, without_person)
    tried.unused = msgspec.convert(unused, list[UnusedView], from_attributes=True)
    return tried


def _unknown(records: Sequence[Record], known: KnownIds) -> tuple[int, int]:
    """Note the ids of a page. Returns how many of its signals name no known post, and person."""
    posts = people = 0
    for record in records:
        if isinstance(record, Post):
            known.posts.add(record.id)
        elif isinstance(record, Subscription):
            known.people.add(record.id)
        elif isinstance(record, Signal):
            posts += record.post_id is not None and record.post_id not in known.posts
            people += (
                record.subscription_id is not None and record.subscription_id not in known.people
            )
    return posts, people
