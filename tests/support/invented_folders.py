"""Invented folders for ``regulars import files``: whole histories of a newsletter in odd rhythms.

One seed makes one newsletter with one connection or two. Where ``random_exports`` spoils many short
exports, a folder here is one long and sound history: up to sixty posts, weekly or two a day, with
pauses, machine openers, times that nobody knows, bounces, returns, moves from one subscription to
another, posts without a pixel, lists of sends, rows that come twice and reads that come late.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from support.random_exports import Export

FIRST = datetime(2024, 9, 3, 7, tzinfo=UTC)
PEOPLE = 16
MAIN, OTHER = "letters-files", "other"
"""Connections: the one that an import makes, and one of the settings."""
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_LINKS = tuple(f"https://example.org/{name}" for name in ("one", "two", "three", "unsubscribe"))
_POSTS = ("id", "title", "sent_at", "opens_tracked", "delivered")
_SUBSCRIPTIONS = ("id", "email", "joined_at", "left_at", "status", "source")
_SIGNALS = ("post_id", "subscription_id", "kind", "at", "machine", "url", "id")
RHYTHMS = {  # days between posts, and how many there are
    "weekly": (7.0, 45), "fortnightly": (14.0, 20), "quick": (4.0, 40), "monthly": (30.0, 9),
    "daily": (1.0, 50), "twice a day": (0.5, 60),
}  # fmt: skip


class Post(NamedTuple):
    """A post. has_list: whether there is a row for each delivery."""

    id: str
    title: str
    sent_at: datetime
    tracked: str
    delivered: str
    has_list: bool
    is_shown: bool


class Spell(NamedTuple):
    """A row of subscriptions. Empty where the provider keeps it back."""

    joined_at: datetime | None
    left_at: datetime | None
    status: str


@dataclass
class Reader:
    """A subscription, its spells and how its owner reads: a habit, and after a turn another one."""

    id: str
    address: str
    spells: list[Spell]
    habits: tuple[str, str]
    turn: int
    signals: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Folders:
    """One export for each connection, and dates to ask about."""

    exports: list[Export]
    dates: list[str]

    def of(self, connection: str) -> Export | None:
        """The export of a connection, if there is one."""
        return next((one for one in self.exports if one.connection == connection), None)


@dataclass(frozen=True)
class Past:
    """All that ever happened, by connection. days: three dates, the last after everything."""

    posts: dict[str, list[Post]]
    people: dict[str, list[Reader]]
    days: list[str]

    def told(self, day: str, seed: int = 0) -> Folders:
        """What files of that day say; each seed puts the rows in another order."""
        chosen = random.Random(f"{day} {seed}")
        names = [name for name in self.posts if self.posts[name]]
        exports = [
            _export(chosen, name, self.posts[name], self.people[name], day) for name in names
        ]
        return Folders(exports, self.days)


def invent_folders(seed: int) -> Folders:
    """The folders of a seed."""
    past = invent_past(seed)
    return past.told(past.days[-1])


def invent_past(seed: int, *, is_dated: bool = False) -> Past:
    """What happened in a newsletter.

    is_dated: every standing is told from its beginning on, nobody acts before it, and somebody
    opens every post.
    """
    chosen = random.Random(f"folders {seed}")
    rhythm = list(RHYTHMS)[seed % len(RHYTHMS)]
    posts = {MAIN: _posts(chosen, rhythm)}
    people = {MAIN: _people(chosen, posts[MAIN], is_dated=is_dated)}
    if chosen.random() < 0.4:
        posts[OTHER] = _posts_elsewhere(chosen, posts[MAIN])
        people[OTHER] = _people_elsewhere(chosen, people[MAIN], posts[OTHER])
    for name, own in people.items():
        if is_dated:
            always = [Spell(FIRST - 60 * _DAY, None, "active")]
            own.append(Reader(f"d-{name}", "devoted@example.org", always, ("devoted",) * 2, 0))
        _react(chosen, posts[name], own)
        for one in own if is_dated else ():
            begin = _iso(one.spells[0].joined_at)
            one.signals = [row for row in one.signals if not row[3] or row[3] >= begin]
    last = max(post.sent_at for post in posts[MAIN])
    day = (last + chosen.choice([1, 3, 9]) * _DAY).date()
    span = (last - FIRST) / _DAY
    shares = [0.35 + 0.3 * chosen.random(), 0.7 + 0.25 * chosen.random()]
    return Past(
        posts, people, [*(str((FIRST + share * span * _DAY).date()) for share in shares), str(day)]
    )


def _posts(chosen: random.Random, rhythm: str) -> list[Post]:
    """Posts in a rhythm, perhaps with a pause, and perhaps some of an archive before all people."""
    days, count = RHYTHMS[rhythm]
    tracks = chosen.choice(
        [["true"], [""], ["true", "true", "false", ""], ["true"] * 9 + ["false"]]
    )
    lists, counts = chosen.choice([0, 0, 0.15]), chosen.random() < 0.25
    blind_from = chosen.choice([count, count, count - 3, count // 2])
    pause = chosen.choice([0, 0, 0, 25, 90])
    found = []
    for number in range(count):
        late = chosen.choice([0, 0, 1, 5]) * _HOUR * min(1.0, days)
        waited = pause * _DAY if number >= count // 2 else 0 * _DAY
        tracked = "false" if number >= blind_from else chosen.choice(tracks)
        found.append(
            Post(
                f"p{number + 1:03d}", f"Issue {number + 1}",
                FIRST + number * days * _DAY + late + waited, tracked,
                chosen.choice(["", str(PEOPLE), "5", "0"]) if counts and number % 4 == 0 else "",
                chosen.random() < lists, chosen.random() > 0.04,
            )
        )  # fmt: skip
    for number in range(chosen.choice([0, 0, 4])):
        at = FIRST - (900 - number) * _DAY
        found.append(Post(f"a{number}", f"Archive {number}", at, "true", "", False, False))
    return found


def _posts_elsewhere(chosen: random.Random, posts: Sequence[Post]) -> list[Post]:
    """The same issues under the same or other ids, a part of them, and some of its own."""
    share = chosen.choice([1.0, 0.6, 0.0])
    found = [
        one._replace(
            id=chosen.choice([one.id, f"x-{one.id}"]),
            sent_at=one.sent_at + chosen.randint(0, 3) * _HOUR,
            tracked=chosen.choice(["true", "", "false"]) if chosen.random() < 0.2 else "true",
            has_list=chosen.random() < 0.1, is_shown=chosen.random() > 0.1, delivered="",
        )
        for one in posts
        if one.title.startswith("Issue") and chosen.random() < share
    ]  # fmt: skip
    for number in range(6 if not found else 2):
        at = FIRST + (number * 9 + 4) * _DAY
        found.append(Post(f"o{number}", f"Only {number}", at, "true", "", False, True))
    return found


def _people(chosen: random.Random, posts: Sequence[Post], *, is_dated: bool) -> list[Reader]:
    issues = [post for post in posts if post.title.startswith("Issue")]
    found = [_reader(chosen, number, issues) for number in range(PEOPLE)]
    for one in found:
        if is_dated:
            told = [one for one in one.spells if one.left_at or one.status == "active"]
            one.spells = told or [Spell(FIRST - 60 * _DAY, None, "active")]
        elif chosen.random() < 0.08:
            one.spells[0] = one.spells[0]._replace(joined_at=None)
    return found


_HABITS = ("most", "most", "half", "few", "none", "machine", "plain", "clicks", "answers", "mixed")


def _reader(chosen: random.Random, number: int, issues: Sequence[Post]) -> Reader:
    joined = FIRST - 60 * _DAY + timedelta(seconds=chosen.choice([0, 17, 3600]))
    if chosen.random() < 0.3:
        joined = chosen.choice(issues[: len(issues) // 2]).sent_at - chosen.choice([1, 30]) * _HOUR
    spells = _spells(chosen, joined, issues)
    address = f"reader{chosen.choice([number, number, number, 2])}@example.org"
    habits = (chosen.choice(_HABITS), chosen.choice(_HABITS))
    turn = chosen.choice([0, len(issues) // 2, 3 * len(issues) // 4])
    return Reader(f"s{number}", "" if chosen.random() < 0.05 else address, spells, habits, turn)


def _spells(chosen: random.Random, joined: datetime, issues: Sequence[Post]) -> list[Spell]:
    """One spell, or one that ended, or one that ended and another: after a gap or none."""
    way = chosen.choice(["stays"] * 6 + ["left", "bounced", "removed", "returns", "touches", "odd"])
    if way == "stays":
        return [Spell(joined, None, "active")]
    if way == "odd":
        return [Spell(joined, None, chosen.choice(["asleep", "zombie"]))]
    after = [post.sent_at for post in issues if post.sent_at > joined + _DAY][3:]
    ended = (chosen.choice(after) if after else joined + 40 * _DAY) + chosen.choice([5, -5]) * _HOUR
    if way in ("left", "bounced", "removed"):
        told = ended if chosen.random() < 0.8 else None
        return [Spell(joined, told, way)]
    gap = 0 * _DAY if way == "touches" else chosen.choice([1, 20, 60]) * _DAY
    return [Spell(joined, ended, "left"), Spell(ended + gap, None, "active")]


def _people_elsewhere(
    chosen: random.Random, people: Sequence[Reader], posts: Sequence[Post]
) -> list[Reader]:
    """Some of the same people, who have moved there or stand in both."""
    found = []
    for one in chosen.sample(list(people), 6):
        ended = one.spells[-1].left_at
        moves = ended is not None and chosen.random() < 0.5
        joined = ended if moves else FIRST - chosen.choice([50, 80]) * _DAY
        assert joined is not None
        spells = [Spell(joined, None, "active")]
        if chosen.random() < 0.3:
            left = max(joined, chosen.choice(posts).sent_at) + 7 * _HOUR
            spells = [Spell(joined, left, "left")]
        habits = (one.habits[1], chosen.choice(_HABITS))
        found.append(Reader(f"e{one.id[1:]}", one.address, spells, habits, len(posts) // 2))
    return found


def _react(chosen: random.Random, posts: Sequence[Post], people: Sequence[Reader]) -> None:
    for one in people:
        for place, post in enumerate(posts):
            if post.has_list and chosen.random() < 0.7:
                at = post.sent_at + timedelta(seconds=chosen.choice([0, 3]))
                _act(chosen, one, post, "send", at if chosen.random() < 0.9 else None)
            if post.is_shown and chosen.random() < 0.97:
                _read(chosen, one, post, one.habits[place >= one.turn])


_SHARES = {"most": 0.85, "half": 0.5, "few": 0.15, "none": 0.0, "machine": 0.9, "plain": 1.0}


def _read(chosen: random.Random, one: Reader, post: Post, habit: str) -> None:
    if habit == "devoted":
        _act(chosen, one, post, "open", post.sent_at + _HOUR, "false")
        return
    if chosen.random() >= _SHARES.get(habit, 0.6):
        return
    hours = chosen.choice([0, 1, 1, 2, 50, 200, 400] if chosen.random() > 0.02 else [-40])
    at: datetime | None = post.sent_at + hours * _HOUR + timedelta(seconds=90)
    if habit in ("plain", "machine") or chosen.random() < 0.8:
        words = {"machine": ["true"], "plain": [""], "mixed": ["true", "true", "false", ""]}
        machine = chosen.choice(words.get(habit, ["false", "false", "no", "", "true"]))
        _act(chosen, one, post, "open", None if chosen.random() < 0.1 else at, machine)
    if habit == "clicks" or (habit not in ("plain", "machine") and chosen.random() < 0.1):
        _click(chosen, one, post)
    if habit == "answers" or chosen.random() < 0.015:
        kind = chosen.choice(["reply", "comment", "poll", "survey", "feedback"])
        machine = "true" if chosen.random() < 0.25 else ""  # an automatic one
        _act(chosen, one, post, kind, None if chosen.random() < 0.2 else at, machine)


def _click(chosen: random.Random, one: Reader, post: Post) -> None:
    at = post.sent_at + timedelta(seconds=chosen.choice([1, 5, 12, 4000, 90000]))
    machine = chosen.choice(["", "", "", "true", "false"])
    for link in chosen.sample(_LINKS, chosen.choice([1, 1, 1, 2, 3, 4])):
        _act(chosen, one, post, "click", None if chosen.random() < 0.1 else at, machine, link)
        at += timedelta(seconds=chosen.choice([0, 4, 10, 11, 15, 40]))


def _act(
    chosen: random.Random,
    one: Reader,
    post: Post,
    kind: str,
    at: datetime | None,
    machine: str = "",
    url: str = "",
) -> None:
    """A row of signals, with an id of its own or none; some rows come twice."""
    number = len(one.signals)
    key = f"{one.id}-{number}" if chosen.random() < 0.6 else ""
    row = [post.id, one.id, kind, _iso(at), machine, url, key]
    one.signals += [row] * chosen.choice([1] * 15 + [2])


def _export(
    chosen: random.Random, name: str, posts: Sequence[Post], people: Sequence[Reader], day: str
) -> Export:
    """The three files; what nobody could know on that day is missing."""
    until = datetime.fromisoformat(day).replace(tzinfo=UTC)
    known_at = {post.id: _iso(post.sent_at) for post in posts}
    tables = {
        "posts": [
            [one.id, one.title, _iso(one.sent_at), one.tracked, _delivered(one, until)]
            for one in posts
            if one.sent_at < until + 30 * _DAY
        ],
        "subscriptions": [
            [one.id, one.address, _iso(spell.joined_at), _iso(spell.left_at), spell.status, "web"]
            for one in people
            for spell in (_as_known(spell, until) for spell in one.spells)
            if (spell.joined_at or until) <= until
        ],
        "signals": [
            row
            for one in people
            for row in one.signals
            if (row[3] or known_at[row[0]]) < _iso(until)
        ],
    }
    headers = {"posts": _POSTS, "subscriptions": _SUBSCRIPTIONS, "signals": _SIGNALS}
    files = {}
    for table, rows in tables.items():
        rows += [list(row) for row in rows if chosen.random() < 0.03]
        chosen.shuffle(rows)
        files[f"{table}.csv"] = text_of(headers[table], rows)
    return Export(name, day, files, False, {})


def _delivered(one: Post, until: datetime) -> str:
    return one.delivered if one.sent_at < until else ""


def _as_known(spell: Spell, until: datetime) -> Spell:
    """A spell as it is told at a moment: nobody knows of a later end."""
    is_over = spell.left_at is None or spell.left_at <= until
    return spell if is_over else Spell(spell.joined_at, None, "active")


def _iso(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def text_of(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()
