"""Posts, found by what letters show of them."""

from __future__ import annotations

import hmac
from base64 import b32encode
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from regulars_connectors.mail.quoted_dates import dates_in, fits, fits_to_the_minute
from regulars_connectors.mail.traces import Traces

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

    sent_at: seconds since 1970; runs, links: of its text, as letters have them; ids: of its mails.
    """

    id: str
    subjects: tuple[str, ...] = ()
    sent_at: float | None = None
    runs: frozenset[int] = frozenset()
    links: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()


def reply_token(post: str, key: bytes) -> str:
    """What stands after the plus of a reply address: the post and a check value, lower case."""
    made = hmac.digest(key, post.casefold().encode(), "sha256")
    return f"{post.casefold()}.{b32encode(made).decode().lower()[:_CHECK_SIGNS]}"


class PostIndex:
    """Each look-up gives the one post that fits, or None."""

    def __init__(self, posts: Sequence[PostFacts]) -> None:
        self._all = posts
        self._by_name = {post.id.casefold(): post.id for post in posts}
        self._by_id: dict[str, set[str]] = defaultdict(set)
        self._by_subject: dict[str, list[PostFacts]] = defaultdict(list)
        for post in posts:
            for one in post.ids:
                self._by_id[one].add(post.id)
            for subject in dict.fromkeys(post.subjects):
                self._by_subject[subject].append(post)
        self._by_run = _inverted((post.id, post.runs) for post in posts)
        self._by_link = _inverted((post.id, post.links) for post in posts)

    def by_token(self, traces: Traces, key: bytes) -> str | None:
        """By the reply address that a letter went to."""
        found = set()
        for address in traces.recipients:
            _, plus, token = address.rpartition("@")[0].casefold().partition("+")
            post = self._by_name.get(token.rpartition(".")[0]) if plus else None
            if post and hmac.compare_digest(token.encode(), reply_token(post, key).encode()):
                found.add(post)
        return only(found)

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

    def by_links(self, links: Sequence[str]) -> str | None:
        """By links that stand in one post alone."""
        named = (self._by_link.get(link, ()) for link in links)
        return only({posts[0] for posts in named if len(posts) == 1})

    def by_runs(self, runs: Sequence[int]) -> str | None:
        """By runs of words: three or more, and twice as many as of any other post."""
        shared: Counter[str] = Counter()
        for run in runs:
            posts = self._by_run.get(run, ())
            if len(posts) <= _FEW_POSTS:
                shared.update(posts)
        best = shared.most_common(2)
        if not best or best[0][1] < _LEAST_RUNS:
            return None
        if len(best) > 1 and best[0][1] < 2 * best[1][1]:
            return None
        return best[0][0]

    def by_dates(self, heads: Sequence[str], own: frozenset[str]) -> str | None:
        """By the date above a quote, where the writer's address stands beside it."""
        for head in heads:
            folded = head.casefold()
            readings = dates_in(head) if any(one in folded for one in own) else []
            near = self._around((when for when, _ in readings), fits)
            if len(near) > 1:
                near = self._around((when for when, timed in readings if timed), fits_to_the_minute)
            if len(near) == 1:
                return near.pop()
        return None

    def _around(
        self, readings: Iterable[datetime], is_near: Callable[[datetime, datetime], bool]
    ) -> set[str]:
        dated = list(readings)
        return {
            post.id
            for post in self._all
            if dated
            and post.sent_at is not None
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

    def by_time(self, traces: Traces, own: frozenset[str]) -> str | None:
        """By the only post of the 72 hours before a letter to the writer."""
        if traces.sent_at is None or own.isdisjoint(map(str.casefold, traces.recipients)):
            return None
        most = _PROBABLE_HOURS * 3600
        return only(
            {
                post.id
                for post in self._all
                if post.sent_at is not None and 0 <= traces.sent_at - post.sent_at <= most
            }
        )

    def take_copy(self, traces: Traces) -> None:
        """A copy of a post among the letters: its id is an id of the post."""
        if traces.has_reply_prefix or not traces.message_id or traces.sent_at is None:
            return
        for subject in traces.subjects:
            for post in self._by_subject.get(subject, ()):
                apart = abs(traces.sent_at - post.sent_at) if post.sent_at is not None else None
                if apart is not None and apart <= _COPY_DAYS * _DAY:
                    self._by_id[traces.message_id].add(post.id)


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
