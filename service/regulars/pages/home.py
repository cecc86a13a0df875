"""The page of one publication: the sentence, the theatre, how fresh it is, how it is counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

from regulars.pictures.theatre import House, Theatre, draw
from regulars.reports.engine.envelope import Envelope
from regulars.reports.house import House as HouseResult
from regulars.reports.judged_posts import Variation
from regulars.reports.movement import Movement
from regulars.reports.regulars import Regulars
from regulars.reports.waiting import WaitingResult
from regulars.settings import PublicationSettings

from . import messages
from .formatting import format_day, local_time
from .freshness import freshness_words, source_lines
from .front import Front, Names, front_of, nobody_is_named, row_one_list
from .headline import detail_of, first_command, headline_of, keepers, picture_words
from .key import doors_key, front_key, scale_words, seats_key, table_rows
from .last_issue import last_issue
from .letters import Links, no_links, waiters
from .movement import moves
from .rendering import render
from .seats import Seating, seating_of
from .view import HomeView, Row, Upcoming

LOOK_AGAIN = timedelta(days=7)


def render_home(
    publication: PublicationSettings,
    house: Envelope[HouseResult],
    regulars: Envelope[Regulars],
    movement: Envelope[Movement],
    variation: Envelope[Variation],
    waiting: Envelope[WaitingResult] | None = None,
    *,
    several: bool = False,
    names: Names = nobody_is_named,
    links: Links = no_links,
    signs_in: bool = False,
    upcoming: Sequence[Upcoming] = (),
) -> str:
    """The page as HTML. ``names`` gives the names of people in row one and of who moved.

    links: where a letter can be answered. signs_in: whether whoever looks at it has signed in, and
    may sign out. upcoming: when its connections sync next. With one of them, the page can start a
    sync.
    """
    view = build_view(
        publication,
        house,
        regulars,
        movement,
        variation,
        waiting,
        several=several,
        names=names,
        links=links,
        upcoming=upcoming,
    )
    return render("home.html", view=view, signs_in=signs_in)


def build_view(
    publication: PublicationSettings,
    house: Envelope[HouseResult],
    regulars: Envelope[Regulars],
    movement: Envelope[Movement],
    variation: Envelope[Variation],
    waiting: Envelope[WaitingResult] | None = None,
    *,
    several: bool = False,
    names: Names = nobody_is_named,
    links: Links = no_links,
    upcoming: Sequence[Upcoming] = (),
) -> HomeView:
    """Everything that the page says."""
    zone = ZoneInfo(publication.time_zone)
    result, people = house.result, regulars.result.people
    title = publication.title or publication.name
    front = front_of(result, people, house.as_of)
    seating = seating_of(result, people, front)
    theatre = _theatre(title, result, seating, front)
    today = house.as_of.astimezone(zone).date()
    return HomeView(
        title=title,
        headline=headline_of(result, house.sources),
        detail=detail_of(result, house.sources),
        keepers=keepers(result, people, names),
        command=None if publication.paused else first_command(house.sources),
        today=messages.TODAY(day=format_day(today, weekday=True)),
        next_look=_next_look(result, today),
        as_of=local_time(house.as_of, zone),
        zone=publication.time_zone,
        several=several,
        theatre=Markup(theatre.svg) if theatre else None,  # noqa: S704 - drawn and escaped by us
        scale=scale_words(result, theatre) if theatre else None,
        seats=seats_key(result, seating, theatre),
        front=front_key(front),
        doors=doors_key(result),
        table=table_rows(result, seating, front, theatre),
        row_one=row_one_list(front, zone, names([person.id for person in front.people])),
        waiters=waiters(publication, waiting, names, links),
        moves=moves(movement.result, result.rule, zone, names),
        last_issue=last_issue(variation.result, zone),
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


def _theatre(title: str, house: HouseResult, seating: Seating, front: Front) -> Theatre | None:
    """The drawing; None until it has somebody to show."""
    if (seating.is_empty and not house.newcomers) or house.reason == "no_posts":
        return None
    return draw(
        House(
            title=title,
            message=picture_words(house, seating, front),
            row_one=seating.row_one,
            seats=seating.behind,
            newcomers=house.newcomers,
            light=seating.light,
        )
    )


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
