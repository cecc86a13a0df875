"""The start page for several publications, or before the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from regulars.messages import in_a_row
from regulars.reports.engine.envelope import Envelope
from regulars.reports.house import House
from regulars.settings import PublicationSettings

from . import messages
from .formatting import LocalTime
from .freshness import last_whole, needs_attention, what_needs_attention
from .headline import first_command, headline_of
from .rendering import render


@dataclass(frozen=True, slots=True)
class Line:
    """One publication in the list. notes: what needs attention, in sentences."""

    name: str
    title: str
    sentence: str
    last: LocalTime | None = None
    notes: tuple[str, ...] = ()
    command: str | None = None
    needs_attention: bool = False
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Publications with the same need for attention."""

    anchor: str
    heading: str
    lines: tuple[Line, ...]


def line_of(publication: PublicationSettings, house: Envelope[House]) -> Line:
    """What the list says of one publication."""
    sources = house.sources
    command = None if publication.paused else first_command(sources)
    attention = not publication.paused and (command is not None or needs_attention(sources))
    return Line(
        publication.name,
        publication.title or publication.name,
        headline_of(house.result, sources),
        last=last_whole(sources, ZoneInfo(publication.time_zone)),
        notes=what_needs_attention(sources) if attention else (),
        command=command,
        needs_attention=attention,
        paused=publication.paused,
    )


def render_overview(publications: Sequence[Line], *, signs_in: bool = False) -> str:
    """The list of publications with their sentences; before the first, what to do.

    signs_in: whether whoever looks at it has signed in, and may sign out.
    """
    if not publications:
        words: tuple[str, ...] = (messages.RUN_INIT(), messages.RUN_DEMO())
        return render(
            "overview.html",
            headline=messages.NO_PUBLICATION(),
            words=words,
            groups=(),
            signs_in=signs_in,
        )
    words = (_summary(publications),)
    return render(
        "overview.html",
        headline=messages.NEWSLETTERS(),
        words=words,
        groups=_groups(publications),
        signs_in=signs_in,
    )


def _groups(publications: Sequence[Line]) -> tuple[Group, ...]:
    """Those that need attention first, paused ones last; within each the order of the settings."""
    attention = tuple(line for line in publications if line.needs_attention)
    paused = tuple(line for line in publications if line.paused)
    rest = tuple(line for line in publications if not line.needs_attention and not line.paused)
    every = (
        Group("attention", messages.GROUP_ATTENTION(), attention),
        Group("current", messages.GROUP_CURRENT(), rest),
        Group("paused", messages.GROUP_PAUSED(), paused),
    )
    return tuple(group for group in every if group.lines)


def _summary(publications: Sequence[Line]) -> str:
    attention = sum(line.needs_attention for line in publications)
    paused = sum(line.paused for line in publications)
    said = [messages.HOW_MANY_NEWSLETTERS(count=len(publications))]
    if attention:
        said.append(messages.SOME_NEED_ATTENTION(count=attention))
    elif paused < len(publications):
        said.append(messages.NOTHING_TO_DO())
    if paused:
        said.append(messages.SOME_ARE_PAUSED(count=paused))
    return in_a_row(*said)
