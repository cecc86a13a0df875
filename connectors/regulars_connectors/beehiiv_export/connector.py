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
    Unused,
    Walk,
)
from ..errors import CursorExpired, InvalidFile
from ..instants import Instant, from_iso
from ..records import Departure, Quarantined, Record
from ..tabular.contents import Contents, reason_of
from ..tabular.header import read_header
from ..tabular.reader import Place, Rejected, RowReader, place_of
from ..tabular.rejected import RejectedList
from ..tabular.source import EmptyFile, Source, check_structure, open_source, unreadable
from ..tabular.source_file import SourceFile
from ..tabular.table import Cells, RowRefused, Table, address_in, plausible
from ..unused import sentences

DEPARTURES = Stream("departures", "state", "departures")
CONNECTOR = "beehiiv"
"""The connector whose subscriptions an export speaks of."""

_EXPORT_AGAIN = (
    "Set beehiiv's dashboard to English, export your subscribers in full, then import that file."
)


def _departure(cells: Cells, _now: Instant) -> Departure:
    email_cell, left_at, joined_at = (cell.strip() for cell in cells)
    email = address_in(email_cell, "email")
    if email is None:
        raise RowRefused("email is empty")
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
_TEXT = (".csv", ".tsv", ".txt")
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

    local_files: ClassVar[bool] = True

    path: Path = Field(description="the CSV file of the export, its folder, or a zip of it")


@dataclass(frozen=True, slots=True)
class _Found:
    """The files of an export, sorted by what they are. unknown: with the columns they have.

    broken: one row for each file that cannot be read. unused: what the owner should know.
    """

    subscribers: list[SourceFile]
    posts: list[SourceFile]
    unknown: dict[str, list[str]]
    broken: list[Quarantined]
    unused: list[Unused]


class BeehiivExportConnector:
    """One export: a file, or every CSV file of a folder or a zip."""

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
        with self._contents() as contents:
            found = _sorted(contents)
            number, place = _place(cursor, len(found.subscribers))
            said = [*_notices(found), *sentences(found.unused)] if cursor is None else []
            broken = found.broken if cursor is None else []
            last = len(found.subscribers) - 1
            for at, file in enumerate(found.subscribers[number:], start=number):
                for page in self._read(file, place):
                    inner = page.cursor
                    ends = at == last and inner is None
                    after = None if ends else f"{at}/{inner}" if inner else f"{at + 1}/"
                    listed = _listed(found.subscribers) if ends else []
                    yield replace(
                        page,
                        cursor=after,
                        quarantined=[*broken, *page.quarantined],
                        notices=[*said, *listed],
                    )
                    said, broken = [], []
                place = None

    def preflight(self) -> Preflight:
        """Whether there is a file that says when people left."""
        try:
            with self._contents() as contents:
                found = _sorted(contents)
        except InvalidFile as error:
            return Preflight([Finding("export", "error", error.happened, error.to_do)])
        names = ", ".join(file.name for file in found.subscribers)
        findings = [Finding("export", "ok", f"Times of leaving stand in {names}.")]
        said = [*_notices(found), *sentences(found.unused)]
        return Preflight([*findings, *(Finding("export", "warning", text) for text in said)])

    def close(self) -> None:
        """Nothing is held open between calls."""

    def _contents(self) -> Contents:
        return Contents(self._path, self._runtime.clock())

    def _read(self, file: SourceFile, cursor: str | None) -> Iterator[Page]:
        try:
            with open_source(file) as source:
                source.as_text()
                yield from self._read_open(source, file, cursor)
        except OSError as error:
            raise unreadable(file.name, error) from error

    def _read_open(self, source: Source, file: SourceFile, cursor: str | None) -> Iterator[Page]:
        header = read_header(source, _SUBSCRIBERS)
        first = Place(header.end, header.lines)
        place = first if cursor is None else place_of(cursor, source, header.end)
        rejected = RejectedList(file.rejected_path, place.listed, "line")
        reader = RowReader(source, header, _SUBSCRIBERS, place)
        try:
            is_last = False
            while not is_last:
                now = self._runtime.clock()
                records, refused = reader.read(self.page_rows, now)
                source.refuse_if_changed()
                _refuse_an_unknown_form(file.name, records, refused)
                is_last = reader.offset >= source.size
                after = Place(reader.offset, reader.line, rejected.add(refused))
                if is_last:
                    rejected.finish()
                yield Page(
                    records,
                    None if is_last else after.to_cursor(source.mark),
                    now,
                    quarantined=[Quarantined(reason=row.reason, line=row.line) for row in refused],
                )
        finally:
            rejected.close()


def _sorted(contents: Contents) -> _Found:
    """The files by what they are, the oldest export first, each proven sound.

    Raises InvalidFile when none holds times of leaving.
    """
    found = _Found([], [], {}, [], list(contents.unused))
    first: InvalidFile | None = None
    for file in sorted(contents.files, key=lambda file: file.age):
        if not file.name.lower().endswith(_TEXT) and contents.path.is_dir():
            found.unused.append(Unused("unmatched", file.name))
            continue
        try:
            with open_source(file) as source:
                _sort(source, file, found)
        except EmptyFile as error:
            found.unused.append(Unused("empty", file.name))
            first = first or error
        except (InvalidFile, OSError) as error:
            wrong = error if isinstance(error, InvalidFile) else unreadable(file.name, error)
            reason = reason_of(file.name, wrong)
            found.unused.append(Unused("unreadable", file.name, reason))
            found.broken.append(Quarantined(reason=f"{file.name}: {reason}"))
            first = wrong if first is None or isinstance(first, EmptyFile) else first
    if not found.subscribers:
        if first is not None and not (found.unknown or found.posts):
            raise first
        raise _nothing_of_use(contents.path, found)
    return found


def _sort(source: Source, file: SourceFile, found: _Found) -> None:
    """Put a file where it belongs by its columns. Raises InvalidFile when it is broken."""
    source.as_text()
    header = read_header(source, _ANY)
    absent = header.columns.absent
    columns = [name for name in _ANY.columns if name not in absent]
    if set(_SUBSCRIBERS.required) <= set(columns):
        check_structure(source, header.delimiter, header.end, header.lines)
        found.subscribers.append(file)
        if source.encoding != "UTF-8":
            found.unused.append(Unused("encoding", file.name, source.encoding))
    elif any(name in columns for name in _POSTS):
        found.posts.append(file)
    else:
        found.unknown[file.name] = list(header.columns.names)


def _listed(files: Sequence[SourceFile]) -> list[str]:
    """Where the lists of rejected rows lie."""
    lists = [file.rejected_path for file in files]
    return sentences(Unused("rejected", path.name, str(path)) for path in lists if path.is_file())


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
        f"{file.name} was skipped: it is an export of posts, and the API already gives all of it."
        for file in found.posts
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
