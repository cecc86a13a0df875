"""What exports say when they are read once more in plain Python, file by file and row by row.

Each function names the page of the documentation whose rule it applies: *import* is
``docs/how-to/import-files.md``, *evidence* is ``docs/explanation/what-counts-as-evidence.md``.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from support.random_exports import Export
from support.spells_by_hand import Key, Word

_STATUSES = ("active", "left", "bounced", "removed")
_KINDS = ("send", "open", "click", "reply", "comment", "poll", "survey", "feedback")
_TRUTHS = {"": None, "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_WIDTHS = {"posts": 5, "subscriptions": 6, "signals": 7}


class Refused(Exception):
    """A row that cannot be taken."""


class Post(NamedTuple):
    """A post, as the newest export has it."""

    title: str
    sent_at: datetime
    tracked: bool | None
    delivered: int | None
    told_at: datetime


class Signal(NamedTuple):
    """What somebody did. at: None if the time is unknown."""

    post: str
    subscription: str
    kind: str
    at: datetime | None
    machine: bool | None
    url: str


class Standing(NamedTuple):
    """A row of subscriptions: what tells two of them apart."""

    status: str
    word: str
    joined_at: datetime | None
    left_at: datetime | None
    source: str


@dataclass
class Known:
    """Everything that is known of a connection."""

    name: str
    posts: dict[str, Post] = field(default_factory=dict)
    signals: dict[tuple[str, ...], Signal] = field(default_factory=dict)
    keys: dict[tuple[str, str], Key] = field(default_factory=dict)
    newest: dict[tuple[str, str], tuple[datetime, Standing]] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)


def read_exports(exports: Sequence[Export]) -> dict[str, Known]:
    """What is known after these imports, one after the other, by connection."""
    found: dict[str, Known] = {}
    for export in exports:
        known = found.setdefault(export.connection, Known(export.connection))
        moment = datetime.fromisoformat(export.day)
        for cells in _rows(export, "posts"):
            _take_post(known, cells, moment)
        _take_standings(known, list(_rows(export, "subscriptions")), moment)
        for cells in _rows(export, "signals"):
            _take_signal(known, cells)
    return found


def _rows(export: Export, table: str) -> Iterator[list[str]]:
    """import, "Rows that are rejected": a row of another number of columns is left out."""
    lines = csv.reader(io.StringIO(export.files.get(f"{table}.csv", "")))
    next(lines, None)
    yield from (cells for cells in lines if len(cells) == _WIDTHS[table])


def _time(cell: str) -> datetime | None:
    """import, "The three files": without a zone it is UTC; empty is unknown."""
    if not cell.strip():
        return None
    try:
        moment = datetime.fromisoformat(cell.strip())
    except ValueError:
        raise Refused from None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _truth(cell: str) -> bool | None:
    if cell.strip().lower() not in _TRUTHS:
        raise Refused
    return _TRUTHS[cell.strip().lower()]


def _take_post(known: Known, cells: Sequence[str], moment: datetime) -> None:
    """import, "Which data are newer": a row of an older export is passed over."""
    name, title, sent, tracked, delivered = cells
    try:
        sent_at, is_tracked = _time(sent), _truth(tracked)
    except Refused:
        return
    if not name or sent_at is None:
        return
    before = known.posts.get(name)
    if before is None or moment >= before.told_at:
        number = int(delivered) if delivered else None
        known.posts[name] = Post(title, sent_at, is_tracked, number, moment)


def _standing(cells: Sequence[str]) -> Standing:
    """import, "subscriptions.csv": any other word is unknown, but a date of leaving is plain."""
    name, _, joined, left, word, source = cells
    joined_at, left_at = _time(joined), _time(left)
    status = word.strip().lower()
    if not name.strip() or not status:
        raise Refused
    if status not in _STATUSES:
        status = "unknown" if left_at is None else "left"
    if left_at is not None and (status == "active" or (joined_at and left_at < joined_at)):
        raise Refused
    odd = "" if word.strip().lower() in _STATUSES else word.strip()
    return Standing(status, odd, joined_at, left_at, source)


def _take_standings(known: Known, rows: Sequence[Sequence[str]], moment: datetime) -> None:
    """import, "subscriptions.csv": the key is id and joined_at; the last row of a file counts."""
    told: dict[tuple[str, str], Standing] = {}
    for cells in rows:
        try:
            standing = _standing(cells)
        except Refused:
            continue
        name = cells[0].strip()
        told[name, str(standing.joined_at or "")] = standing
        if cells[1].strip():
            known.addresses.setdefault(name, fold(cells[1]))
    for (name, spell), standing in told.items():
        _take_word(known, name, spell, standing, moment)


def _take_word(known: Known, name: str, spell: str, standing: Standing, moment: datetime) -> None:
    """import, "Which data are newer": the newer word counts, in whatever order they come."""
    before = known.newest.get((name, spell))
    if before is not None and moment < before[0]:
        return
    if before is not None and moment == before[0] and standing == before[1]:
        return
    known.newest[name, spell] = (moment, standing)
    key = known.keys.setdefault((name, spell), Key("", known.name, name, spell))
    key.words.append(Word(moment, standing.status, standing.joined_at, standing.left_at))


def _take_signal(known: Known, cells: Sequence[str]) -> None:
    """import, "Import again": a signal is known by its id and kind, or else by all its cells."""
    post, subscription, kind, at, machine, url, key = (cell.strip() for cell in cells)
    try:
        signal = Signal(post, subscription, kind.lower(), _time(at), _truth(machine), url)
    except Refused:
        return
    if post and subscription and signal.kind in _KINDS:
        whole: Any = (signal.kind, key) if key else tuple(map(str, signal))
        known.signals[whole] = signal


def fold(address: str) -> str:
    """evidence, "Who was there": capitals, accents and how a domain is written are nothing."""
    local, _, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    return f"{local.lower()}@{domain.lower().encode('idna').decode()}"
