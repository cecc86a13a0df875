"""What exports say when they are read once more in plain Python, file by file and row by row.

Each function names the page of the documentation whose rule it applies: *import* is
``docs/how-to/import-files.md``, *evidence* is ``docs/explanation/what-counts-as-evidence.md``.
"""

from __future__ import annotations

import csv
import fnmatch
import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from support.random_exports import Export, Part
from support.spells_by_hand import Key, Word

_STATUSES = ("active", "left", "bounced", "removed")
_KINDS = ("send", "open", "click", "reply", "comment", "poll", "survey", "feedback")
_TRUTHS = {"": None, "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_COLUMNS = {
    "posts": ("id", "title", "sent_at", "opens_tracked", "delivered"),
    "subscriptions": ("id", "email", "joined_at", "left_at", "status", "source"),
    "signals": ("post_id", "subscription_id", "kind", "at", "machine", "url", "id"),
}


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


class Look(NamedTuple):
    """A complete export: whom it shows (id and spell), and ids of rows that could not be read."""

    moment: datetime
    shown: set[tuple[str, str]]
    unread: set[str]


@dataclass
class Known:
    """Everything that is known of a connection. told: of a spell, by the moment of the export."""

    name: str
    posts: dict[str, Post] = field(default_factory=dict)
    signals: dict[tuple[str, ...], Signal] = field(default_factory=dict)
    signals_told_at: dict[tuple[str, ...], datetime] = field(default_factory=dict)
    keys: dict[tuple[str, str], Key] = field(default_factory=dict)
    told: dict[tuple[str, str], dict[datetime, Standing]] = field(default_factory=dict)
    looks: list[Look] = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=dict)


def read_exports(exports: Sequence[Export]) -> dict[str, Known]:
    """What is known after these imports, one after the other, by connection."""
    found: dict[str, Known] = {}
    for export in exports:
        known = found.setdefault(export.connection, Known(export.connection))
        moment = datetime.fromisoformat(export.day)
        for table in tables_read(export):
            rows = list(_rows(export, table))
            if table == "posts":
                for cells in rows:
                    _take_post(known, cells, moment)
            elif table == "signals":
                for cells in rows:
                    _take_signal(known, cells, moment)
            else:
                # A part that was cut to nothing may have held anybody.
                proves = export.is_complete and "" not in _texts(export, table)
                _take_standings(known, rows, moment, is_complete=proves)
    for known in found.values():
        for (name, spell), told in known.told.items():
            words = list(_words(known, (name, spell), told))
            known.keys[name, spell] = Key("", known.name, name, spell, words)
    return found


def tables_read(export: Export) -> list[str]:
    """import, "Rows that are rejected": where no file of a table can be read, the import stops.

    A file that is absent says nothing.
    """
    tables = [table for table in _COLUMNS if _texts(export, table)]
    blank = [table for table in tables if not any(_texts(export, table))]
    return tables[: tables.index(blank[0])] if blank else tables


def _texts(export: Export, table: str) -> list[str]:
    part = export.maps.get(table)
    pattern = part.file if part else f"{table}.csv"
    return [text for name, text in export.files.items() if fnmatch.fnmatch(name, pattern)]


def _rows(export: Export, table: str) -> Iterator[list[str]]:
    """import, "Rows that are rejected": a row of another number of columns is left out."""
    part = export.maps.get(table)
    (text,) = filter(None, _texts(export, table))
    lines = csv.reader(io.StringIO(text), delimiter=";" if part else ",")
    header = next(lines, [])
    for cells in lines:
        if len(cells) != len(_COLUMNS[table]):
            continue
        yield _in_our_words(part, table, dict(zip(header, cells, strict=True))) if part else cells


def _in_our_words(part: Part, table: str, cells: dict[str, str]) -> list[str]:
    """import, "Somebody else's export": which column it is, what its words and times mean."""
    found = []
    for name in _COLUMNS[table]:
        cell = cells[part.columns[name]]
        if name == "status":
            cell = next((own for own, word in part.words.items() if word == cell), cell)
        if cell and name in part.formats:
            cell = _in_our_form(cell, part.formats[name])
        found.append(cell)
    return found


def _in_our_form(cell: str, form: str) -> str:
    try:
        if form == "epoch_seconds":
            return datetime.fromtimestamp(int(cell), UTC).isoformat()
        return datetime.strptime(cell, form).replace(tzinfo=UTC).isoformat()
    except ValueError:
        return cell  # broken, which the row's own test says


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


def _take_standings(
    known: Known, rows: Sequence[Sequence[str]], moment: datetime, *, is_complete: bool
) -> None:
    """import, "subscriptions.csv": the key is id and joined_at; the last row of a file counts."""
    shown, unread = set(), set()
    for cells in rows:
        name = cells[0].strip()
        try:
            standing = _standing(cells)
        except Refused:
            unread.add(name)
            continue
        spell = str(standing.joined_at or "")
        known.told.setdefault((name, spell), {})[moment] = standing
        shown.add((name, spell))
        if cells[1].strip():
            known.addresses.setdefault(name, fold(cells[1]))
    # import, "Import again": an empty file says nothing, and a row without an id might be anybody.
    if is_complete and rows and "" not in unread:
        known.looks.append(Look(moment, shown, unread))


def _words(known: Known, key: tuple[str, str], told: dict[datetime, Standing]) -> Iterator[Word]:
    """import, "Which data are newer": what each export says of its own day, by day.

    Whom a complete one lacks is gone from then on, until one shows them again.
    """
    absent = {
        look.moment
        for look in known.looks
        if key not in look.shown and key[0] not in look.unread and look.moment > min(told)
    }
    before: Word | None = None
    for moment in sorted({*told, *absent}):
        if moment in told:
            standing = told[moment]
            word = Word(moment, standing.status, standing.joined_at, standing.left_at)
        elif before is None or before.absent_since is not None:
            continue
        else:
            word = before._replace(seen_at=moment, absent_since=moment)
        yield word
        before = word


def _take_signal(known: Known, cells: Sequence[str], moment: datetime) -> None:
    """import, "Import again": a signal is known by its id and kind, or else by all its cells.

    Of two exports the newer one counts.
    """
    post, subscription, kind, at, machine, url, key = (cell.strip() for cell in cells)
    try:
        signal = Signal(post, subscription, kind.lower(), _time(at), _truth(machine), url)
    except Refused:
        return
    if post and subscription and signal.kind in _KINDS:
        whole: Any = (signal.kind, key) if key else tuple(map(str, signal))
        if moment >= known.signals_told_at.get(whole, moment):
            known.signals[whole] = signal
            known.signals_told_at[whole] = moment


def fold(address: str) -> str:
    """evidence, "Who was there": capitals, accents and how a domain is written are nothing."""
    local, _, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    return f"{local.lower()}@{domain.lower().encode('idna').decode()}"
