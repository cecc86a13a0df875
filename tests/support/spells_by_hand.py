"""Who stood when, worked out once more in plain Python: one subscription and one word at a time.

It follows the words of the documentation (what ends a standing, what interrupts none, what of two
spells decides) with loops where the views use joins and windows.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

FOREVER = datetime(9999, 12, 31)  # noqa: DTZ001
ALWAYS = datetime(1000, 1, 1)  # noqa: DTZ001
_MINUTE = timedelta(minutes=1)


class Word(NamedTuple):
    """What a look said of a standing. absent_since: set if it was removed after absence."""

    seen_at: datetime
    status: str
    joined_at: datetime | None
    left_at: datetime | None = None
    absent_since: datetime | None = None


class Growth(NamedTuple):
    """By how much the mails of a subscription grew between two looks."""

    was_at: datetime
    seen_at: datetime
    received: int


@dataclass
class Key:
    """A subscription's spell, with everything that was said of it, oldest first."""

    person: str
    connection: str
    name: str
    spell: str = ""
    words: list[Word] = field(default_factory=list)


class Stretch(NamedTuple):
    """Stood from starts_at to ends_at (FOREVER: still). unsure_at: since when nobody can tell.

    is_dated: whether it is known when they joined.
    """

    starts_at: datetime
    ends_at: datetime
    end_kind: str | None
    unsure_at: datetime | None
    is_dated: bool = True


@dataclass
class _Spell:
    key: Key
    starts_at: datetime
    is_dated: bool
    ends_at: datetime | None
    end_status: str
    is_told: bool
    unsure_at: datetime | None


@dataclass
class World:
    """All facts. posts: when each went out, by connection. signs: posts by subscription."""

    keys: list[Key]
    posts: dict[str, list[datetime]]
    signs: dict[tuple[str, str], set[datetime]] = field(default_factory=dict)
    totals: dict[tuple[str, str], list[Growth]] = field(default_factory=dict)
    whole_looks: dict[str, datetime] = field(default_factory=dict)


def stretches(world: World) -> dict[tuple[str, str], list[Stretch]]:
    """The spells of every subscription, by connection and id, in order."""
    single = [spell for key in world.keys for spell in _spells_of(key, world)]
    overtaken = [
        (still, min(ends, key=lambda one: one.ends_at or FOREVER))
        for still in single
        if still.ends_at is None
        and (ends := [one for one in single if _overtakes(still, one, world)])
    ]
    for still, first in overtaken:
        still.ends_at, still.end_status = first.ends_at, first.end_status
    found: dict[tuple[str, str], list[Stretch]] = {}
    for one in single:
        found.setdefault((one.key.connection, one.key.name), [])
    for name in found:
        own = [s for s in single if (s.key.connection, s.key.name) == name]
        found[name] = _joined_up(own)
    return found


def _standing_words(key: Key) -> list[tuple[Word, bool]]:
    """Each word and whether they stood from then on."""
    told: list[tuple[Word, bool]] = []
    last = True
    for word in key.words:
        if word.status != "unknown":
            last = word.status == "active"
        told.append((word, last and word.absent_since is None))
    return told


def _spells_of(key: Key, world: World) -> list[_Spell]:
    told = _standing_words(key)
    turns = [told[0]] + [now for before, now in itertools.pairwise(told) if before[1] != now[1]]
    newest = key.words[-1]
    unsure = _unsure(key)
    alone = len(turns) <= 2
    found: list[_Spell] = []
    if not turns[0][1] and turns[0][0].status != "pending":
        word = turns[0][0]
        last = len(turns) == 1
        left = (newest.left_at if last else None) or word.left_at
        found.append(
            _spell(
                key, newest.joined_at if alone else word.joined_at, left or word.seen_at,
                word.status, left is not None, None, world,
            )
        )  # fmt: skip
    for place, (word, stands) in enumerate(turns):
        if not stands:
            continue
        after = turns[place + 1][0] if place + 1 < len(turns) else None
        is_last = after is None
        ends = None if after is None else _end(after)
        told_end = after is not None and after.left_at is not None
        if place + 2 >= len(turns) and newest.left_at is not None and not is_last:
            ends, told_end = newest.left_at, True
        start = newest.joined_at if place == 0 and alone else word.joined_at
        if place > 0:
            gone = turns[place - 1][0]
            ended = _end(gone)
            if _went_on(key, word, gone, place, world):
                start = ended
            elif word.joined_at is None or word.joined_at < ended:
                start = word.seen_at
        found.append(
            _spell(
                key, start, ends, after.status if after else "", told_end,
                unsure if is_last else None, world,
            )
        )  # fmt: skip
    return found


