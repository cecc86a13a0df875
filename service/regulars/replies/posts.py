"""Posts, found by what letters show of them."""

from __future__ import annotations

import hmac
import math
from base64 import b32encode
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from regulars_connectors.mail.quoted_dates import fits, fits_to_the_minute

from .marks import Dates, Marks

K = TypeVar("K")
_FEW_POSTS: Final = 3  # what more posts share is the newsletter's frame
_LEAST_RUNS: Final = 3
_DAY: Final = 86_400.0
_SUBJECT_DAYS: Final = 45
_PROBABLE_HOURS: Final = 72
_COPY_DAYS: Final = 3
_CHECK_SIGNS: Final = 8
_SUBSTACK: Final = ("post-", "@substack.com")


@dataclass(frozen=True, slots=True)
class PostFacts:
    """What is known of a post. subjects: as they are compared, all variants.

    sent_at: seconds since 1970; runs, links: of its text, as letters have them; ids: of its mails;
    tokens: plus parts of its reply addresses.
    """

    id: str
    subjects: tuple[str, ...] = ()
    sent_at: float | None = None
    runs: frozenset[int] = frozenset()
    links: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    tokens: frozenset[str] = frozenset()


def substack_id(post: str) -> str:
    """The id that Substack gives to each mail of a post, for everybody the same."""
    return f"{_SUBSTACK[0]}{post}{_SUBSTACK[1]}"


def reply_token(post: str, key: bytes) -> str:
    """What stands after the plus of a reply address: the post and a check value, lower case."""
    made = hmac.digest(key, post.casefold().encode(), "sha256")
    return f"{post.casefold()}.{b32encode(made).decode().lower()[:_CHECK_SIGNS]}"


class PostIndex:
    """Each look-up gives the one post that fits, or None."""

    def __init__(self, posts: Sequence[PostFacts]) -> None:
        self._all = posts
        self._by_name = {post.id.casefold(): post.id for post in posts}
        self._sent_at = {post.id: post.sent_at for post in posts}
        self._by_token = {token: post.id for post in posts for token in post.tokens}
        self._by_id: dict[str, set[str]] = defaultdict(set)
        self._by_subject: dict[str, list[PostFacts]] = defaultdict(list)
        for post in posts:
            for one in post.ids:
                self._by_id[one].add(post.id)
            for subject in dict.fromkeys(post.subjects):
                self._by_subject[subject].append(post)
        in_time = sorted(posts, key=lambda post: post.sent_at or 0.0)
        self._by_run = _inverted((post.id, post.runs) for post in in_time)
        self._by_link = _inverted((post.id, post.links) for post in in_time)

    def by_tokens(self, tokens: Sequence[str]) -> str | None:
        """By the reply address that a letter went to."""
        return only({post for one in tokens if (post := self._by_token.get(one))})

    def by_ids(self, ids: Sequence[str]) -> str | None:
        """By ids of mails, the nearest parent last: of several posts the nearest."""
        found = [post for one in ids if (post := self._by_one_id(one))]
        return found[-1] if found else None

    def _by_one_id(self, one: str) -> str | None:
        found = only(self._by_id.get(one, set()))
        start, end = _SUBSTACK
        if found or not (one.startswith(start) and one.endswith(end)):
            return found
        return self._by_name.get(one[len(start) : -len(end)])

    def by_links(self, links: Sequence[str], until: float | None) -> str | None:
        """By links that stand in one post alone. until: when the letter was sent."""
        named = (self._before(self._by_link.get(link, ()), until) for link in links)
        return only({posts[0] for posts in named if len(posts) == 1})

    def by_runs(self, runs: Sequence[int], until: float | None) -> str | None:
        """By runs of words: three or more, and twice as many as of any other post."""
        shared: Counter[str] = Counter()
        for run in runs:
            # One more than a few: what came later makes no frame of it.
            posts = self._before(self._by_run.get(run, ())[: _FEW_POSTS + 1], until)
            if len(posts) <= _FEW_POSTS:
                shared.update(posts)
        best = shared.most_common(2)
        if not best or best[0][1] < _LEAST_RUNS:
            return None
        if len(best) > 1 and best[0][1] < 2 * best[1][1]:
            return None
        return best[0][0]

    def _before(self, posts: tuple[str, ...], until: float | None) -> tuple[str, ...]:
        """Posts that a letter of that time can answer, with a day for clocks that differ."""
        if until is None or not posts:
            return posts
        times = ((post, self._sent_at[post]) for post in posts)
        return tuple(post for post, at in times if at is None or at <= until + _DAY)

    def by_dates(self, dates: Dates, until: float | None) -> str | None:
        """By the dates above a quote of the writer's."""
        near = self._around((when for when, _ in dates), fits, until)
        if len(near) > 1:
            timed = (when for when, timed in dates if timed)
            near = self._around(timed, fits_to_the_minute, until)
        return only(near)

    def _around(
        self,
        readings: Iterable[datetime],
        is_near: Callable[[datetime, datetime], bool],
        until: float | None,
    ) -> set[str]:
        dated = list(readings)
        latest = math.inf if until is None else until + _DAY
        return {
            post.id
            for post in self._all
            if dated
            and post.sent_at is not None
            and post.sent_at <= latest
            and any(is_near(datetime.fromtimestamp(post.sent_at, UTC), one) for one in dated)
        }

    def by_subjects(self, subjects: Sequence[str], sent_at: float | None) -> str | None:
        """By a subject: the newest post of that subject, at most 45 days before the letter."""
        found = (self._newest(self._by_subject.get(one, ()), sent_at) for one in subjects)
        return next((post for post in found if post), None)

    def _newest(self, posts: Sequence[PostFacts], sent_at: float | None) -> str | None:
        if sent_at is None:
            return posts[0].id if len(posts) == 1 else None
        fitting = [
            post
            for post in posts
            # A day for clocks that differ.
            if post.sent_at is None or -_DAY <= sent_at - post.sent_at <= _SUBJECT_DAYS * _DAY
        ]
        newest = max(fitting, key=lambda post: post.sent_at or 0.0, default=None)
        return newest.id if newest else None

    def by_time(self, sent_at: float | None) -> str | None:
        """By the only post of the 72 hours before a letter."""
        if sent_at is None:
            return None
        most = _PROBABLE_HOURS * 3600
        return only(
            {
                post.id
                for post in self._all
                if post.sent_at is not None and 0 <= sent_at - post.sent_at <= most
            }
        )

    def take_copy(self, copy: Marks) -> None:
        """A copy of a post among the letters: its id is an id of the post."""
        for post in self.copied(copy):
            self._by_id[copy.message_id].add(post)

    def copied(self, copy: Marks) -> list[str]:
        """The posts that a mail of the writer's may be a copy of: by subject and time."""
        if copy.is_reply or not copy.message_id or copy.sent_at is None:
            return []
        named = {post.id: post for one in copy.subjects for post in self._by_subject.get(one, ())}
        return [
            name
            for name, post in named.items()
            if post.sent_at is not None and abs(copy.sent_at - post.sent_at) <= _COPY_DAYS * _DAY
        ]


def only(found: set[str]) -> str | None:
    """The only one of a set; None for none and for several."""
    return next(iter(found)) if len(found) == 1 else None


def _inverted(posts: Iterable[tuple[str, Iterable[K]]]) -> dict[K, tuple[str, ...]]:
    """The posts of each run or link. Most have one post: its tuple is made once."""
    found: dict[K, tuple[str, ...]] = {}
    for post, keys in posts:
        alone = (post,)
        for key in keys:
            found[key] = (*found[key], post) if key in found else alone
    return found
