"""Says which mails belong to a conversation with a reader, and hands no address out.

The address of a writer is often their own, so private mail comes to it too: an address alone makes
no letter. A mail is asked for if it names a mail that is known, or bears the subject of a post and
comes from a subscriber, or goes to or comes from the writer. Where the owner says that the mailbox
serves the newsletter alone, every mail to the writer is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from regulars.settings import ConnectionConfig, PublicationSettings
from regulars.store import Store
from regulars.store.addresses import spellings_of
from regulars.store.mending import asked_again
from regulars.store.secret import letters_key
from regulars_connectors import registry
from regulars_connectors.addresses import fold_address, without_plus
from regulars_connectors.correspondence import Kept, MailHead
from regulars_connectors.errors import ConfigurationError
from regulars_connectors.keyed import keyed
from regulars_connectors.mail.subjects import base_subjects

from .marks import words_in
from .posts import substack_id

_SUBSCRIBERS = (
    "SELECT email FROM words WHERE subject = 'subscription' AND publication = $publication"
    " AND email IS NOT NULL"
)


@dataclass(slots=True)
class _Known:
    """Hashes of what a mail may name, and ids of letters with whether they are answered."""

    ids: set[str] = field(default_factory=set)
    subjects: set[str] = field(default_factory=set)
    answered: dict[str, bool] = field(default_factory=dict)


class StoredCorrespondence:
    """The letters of one publication in a store. What it asked for counts as known afterwards."""

    def __init__(self, store: Store, publication: PublicationSettings) -> None:
        self._store = store
        self._publication = publication
        self._key = letters_key(store.secret)
        self._own = frozenset(publication.letters.addresses)
        self._read: _Known | None = None

    @property
    def key(self) -> bytes:
        return self._key

    @property
    def addresses(self) -> frozenset[str]:
        return self._own

    def asks(self, heads: Sequence[MailHead]) -> Sequence[bool]:
        """Whether each mail belongs to a conversation with a reader."""
        known = self._known()
        subscribers = self._subscribers(heads)
        asked = []
        for head in heads:
            is_asked = self._is_asked(head, known, subscribers)
            if is_asked and head.message_id:
                known.ids.add(self._hash(head.message_id))
            asked.append(is_asked)
        return asked

    def kept(self, message_ids: Sequence[str]) -> Sequence[Kept]:
        """Whether the letter of each id is kept already."""
        answered = self._known().answered
        return [
            "no" if one not in answered else "answered" if answered[one] else "waiting"
            for one in message_ids
        ]

    def _is_asked(self, head: MailHead, known: _Known, subscribers: set[str]) -> bool:
        if any(self._hash(parent) in known.ids for parent in head.parents):
            return True
        sender = fold_address(head.sender) if head.sender else ""
        to_own = any(self._is_own(one) for one in head.recipients)
        concerns = to_own or self._is_own(sender) or sender in subscribers
        if concerns and any(self._hash(one) in known.subjects for one in head.subjects):
            return True
        return self._publication.letters.only_newsletter and to_own

    def _is_own(self, address: str) -> bool:
        """With any plus part, which may be the token of a post."""
        folded = fold_address(address)
        return folded in self._own or without_plus(folded)[0] in self._own

    def _hash(self, text: str) -> str:
        return keyed(text, self._key)

    @asked_again
    def _subscribers(self, heads: Sequence[MailHead]) -> set[str]:
        """The senders among these who are subscribers, folded."""
        senders = {head.sender for head in heads if head.sender}
        if not senders:
            return set()
        of = {"publication": self._publication.name}
        with self._store.read() as cursor:
            found = spellings_of(cursor, senders, _SUBSCRIBERS, of)
        return {fold_address(one) for one in found if one}

    @asked_again
    def _known(self) -> _Known:
        if self._read is None:
            self._read = self._from_store()
        return self._read

    def _from_store(self) -> _Known:
        known = _Known()
        of = {"publication": self._publication.name}
        with self._store.read() as cursor:
            posts = cursor.execute(
                "SELECT id, title FROM posts WHERE publication = $publication"
                " AND status IN ('sent', 'archived')",
                of,
            ).fetchall()
            texts = cursor.execute(
                "SELECT subjects, message_ids FROM post_texts WHERE publication = $publication", of
            ).fetchall()
            letters = cursor.execute(
                "SELECT message_id, direction = 'out' OR coalesce(is_answered, FALSE)"
                " FROM letters WHERE publication = $publication AND message_id IS NOT NULL",
                of,
            ).fetchall()
        for post, title in posts:
            known.ids.add(self._hash(substack_id(str(post))))
            known.subjects.update(self._hash(one) for one in base_subjects(str(title)))
        for subject in self._publication.letters.other_mails:
            known.subjects.update(self._hash(one) for one in base_subjects(subject))
        for subjects, ids in texts:
            known.subjects.update(words_in(subjects))
            known.ids.update(words_in(ids))
        for message_id, is_answered in letters:
            known.ids.add(self._hash(str(message_id)))
            known.answered[str(message_id)] = bool(is_answered)
        return known


def correspondence_of(
    store: Store, publication: PublicationSettings, config: ConnectionConfig
) -> StoredCorrespondence | None:
    """What a run of this connection is lent; None where the publication has no letters."""
    if any(map(reads_letters, (config, *publication.connections))) or _has_letters(
        store, publication.name
    ):
        return StoredCorrespondence(store, publication)
    return None


def reads_letters(config: ConnectionConfig) -> bool:
    """Whether a connection brings letters."""
    try:
        settings = registry.find(config.connector).Settings
    except ConfigurationError:  # its own run says so
        return False
    # Somebody else's connector may have settings that are no model of ours: its own run says so.
    return bool(getattr(settings, "reads_letters", False))


@asked_again
def _has_letters(store: Store, publication: str) -> bool:
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT 1 FROM letters WHERE publication = $publication LIMIT 1",
            {"publication": publication},
        ).fetchall()
    return bool(rows)
