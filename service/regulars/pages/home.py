"""The page of one publication: the sentence, the theatre, how fresh it is, how it is counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

from regulars.pictures.theatre import House, Light, Seat, Theatre, draw
from regulars.reports.engine.envelope import Envelope
from regulars.reports.house import House as HouseResult
from regulars.reports.regulars import Person, Regulars
from regulars.reports.states import State
from regulars.settings import PublicationSettings

from . import messages
from .formatting import format_day, local_time
from .freshness import freshness_words, source_lines
from .front import Front, Names, front_of, nobody_is_named, row_one_list
from .headline import detail_of, first_command, headline_of, picture_words
from .key import doors_key, front_key, scale_words, seats_key, table_rows
from .rendering import render
from .view import HomeView, Row, Upcoming

LIGHTS: dict[State, Light] = {
    "regular": "lit",
    "cannot_tell": "open",
    "uncertain": "maybe",
    "quiet": "quiet",
}
LOOK_AGAIN = timedelta(days=7)


def render_home(
    publication: PublicationSettings,
    house: Envelope[HouseResult],
    regulars: Envelope[Regulars],
    *,
    several: bool = False,
    names: Names = nobody_is_named,
    signs_in: bool = False,
    upcoming: Sequence[Upcoming] = (),
) -> str:
    """The page as HTML. ``names`` gives the names of the people in row one.

    signs_in: whether whoever looks at it has signed in, and may sign out. upcoming: when its
    connections sync next. With one of them, the page can start a sync.
    """
    view = build_view(publication, house, regulars, several=several, names=names, upcoming=upcoming)
    return render("home.html", view=view, signs_in=signs_in)


def build_view(
    publication: PublicationSettings,
    house: Envelope[HouseResult],
    regulars: Envelope[Regulars],
    *,
    several: bool = False,
    names: Names = nobody_is_named,
    upcoming: Sequence[Upcoming] = (),
) -> HomeView:
    """Everything that the page says."""
    zone = ZoneInfo(publication.time_zone)
    result, people = house.result, regulars.result.people
    title = publication.title or publication.name
    front = front_of(result, people, house.as_of)
    theatre = _theatre(title, result, people, front)
    today = house.as_of.astimezone(zone).date()
    return HomeView(
        title=title,
        headline=headline_of(result, house.sources),
        detail=detail_of(result, house.sources),
        command=None if publication.paused else first_command(house.sources),
        today=messages.TODAY(day=format_day(today, weekday=True)),
        next_look=_next_look(result, today),
        as_of=local_time(house.as_of, zone),
        zone=publication.time_zone,
        several=several,
        theatre=Markup(theatre.svg) if theatre else None,  # noqa: S704 - drawn and escaped by us
        scale=scale_words(theatre) if theatre else None,
        seats=seats_key(result, people),
        front=front_key(front),
        doors=doors_key(result),
        table=table_rows(result, people, front),
        row_one=row_one_list(front, zone, names([person.id for person in front.people])),
        freshness=messages.PAUSED() if publication.paused else freshness_words(house.sources),
        sources=source_lines(house.sources, zone, () if publication.paused else upcoming),
        sync_at=sync_address(publication, upcoming),
        counted=_how_counted(house),
        left_out=_left_out(house),
    )


def sync_address(publication: PublicationSettings, upcoming: Sequence[Upcoming]) -> str | None:
    """Where the page's form starts a sync. None if there is nothing that could start."""
    can_start = not publication.paused and any(not one.is_running for one in upcoming)
    return f"/p/{publication.name}/sync" if can_start else None


def _theatre(
    title: str, house: HouseResult, people: Sequence[Person], front: Front
) -> Theatre | None:
    """The drawing; None until it has somebody to show."""
    in_front = {person.id for person in front.people}
    seats = [
        _seat(person) for person in people if person.state in LIGHTS and person.id not in in_front
    ]
    if not (seats or front.people or house.newcomers) or house.reason == "no_posts":
        return None
    return draw(
        House(
            title=title,
            message=picture_words(house, people, front),
            row_one=tuple(_seat(person, in_front=True) for person in front.people),
            seats=tuple(seats),
            newcomers=house.newcomers,
        )
    )


def _seat(person: Person, *, in_front: bool = False) -> Seat:
    """A person's seat. The day of joining stays the same, and so does the seat."""
    since = person.joined_at or person.since or person.until
    return Seat(
        key=person.id,
        since=since.isoformat() if since else "",
        light=_in_front(person) if in_front else LIGHTS[person.state],
    )


def _in_front(person: Person) -> Light:
    return "lit" if person.state == "regular" else "open"


def _next_look(house: HouseResult, today: date) -> str | None:
    """A week from now, or the later day on which to expect the first figure."""
    if not house.active_people:
        return None
    later = today + LOOK_AGAIN
    if house.expected_on and house.expected_on > later:
        later = house.expected_on
    return format_day(later, weekday=True, year=later.year != today.year)


def _how_counted(house: Envelope[HouseResult]) -> tuple[str, ...]:
    return (house.definition, *house.coverage.notes)


def _left_out(house: Envelope[HouseResult]) -> tuple[Row, ...]:
    return tuple(
        Row(people=messages.SO_MANY[item.what](count=item.count), meaning=item.words)
        for item in house.coverage.left_out
    )
