"""Replies one page after another, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from regulars.store.mending import asked_again
from regulars.store.protocols import WritableStore
from regulars.store.timestamps import aware, naive
from regulars_connectors.instants import Instant, from_datetime

_REPLIES = """
SELECT reply_id, source, person_id, post_connection, post_id, rung, is_evidence, answered_at, words,
    epoch_us(answered_at) AS at
FROM replies_given($publication, $as_of)
WHERE ($post IS NULL OR (post_id = $post AND is_evidence = 1))
    AND ($person IS NULL OR person_id = $person)
    AND ($before IS NULL OR epoch_us(answered_at) < $before
        OR (epoch_us(answered_at) = $before AND reply_id > $after))
ORDER BY answered_at DESC, reply_id
LIMIT $limit
"""
_ADDRESSES = """
SELECT ties.letter_id, arg_min(words.email, (words.connection, words.id)) AS email,
    any_value(letters.message_id) AS message_id, any_value(posts.title) AS title
FROM letter_ties AS ties
JOIN letters
    ON letters.publication = ties.publication
    AND letters.connection = ties.connection
    AND letters.id = ties.letter_id
JOIN people ON people.publication = ties.publication AND people.person_id = ties.person_id
JOIN words
    ON words.connection = people.connection
    AND words.subject = 'subscription'
    AND words.id = people.subscription_id
    AND words.email IS NOT NULL
LEFT JOIN posts ON posts.connection = ties.post_connection AND posts.id = ties.post_id
WHERE ties.publication = $publication AND ties.letter_id IN (SELECT unnest($letters))
GROUP BY ties.letter_id
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply. post: connection and id, None where nobody can say which it answers. is_guess:
    the post is likely, and the reply is no evidence that it was read."""

    id: str
    source: str
    person_id: str | None
    post: tuple[str, str] | None
    rung: int
    is_guess: bool
    answered_at: datetime
    words: int | None


@asked_again
def list_replies(
    store: WritableStore,
    publication: str,
    as_of: datetime,
    *,
    limit: int,
    post: str | None = None,
    person: str | None = None,
    after: tuple[Instant, str] | None = None,
) -> list[Reply]:
    """At most ``limit`` replies. after: moment and id of the last one of the page before."""
    before, last = after if after is not None else (None, "")
    with store.read() as cursor:
        rows = cursor.execute(
            _REPLIES,
            {
                "publication": publication, "as_of": naive(as_of), "post": post, "person": person,
                "before": before, "after": last, "limit": limit,
            },
        ).fetchall()  # fmt: skip
    return [
        Reply(
            id=str(reply),
            source=str(source),
            person_id=person_id,
            post=(str(connection), str(post_id)) if post_id is not None else None,
            rung=int(rung),
            is_guess=post_id is not None and not is_evidence,
            answered_at=aware(at),
            words=words,
        )
        for reply, source, person_id, connection, post_id, rung, is_evidence, at, words, _ in rows
    ]


def place_of(reply: Reply) -> tuple[Instant, str]:
    """Where the next page goes on."""
    return from_datetime(reply.answered_at), reply.id


def answer_links(cursor: Any, publication: str, letters: Sequence[str]) -> dict[str, str]:
    """An address (``mailto:``, RFC 6068) that answers each letter whose reader subscribed.

    It names the subject of the post and the letter itself, so the answer stays in the thread.
    """
    if not letters:
        return {}
    rows = cursor.execute(
        _ADDRESSES, {"publication": publication, "letters": list(letters)}
    ).fetchall()
    found = {}
    for letter, email, message_id, title in rows:
        fields = {}
        if title:
            fields["subject"] = f"Re: {title}"
        if message_id:
            fields["In-Reply-To"] = f"<{message_id}>"
        asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())
        found[str(letter)] = f"mailto:{quote(str(email), safe='@')}{'?' if asked else ''}{asked}"
    return found