def _spell(
    key: Key,
    start: datetime | None,
    end: datetime | None,
    status: str,
    is_told: bool,
    unsure: datetime | None,
    world: World,
) -> _Spell:
    dated = start is not None
    if start is None:
        first = key.words[0].seen_at
        signs = world.signs.get((key.connection, key.name), set())
        start = min([first, *signs, *([end] if end else [])])
    return _Spell(key, start, dated, end, status, is_told, unsure)


def _end(word: Word) -> datetime:
    return word.left_at or word.absent_since or word.seen_at


def _unsure(key: Key) -> datetime | None:
    """Since when the status is unknown: the first of the unknown words at the very end."""
    since = None
    for word in reversed(key.words):
        if word.status != "unknown":
            break
        since = word
    if since is None:
        return None
    return ALWAYS if since is key.words[0] else since.seen_at


def _went_on(key: Key, back: Word, gone: Word, place: int, world: World) -> bool:
    if place == 1 and gone.status == "pending":
        return False
    if (back.joined_at is None) != (gone.joined_at is None):
        return False
    if back.joined_at and gone.joined_at and abs(back.joined_at - gone.joined_at) >= _MINUTE:
        return False
    looks = [
        look
        for look in world.totals.get((key.connection, key.name), [])
        if gone.seen_at < look.seen_at <= back.seen_at
    ]
    begin = min([_end(gone), *(look.was_at for look in looks)])
    posts = [at for at in world.posts.get(key.connection, []) if begin <= at < back.seen_at]
    for look in looks:
        if look.received > 0 and (look.seen_at < back.seen_at or look.was_at <= gone.seen_at):
            return True
    signs = world.signs.get((key.connection, key.name), set())
    shown = sum(at in signs for at in posts)
    return len(posts) <= max(shown, sum(look.received for look in looks))


def _shown_at(key: Key, world: World) -> datetime:
    newest = key.words[-1]
    look = world.whole_looks.get(key.connection)
    if look and newest.status == "active" and newest.absent_since is None:
        return max(newest.seen_at, look)
    return newest.seen_at


def _began_later(still: _Spell, ended: _Spell) -> int:
    """1 if the one that ended began after the other, 0 if together or unknown, else -1."""
    if not (still.is_dated and ended.is_dated):
        return 0
    early, late = sorted((still.starts_at, ended.starts_at))
    day = late.replace(hour=0, minute=0, second=0, microsecond=0)
    if _whole_seconds(late) - _whole_seconds(early) < _MINUTE or early == day:
        return 0
    return 1 if still.starts_at < ended.starts_at else -1


def _whole_seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _overtakes(still: _Spell, ended: _Spell, world: World) -> bool:
    """Whether one person's ended spell ends their open one."""
    end = ended.ends_at
    if end is None or still.key is ended.key or still.key.person != ended.key.person:
        return False
    if ended.end_status not in ("left", "bounced", "removed"):
        return False
    if end <= still.starts_at or end <= ended.starts_at:
        return False
    later, is_newer = _began_later(still, ended), _shown_at(still.key, world) < end
    same = (still.key.connection, still.key.name) == (ended.key.connection, ended.key.name)
    if same and ended.is_told:
        return later == 1 or is_newer
    if same:
        return later == 1 or (later == 0 and is_newer)
    if ended.end_status == "removed":
        return False
    return is_newer and (ended.is_told or later >= 0)


def _joined_up(own: list[_Spell]) -> list[Stretch]:
    found: list[list[_Spell]] = []
    reach = ALWAYS
    for one in sorted(own, key=lambda s: (s.starts_at, s.ends_at or FOREVER, s.key.spell)):
        if found and one.starts_at <= reach + _MINUTE:
            found[-1].append(one)
        else:
            found.append([one])
        reach = max(reach, one.ends_at or FOREVER)
    return [_stretch(group) for group in found]


def _stretch(group: list[_Spell]) -> Stretch:
    start = min(one.starts_at for one in group)
    dated = all(one.is_dated for one in group if one.starts_at == start)
    still = [one for one in group if one.ends_at is None]
    if still:
        sure = any(one.unsure_at is None for one in still)
        unsure = None if sure else max(one.unsure_at or ALWAYS for one in still)
        return Stretch(start, FOREVER, None, unsure, dated)
    last = max(group, key=lambda one: one.ends_at or FOREVER)
    kind = "left" if last.end_status == "left" else "censored"
    return Stretch(start, last.ends_at or FOREVER, kind, None, dated)
