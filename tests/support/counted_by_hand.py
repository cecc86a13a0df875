"""What running totals say, worked out once more in plain Python, one person and one look at a time.

It follows the words of the views (what is owed, late reads as closing brackets) with loops and a
stack where they use joins and windows, so that both can be held against each other.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple


class Look(NamedTuple):
    """Two looks at the totals of a subscription and by how much they grew.

    opened and clicked: above every height seen before. risen: opens since the look before.
    fell: whether the opens fell. is_low: whether mails fell, or rise back to their height.
    clicks_low: whether clicks stood, or opens stand, below their height. clicks_open: whether
    clicks fell, or rise from below their height.
    """

    was_at: datetime
    seen_at: datetime
    received: int
    opened: int
    clicked: int
    risen: int
    fell: bool
    is_low: bool
    clicks_low: bool
    clicks_open: bool


def look_at(was_at: datetime, seen_at: datetime, shown: list[tuple[int, int, int]]) -> Look:
    """The last of the totals shown so far (received, opened, clicked) against those before it."""
    *earlier, now = shown
    was = earlier[-1]
    top = [max(totals[place] for totals in earlier) for place in range(3)]
    return Look(
        was_at,
        seen_at,
        max(0, now[0] - was[0]),
        max(0, now[1] - top[1]),
        max(0, now[2] - top[2]),
        now[1] - was[1],
        now[1] < was[1],
        now[0] < was[0] or top[0] > was[0],
        top[2] > was[2] or now[1] < top[1],
        now[2] < was[2] or (now[2] > was[2] and top[2] > was[2]),
    )


_LONG_AGO = datetime(1000, 1, 1)  # noqa: DTZ001 - naive, as in the tables


@dataclass
class Told:
    """What is known by name of a subscription: numbers of posts."""

    answered: set[int] = field(default_factory=set)
    opened: set[int] = field(default_factory=set)
    clicked: set[int] = field(default_factory=set)


@dataclass
class Subscription:
    """Stood from ``starts_at`` to ``ends_at``; ``looks`` in the order of time."""

    name: str
    person: str
    starts_at: datetime
    ends_at: datetime
    looks: list[Look] = field(default_factory=list)
    told: Told = field(default_factory=Told)


@dataclass
class Chance:
    """A post that reached somebody, and whether it was certainly or possibly read."""

    post: int
    low: bool
    high: bool
    is_settled: bool
    clicks: int
    answers: int
    read_at: datetime | None


@dataclass
class _Interval:
    look: Look
    newest: int
    reached: int
    unmatured: int
    low: int
    high: int
    is_open: bool
    late: int
    matured_answers: int
    matured_known: int
    has_late_click: bool
    mended: dict[int, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Posts:
    """When each went out (posts are numbered from 1), and how many of them can be judged."""

    sent_at: list[datetime]
    matured: int

    def sent_by(self, moment: datetime) -> int:
        return sum(at <= moment for at in self.sent_at)


def chances(subscription: Subscription, posts: Posts) -> list[Chance]:
    """Every post that can be judged of a subscription."""
    looks = [
        look
        for look in subscription.looks
        if subscription.starts_at <= look.was_at < subscription.ends_at
    ]
    owed = 0
    intervals = []
    for look in looks:
        before, newest = posts.sent_by(look.was_at), posts.sent_by(look.seen_at)
        between = range(before + 1, newest + 1)
        judged = {post for post in between if post <= posts.matured}
        told = subscription.told
        clicked = int(any(post in told.clicked for post in between))
        named = max(sum(post in told.opened for post in between), clicked)
        known_posts = told.answered | told.opened
        known = max(sum(post in known_posts for post in between), clicked)
        reached = min(look.received, len(between))
        reads = max(look.opened, 1 if look.clicked > 0 and not look.clicks_low else 0)
        paid = max(named, reads - owed)
        if look.received > len(between) and look.opened - owed < look.received:
            paid -= look.received - reached
        is_open = look.fell or look.is_low
        has_click = look.clicked > 0 or look.clicks_open
        most = reached if is_open else max(look.risen, 1 if has_click else 0)
        has_late = look.received <= len(between) and not look.is_low
        late = look.opened - owed - reached if has_late else 0
        intervals.append(
            _Interval(
                look,
                newest,
                reached,
                max(0, newest - max(before, posts.matured)),
                min(reached, max(known, paid)),
                min(reached, max(known, reads, most)),
                is_open,
                max(0, late),
                min(reached, sum(post in told.answered for post in judged)),
                min(reached, max(sum(post in known_posts for post in judged), clicked)),
                not between
                and look.received == 0
                and not look.is_low
                and look.opened == 0
                and reads > owed,
            )
        )
        owed = max(0, owed + named - reads)
    _mend(intervals)
    return [chance for interval in intervals for chance in _chances_of(interval)]


def _mend(intervals: list[_Interval]) -> None:
    """Each late read goes to the post on top of the pile of those unread, or sent in a fall."""
    pile: list[tuple[_Interval, int]] = []
    for interval in intervals:
        if interval.high == 0 or (interval.is_open and interval.low == 0):
            pile += [(interval, back) for back in reversed(range(interval.reached))]
        for _ in range(interval.late):
            if pile:
                unread, back = pile.pop()
                unread.mended[back] = min(
                    interval.look.seen_at, unread.mended.get(back, interval.look.seen_at)
                )
        if interval.has_late_click:
            _mend_by_click(intervals, interval)


def _mend_by_click(intervals: list[_Interval], late: _Interval) -> None:
    """Clicks alone, where no mail came, are of the newest post, if that was certainly unread."""
    for one in intervals:
        is_unread = one.high == 0 and one.reached > 0 and not one.is_open
        if one.look.seen_at < late.look.seen_at and one.newest == late.newest and is_unread:
            one.mended.setdefault(0, late.look.seen_at)


def _chances_of(one: _Interval) -> list[Chance]:
    judged = one.reached - one.unmatured
    least = min(judged, max(one.low - one.unmatured, one.matured_known, 0))
    most = max(least, min(judged, one.high))
    found = []
    for back in range(one.unmatured, one.reached):
        is_newest = back == one.unmatured
        late_at = one.mended.get(back)
        read_at = one.look.seen_at if least > 0 and is_newest else None
        found.append(
            Chance(
                post=one.newest - back,
                low=late_at is not None or one.reached - back <= least,
                high=late_at is not None or back - one.unmatured < most,
                is_settled=is_newest or (least == most and least in (0, judged)),
                clicks=int(back - one.unmatured < min(one.look.clicked, judged)),
                answers=int(back - one.unmatured < one.matured_answers),
                read_at=late_at or read_at,
            )
        )
    return found


def reading(
    subscriptions: list[Subscription], posts: Posts, needed: int, of: int
) -> dict[str, dict[str, Any]]:
    """By person: what ``people_reading`` and ``habits`` should say."""
    owners = defaultdict(list)
    for subscription in subscriptions:
        owners[subscription.person].append(subscription)
    return {person: _one(owned, posts, needed, of) for person, owned in owners.items()}


def _one(owned: list[Subscription], posts: Posts, needed: int, of: int) -> dict[str, Any]:
    found = [chance for one in owned for chance in chances(one, posts)]
    found.sort(key=lambda chance: -(4 * chance.post + 2 * chance.low + chance.high))
    last, seen = found[:of], found[:26]
    since = posts.sent_at[seen[25].post - 1] if len(seen) == 26 else _LONG_AGO
    acted = any(chance.clicks or chance.answers for chance in seen) or any(
        at >= since for one in owned for at in _acts(one, posts)
    )
    reads_low, reads_high = sum(c.low for c in last), sum(c.high for c in last)
    seen_reads = sum(c.low for c in seen)
    held_since, held_until = _habit(found, posts, needed, of)
    if len(found) < of:
        state = "newcomer"
    elif not acted and len(seen) >= 8 and 20 * seen_reads >= 19 * len(seen):
        state = "uncertain"
    elif reads_low >= needed:
        state = "regular"
    else:
        state = "cannot_tell" if reads_high >= needed else "occasional"
    return {
        "state": state,
        "opportunities": len(found),
        "posts_reached": len(found),
        "posts_judged": len(last),
        "reads_low": reads_low,
        "reads_high": reads_high,
        "opens": reads_low,
        "clicks": sum(c.clicks for c in last),
        "answers": sum(c.answers for c in last),
        "last_read_at": max((c.read_at for c in found if c.read_at), default=None),
        "first_read_post_at": min((posts.sent_at[c.post - 1] for c in last if c.low), default=None),
        "seen": len(seen),
        "seen_reads": seen_reads,
        "acted": int(acted),
        "held_since": held_since,
        "held_until": held_until,
    }


def _acts(one: Subscription, posts: Posts) -> list[datetime]:
    """When somebody did what only a person does; an answer came three hours after its post."""
    acts = [
        look.seen_at
        for look in one.looks
        if look.clicked > 0 and one.starts_at <= look.was_at < one.ends_at
    ]
    sent = [posts.sent_at[post - 1] for post in one.told.clicked]
    acts += [at for at in sent if one.starts_at <= at < one.ends_at]
    return acts + [posts.sent_at[post - 1] + timedelta(hours=3) for post in one.told.answered]


def _habit(
    found: list[Chance], posts: Posts, needed: int, of: int
) -> tuple[datetime | None, datetime | None]:
    """Since when the rule was kept without a break, and when it last was; newest first."""
    since, until, is_broken = None, None, False
    for place in range(len(found) - of + 1):
        if not found[place].is_settled:
            continue
        sent_at = posts.sent_at[found[place].post - 1]
        if sum(chance.low for chance in found[place : place + of]) >= needed:
            until = until or sent_at
            since = since if is_broken else sent_at
        else:
            is_broken = True
    return since, until
