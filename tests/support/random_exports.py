"""Invented exports of newsletters, in the odd shapes that real ones have. One seed, one newsletter.

A newsletter has one connection or two. Each has several exports, of which every one says what could
be known on its day, so far as it says it at all: files lack posts or are empty, rows come twice or
are broken, people bear unknown words, lack a day of joining, or write their address otherwise. Some
exports hold everything that there is, and some are in somebody else's columns, with a map.
"""

from __future__ import annotations

import csv
import io
import random
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

FIRST = datetime(2025, 1, 7, 7, tzinfo=UTC)
POSTS = 12
PEOPLE = 12
CONNECTIONS = ("main", "other")
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_WORDS = ("active", "Active", "left", "bounced", "removed", "asleep", "zombie")
_LINKS = tuple(f"https://example.org/{name}" for name in ("one", "two", "three", "unsubscribe"))
_HEADERS = {
    "posts": ("id", "title", "sent_at", "opens_tracked", "delivered"),
    "subscriptions": ("id", "email", "joined_at", "left_at", "status", "source"),
    "signals": ("post_id", "subscription_id", "kind", "at", "machine", "url", "id"),
}


class Part(NamedTuple):
    """How somebody else writes a table: in which files, under which names, in which order.

    columns: theirs by ours. words: theirs by ours, of the status. formats: of times, by our column.
    """

    file: str
    columns: dict[str, str]
    words: dict[str, str]
    formats: dict[str, str]

    def toml(self) -> str:
        """The part of a column map that says so."""
        lines = [f'file = "{self.file}"']
        for ours, theirs in self.columns.items():
            facts = [f'column = "{theirs}"']
            if ours in self.formats:
                facts.append(f'format = "{self.formats[ours]}"')
            if ours == "status":
                words = ", ".join(f'{word} = "{own}"' for own, word in self.words.items())
                facts.append(f"words = {{ {words} }}")
            lines.append(f"{ours} = {{ {', '.join(facts)} }}")
        return "\n".join(lines)


class Export(NamedTuple):
    """What one connection told on a day: its files by name.

    is_complete: whether they hold everything. maps: of tables that somebody else wrote.
    """

    connection: str
    day: str
    files: dict[str, str]
    is_complete: bool
    maps: dict[str, Part]


class Post(NamedTuple):
    """A post as its provider knows it. has_list: whether there is a row for each delivery."""

    id: str
    title: str
    sent_at: datetime
    tracked: str
    delivered: str
    has_list: bool
    is_missing: bool


@dataclass
class Spell:
    """From joining to leaving. Both may be kept back by the provider, and the word may be odd."""

    joined_at: datetime
    left_at: datetime | None = None
    tells_joined: bool = True
    tells_left: bool = True
    word: str = ""


@dataclass
class Person:
    """A subscription in a connection, and how its owner reads."""

    id: str
    address: str
    spells: list[Spell]
    habit: str
    signals: list[tuple[datetime, list[str]]] = field(default_factory=list)


@dataclass(frozen=True)
class Newsletter:
    """The exports in the order of their days, and five dates to ask about."""

    exports: list[Export]
    dates: list[str]


def invent(seed: int) -> Newsletter:
    """The newsletter of a seed."""
    chosen = random.Random(seed)
    gap = chosen.choice([7, 7, 7, 14, 4, 2]) * _DAY
    names = CONNECTIONS[: chosen.choice([1, 1, 2])]
    posts = {"main": _posts(chosen, gap)}
    people = {"main": [_person(chosen, number, gap) for number in range(PEOPLE)]}
    if len(names) == 2:
        posts["other"] = _posts_elsewhere(chosen, posts["main"], gap)
        people["other"] = [_elsewhere(chosen, one, gap) for one in chosen.sample(people["main"], 5)]
    exports = []
    for name in names:
        _react(chosen, posts[name], people[name])
        for day in sorted(chosen.sample(range(3, POSTS + 2), chosen.choice([1, 2, 3, 3]))):
            moment = (FIRST + day * gap + _DAY).replace(hour=0)
            exports.append(_export(chosen, name, posts[name], people[name], moment))
    exports.sort(key=lambda one: one.day)
    dates = sorted(
        chosen.sample([(FIRST + gap * n / 2).date().isoformat() for n in range(4, 30)], 5)
    )
    return Newsletter(exports, dates)


