"""Which posts can be asked about, worked out once more in plain Python, one post at a time.

Each function names the part of ``docs/explanation/what-counts-as-evidence.md`` whose rule it
applies.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from support.exports_by_hand import Known, Post

_DAY = timedelta(days=1)
Name = tuple[str, str]


class Mail(NamedTuple):
    """A post of one connection. issue: the number of the post of the publication that it is.

    reach: to how many it went, None if nobody counted, or too early.
    """

    connection: str
    id: str
    sent_at: datetime
    matured_at: datetime
    is_measured: bool
    issue: int
    reach: int | None = None


class Rule(NamedTuple):
    """At least ``needed`` of the ``last`` posts, or of the last weeks."""

    needed: int
    last: int
    by_week: bool


def mails_of(known: dict[str, Known], as_of: datetime) -> list[Mail]:
    """ "Which posts can be asked about": every post that was mailed before the moment."""
    mailed = {one.name: _mailed(one) for one in known.values()}
    same = _same(mailed)
    sent = {
        (name, key): post.sent_at
        for name, posts in mailed.items()
        for key, post in posts.items()
        if post.sent_at < as_of
    }
    issues = defaultdict(list)
    for place, at in sent.items():
        issues[same.get(place, place)].append(at)
    order = sorted(issues, key=lambda issue: (min(issues[issue]), issue))
    return [
        Mail(
            name, key, at, _matured_at(at, mailed[name].values()), _is_measured(known[name], key),
            order.index(same.get((name, key), (name, key))), _reach(known[name].posts[key]),
        )
        for (name, key), at in sent.items()
    ]  # fmt: skip


def _mailed(one: Known) -> dict[str, Post]:
    """A post that reached nobody was never mailed: one of an archive, one with no deliveries."""
    joined = [word.joined_at for key in one.keys.values() for word in key.words]
    begun = None if None in joined else min((at for at in joined if at), default=None)
    counts = any(post.delivered for post in one.posts.values())
    noticed = {signal.post for signal in one.signals.values()}
    found = {}
    for key, post in one.posts.items():
        is_old = begun is not None and post.sent_at < begun and not post.delivered
        told_late = post.told_at >= post.sent_at + 2 * _DAY
        is_empty = post.delivered == 0 and counts and told_late
        if key in noticed or not (is_old or is_empty):
            found[key] = post
    return found


def _matured_at(at: datetime, posts: Iterable[Post]) -> datetime:
    """Seven days after sending or when the next one goes out, but 48 hours at the earliest."""
    week = at + 7 * _DAY
    following = min((post.sent_at for post in posts if post.sent_at > at), default=week)
    return min(week, max(following, at + 2 * _DAY))


def _is_measured(one: Known, key: str) -> bool:
    """A post is measured if something says so of that very post: files do by an open of it.

    One by somebody whom no file of people names says nothing.
    """
    people = {name for name, _ in one.keys}
    opened = any(
        signal.kind == "open" and signal.post == key and signal.subscription in people
        for signal in one.signals.values()
    )
    return opened and one.posts[key].tracked is not False


def _reach(post: Post) -> int | None:
    """ "Whom a post was for": deliveries count two days after the sending."""
    return post.delivered if post.told_at >= post.sent_at + 2 * _DAY else None


def _same(mailed: dict[str, dict[str, Post]]) -> dict[Name, Name]:
    """An issue that two connections know is one post: by its id, or its title, within a day."""
    if len(mailed) < 2:
        return {}
    first, second = sorted(mailed)
    main, other = mailed[first], mailed[second]
    pairs = sorted(
        (0 if key == own else 1, abs(post.sent_at - twin.sent_at), key, own)
        for own, post in other.items()
        for key, twin in main.items()
        if abs(post.sent_at - twin.sent_at) <= _DAY
        and (key == own or " ".join(post.title.lower().split()) == twin.title.lower())
    )
    found: dict[Name, Name] = {}
    for _, _, key, own in pairs:
        if (second, own) not in found and (first, key) not in found.values():
            found[second, own] = (first, key)
    return found


def rule_of(mails: Sequence[Mail]) -> Rule:
    """ "The rule": n covers eight weeks of posts, four to eight of them, and k is half of it."""
    gaps = []
    for name in {mail.connection for mail in mails}:
        times = sorted(mail.sent_at for mail in mails if mail.connection == name)
        gaps += [(after, (after - before) / _DAY) for before, after in pairwise(times)]
    last = [gap for _, gap in sorted(gaps)[-25:]]
    gap = statistics.median(last) if last else None
    if gap is None or gap < 3:
        return Rule(4, 8, gap is not None)
    posts = min(8, max(4, math.floor(56 / gap + 0.5)))
    return Rule(math.ceil(posts / 2), posts, False)
