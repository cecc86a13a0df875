"""Small pasts said in a line: so many posts, these people, and who opens what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from support.invented_folders import FIRST, MAIN, Folders, Post, text_of
from support.random_exports import Export

_HEADERS = {
    "posts": ("id", "title", "sent_at", "opens_tracked", "delivered"),
    "subscriptions": ("id", "email", "joined_at", "left_at", "status", "source"),
    "signals": ("post_id", "subscription_id", "kind", "at", "machine", "url", "id"),
}
Reads = Callable[[int, int], bool]
"""Whether the person of a number opens the post of a number, both counted from 0."""


def always(_person: int, _post: int) -> bool:
    return True


def never(_person: int, _post: int) -> bool:
    return False


def often(person: int, post: int) -> bool:
    """Four of five posts, for each person others."""
    return (person + 3 * post) % 5 > 0


@dataclass
class PlainPast:
    """Rows of the three files. Ids of people are ``s0``, ``s1`` …, of posts ``p0``, ``p1`` …"""

    posts: list[Post] = field(default_factory=list)
    people: list[list[str]] = field(default_factory=list)
    signals: list[list[str]] = field(default_factory=list)

    def send(
        self,
        count: int,
        days: float = 7,
        *,
        tracked: str = "true",
        after: timedelta = timedelta(),
        name: str = "p",
    ) -> PlainPast:
        """So many posts more, so far apart. after: a pause before them."""
        begin = self.posts[-1].sent_at + timedelta(days=days) + after if self.posts else FIRST
        for number in range(count):
            key = f"{name}{len(self.posts)}"
            sent_at = begin + number * timedelta(days=days)
            self.posts.append(Post(key, f"Issue {key}", sent_at, tracked, "", False, True))
        return self

    def join(
        self, count: int, at: datetime | None = None, left_at: datetime | None = None
    ) -> PlainPast:
        """So many people more. at: two months before the first post, unless given."""
        for _ in range(count):
            key = f"s{len(self.people)}"
            joined, left = iso(at or FIRST - timedelta(days=60)), iso(left_at) if left_at else ""
            status = "left" if left else "active"
            self.people.append([key, f"{key}@example.org", joined, left, status, "web"])
        return self

    def read(
        self,
        reads: Reads,
        *,
        machine: str = "false",
        kind: str = "open",
        later: timedelta = timedelta(hours=2),
        posts: slice = slice(None),
    ) -> PlainPast:
        """Everybody opens the posts that they read, or does something else with them."""
        for place in range(len(self.posts))[posts]:
            post = self.posts[place]
            for number, (key, *_) in enumerate(self.people):
                if reads(number, place):
                    row = [post.id, key, kind, iso(post.sent_at + later), machine, "", ""]
                    self.signals.append(row)
        return self

    def last_day(self) -> str:
        """A week and a day after the last post, when all have matured."""
        last = max((post.sent_at for post in self.posts), default=FIRST)
        return str((last + timedelta(days=8)).date())

    def told(self, connection: str = MAIN, day: str | None = None) -> Folders:
        """The three files; one without rows is not there."""
        day = day or self.last_day()
        rows: dict[str, Sequence[Sequence[str]]] = {
            "posts": [[one.id, one.title, iso(one.sent_at), one.tracked, ""] for one in self.posts],
            "subscriptions": self.people,
            "signals": self.signals,
        }
        files = {f"{name}.csv": text_of(_HEADERS[name], own) for name, own in rows.items() if own}
        return Folders([Export(connection, day, files, False, {})], [day])


def iso(moment: datetime) -> str:
    """A time as the files write it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