def _posts(chosen: random.Random, gap: timedelta) -> list[Post]:
    """Twelve posts, and perhaps some of an archive that were never mailed."""
    counts, tracks = chosen.random() < 0.3, chosen.choice(["true", "", "mixed", "mixed"])
    found = []
    for number in range(1, POSTS + 1):
        late = chosen.choice([0, 0, 1, 5]) * _HOUR
        tracked = chosen.choice(["true", "true", "false", ""]) if tracks == "mixed" else tracks
        found.append(
            Post(
                f"p{number:02d}", f"Issue {number}", FIRST + (number - 1) * gap + late, tracked,
                chosen.choice(["", "11", "0" if number % 5 == 0 else "12"]) if counts else "",
                chosen.random() < 0.2, chosen.random() < 0.15,
            )
        )  # fmt: skip
    for number in range(chosen.choice([0, 0, 3])):
        at = FIRST - (700 - number) * _DAY
        found.append(Post(f"a{number}", f"Archive {number}", at, "", "", False, True))
    return found


def _posts_elsewhere(chosen: random.Random, posts: Sequence[Post], gap: timedelta) -> list[Post]:
    """The same issues under other ids, or posts of its own, or both."""
    shared, own = chosen.choice([(1.0, 0), (0.6, 2), (0.0, 6)])
    found = [
        one._replace(
            id=chosen.choice([one.id, f"x-{one.id}"]),
            sent_at=one.sent_at + chosen.randint(0, 9) * _HOUR,
            has_list=chosen.random() < 0.2, is_missing=chosen.random() < 0.2, delivered="",
        )
        for one in posts
        if one.title.startswith("Issue") and chosen.random() < shared
    ]  # fmt: skip
    for number in range(own):
        at = FIRST + number * gap + gap / 2
        found.append(Post(f"o{number}", f"Only {number}", at, "true", "", False, False))
    return found


def _person(chosen: random.Random, number: int, gap: timedelta) -> Person:
    joined = FIRST - 60 * _DAY + chosen.choice([0, 0, 0, 70, 90]) * _DAY * (gap / (7 * _DAY))
    joined += timedelta(seconds=chosen.choice([0, 17, 3600]))
    spells = [Spell(joined, tells_joined=chosen.random() < 0.85)]
    if chosen.random() < 0.35:
        _leave(chosen, spells[0], gap)
        if chosen.random() < 0.5:
            back = (spells[0].left_at or joined) + chosen.choice([0, 1, 20, 400]) * _HOUR
            spells.append(Spell(back))
    if chosen.random() < 0.15:
        spells[-1].word = chosen.choice(_WORDS[4:])
    address = chosen.choice([f"reader{number}", f"zoë{number}"])
    address += chosen.choice(["@example.org", "@bücher.example"])
    habit = chosen.choice(["most", "most", "half", "few", "machine", "plain", "clicks", "answers"])
    return Person(f"s{number}", "" if chosen.random() < 0.05 else address, spells, habit)


def _leave(chosen: random.Random, spell: Spell, gap: timedelta) -> None:
    spell.left_at = max(spell.joined_at, FIRST) + chosen.randint(1, 9) * gap + 5 * _HOUR
    spell.tells_left = chosen.random() < 0.7
    spell.word = chosen.choice(["left", "left", "bounced", "unsubscribed", "removed"])
    if spell.word == "unsubscribed":  # a word that nobody knows says nothing, its date does
        spell.tells_left = chosen.random() < 0.8


def _elsewhere(chosen: random.Random, one: Person, gap: timedelta) -> Person:
    """The same person in the other connection, who may have left either of them."""
    joined = one.spells[0].joined_at + chosen.choice([-20, 0, 0, 30]) * _DAY
    spell = Spell(joined, tells_joined=chosen.random() < 0.9)
    if chosen.random() < 0.4:
        _leave(chosen, spell, gap)
    return Person(f"e{one.id[1:]}", one.address, [spell], chosen.choice([one.habit, "few", "half"]))


def _react(chosen: random.Random, posts: Sequence[Post], people: Sequence[Person]) -> None:
    """What everybody did with every post, each act with the moment from which it is known."""
    for person in people:
        for post in posts:
            if post.has_list and chosen.random() < 0.7:
                _act(person, post, "send", post.sent_at + timedelta(seconds=chosen.choice([0, 3])))
            if not post.is_missing:
                _read(chosen, post, person)


