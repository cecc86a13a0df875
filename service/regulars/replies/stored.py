"""Letters and posts of a publication as the store has them, in the form that the ladder takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from regulars_connectors.keyed import keyed, runs_from_text
from regulars_connectors.mail.subjects import base_subjects
from regulars_connectors.mail.traces import plain_link

from .marks import Marks, kept_marks, words_in
from .posts import PostFacts, PostIndex, reply_token, substack_id

OTHER = "other/"
_LETTERS = """
SELECT * FROM letters WHERE publication = $publication
QUALIFY row_number() OVER (
    PARTITION BY id ORDER BY direction = 'out' DESC, is_junk, arrived_at, connection
) = 1
ORDER BY arrived_at, id
"""
_IN_MARKS = ("runs", "links", "subjects", "topics", "tokens", "returned", "quoted_dates")
# A post that is known from several connections is one issue.
_POSTS = """
SELECT coalesce(same.issue_connection, posts.connection) AS connection,
    coalesce(same.issue_post_id, posts.id) AS id, posts.id AS own_id, posts.title, posts.sent_at,
    posts.web_url, texts.subjects, texts.message_ids, texts.links, texts.runs
FROM posts
LEFT JOIN same_posts($publication) AS same
    ON same.connection = posts.connection AND same.post_id = posts.id
LEFT JOIN post_texts AS texts
    ON texts.connection = posts.connection AND texts.id = posts.id
        AND texts.publication = posts.publication AND texts.presence <> 'removed'
WHERE posts.publication = $publication AND posts.status IN ('sent', 'archived')
ORDER BY posts.connection, posts.id
"""


@dataclass(slots=True)
class StoredLetter:
    """A row of ``letters``, one for each letter of a publication. id_hash: of its Message-ID."""

    row: Mapping[str, Any]
    id_hash: str
    marks: Marks

    @property
    def is_own(self) -> bool:
        """Whether the writer wrote it."""
        return bool(self.row["direction"] == "out")

    @property
    def is_copy(self) -> bool:
        """Whether it may be a copy of a post: the writer's, and no answer."""
        return self.is_own and not self.marks.is_reply and not self.marks.parents


def read_letters(cursor: Any, publication: str, key: bytes) -> list[StoredLetter]:
    """Every letter of a publication once, in the order of arrival."""
    found = []
    for row in _rows(cursor, _LETTERS, {"publication": publication}):
        id_hash = keyed(row["message_id"], key) if row["message_id"] else ""
        found.append(StoredLetter(row, id_hash, kept_marks(row, id_hash)))
        for name in _IN_MARKS:  # as texts they would be most of the memory
            del row[name]
    return found


def read_posts(
    cursor: Any, publication: str, key: bytes, letters: Iterable[StoredLetter]
) -> list[PostFacts]:
    """What is known of the posts that went out, copies among the letters included."""
    gathered: dict[str, _Facts] = defaultdict(_Facts)
    for row in _rows(cursor, _POSTS, {"publication": publication}):
        gathered[f"{row['connection']}/{row['id']}"].add(row, key)
    posts = [facts.of(name) for name, facts in gathered.items()]
    return _with_copies(posts, [one for one in letters if one.is_copy])


@dataclass(slots=True)
class _Facts:
    """What the connections know of one issue together."""

    subjects: dict[str, None] = field(default_factory=dict)
    times: list[datetime] = field(default_factory=list)
    runs: set[int] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)

    def add(self, row: Mapping[str, Any], key: bytes) -> None:
        for subject in base_subjects(row["title"]):
            self.subjects[keyed(subject, key)] = None
        self.subjects |= dict.fromkeys(words_in(row["subjects"]))
        if row["sent_at"] is not None:
            self.times.append(row["sent_at"].replace(tzinfo=UTC))
        self.runs.update(runs_from_text(row["runs"]))
        self.links.update(words_in(row["links"]))
        if row["web_url"] and (link := plain_link(row["web_url"])):
            self.links.add(keyed(link, key))
        self.ids.update(words_in(row["message_ids"]))
        self.ids.add(keyed(substack_id(row["own_id"]), key))
        self.tokens.add(keyed(reply_token(row["own_id"], key), key))

    def of(self, name: str) -> PostFacts:
        return PostFacts(
            name,
            tuple(self.subjects),
            min(self.times).timestamp() if self.times else None,
            frozenset(self.runs),
            frozenset(self.links),
            frozenset(self.ids),
            frozenset(self.tokens),
        )


def _with_copies(posts: list[PostFacts], copies: list[StoredLetter]) -> list[PostFacts]:
    """A copy of an issue gives the words, the links and an id of its post."""
    index = PostIndex(posts)
    by_name = {post.id: post for post in posts}
    for copy in copies:
        named = index.copied(copy.marks)
        if len(named) == 1:
            post = by_name[named[0]]
            by_name[post.id] = replace(
                post,
                runs=post.runs | set(copy.marks.runs),
                links=post.links | set(copy.marks.links),
                ids=post.ids | {copy.id_hash},
            )
    return list(by_name.values())


def other_mails(subjects: Iterable[str], key: bytes) -> list[PostFacts]:
    """Mails that are no posts and are answered, by their subjects."""
    return [
        PostFacts(f"{OTHER}{at}", tuple(keyed(one, key) for one in base_subjects(subject)))
        for at, subject in enumerate(subjects)
    ]


def _rows(cursor: Any, text: str, values: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    found = cursor.execute(text, values)
    names = [column[0] for column in found.description]
    while batch := found.fetchmany(1000):
        for row in batch:
            yield dict(zip(names, row, strict=True))
