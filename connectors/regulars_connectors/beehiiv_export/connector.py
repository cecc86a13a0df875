"""The CSV export of beehiiv's dashboard: when people left, which the API does not say.

An export shows one moment. It makes nobody a subscriber and keeps nobody active; it only dates the
leaving of people whom a connection to beehiiv already brought. How to get one stands in
docs/how-to/import-a-beehiiv-export.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from ..contract import (
    ConnectionSettings,
    Finding,
    Page,
    Preflight,
    Runtime,
    Stream,
    SyncState,
    Walk,
)
from ..errors import CursorExpired, InvalidFile
from ..instants import Instant, from_iso
from ..records import Departure, Quarantined, Record
from ..tabular.reader import Place, Rejected, RowReader, place_of
from ..tabular.rejected import RejectedList
from ..tabular.source import Source, check_structure, open_source, read_header, unreadable
from ..tabular.table import Cells, RowRefused, Table, plausible

DEPARTURES = Stream("departures", "state", "departures")
CONNECTOR = "beehiiv"
"""The connector whose subscriptions an export speaks of."""

_EXPORT_AGAIN = (
    "Set beehiiv's dashboard to English, export your subscribers in full, then import that file."
)


def _departure(cells: Cells, _now: Instant) -> Departure:
    email, left_at, joined_at = (cell.strip() for cell in cells)
    if "@" not in email:
        raise RowRefused("email is not an address")
    joined, left = _instant(joined_at, "created_at"), _instant(left_at, "unsubscribed_at")
    if joined is not None and left is not None and left < joined:
        raise RowRefused("unsubscribed_at is before created_at")
    return Departure(email=email, connector=CONNECTOR, joined_at=joined, left_at=left)


def _instant(cell: str, column: str) -> Instant | None:
    """A time as the export writes it, ``2025-03-01 08:30:00 UTC``; an empty cell says none."""
    if not cell:
        return None
    try:
        instant = from_iso(cell.removesuffix("UTC"))
    except ValueError:
        raise RowRefused(f"{column} is not a time like 2025-03-01 08:30:00 UTC") from None
    return plausible(instant, column)


# A full export has many columns besides, and its own ones of each writer; they are left alone.
_SUBSCRIBERS = Table(
    stream=DEPARTURES,
    required=("email", "unsubscribed_at"),
    optional=("created_at",),
    key=("email",),
    times=("unsubscribed_at", "created_at"),
    to_record=_departure,
)
_POSTS = ("web_title", "web_subtitle", "email_subject_line")
_ANY = Table(
    stream=DEPARTURES,
    required=(),
    optional=(*_SUBSCRIBERS.columns, *_POSTS),
    key=(),
    times=_SUBSCRIBERS.times,
    to_record=_departure,
)


class BeehiivExportSettings(ConnectionSettings):
    """Where the export lies."""

    path: Path = Field(description="the CSV file of the export, or its folder")


@dataclass(frozen=True, slots=True)
class _Found:
    """The files of an export, sorted by what they are. unknown: with the columns they have."""

    subscribers: list[Path]
    posts: list[Path]
    unknown: dict[str, list[str]]


class BeehiivExportConnector:
    """One export: a file, or every CSV file of a folder."""

    name: ClassVar[str] = "beehiiv-export"
    Settings: ClassVar[type[ConnectionSettings]] = BeehiivExportSettings
    page_rows: ClassVar[int] = 5000

    def __init__(self, settings: BeehiivExportSettings, runtime: Runtime) -> None:
        self._path = settings.path.expanduser()
        self._runtime = runtime

    def streams(self) -> Sequence[Stream]:
        """What an export adds to what the API says."""
        return (DEPARTURES,)

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        """A window: whoever is missing in an export has not left by that."""
        return (Walk(stream, "window"),)

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        """Yield the pages of every file with subscribers. The cursor is "file/place in it".

        Raises InvalidFile when there is none, or none of a file's first rows can be read.
        """
        found = self._found()
        number, place = _place(cursor, len(found.subscribers))
        notices = _notices(found) if cursor is None else []
        for at, path in enumerate(found.subscribers[number:], start=number):
            is_last_file = at + 1 == len(found.subscribers)
            for page in self._read(path, place, notices):
                after = None if is_last_file else f"{at + 1}/"
                yield replace(page, cursor=f"{at}/{page.cursor}" if page.cursor else after)
                notices = []
            place = None

    def preflight(self) -> Preflight:
        """Whether there is a file that says when people left."""
        try:
            found = self._found()
        except InvalidFile as error:
            return Preflight([Finding("export", "error", error.happened, error.to_do)])
        names = ", ".join(path.name for path in found.subscribers)
        return Preflight([Finding("export", "ok", f"Times of leaving stand in {names}.")])

    def close(self) -> None:
        """Nothing is held open between calls."""

    def _found(self) -> _Found:
        """The files by what they are. Raises InvalidFile when no one holds times of leaving."""
        found = _Found([], [], {})
        for path in _files(self._path):
            with open_source(path) as source:
                header = read_header(source, _ANY).columns
            columns = [name for name in _ANY.columns if name not in header.absent]
            if set(_SUBSCRIBERS.required) <= set(columns):
                found.subscribers.append(path)
            elif any(name in columns for name in _POSTS):
                found.posts.append(path)
            else:
                found.unknown[path.name] = list(header.names)
        if not found.subscribers:
            raise _nothing_of_use(self._path, found)
        return found

    def _read(self, path: Path, cursor: str | None, notices: Sequence[str]) -> Iterator[Page]:
        try:
            with open_source(path) as source:
                yield from self._read_open(source, path, cursor, notices)
        except OSError as error:
            raise unreadable(path.name, error) from error

    def _read_open(
        self, source: Source, path: Path, cursor: str | None, notices: Sequence[str]
    ) -> Iterator[Page]:
        header = read_header(source, _SUBSCRIBERS)
        if cursor is None:
            check_structure(source, header)
        first = Place(header.end, line=1)
        place = first if cursor is None else place_of(cursor, source, header.end)
        rejected = RejectedList(path, place.listed, "line")
        reader = RowReader(source, header, _SUBSCRIBERS, place)
        try:
            is_last = False
            while not is_last:
                now = self._runtime.clock()
                records, refused = reader.read(self.page_rows, now)
                source.refuse_if_changed()
                _refuse_an_unknown_form(path.name, records, refused)
                is_last = reader.offset >= source.size
                after = Place(reader.offset, reader.line, rejected.add(refused))
                if is_last:
                    rejected.finish()
                yield Page(
                    records,
                    None if is_last else after.to_cursor(source.mark),
                    now,
                    quarantined=[Quarantined(reason=row.reason, line=row.line) for row in refused],
                    notices=notices,
                )
                notices = ()
        finally:
            rejected.close()


def _files(path: Path) -> list[Path]:
    """The file itself, or every CSV file of a folder but the lists of rejected rows."""
    if not path.is_dir():
        return [path]
    try:
        found = sorted(path.iterdir())
    except OSError as error:
        raise unreadable(path.name, error) from error
    return [
        one
        for one in found
        if one.suffix.lower() == ".csv" and not one.name.endswith(".rejected.csv")
    ]


def _nothing_of_use(path: Path, found: _Found) -> InvalidFile:
    wanted = " and ".join(_SUBSCRIBERS.required)
    if found.unknown:
        name, columns = next(iter(found.unknown.items()))
        shown = ", ".join(columns[:30]) or "none"
        return InvalidFile(
            f"{name} is not a full export of subscribers in English. Expected columns: {wanted}."
            f" Found columns: {shown}.",
            to_do=_EXPORT_AGAIN,
        )
    if found.posts:
        return InvalidFile(
            f"{found.posts[0].name} is an export of posts, and the API already gives all of it.",
            to_do=_EXPORT_AGAIN,
        )
    return InvalidFile(f"{path} holds no CSV file.", to_do=_EXPORT_AGAIN)


def _refuse_an_unknown_form(
    name: str, records: Sequence[Record], refused: Sequence[Rejected]
) -> None:
    """Raise InvalidFile if every one of several rows was refused: then the form is wrong."""
    if not records and len(refused) > 1:
        raise InvalidFile(
            f"{name}: no row could be read. Line {refused[0].line}: {refused[0].reason}.",
            to_do=_EXPORT_AGAIN,
            safe=f"Nothing was imported from {name}. Everything stored before is untouched.",
        )


def _notices(found: _Found) -> list[str]:
    posts = [
        f"{path.name} was skipped: it is an export of posts, and the API already gives all of it."
        for path in found.posts
    ]
    return posts + [
        f"{name} was skipped: it is not an export of subscribers or posts."
        for name in found.unknown
    ]


def _place(cursor: str | None, files: int) -> tuple[int, str | None]:
    if cursor is None:
        return 0, None
    number, _, place = cursor.partition("/")
    if not number.isdigit() or int(number) >= files:
        raise CursorExpired("The files have changed since the import was interrupted.")
    return int(number), place or None