_SHARE = {"most": 0.85, "half": 0.5, "few": 0.2, "machine": 0.9, "plain": 1.0, "clicks": 0.7}


def _read(chosen: random.Random, post: Post, person: Person) -> None:
    if chosen.random() > _SHARE.get(person.habit, 0.6):
        return
    at: datetime | None = (
        post.sent_at + chosen.choice([0, 1, 2, 50, 200, 400]) * _HOUR + 90 * _DAY / 86400
    )
    if person.habit == "plain" or chosen.random() < 0.75:
        machine = {"machine": "true", "plain": ""}.get(
            person.habit, chosen.choice(["false", "false", "no", "", "true"])
        )
        _act(person, post, "open", None if chosen.random() < 0.1 else at, machine)
    if person.habit == "clicks" or (person.habit != "plain" and chosen.random() < 0.15):
        _click(chosen, post, person)
    if person.habit == "answers" or (person.habit != "plain" and chosen.random() < 0.05):
        kind = chosen.choice(["reply", "comment", "poll", "survey", "feedback"])
        _act(person, post, kind, None if chosen.random() < 0.2 else at)


def _click(chosen: random.Random, post: Post, person: Person) -> None:
    at = post.sent_at + timedelta(seconds=chosen.choice([1, 5, 12, 4000, 90000]))
    machine = chosen.choice(["", "", "", "true", "false"])
    for link in chosen.sample(_LINKS, chosen.choice([1, 1, 1, 2, 3, 4])):
        _act(person, post, "click", None if chosen.random() < 0.1 else at, machine, link)
        at += timedelta(seconds=chosen.choice([0, 4, 10, 11, 15, 40]))


def _act(
    person: Person, post: Post, kind: str, at: datetime | None, machine: str = "", url: str = ""
) -> None:
    known = at or post.sent_at + 8 * _DAY
    number = len(person.signals)
    key = f"{person.id}-{number}" if number % 3 else ""  # the others are known by all their cells
    cells = [post.id, person.id, kind, _iso(at), machine, url, key]
    person.signals.append((known, cells))


def _export(
    chosen: random.Random,
    name: str,
    posts: Sequence[Post],
    people: Sequence[Person],
    moment: datetime,
) -> Export:
    """What a connection tells at a moment. Who is missing in a complete export was taken out."""
    is_complete = chosen.random() < 0.35
    if is_complete:
        people = [one for one in people if chosen.random() < 0.85]
    tables = _tables(chosen, posts, people, moment)
    maps = {table: _part(chosen, table) for table in tables if chosen.random() < 0.25}
    files = {}
    for table, rows in tables.items():
        if table not in maps:
            files[f"{table}.csv"] = _text(table, rows)
            continue
        files[maps[table].file.replace("*", "1")] = _in_their_words(maps[table], table, rows)
        if "*" in maps[table].file and chosen.random() < 0.3:  # an empty one among others
            files[maps[table].file.replace("*", "2")] = ""
    if chosen.random() < 0.15:
        files[chosen.choice(list(files))] = ""
    if chosen.random() < 0.1:
        files["notes.csv"] = ""
    return Export(name, f"{moment:%Y-%m-%d}", files, is_complete, maps)


def _part(chosen: random.Random, table: str) -> Part:
    ours = list(_HEADERS[table])
    chosen.shuffle(ours)
    times = {"posts": ["sent_at"], "subscriptions": ["joined_at", "left_at"], "signals": ["at"]}
    forms = ["%d/%m/%Y %H:%M:%S", "%b %d, %Y %I:%M:%S %p", "epoch_seconds"]
    return Part(
        chosen.choice([f"export-{table}.csv", f"{table}-list.txt", f"part-*-{table}.csv"]),
        {name: chosen.choice([f"Their {name}", name.upper()]) for name in ours},
        {"active": "on", "left": "off"},
        {name: chosen.choice(forms) for name in times[table] if chosen.random() < 0.7},
    )


