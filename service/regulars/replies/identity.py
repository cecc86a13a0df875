"""Who wrote a letter: the subscriber whose address it bears, or names.

Resolved whenever ties are made, so whoever subscribes later has their earlier letters. Addresses of
letters are hashes. Those of subscribers are hashed the same way, and compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from regulars_connectors.addresses import fold_address, plain_address
from regulars_connectors.keyed import keyed

from .stored import StoredLetter

# Where a plus part is known to lead to the same mailbox.
_WITH_PLUS: Final = frozenset({
    "gmail.com", "googlemail.com", "fastmail.com", "fastmail.fm", "outlook.com", "hotmail.com",
    "live.com", "icloud.com", "me.com", "mac.com", "proton.me", "protonmail.com", "pm.me",
})  # fmt: skip
_SUBSCRIBERS = """
SELECT words.email, people.person_id
FROM words
JOIN people ON people.connection = words.connection AND people.subscription_id = words.id
WHERE words.publication = $publication AND words.subject = 'subscription'
    AND words.email IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """A person, and how they are known: address, canonical, conversation or quoted."""

    person_id: str
    known_by: str


@dataclass(slots=True)
class Subscribers:
    """People by the hashes of their addresses. exact: as they subscribed; plain: where a provider
    takes any plus part, without it."""

    exact: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    plain: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def of(self, correspondent: str | None, canonical: str | None) -> Identity | None:
        """Whoever has this address, or this mailbox. Several people are nobody."""
        steps = (
            (self.exact, correspondent, "address"),
            (self.exact, canonical, "canonical"),
            (self.plain, canonical, "canonical"),
        )
        for known, address, by in steps:
            found = known.get(address or "", set())
            if found:
                return Identity(next(iter(found)), by) if len(found) == 1 else None
        return None

    def quoted(self, addresses: Iterable[str]) -> str | None:
        """The one person whose address stands above a quote."""
        found = {person for one in addresses for person in self.exact.get(one, ())}
        return next(iter(found)) if len(found) == 1 else None


def read_subscribers(cursor: Any, publication: str, key: bytes) -> Subscribers:
    """Everybody with an address, whether they still stand or not."""
    found = Subscribers()
    rows = cursor.execute(_SUBSCRIBERS, {"publication": publication})
    while batch := rows.fetchmany(10_000):
        for email, person in batch:
            address = fold_address(str(email))
            found.exact[keyed(address, key)].add(str(person))
            if address.rpartition("@")[2] in _WITH_PLUS:
                found.plain[keyed(plain_address(address), key)].add(str(person))
    return found


def identities(
    letters: Sequence[StoredLetter], threads: Sequence[str], subscribers: Subscribers
) -> list[Identity | None]:
    """The person of each letter: by its address, else by the address that its quote names.

    threads: of each letter, empty for none. Another address in a conversation is the same person
    only if a quote names the address that subscribed, once: later mails to and from that address
    are theirs too.
    """
    found = [subscribers.of(one.row["correspondent"], one.row["canonical"]) for one in letters]
    in_thread: dict[str, set[str]] = defaultdict(set)
    for thread, one in zip(threads, found, strict=True):
        if thread and one is not None:
            in_thread[thread].add(one.person_id)
    others: dict[tuple[str, str], Identity] = {}
    for at, letter in enumerate(letters):
        row = letter.row
        quoted = row["quoted_addresses"] if row["direction"] == "in" else None
        if found[at] is None and quoted:
            person = subscribers.quoted(quoted.split())
            if person is not None:
                is_there = person in in_thread.get(threads[at], set())
                found[at] = Identity(person, "conversation" if is_there else "quoted")
                others[threads[at], row["correspondent"] or ""] = Identity(person, "conversation")
    for at, letter in enumerate(letters):
        address = letter.row["correspondent"]
        if found[at] is None and threads[at] and address:
            found[at] = others.get((threads[at], address))
    return found


def whose(
    letters: Sequence[StoredLetter], people: list[Identity | None]
) -> tuple[list[Identity | None], list[str]]:
    """Whom each letter is from, or goes to: people, and what tells correspondents apart.

    The latter is the person, else the hash of the address, else empty. An answer of the writer is
    for whoever wrote what it answers, though it may go to another address of theirs.
    """
    places = {one.id_hash: at for at, one in enumerate(letters) if one.id_hash}
    found = [
        person.person_id if person else str(one.row["correspondent"] or "")
        for person, one in zip(people, letters, strict=True)
    ]
    persons = list(people)
    for at, letter in enumerate(letters):
        if people[at] is None and found[at] and letter.is_own and letter.marks.is_reply:
            above = (places.get(one) for one in reversed(letter.marks.parents))
            asked = next((one for one in above if one is not None), None)
            if asked is not None and not letters[asked].is_own and found[asked]:
                found[at] = found[asked]
                person = people[asked]
                persons[at] = Identity(person.person_id, "conversation") if person else None
    return persons, found
