"""What a page shows, as texts and numbers for the template to lay out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from .formatting import LocalTime


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One line of the key. ``mark``: as in ``marks.html``."""

    mark: str
    text: Markup


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    people: str
    meaning: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class FrontPerson:
    """Somebody in row one. ``read``: how much they read; ``last``: their newest answer."""

    name: str
    read: str
    last: LocalTime | None


@dataclass(frozen=True, slots=True)
class RowOne:
    """Row one as a list."""

    heading: str
    words: str
    people: tuple[FrontPerson, ...]
    more: str | None = None


@dataclass(frozen=True, slots=True)
class MovedPerson:
    """Somebody who moved, and what there is to say of it."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Moved:
    """People who moved in one way. ``more``: how many have no line here."""

    heading: str
    people: tuple[MovedPerson, ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class Moves:
    """Who moved. ``held_back``: why nobody is named as slipping or quiet."""

    since: str
    groups: tuple[Moved, ...]
    table: tuple[Row, ...]
    nobody: str = ""
    held_back: str = ""


@dataclass(frozen=True, slots=True)
class IssueRow:
    """One issue in the table. ``of``: empty where nobody could be seen reading it."""

    title: str
    sent: LocalTime
    readers: str
    of: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class LastIssue:
    """The last issue. Without a picture it is too early to say what is ordinary.

    band: what the band of the picture says. first: the day of its first issue. outside: the
    issues that it names.
    """

    heading: str
    title: str
    sent: LocalTime
    words: str
    more: tuple[str, ...] = ()
    picture: Markup | None = None
    first: LocalTime | None = None
    band: str = ""
    outside: tuple[IssueRow, ...] = ()
    table: tuple[IssueRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """How fresh one source is. ``last``: its last complete sync, ``next``: the one that comes.

    comes: what else is to say about the next one.
    """

    name: str
    last: LocalTime | None
    notes: tuple[str, ...] = ()
    next: LocalTime | None = None
    comes: str | None = None


@dataclass(frozen=True, slots=True)
class Upcoming:
    """When a connection syncs next, as the schedule says.

    at: None while it is running, and where none comes by itself. failures: in a row, since
    failing_since. reason: why the newest failed, which only the schedule may know.
    """

    connection: str
    at: datetime | None = None
    is_due: bool = False
    is_running: bool = False
    failures: int = 0
    failing_since: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Correspondent:
    """Somebody who waits. answer_at: opens the mail program, where their address is known."""

    letter_id: str
    name: str
    words: str
    since: LocalTime
    answer_at: str | None = None


@dataclass(frozen=True, slots=True)
class Waiters:
    """Who waits for an answer. all_at: the page of all. forms_at: where the forms are sent."""

    heading: str
    people: tuple[Correspondent, ...]
    all_at: str
    forms_at: str
    more: str | None = None


@dataclass(frozen=True, slots=True)
class HomeView:
    """The whole page of one publication."""

    title: str
    headline: str
    detail: tuple[str, ...]
    keepers: str | None
    today: str
    as_of: LocalTime
    zone: str
    freshness: str
    counted: tuple[str, ...]
    next_look: str | None = None
    command: str | None = None
    several: bool = False
    theatre: Markup | None = None
    scale: str | None = None
    seats: tuple[KeyEntry, ...] = ()
    front: tuple[KeyEntry, ...] = ()
    doors: tuple[KeyEntry, ...] = ()
    table: tuple[Row, ...] = ()
    row_one: RowOne | None = None
    waiters: Waiters | None = None
    moves: Moves | None = None
    last_issue: LastIssue | None = None
    sources: tuple[Source, ...] = ()
    sync_at: str | None = None
    left_out: tuple[Row, ...] = ()

    @property
    def has_form(self) -> bool:
        """Whether the page sends something."""
        return self.sync_at is not None or self.waiters is not None