def _in_their_words(part: Part, table: str, rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(part.columns.values())
    for row in rows:
        if len(row) != len(_HEADERS[table]):
            writer.writerow(row)
            continue
        cells = dict(zip(_HEADERS[table], row, strict=True))
        for name, form in part.formats.items():
            cells[name] = _in_form(cells[name], form)
        if "status" in cells:
            cells["status"] = part.words.get(cells["status"], cells["status"])
        writer.writerow(cells[name] for name in part.columns)
    return text.getvalue()


def _in_form(cell: str, form: str) -> str:
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:  # empty, or broken
        return cell
    return f"{moment.timestamp():.0f}" if form == "epoch_seconds" else moment.strftime(form)


def _tables(
    chosen: random.Random, posts: Sequence[Post], people: Sequence[Person], until: datetime
) -> dict[str, list[list[str]]]:
    """The tables as they could have been written at a moment, with some of what goes wrong."""
    now, tracks = chosen.choice(["", "", " (corrected)"]), chosen.choice(["", "", "true", "false"])
    tables = {
        "posts": [
            [one.id, one.title + now, _iso(one.sent_at), one.tracked or tracks, one.delivered]
            for one in posts
            if one.sent_at < until
        ],
        "subscriptions": [
            row for one in people for spell in one.spells for row in _row(chosen, one, spell, until)
        ],
        "signals": [
            _corrected(cells, known, until)
            for one in people
            for known, cells in one.signals
            if known < until
        ],
    }
    if chosen.random() < 0.4:  # the events of a post are missing in this export
        gone = chosen.choice(posts).id
        tables["signals"] = [cells for cells in tables["signals"] if cells[0] != gone]
    if chosen.random() < 0.1:
        tables["signals"] = []
    for name, rows in tables.items():
        _spoil(chosen, name, rows)
    return tables


def _corrected(cells: list[str], known: datetime, until: datetime) -> list[str]:
    """A signal as it is told at a moment: of one with an id, a month later, who made it."""
    *rest, kind, at, machine, url, key = cells
    is_late = key.endswith("7") and until > known + 30 * _DAY and kind in ("open", "click")
    return [*rest, kind, at, "true" if is_late and machine == "" else machine, url, key]


def _row(chosen: random.Random, person: Person, spell: Spell, until: datetime) -> list[list[str]]:
    if spell.joined_at >= until:
        return []
    is_over = spell.left_at is not None and spell.left_at < until
    word = spell.word if is_over or (spell.word and spell.left_at is None) else "active"
    if word == "active" and chosen.random() < 0.06:
        word = chosen.choice(_WORDS)
    left = _iso(spell.left_at) if is_over and spell.tells_left else ""
    joined = _iso(spell.joined_at) if spell.tells_joined else ""
    email = chosen.choice(_SPELLINGS)(person.address)
    return [[person.id, email, joined, left, word, chosen.choice(["web", "web", "friend"])]]


def _decomposed(address: str) -> str:
    return unicodedata.normalize("NFD", address)


def _in_ascii(address: str) -> str:
    return address.replace("bücher.example", "xn--bcher-kva.example")


def _with_blanks(address: str) -> str:
    return f" {address}  " if address else ""


_SPELLINGS: tuple[Callable[[str], str], ...] = (
    str, str.upper, str.title, _decomposed, _in_ascii, _with_blanks,
)  # fmt: skip


def _spoil(chosen: random.Random, name: str, rows: list[list[str]]) -> None:
    """Rows that come twice, rows that are broken, rows about what nobody knows."""
    rows += [list(row) for row in rows if chosen.random() < 0.05]
    if name == "signals":
        at = _iso(FIRST + _DAY)
        odd = [
            ["p99", "s1", "open", at, "false", "", "odd1"],
            ["p01", "nobody", "open", at, "", "", "odd2"],
            ["p01", "s1", "looked", at, "", "", "odd3"],
            ["p01", "s2", "open", "soon", "", "", "odd4"],
            ["p01", "s3", "open"], ["p02", "s3", "open", at, "perhaps", "", "odd5"],
        ]  # fmt: skip
    elif name == "subscriptions":
        at = _iso(FIRST)
        odd = [
            ["", "nobody@example.org", at, "", "active", ""], ["s1", "", "soon", "", "active", ""],
            ["s2", "", at, _iso(FIRST - _DAY), "left", ""], ["s3", "", at, at, "active", ""],
            ["s4", "", at, "", "", ""],
        ]  # fmt: skip
    else:
        odd = [["p20", "Planned", "soon", "", ""], ["", "Nameless", _iso(FIRST), "", ""]]
    rows += [row for row in odd if chosen.random() < 0.15]
    chosen.shuffle(rows)


def _iso(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(name: str, rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_HEADERS[name], *rows])
    return text.getvalue()
