"""The theatre: everybody who keeps coming back, seen from the stage. Numbers in, SVG out.

A seat is one person, or a few in a very large house. A chair with a disc keeps coming back, a ring
is uncertain, a broken ring may be a machine, and an empty chair has gone quiet. Row one holds
people who wrote back. Newcomers stand by the doors.

The drawing has classes, and the page's style sheet their colours (light, dark, print, forced).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from regulars_connectors.foreign_text import clean

from .seating import CENTRE_X, CENTRE_Y, Place, Plan, by_the_doors, seat_people

Light = Literal["lit", "open", "maybe", "quiet"]

MOST_SEATS = 600
MOST_IN_ROW_ONE = 24
MOST_DOTS = 60
SHARES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
CHAIR_SWEEP = math.radians(118)
STAGE_TOP = 632.0
STAGE_BOTTOM = 712.0
BOTTOM = 740.0
LONGEST_TITLE = 44
TITLE_SIZES = ((30, 18), (37, 16))
SMALLEST_TITLE = 14


@dataclass(frozen=True, slots=True)
class Seat:
    """One person. ``since`` sorts long-time people first, then ``key``."""

    key: str
    since: str
    light: Light


@dataclass(frozen=True, slots=True)
class House:
    """What the theatre shows. ``message`` is its content in words, for screen readers."""

    title: str
    message: str
    row_one: tuple[Seat, ...] = ()
    seats: tuple[Seat, ...] = ()
    newcomers: int = 0


@dataclass(frozen=True, slots=True)
class Theatre:
    """The drawing and its scale."""

    svg: str
    people_per_seat: int
    people_per_dot: int


def draw(house: House, *, name: str = "theatre") -> Theatre:
    """Draw the house. ``name``: prefix of its ids. Raises ValueError for a row one too long."""
    if len(house.row_one) > MOST_IN_ROW_ONE:
        raise ValueError(f"row one holds at most {MOST_IN_ROW_ONE} people")
    per_seat, seats = share_seats(house.seats)
    per_dot = _share(house.newcomers, MOST_DOTS)
    plan = seat_people(len(house.row_one), len(seats))
    dots = by_the_doors(math.ceil(house.newcomers / per_dot), plan.back_radius)
    front = sorted(house.row_one, key=_rank)
    parts = [
        _open(plan, name, house),
        _shapes(plan, name),
        _glow(plan, name),
        _group("house", seats, plan.rows, name),
        _group("row-one", front, plan.row_one, name),
        _doors(dots),
        _stage(house.title),
        "</svg>",
    ]
    return Theatre("\n".join(parts), per_seat, per_dot)


def share_seats(people: Sequence[Seat]) -> tuple[int, list[Seat]]:
    """How many people a seat stands for, and the seats in order.

    Above 600 people a seat stands for several of the same light. A remainder of at least half a
    seat gets a seat, and every light that somebody has gets at least one.
    """
    per = _share(len(people), MOST_SEATS)
    ordered = sorted(people, key=_rank)
    if per == 1:
        return 1, ordered
    shared: list[Seat] = []
    for light in ("lit", "open", "maybe", "quiet"):
        alike = [seat for seat in ordered if seat.light == light]
        count = max(1, math.floor(len(alike) / per + 0.5)) if alike else 0
        shared.extend(alike[number * per] for number in range(count))
    return per, sorted(shared, key=_rank)


def _rank(seat: Seat) -> tuple[bool, str, str]:
    """Long-time people first, possible machines behind everybody else."""
    return seat.light == "maybe", seat.since, seat.key


def _share(count: int, most: int) -> int:
    """The smallest round number of people per mark that takes at most ``most`` marks."""
    for share in SHARES:
        # Rounding adds up to two marks: four lights, half a mark each.
        if count <= share * most and (share == 1 or count / share + 2 <= most):
            return share
    return math.ceil(count / most)


def _top(plan: Plan) -> float:
    """Upper edge of the drawing, with room for the doors behind the last row."""
    return CENTRE_Y - plan.back_radius - 46


def _open(plan: Plan, name: str, house: House) -> str:
    top = _top(plan)
    title, desc = f"{name}-title", f"{name}-desc"
    return (
        f'<svg class="theatre" viewBox="0 {top:.0f} 1200 {BOTTOM - top:.0f}" role="img" '
        f'aria-labelledby="{title} {desc}" xmlns="http://www.w3.org/2000/svg">\n'
        f'<title id="{title}">{escape(clean(house.title))}, seen from the stage</title>\n'
        f'<desc id="{desc}">{escape(clean(house.message))}</desc>'
    )


def _shapes(plan: Plan, name: str) -> str:
    """The kinds of seat and the light, defined once and used many times."""
    chair, disc = plan.pitch * 0.385, plan.pitch * 0.27
    reach = min(470.0, STAGE_TOP - _top(plan))
    x, y = chair * math.sin(CHAIR_SWEEP), -chair * math.cos(CHAIR_SWEEP)
    back = (
        f'<path class="chair" d="M{-x:.2f} {y:.2f}A{chair:.2f} {chair:.2f} 0 1 1 {x:.2f} {y:.2f}"/>'
    )
    return (
        f'<defs><radialGradient id="{name}-light" gradientUnits="userSpaceOnUse" '
        f'cx="600" cy="{STAGE_TOP:.0f}" r="{reach:.0f}" '
        f'gradientTransform="translate(600 {STAGE_TOP:.0f}) scale(1.2 1) '
        f'translate(-600 -{STAGE_TOP:.0f})">'
        '<stop class="near" offset="0"/><stop class="mid" offset="0.42"/>'
        '<stop class="far" offset="1"/></radialGradient>'
        f'<linearGradient id="{name}-floor" x1="0" y1="0" x2="0" y2="1">'
        '<stop offset="0.84" stop-color="#fff"/><stop offset="1" stop-color="#000"/>'
        "</linearGradient>"
        f'<g id="{name}-lit">{back}<circle class="disc" r="{disc:.2f}"/></g>'
        f'<g id="{name}-open">{back}<circle class="ring" r="{disc * 0.62:.2f}"/></g>'
        f'<g id="{name}-maybe">{back}<circle class="ring maybe" r="{disc * 0.62:.2f}"/></g>'
        f'<g id="{name}-quiet">{back}</g></defs>'
    )


def _glow(plan: Plan, name: str) -> str:
    """Light from the stage, which fades towards the lower edge to hide the border."""
    top = _top(plan)
    box = f'x="0" y="{top:.0f}" width="1200" height="{BOTTOM - top:.0f}"'
    return (
        f'<mask id="{name}-fade" maskUnits="userSpaceOnUse" {box}>'
        f'<rect {box} fill="url(#{name}-floor)"/></mask>'
        f'<rect {box} fill="url(#{name}-light)" mask="url(#{name}-fade)"/>'
    )


def _group(kind: str, seats: Iterable[Seat], places: Iterable[Place], name: str) -> str:
    drawn = "".join(
        f'<use href="#{name}-{seat.light}" '
        f'transform="translate({place.x:.1f} {place.y:.1f})rotate({place.turn:.0f})"/>'
        for seat, place in zip(seats, places, strict=True)
    )
    return f'<g class="{kind}">{drawn}</g>'


def _doors(dots: Iterable[Place]) -> str:
    drawn = "".join(f'<circle cx="{dot.x:.1f}" cy="{dot.y:.1f}" r="2.6"/>' for dot in dots)
    return f'<g class="newcomers">{drawn}</g>'


def _stage(title: str) -> str:
    """The stage at the lower edge, with the title. Its text needs a wide screen."""
    words = title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1].rstrip() + "…"
    size = next((size for most, size in TITLE_SIZES if len(words) <= most), SMALLEST_TITLE)
    shape = (
        f"M{CENTRE_X - 184} {STAGE_BOTTOM}L{CENTRE_X - 148} {STAGE_TOP + 22}"
        f"Q{CENTRE_X} {STAGE_TOP - 22} {CENTRE_X + 148} {STAGE_TOP + 22}"
        f"L{CENTRE_X + 184} {STAGE_BOTTOM}Z"
    )
    return (
        f'<g class="stage"><path d="{shape}"/>'
        f'<text class="name" x="600" y="{STAGE_BOTTOM - 43:.0f}" font-size="{size}" '
        f'text-anchor="middle">{escape(clean(words))}</text>'
        f'<text class="you" x="600" y="{STAGE_BOTTOM - 19:.0f}" font-size="14.5" '
        'text-anchor="middle">you stand here</text></g>'
    )
