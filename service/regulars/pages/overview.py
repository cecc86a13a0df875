"""The first page where there are several publications, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from regulars.reports.engine.envelope import Envelope
from regulars.reports.house import House
from regulars.settings import PublicationSettings
from regulars_connectors.plural import pluralize

from .formatting import LocalTime, spelled
from .freshness import last_whole, wants_a_look, what_wants_a_look
from .rendering import render
from .sentences import first_command, headline_of


@dataclass(frozen=True, slots=True)
class Line:
    """One publication in the list. notes: what wants a look, in sentences."""

    name: str
    title: str
    sentence: str
    last: LocalTime | None = None
    notes: tuple[str, ...] = ()
    command: str | None = None
    wants_a_look: bool = False
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Publications that are alike in what is to be done. heading: None where it is the only one."""

    anchor: str
    heading: str
    lines: tuple[Line, ...]


def line_of(publication: PublicationSettings, house: Envelope[House]) -> Line:
    """What the list says of one publication."""
    sources = house.sources
    command = None if publication.paused else first_command(sources)
    look = not publication.paused and (command is not None or wants_a_look(sources))
    return Line(
        publication.name,
        publication.title or publication.name,
        headline_of(house.result, sources),
        last=last_whole(sources, ZoneInfo(publication.time_zone)),
        notes=what_wants_a_look(sources) if look else (),
        command=command,
        wants_a_look=look,
        paused=publication.paused,
    )


def render_overview(publications: Sequence[Line]) -> str:
    """A list of publications with their sentence; or what to do while there is none."""
    if not publications:
        words = (
            "Run regulars init: it asks five questions and writes the settings. Then start again.",
            "To look around first, run regulars demo: an invented newsletter, no account needed.",
        )
        return render("overview.html", headline="No publication yet.", words=words, groups=())
    groups = _groups(publications)
    summary = _in_one_sentence(publications)
    return render("overview.html", headline="Your letters.", words=(summary,), groups=groups)


def _groups(publications: Sequence[Line]) -> tuple[Group, ...]:
    """Those that want a look first, paused ones last; within each the order of the settings."""
    look = tuple(line for line in publications if line.wants_a_look)
    paused = tuple(line for line in publications if line.paused)
    rest = tuple(line for line in publications if not line.wants_a_look and not line.paused)
    every = (
        Group("look", "These want a look.", look),
        Group("well", "All is well here.", rest),
        Group("paused", "Paused.", paused),
    )
    return tuple(group for group in every if group.lines)


def _in_one_sentence(publications: Sequence[Line]) -> str:
    look = sum(line.wants_a_look for line in publications)
    paused = sum(line.paused for line in publications)
    parts = [f"{pluralize(len(publications), 'newsletter', 'newsletters')}."]
    if look:
        parts.append(f"{spelled(look).capitalize()} {'wants' if look == 1 else 'want'} a look.")
    elif paused < len(publications):
        parts.append("There is nothing to be done.")
    if paused:
        parts.append(f"{spelled(paused).capitalize()} {'is' if paused == 1 else 'are'} paused.")
    return " ".join(parts)
