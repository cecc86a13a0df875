"""Makes ``letter_ties``: which post each letter answers, who wrote it, and what it repeats.

Made for a whole publication, since letters see each other, after each sync or import that changed
letters, posts or people, and before histories, which read it. See docs/decisions/0049.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from regulars.settings import PublicationSettings
from regulars.store.actions.letters import KIND as ACT
from regulars.store.actions.registry import WITHOUT_FIGURES
from regulars.store.mending import asked_again
from regulars.store.protocols import WritableStore
from regulars.store.secret import letters_key
from regulars.store.writing import writing_soon

from .attribution import PROBABLE, Ladder, Tie
from .identity import Identity, identities, read_subscribers, whose
from .repeats import repeated
from .stored import OTHER, StoredLetter, other_mails, read_letters, read_posts
from .threads import Threads

RULES: Final = 2
"""The version of the rules: another one makes all ties again."""
_LAST_SURE_RUNG = 7
_KINDS = ("pull", "part", "run")
_OF_TIES = frozenset(("letters", "post_texts", "posts", "subscriptions", "people", "words"))
"""The streams that ties are made of."""
_COLUMNS = (
    "publication", "letter_id", "connection", "kind", "post_connection", "post_id", "is_other",
    "rung", "confidence", "person_id", "known_by", "conversation", "same_as",
)  # fmt: skip
_KNOWN = f"SELECT {', '.join(_COLUMNS)} FROM letter_ties WHERE publication = $publication"  # noqa: S608
_HELD = "UPDATE letters_made SET entry = $entry WHERE publication = $publication"
# A letter may lie in the mailboxes of two publications, and its tie decides whose it is.
_OUTDATED = (
    "UPDATE histories_made SET is_current = FALSE WHERE is_current AND publication IN"
    " (SELECT shared.publication FROM letters AS shared SEMI JOIN letters AS own"
    " ON own.id = shared.id AND own.publication = $publication)"
)


@asked_again
def tie_letters(store: WritableStore, publication: PublicationSettings) -> bool:
    """Bring the ties of a publication's letters up to date. Returns whether they were made.

    Call it outside of a transaction and of the store's ``writing``, which it takes for a moment.
    """
    definition = _definition(publication)
    standing = store.standing(publication.name)[0]
    with store.report_cursor() as cursor:
        made = _made(cursor, publication.name)
        has_letters = _has_letters(cursor, publication.name)
        if made is None and not has_letters:
            return False
        if made is not None and has_letters and made.definition == definition:
            if made.entry == standing:
                return False
            if not _is_news(store, publication.name, made.entry):
                with writing_soon(store) as may_write:
                    if may_write:
                        cursor.execute(_HELD, {"publication": publication.name, "entry": standing})
                return False
        cursor.execute("BEGIN TRANSACTION")
        try:
            rows = _ties(cursor, publication, letters_key(store.secret))
        finally:
            cursor.execute("ROLLBACK")
        with writing_soon(store) as may_write:
            if may_write:
                _write(cursor, publication.name, rows, standing, definition)
    return may_write


def _definition(publication: PublicationSettings) -> str:
    settings = publication.letters
    facts = repr((RULES, settings.addresses, settings.other_mails, settings.only_newsletter))
    return hashlib.sha256(facts.encode()).hexdigest()[:32]


class _Made(NamedTuple):
    """What the kept ties are made of: up to which journal entry, by which definition."""

    entry: int
    definition: str


def _made(cursor: Any, name: str) -> _Made | None:
    made = cursor.execute(
        "SELECT entry, definition FROM letters_made WHERE publication = $publication",
        {"publication": name},
    ).fetchone()
    return None if made is None else _Made(int(made[0]), str(made[1]))


def _has_letters(cursor: Any, name: str) -> bool:
    ((found,),) = cursor.execute(
        "SELECT count(*) > 0 FROM letters WHERE publication = $publication", {"publication": name}
    ).fetchall()
    return bool(found)


def _is_news(store: WritableStore, name: str, after: int) -> bool:
    """Whether something that ties are made of has come since a journal entry."""
    for entry in store.journal.entries(after):
        if entry.facts.get("publication") not in (None, name) or entry.kind == ACT:
            continue
        if entry.kind in WITHOUT_FIGURES:
            continue
        if entry.kind not in _KINDS or any(one["stream"] in _OF_TIES for one in entry.files):
            return True
    return False


def _ties(cursor: Any, publication: PublicationSettings, key: bytes) -> list[tuple[Any, ...]]:
    """The rows of ``letter_ties``."""
    letters = read_letters(cursor, publication.name, key)
    posts = read_posts(cursor, publication.name, key, letters)
    ladder = Ladder([*posts, *other_mails(publication.letters.other_mails, key)])
    for one in letters:
        ladder.add(one.marks, is_own=one.is_own)
    ties = ladder.ties()
    threads = _threads(letters)
    subscribers = read_subscribers(cursor, publication.name, key)
    people, correspondents = whose(letters, identities(letters, threads, subscribers))
    same = repeated(letters, ties, correspondents)
    return [
        _row(publication.name, letter, tie, person, _conversation(who, thread, tie), again)
        for letter, tie, person, who, thread, again in zip(
            letters, ties, people, correspondents, threads, same, strict=True
        )
    ]


def _row(
    name: str,
    letter: StoredLetter,
    tie: Tie,
    person: Identity | None,
    conversation: str | None,
    same_as: str | None,
) -> tuple[Any, ...]:
    row = letter.row
    is_other = tie.post is not None and tie.post.startswith(OTHER)
    connection, _, post = (tie.post or "").partition("/")
    is_post = bool(post) and not is_other
    return (
        name, row["id"], row["connection"], _kind(row, tie), connection if is_post else None,
        post if is_post else None, is_other, tie.rung, tie.confidence,
        person.person_id if person else None, person.known_by if person else None,
        conversation, same_as,
    )  # fmt: skip


def _kind(row: Any, tie: Tie) -> str:
    """List mail, unless it answers a post: a reader may write through a list."""
    is_list = row["is_list"] and row["kind"] in ("human", "human_empty")
    return "list_mail" if is_list and tie.rung > _LAST_SURE_RUNG else str(row["kind"])


def _threads(letters: Sequence[StoredLetter]) -> list[str]:
    """The thread of each letter: the smallest id in it, whatever the order; empty for none."""
    threads = Threads()
    for letter in letters:
        threads.join([one for one in (*letter.marks.parents, letter.id_hash) if one])
    roots = [threads.of(one.id_hash or next(iter(one.marks.parents), "")) for one in letters]
    smallest: dict[str, str] = {}
    for root, letter in zip(roots, letters, strict=True):
        smallest[root] = min(smallest.get(root, letter.row["id"]), letter.row["id"])
    return [smallest[root] if root else "" for root in roots]


def _conversation(who: str, thread: str, tie: Tie) -> str | None:
    """One person's letters in one thread about one post. A guess parts no letter and answer."""
    if not who:
        return None
    post = tie.post if tie.rung < PROBABLE else None
    text = f"{who}\n{thread}\n{post or ''}"
    return "cnv_" + hashlib.sha256(text.encode()).hexdigest()[:26]


def _write(
    cursor: Any, name: str, rows: Sequence[tuple[Any, ...]], entry: int, definition: str
) -> None:
    import pyarrow as pa

    columns: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        for column, value in zip(_COLUMNS, row, strict=True):
            columns[column].append(value)
    cursor.execute("BEGIN TRANSACTION")
    try:
        of = {"publication": name}
        before = cursor.execute(_KNOWN, of).fetchall()
        if set(before) != set(rows):
            cursor.execute(_OUTDATED, of)
        cursor.execute("DELETE FROM letter_ties WHERE publication = $publication", of)
        cursor.execute("DELETE FROM letters_made WHERE publication = $publication", of)
        if rows:
            cursor.register("made_ties", pa.table(dict(columns)))
            try:
                cursor.execute("INSERT INTO letter_ties BY NAME SELECT * FROM made_ties")
            finally:
                cursor.unregister("made_ties")
            cursor.execute(
                "INSERT INTO letters_made VALUES ($publication, $entry, $definition)",
                of | {"entry": entry, "definition": definition},
            )
    except BaseException:
        cursor.execute("ROLLBACK")
        raise
    cursor.execute("COMMIT")
